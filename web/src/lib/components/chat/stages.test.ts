// What the stages of a turn are taken for: by ears, and where a message is the last of its chat.
import type { TurnStage, TurnView } from '$lib/state/model';
import { describe, expect, it } from 'vitest';
import { heardAs, isAlone } from './stages';

const turn = (stage: TurnStage, more: Partial<TurnView> = {}) =>
  ({ stage, finish: null, branch: { index: 0, count: 1 }, ...more }) as TurnView;

it('hears an answer that was stopped in the middle as stopped', () => {
  expect(heardAs(turn('answered', { finish: 'stopped' }))).toBe('stopped');
  expect(heardAs(turn('answered', { finish: 'complete' }))).toBe('answered');
  expect(heardAs(turn('failed'))).toBe('failed');
});

describe('a message is alone', () => {
  const two = { index: 0, count: 2 };
  it.each([
    ['the only one', [turn('answered')], true],
    ['all others were deleted', [turn('deleted'), turn('failed')], true],
    ['another follows', [turn('answered'), turn('answered')], false],
    ['it has another version', [turn('answered', { branch: two })], false],
    [
      'the other version of a deleted one is not shown',
      [turn('deleted', { branch: two }), turn('answered')],
      false,
    ],
  ])('%s', (_, path, alone) => {
    expect(isAlone(path)).toBe(alone);
  });
});
