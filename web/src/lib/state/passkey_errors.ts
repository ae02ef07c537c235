// What can go wrong with passkeys and security keys, each with what to do next.
import { m } from '$lib/paraglide/messages';
import { ApiError } from './api_error';
import { keysUnreadable } from './auth_errors';

const here = (code: string, title: string, nextStep: string) =>
  new ApiError({ code, title, nextStep, status: 400 });

export const noPasskeys = () =>
  here('passkeys_unsupported', m.auth_passkey_unsupported(), m.auth_passkey_unsupported_next());

/** Sealmate was asked for nothing else meanwhile; the browser never says whether it was refused or ran out of time. */
export const cancelled = () =>
  here('passkey_cancelled', m.auth_passkey_cancelled(), m.auth_passkey_cancelled_next());

export const alreadyAdded = () => here('passkey_known', m.auth_passkey_known(), m.auth_passkey_known_next());

/** It can't tell who holds it: a key without a PIN, say. */
export const notVerifying = () =>
  here('passkey_not_verifying', m.auth_passkey_not_verifying(), m.auth_passkey_not_verifying_next());

export const noKeyMade = () => here('passkey_no_key', m.auth_passkey_no_key(), m.auth_passkey_no_key_next());

/** At signing in or unlocking, where it has given one before. */
export const noKeyGiven = () =>
  here('passkey_no_key_here', m.auth_passkey_no_key_here(), m.auth_passkey_no_key_here_next());

export const unknownPasskey = () =>
  here('passkey_unknown', m.auth_passkey_unknown(), m.auth_passkey_unknown_next());

/** Why keys didn't open with what an authenticator derived. */
export function keyUnreadable(error: unknown): ApiError {
  const reason = error instanceof Error && 'reason' in error ? error.reason : '';
  return reason === 'wrong_key' || reason === 'bad_prf_output'
    ? noKeyGiven()
    : keysUnreadable(error, 'password');
}

/** By the error's name, as WebAuthn lays it down; null for what isn't an authenticator's doing. */
export function ofAuthenticator(error: unknown): ApiError | null {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') return cancelled();
  if (name === 'InvalidStateError') return alreadyAdded();
  if (name === 'ConstraintError') return notVerifying();
  if (name === 'NotSupportedError' || name === 'SecurityError') return noPasskeys();
  return null;
}
