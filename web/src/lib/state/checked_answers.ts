// Answers that a person takes out of the app, or can't have again: held to more than their shape before they are shown.
import * as wire from '$lib/wire/http';
import * as v from 'valibot';

const SECRET = /^[A-Z2-7]{32,}$/;
const CODES = 10;

/** The secret has 160 bits or more; the link holds that very secret, and opens an authenticator and nothing else. */
export const TotpSetup = v.pipe(
  wire.TotpSetup,
  v.check(({ secret, uri }) => {
    const told = new URLSearchParams(uri.slice(uri.indexOf('?'))).getAll('secret');
    return SECRET.test(secret) && uri.startsWith('otpauth://totp/') && told.join() === secret;
  }),
);

export const SignUpVerified = v.object({ ...wire.SignUpVerified.entries, totp: TotpSetup });

const TenCodes = v.pipe(
  v.array(v.string()),
  v.check((codes) => codes.length === CODES && new Set(codes).size === CODES),
);

export const SignUpCompleted = v.object({ ...wire.SignUpCompleted.entries, backup_codes: TenCodes });
export const Secured = v.object({ ...wire.Secured.entries, backup_codes: TenCodes });
export const BackupCodes = v.object({ codes: TenCodes });

/** The id stands in the address of the receipt. */
export const ErasureBegun = v.object({ erasure_id: v.pipe(v.string(), v.uuid()) });
