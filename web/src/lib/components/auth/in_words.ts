// A trouble as one line beside its field: what happened, and what to do.
import type { Trouble } from '$lib/state/trouble';

export function inWords(trouble: Trouble | null): string | null {
  return trouble && `${trouble.title} ${trouble.nextStep}`;
}
