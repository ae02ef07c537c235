// Errands are never lost from sight, however their keeping and their reading fall together.
import { describe, expect, it } from 'vitest';
import type { Errand } from '$lib/storage/kept';
import { Outbox } from './outbox';

const errand = (id: string): Errand => ({ id, chatId: 'c', kind: 'remove_turn', turnId: id });

/** Reading and keeping end when they are told to. */
function slowly(keeps = true) {
  const kept: Errand[] = [];
  const reads: (() => void)[] = [];
  const writes: (() => void)[] = [];
  const outbox = new Outbox({
    kept: () => {
      const rows = [...kept];
      return new Promise((resolve) => reads.push(() => resolve(rows)));
    },
    keep: (one) =>
      new Promise((resolve) =>
        writes.push(() => {
          if (keeps) kept.push(one);
          resolve(keeps);
        }),
      ),
    drop: () => Promise.resolve(),
    alone: (work) => work(),
    perform: () => Promise.resolve('later'),
    changed: () => undefined,
  });
  return { outbox, reads, writes, ids: () => outbox.errands.map(({ id }) => id) };
}

describe('an errand that is being kept', () => {
  it.each([true, false])('stays in the list while that is read (kept: %s)', async (keeps) => {
    const { outbox, reads, writes, ids } = slowly(keeps);
    const adding = outbox.add(errand('a'));
    const loading = outbox.load();
    writes[0]?.();
    await adding;
    reads[0]?.();
    await loading;
    expect(ids()).toEqual(['a']);
  });

  it('stays in the list that was being read before it came', async () => {
    const { outbox, reads, writes, ids } = slowly();
    const loading = outbox.load();
    const adding = outbox.add(errand('a'));
    writes[0]?.();
    await adding;
    reads[0]?.();
    await loading;
    expect(ids()).toEqual(['a']);
  });

  it('is not brought back when it was dropped meanwhile', async () => {
    const { outbox, reads, writes, ids } = slowly();
    const adding = outbox.add(errand('a'));
    writes[0]?.();
    await adding;
    const loading = outbox.load();
    await outbox.drop('a');
    reads[0]?.();
    await loading;
    expect(ids()).toEqual([]);
  });
});
