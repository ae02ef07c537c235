// The words for what failed, fetched when something did: most pages never need them.
import type { Described, Failed } from './describe';

/** The server's own words where the app's can't be fetched, as without a network in a browser that keeps nothing. */
export async function describeLater(failed: Failed): Promise<Described> {
  try {
    const { describe } = await import('./describe');
    return describe(failed);
  } catch {
    return { sentence: failed.message, nextStep: failed.nextStep };
  }
}
