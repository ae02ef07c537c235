// Envelopes of every kind, bent at random: none opens, and none fails but with a reason of the key scheme.
import { expect, test } from 'vitest';
import { toBase64url } from '$lib/wire/base64url';
import { concat, type Bytes } from '../bytes';
import { openVector, type EnvelopeVector } from './format_suite';
import { reasonOf } from './refusals';

type Chance = (below: number) => number;

/** Repeatable, not secret: mulberry32. */
function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function randomBytes(chance: Chance, length: number): Bytes {
  return Uint8Array.from({ length }, () => chance(256));
}

function sorted(chance: Chance, whole: Bytes, count: number): number[] {
  return Array.from({ length: count }, () => chance(whole.length + 1)).sort((a, b) => a - b);
}

type Bend = (chance: Chance, whole: Bytes, other: Bytes) => Bytes;

const BENDS: Record<string, Bend> = {
  flip: (chance, whole) => {
    const bent = whole.slice();
    for (let times = [1, 1, 1, 2, 8][chance(5)] ?? 1; times > 0; times -= 1) {
      const at = chance(bent.length);
      bent[at] = (bent[at] ?? 0) ^ (1 << chance(8));
    }
    return bent;
  },
  cut: (chance, whole) => {
    const [start = 0, end = 0] = sorted(chance, whole, 2);
    const ways = [whole.slice(0, end), whole.slice(start), concat(whole.slice(0, start), whole.slice(end))];
    return ways[chance(3)] ?? whole;
  },
  splice: (chance, whole, other) => {
    const at = chance(whole.length);
    const near = chance(2) === 0 ? at : chance(other.length);
    const [a = 0, b = 0, c = 0] = sorted(chance, whole, 3);
    return chance(2) === 0
      ? concat(whole.slice(0, at), other.slice(near))
      : concat(whole.slice(0, a), whole.slice(b, c), whole.slice(a, b), whole.slice(c));
  },
  extend: (chance, whole) => {
    const at = chance(whole.length + 1);
    const more = [1, 16, 64, 128, 1 + chance(300)][chance(5)] ?? 1;
    const added =
      chance(3) === 0
        ? new Uint8Array(more)
        : chance(2) === 0
          ? randomBytes(chance, more)
          : whole.slice(0, more);
    const ways = [concat(whole, added), concat(added, whole)];
    return ways[chance(3)] ?? concat(whole.slice(0, at), added, whole.slice(at));
  },
  overwrite: (chance, whole) => {
    const [start = 0, end = 0] = sorted(chance, whole, 2);
    const length = end - start;
    const filled = chance(2) === 0 ? new Uint8Array(length) : randomBytes(chance, length);
    return concat(whole.slice(0, start), filled, whole.slice(end));
  },
};

const REASONS = [
  'bad_padding',
  'commitment_mismatch',
  'not_an_envelope',
  'not_authentic',
  'truncated',
  'unknown_namespace',
  'unknown_suite',
  'unknown_version',
  'wrong_epoch',
  'wrong_key',
  'wrong_namespace',
  'wrong_suite',
];

/** Of a public key's envelopes one in so many: opening one takes a hundred times as long. */
const OF_PUBLIC_KEYS = 12;

export function testMutations(
  vectors: (EnvelopeVector & { envelope: string })[],
  { count, seed, decode }: { count: number; seed: number; decode: (text: string) => Bytes },
): void {
  const timeout = 60_000 + count * 20;
  test(`none of ${count} opens (seed ${seed})`, { timeout }, async () => {
    const chance = chanceOf(seed);
    const wholes = vectors.map(({ envelope }) => decode(envelope));
    const bends = Object.entries(BENDS);
    let tried = 0;
    for (let number = 0; tried < count; number += 1) {
      const at = number % vectors.length;
      const [vector, whole] = [vectors[at], wholes[at]];
      const round = Math.floor(number / vectors.length);
      const [how, bend] = bends[round % bends.length] ?? [];
      if (!vector || !whole || !bend) throw new Error('no vector');
      if (vector.suite === 2 && round % OF_PUBLIC_KEYS !== at % OF_PUBLIC_KEYS) continue;
      const bent = bend(chance, whole, wholes[chance(wholes.length)] ?? whole);
      if (toBase64url(bent) === vector.envelope) continue;
      const envelope = toBase64url(bent);
      const reason = await reasonOf(openVector({ ...vector, envelope }));
      expect(REASONS, `seed ${seed}, number ${number}: ${vector.name}, ${how}: ${envelope}`).toContain(
        reason,
      );
      tried += 1;
    }
  });
}
