// A failure as a sentence and a next step in the language of the app, also when nobody foresaw it.
import { describe } from '$lib/i18n/describe';
import { m } from '$lib/paraglide/messages';
import { ApiError } from '$lib/state/api_error';
import { Refused } from '$lib/sync/problems';

export interface InWords {
  title: string;
  nextStep: string;
}

export function problemOf(error: unknown): InWords {
  const problem =
    error instanceof ApiError ? error.asProblem() : error instanceof Refused ? error.problem : null;
  if (problem === null) return { title: m.settings_failed(), nextStep: m.settings_failed_next() };
  const { sentence, nextStep } = describe(problem);
  return { title: sentence, nextStep };
}

/** Null where there is nothing to say: the person would rather not prove that it is them. */
export function changeProblem(error: unknown): InWords | null {
  return error instanceof ApiError && error.code === 'not_proved' ? null : problemOf(error);
}
