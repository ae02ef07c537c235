// Whether the browser is asking: also while a ceremony that another one has ended is still to say so.
import { expect, it } from 'vitest';
import { browserAsks } from './browser_asks.svelte';

it('asks until the last ceremony is over, whatever came of it', async () => {
  let refuse = (_error: Error) => {};
  let done = () => {};
  const first = browserAsks.during(new Promise((_, reject) => (refuse = reject)));
  const second = browserAsks.during(new Promise<void>((resolve) => (done = resolve)));
  refuse(new Error('aborted'));
  await expect(first).rejects.toThrow('aborted');
  expect(browserAsks.now).toBe(true);
  done();
  await second;
  expect(browserAsks.now).toBe(false);
});
