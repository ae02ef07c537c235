// Does what was asked for and, if that fails, says why.
import { describeLater } from '$lib/i18n/describe_later';
import { m } from '$lib/paraglide/messages';
import { ApiError } from '$lib/state/api_error';
import { toasts } from '$lib/state/toasts.svelte';
import { Refused } from '$lib/sync/problems';

/** True if it worked. */
export async function attempt(act: () => Promise<void>): Promise<boolean> {
  const words = await troubleWith(act);
  if (words !== null) toasts.show(words, { kind: 'error' });
  return words === null;
}

/** Does it; null if it worked, else what to tell. */
export async function troubleWith(
  act: () => Promise<void>,
  otherwise = m.chat_failed_text(),
): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    const problem =
      error instanceof ApiError ? error.asProblem() : error instanceof Refused ? error.problem : null;
    if (problem === null) return otherwise;
    const { sentence, nextStep } = await describeLater(problem);
    return `${sentence} ${nextStep}`;
  }
}
