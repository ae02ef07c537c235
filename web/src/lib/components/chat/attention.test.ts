// Which answers are news: those that came while their chat was not looked at.
import { describe, expect, it } from 'vitest';
import { markTitle, newlyAnswered, unmarkTitle } from './attention';

const chat = (id: string, unread: boolean, busy: boolean) => ({ id, unread, busy, mate: 'nuo' });

describe('an answer', () => {
  it('is news in a chat that has become unread', () => {
    expect(
      newlyAnswered([chat('a', false, true)], [chat('a', true, false)], null).map((each) => each.id),
    ).toEqual(['a']);
  });

  it('is no news twice, nor in a chat that was just loaded', () => {
    expect(newlyAnswered([chat('a', true, false)], [chat('a', true, false)], null)).toEqual([]);
    expect(newlyAnswered([], [chat('a', true, false)], null)).toEqual([]);
  });

  it('is news in the chat on the screen once it is whole', () => {
    expect(newlyAnswered([chat('a', false, true)], [chat('a', false, false)], 'a')).toHaveLength(1);
    expect(newlyAnswered([chat('a', false, true)], [chat('a', false, true)], 'a')).toEqual([]);
  });
});

describe('the title', () => {
  it('is marked once and unmarked again', () => {
    expect(markTitle(markTitle('Leeks – Sealmate'))).toBe('● Leeks – Sealmate');
    expect(unmarkTitle('● Leeks – Sealmate')).toBe('Leeks – Sealmate');
    expect(unmarkTitle('Leeks')).toBe('Leeks');
  });
});
