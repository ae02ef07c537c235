// What went wrong in a step of signing up or in, in the words of that step, with what to do next and how long to wait.
import { m } from '$lib/paraglide/messages';
import { ApiError } from './api_error';
import { keysUnreadable } from './auth_errors';

/** Which of the step's fields it belongs to decides the words: a code may come by mail or from the authenticator. */
export type Step = 'email' | 'mail_code' | 'password' | 'recovery_key' | 'second_factor';

export interface Trouble {
  code: string;
  title: string;
  nextStep: string;
  /** Milliseconds since 1970: until then another try is refused. */
  waitUntil: number | null;
  /** The server lied, or what it keeps was damaged: what it sent is worth keeping. */
  untrusted: boolean;
}

export function troubleOf(error: unknown, step: Step, now: number): Trouble {
  const failure = error instanceof ApiError ? error : keysUnreadable(error, 'password');
  const [title, nextStep] = wordsOf(failure, step);
  const waitUntil = failure.retryAfter === undefined ? null : now + failure.retryAfter * 1000;
  return { code: failure.code, title, nextStep, waitUntil, untrusted: failure.untrusted === true };
}

function wordsOf(failure: ApiError, step: Step): [string, string] {
  switch (failure.code) {
    case 'wrong_credentials':
      if (step === 'recovery_key')
        return [m.auth_error_recovery_key_refused(), m.auth_error_recovery_key_refused_next()];
      return [m.auth_error_wrong_credentials(), m.auth_error_wrong_credentials_next()];
    case 'wrong_code':
      return wordsOfCode(step);
    case 'too_many_tries':
      return step === 'email'
        ? [m.auth_error_too_many_mails(), m.auth_error_too_many_mails_next()]
        : [m.auth_error_too_many_tries(), m.auth_error_too_many_tries_next()];
    case 'step_expired':
      return [m.auth_error_step_expired(), m.auth_error_step_expired_next()];
    case 'reset_not_ready':
      return [m.errors_reset_not_ready(), m.errors_reset_not_ready_next()];
    case 'mail_not_sent':
      return [m.auth_error_mail_not_sent(), m.auth_error_mail_not_sent_next()];
    case 'invalid_request':
      // Only what was typed can be out of shape.
      return step === 'email' || step === 'password' || step === 'recovery_key'
        ? [m.auth_error_bad_email(), m.auth_error_bad_email_next()]
        : wordsOfCode(step);
    case 'internal':
      return [m.auth_error_internal(), m.auth_error_internal_next()];
    default:
      return [failure.title, failure.nextStep];
  }
}

function wordsOfCode(step: Step): [string, string] {
  return step === 'mail_code'
    ? [m.auth_error_wrong_mail_code(), m.auth_error_wrong_mail_code_next()]
    : [m.auth_error_wrong_code(), m.auth_error_wrong_code_next()];
}
