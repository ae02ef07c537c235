// Ids sort by the time they were made at, and a child's after its parent's, whatever the clock says.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeUuid4, makeUuid7 } from './ids';

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-([47])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const anyTime = fc.integer({ min: 0, max: 2 ** 47 });

test('they have the form of RFC 9562', () => {
  expect(FORM.exec(makeUuid4())?.[1]).toBe('4');
  expect(FORM.exec(makeUuid7(1_700_000_000_000.9))?.[1]).toBe('7');
  expect(makeUuid7(0x0123_4567_89ab).slice(0, 13)).toBe('01234567-89ab');
});

test('a later one sorts after an earlier one', () => {
  fc.assert(
    fc.property(anyTime, anyTime, (one, other) => {
      fc.pre(one < other);
      expect(makeUuid7(one) < makeUuid7(other)).toBe(true);
    }),
  );
});

test('a child sorts after its parent, however slow the clock', () => {
  fc.assert(
    fc.property(anyTime, anyTime, (now, parentAt) => {
      const parent = makeUuid7(parentAt);
      expect(makeUuid7(now, parent) > parent).toBe(true);
    }),
  );
});

test('no two are the same', () => {
  const made = Array.from({ length: 1000 }, () => makeUuid7(1_700_000_000_000));
  expect(new Set(made).size).toBe(made.length);
});
