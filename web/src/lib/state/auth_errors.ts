// What can go wrong on the device itself around signing in, in the same shape as what the server refuses.
import { m } from '$lib/paraglide/messages';
import { ApiError } from './api_error';
import type { Secret } from './proofs';

const here = (code: string, title: string, nextStep: string) =>
  new ApiError({ code, title, nextStep, status: 400 });

export const notSignedIn = () =>
  here('not_signed_in', m.auth_error_not_signed_in(), m.auth_error_not_signed_in_next());

export const otherAccount = () =>
  here('other_account', m.auth_error_other_account(), m.auth_error_other_account_next());

/** It would change nothing. */
export const samePassword = () => here('same_password', m.auth_same_password(), m.auth_same_password_next());

/** What was typed is no e-mail address. */
export const badAddress = () =>
  here('invalid_request', m.auth_error_bad_email(), m.auth_error_bad_email_next());

/** A part of the app could not be loaded. */
export const noNetwork = () => here('offline', m.auth_error_offline(), m.auth_error_offline_next());

/** The person would rather not prove that it is them; nothing was changed, and nothing need be said. */
export const notProved = () => here('not_proved', m.errors_step_up_needed(), m.errors_step_up_needed_next());

/** Nothing was erased from here. */
export const resetContradicted = () =>
  here('reset_contradicted', m.errors_reset_contradicted(), m.errors_reset_contradicted_next());

/** The code is good no longer, and whether the account ended before wasn't heard. */
export const erasureUnheard = () =>
  here('erasure_unheard', m.auth_lost_unheard(), m.auth_lost_unheard_next());

/** What was typed opens nothing here. */
export function wrongSecret(kind: Secret['kind']): ApiError {
  return kind === 'password'
    ? here('wrong_password', m.auth_error_wrong_password(), m.auth_error_wrong_password_next())
    : here('wrong_recovery_key', m.auth_error_wrong_recovery_key(), m.auth_error_bad_recovery_key_next());
}

/** Why keys didn't open: as a rule a slip in typing; anything else means that what is stored was changed or damaged, and the code is the reason. */
export function keysUnreadable(error: unknown, kind: Secret['kind']): ApiError {
  if (error instanceof ApiError) return error;
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  if (reason === 'bad_recovery_key') {
    return here('bad_recovery_key', m.auth_error_bad_recovery_key(), m.auth_error_bad_recovery_key_next());
  }
  if (reason === 'wrong_key') return wrongSecret(kind);
  return keysDistrusted(error);
}

/** Where no slip can be the cause: the server has taken the proof already. */
export function keysDistrusted(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  const ofTheBrowser = error instanceof Error && 'ofTheBrowser' in error && error.ofTheBrowser === true;
  if (reason !== '' && !ofTheBrowser) {
    const [title, nextStep] = [m.auth_error_keys_unreadable({ reason }), m.auth_error_keys_unreadable_next()];
    return new ApiError({ code: reason, title, nextStep, status: 400, untrusted: true });
  }
  return here('keys_not_made', m.auth_error_keys_not_made(), m.auth_error_keys_not_made_next());
}
