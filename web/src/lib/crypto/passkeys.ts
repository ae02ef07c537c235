// Passkeys and security keys: from what the authenticator derives to the unlock method it opens.
import { toBase64url } from '$lib/wire/base64url';
import { unlock } from './accounts';
import { concat, lp, utf8, wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { makeUuid4 } from './ids';
import { derive, hashOf, importKey, KEY_BYTES } from './keys';
import type { Opened } from './masters';
import { makeMethod, type CredentialKind } from './methods';
import type { Envelopes, WrappedKeys } from './wrapped';

/** Fixed and public, so that no server can ask an authenticator for anything else. */
export async function prfInput(): Promise<Bytes> {
  return hashOf(utf8('sealmate v1 prf'));
}

/** `output` is the authenticator's for `prfInput`. An output that could not be secret is refused. */
export async function derivePasskey(of: {
  account: string;
  credentialId: Bytes;
  output: Bytes;
}): Promise<CryptoKey> {
  if (of.output.length !== KEY_BYTES || of.output.every((byte) => byte === 0)) {
    throw new CryptoError('bad_prf_output');
  }
  const key = await importKey(of.output);
  const info = concat(utf8('sealmate v1 passkey kek'), lp(utf8(of.account)), lp(of.credentialId));
  const bytes = await derive(key, info);
  const kek = await importKey(bytes);
  wipe(bytes);
  return kek;
}

/** A further unlock method, given out only after the keys were really opened with it. `wrapped`: the account's keys as they are. */
export async function addMethod(of: {
  wrapped: WrappedKeys;
  kind: CredentialKind;
  kek: CryptoKey;
  opened: Opened;
  masterBytes: Bytes;
}): Promise<Envelopes> {
  const { wrapped, kind, kek, opened, masterBytes } = of;
  const account = wrapped.account_id;
  const { epoch, key: master } = opened.master;
  const { signingPublicKey } = opened;
  const made = await makeMethod({
    account,
    id: makeUuid4(),
    kind,
    kek,
    masterBytes,
    master,
    epoch,
    signingPublicKey,
  });
  const method = {
    method_id: made.id,
    secret: toBase64url(made.secret),
    master: toBase64url(made.master),
    public: toBase64url(made.public),
  };
  const withIt = { ...wrapped, methods: [{ ...method, kind }] };
  const again = await unlock({ wrapped: withIt, kind, method: made.id, kek, lowestEpoch: epoch, account });
  wipe(again.masterBytes);
  return method;
}
