// That lost backup codes are spoken of until there are new ones, over a reload too, and to nobody else.
import { expect, it } from 'vitest';
import { LostCodes } from './lost_codes.svelte';

it('are of one account until there are new ones', () => {
  const kept = new Map<string, string>();
  const tab = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
  new LostCodes(tab).remember('mira');
  const again = new LostCodes(tab);
  expect(['mira', 'ada', undefined].map((account) => again.of(account))).toEqual([true, false, false]);
  again.settle();
  expect([again.of('mira'), new LostCodes(tab).of('mira')]).toEqual([false, false]);
});
