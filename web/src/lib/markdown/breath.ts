// Long work in steps: between them the browser hears keys and draws.

/** Milliseconds of work after which others come first: four times as many on a slow device still pass unnoticed. */
const LONG = 8;

/** What waits is done after it, before what else the page has to do, where the browser knows that way. */
export function breath(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: Partial<Scheduler> };
  return scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));
}

/** Takes step after step until there is none, or nobody waits for them any more. */
export async function inBreaths(steps: Iterator<void>, closed: AbortSignal): Promise<void> {
  let begun = performance.now();
  while (!closed.aborted && steps.next().done !== true) {
    if (performance.now() - begun < LONG) continue;
    await breath();
    begun = performance.now();
  }
}
