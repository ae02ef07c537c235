// The input's rules: lengths as the server counts them, parts that lose nothing, keys that send.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calledMate,
  countCharacters,
  countParts,
  cutPart,
  MAX_CHARACTERS,
  roomFor,
  sends,
} from './composing';

const key = (init: Partial<KeyboardEvent>) =>
  ({ key: 'Enter', isComposing: false, keyCode: 13, ...init }) as KeyboardEvent;

describe('the length of a text', () => {
  it('counts an emoji once', () => {
    expect(countCharacters('a😀b')).toBe(3);
    expect(countCharacters('\ud83d')).toBe(1);
  });

  it('is the number of code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(countCharacters(text)).toBe([...text].length);
      }),
    );
  });

  it('is shown from four fifths on', () => {
    expect(roomFor('a'.repeat(19_199))).toEqual({ left: null, over: 0 });
    expect(roomFor('a'.repeat(19_200))).toEqual({ left: 4_800, over: 0 });
    expect(roomFor('a'.repeat(24_000))).toEqual({ left: 0, over: 0 });
    expect(roomFor('a'.repeat(24_001))).toEqual({ left: 0, over: 1 });
    expect(roomFor('😀'.repeat(24_000))).toEqual({ left: 0, over: 0 });
    expect(roomFor(' '.repeat(30_000))).toEqual({ left: null, over: 0 });
  });
});

describe('a text too long', () => {
  it('is cut after a paragraph, else a line, a sentence, a word', () => {
    expect(cutPart('one two\n\nthree', 12)).toEqual({ part: 'one two', rest: 'three' });
    expect(cutPart('one two\nthree', 12)).toEqual({ part: 'one two', rest: 'three' });
    expect(cutPart('One two. Three', 12)).toEqual({ part: 'One two.', rest: 'Three' });
    expect(cutPart('one two three', 12)).toEqual({ part: 'one two', rest: 'three' });
    expect(cutPart('a'.repeat(20), 12)).toEqual({ part: 'a'.repeat(12), rest: 'a'.repeat(8) });
  });

  it('loses nothing but space, and no part is too long or ends within a character', () => {
    const words = fc.array(fc.constantFrom('word', 'a', '😀', '.', '\n', '\n\n', ' '), { maxLength: 60 });
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 20 }), (chosen, most) => {
        let rest = chosen.join('');
        const parts: string[] = [];
        while (rest.trim() !== '') {
          const cut = cutPart(rest, most);
          parts.push(cut.part);
          rest = cut.rest;
        }
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(most);
        expect(parts.join('').replace(/\s/g, '')).toBe(chosen.join('').replace(/\s/g, ''));
        for (const part of parts) expect(part).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
      }),
    );
  });

  it('knows how many parts there are', () => {
    expect(countParts('')).toBe(0);
    expect(countParts('a')).toBe(1);
    expect(countParts('a'.repeat(MAX_CHARACTERS * 4))).toBe(4);
  });
});

describe('keys', () => {
  it('sends on Enter, and begins a line with Shift or where Enter alone does not send', () => {
    expect(sends(key({}), true)).toBe(true);
    expect(sends(key({ shiftKey: true }), true)).toBe(false);
    expect(sends(key({}), false)).toBe(false);
    expect(sends(key({ ctrlKey: true }), false)).toBe(true);
  });

  it('leaves an input method alone', () => {
    expect(sends(key({ isComposing: true }), true)).toBe(false);
    expect(sends(key({ keyCode: 229 }), true)).toBe(false);
  });

  it('calls a mate with an @ at the start only', () => {
    expect(calledMate('@')).toBe('');
    expect(calledMate('@Nu')).toBe('nu');
    expect(calledMate('a@b')).toBeNull();
    expect(calledMate('@nuo why')).toBeNull();
  });
});
