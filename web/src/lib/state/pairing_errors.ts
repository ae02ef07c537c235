// What can go wrong when a device is added, in words: also that what came through the server is not what was sent.
import { describe } from '$lib/i18n/describe';
import { m } from '$lib/paraglide/messages';
import { ApiError } from './api_error';
import { noNetwork } from './auth_errors';

export interface PairingTrouble {
  code: string;
  title: string;
  nextStep: string;
  /** What came through the server is not what was sent. */
  untrusted: boolean;
}

/** The other side or the server did not keep to what it said before. */
export class PairingTampered extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

export function pairingTrouble(error: unknown): PairingTrouble {
  if (error instanceof ApiError) {
    const { sentence, nextStep } = describe(error.asProblem());
    return { code: error.code, title: sentence, nextStep, untrusted: false };
  }
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  const ofTheBrowser = error instanceof Error && 'ofTheBrowser' in error && error.ofTheBrowser === true;
  if (reason === 'bad_pairing_code') {
    const [title, nextStep] = [m.pairing_bad_code(), m.pairing_bad_code_next()];
    return { code: reason, title, nextStep, untrusted: false };
  }
  if (reason === '' || ofTheBrowser) {
    const { code, title, nextStep } = noNetwork();
    return { code, title, nextStep, untrusted: false };
  }
  const [title, nextStep] = [m.pairing_tampered({ reason }), m.pairing_tampered_next()];
  return { code: reason, title, nextStep, untrusted: true };
}
