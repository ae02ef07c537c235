// The one failure of the key scheme, with a precise reason that a test or a caller can name.

/** What was read does not open, verify or decode. The terminal client uses the same words. */
type OfWhatWasRead =
  | 'bad_content'
  | 'bad_padding'
  | 'bad_pairing_code'
  | 'bad_prf_output'
  | 'bad_public_key'
  | 'bad_recovery_key'
  | 'bad_salt'
  | 'bad_seed'
  | 'bad_signature'
  | 'commitment_mismatch'
  | 'epoch_forked'
  | 'epoch_rolled_back'
  | 'link_missing'
  | 'manifest_forked'
  | 'manifest_missing'
  | 'manifest_rolled_back'
  | 'method_not_named'
  | 'no_such_generation'
  | 'no_such_method'
  | 'nonce_mismatch'
  | 'not_an_envelope'
  | 'not_authentic'
  | 'public_key_mismatch'
  | 'settings_rolled_back'
  | 'signing_key_mismatch'
  | 'statement_not_chained'
  | 'truncated'
  | 'unknown_kdf_profile'
  | 'unknown_namespace'
  | 'unknown_suite'
  | 'unknown_version'
  | 'wrong_account'
  | 'wrong_epoch'
  | 'wrong_key'
  | 'wrong_master_key'
  | 'wrong_namespace'
  | 'wrong_suite';

/** What was asked for cannot be sealed or derived. */
type OfWhatWasGiven = 'not_text' | 'password_empty' | 'password_not_text' | 'not_a_number';

/** The browser could not do it now: nothing is said about the data, and trying again may help. */
const OF_THE_BROWSER = ['not_loaded', 'unsupported_browser', 'worker_failed'] as const;

export type CryptoReason = OfWhatWasRead | OfWhatWasGiven | (typeof OF_THE_BROWSER)[number];

/** Its message is the reason alone: it never holds secrets or people's words. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';

  constructor(readonly reason: CryptoReason) {
    super(reason);
  }

  /** True where the browser failed, not the record: such a record must not be called unreadable. */
  get ofTheBrowser(): boolean {
    return (OF_THE_BROWSER as readonly string[]).includes(this.reason);
  }
}
