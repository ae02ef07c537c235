// A failure as a sentence and a next step in the language of the app, also when nobody foresaw it.
import { describe } from '$lib/i18n/describe';
import { m } from '$lib/paraglide/messages';
import { ApiError } from '$lib/state/api_error';
import type { Problem } from '$lib/state/model';
import { Refused, unreadableChatsProblem, untrustedProblem } from '$lib/sync/problems';
import { UnreadableChats } from '$lib/state/unreadable_chats';
import { distrustOf } from '$lib/sync/untrusted';

export interface InWords {
  title: string;
  nextStep: string;
}

export function problemOf(error: unknown): InWords {
  const problem = asProblem(error);
  if (problem === null) return { title: m.settings_failed(), nextStep: m.settings_failed_next() };
  const { sentence, nextStep } = describe(problem);
  return { title: sentence, nextStep };
}

function asProblem(error: unknown): Problem | null {
  if (error instanceof ApiError) return error.asProblem();
  if (error instanceof Refused) return error.problem;
  if (error instanceof UnreadableChats) return unreadableChatsProblem(error);
  const distrusted = distrustOf(error);
  return distrusted === null ? null : untrustedProblem(distrusted);
}

/** Null where there is nothing to say: the person would rather not prove that it is them. */
export function changeProblem(error: unknown): InWords | null {
  return error instanceof ApiError && error.code === 'not_proved' ? null : problemOf(error);
}
