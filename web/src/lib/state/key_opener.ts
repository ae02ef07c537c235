// From what an authenticator showed to the unlock method it opens.
import type * as Crypto from '$lib/crypto';
import { toBase64url } from '$lib/wire/base64url';
import type { WrappedKeys } from '$lib/wire/http';
import type { Ceremonies, Created, Described, Shown } from './ceremonies';
import { keyUnreadable, noKeyGiven, unknownPasskey } from './passkey_errors';

type Bytes = Uint8Array<ArrayBuffer>;
type Kind = Crypto.CredentialKind;
type WrappedMethod = WrappedKeys['methods'][number];

/** Some authenticators derive nothing at creation, and do when they are asked once more. */
export async function outputOf(made: Created, by: Ceremonies, input: Bytes): Promise<Bytes | null> {
  if (made.output !== null) return made.output;
  const { credential_id: id, transports } = made.registration;
  return (await by.derive([{ id, transports }], input)).output;
}

/** Of an account's keys those that authenticators open, as a browser is to look for them. */
export function described(methods: WrappedMethod[]): Described[] {
  return methods.flatMap(({ credential_id: id, transports }) =>
    id == null ? [] : [{ id, transports: transports ?? [] }],
  );
}

/** Which method of `wrapped` was shown, and the key that opens it. */
export async function openerOf(
  shown: Shown,
  of: { crypto: Pick<typeof Crypto, 'derivePasskey'>; wrapped: WrappedKeys },
): Promise<{ kind: Kind; method: string; kek: CryptoKey }> {
  const id = toBase64url(shown.credentialId);
  const method = of.wrapped.methods.find((each) => each.credential_id === id);
  if (!method || (method.kind !== 'passkey' && method.kind !== 'security_key')) throw unknownPasskey();
  if (shown.output === null) throw noKeyGiven();
  const { credentialId, output } = shown;
  const account = of.wrapped.account_id;
  const kek = await of.crypto.derivePasskey({ account, credentialId, output }).catch((error: unknown) => {
    throw keyUnreadable(error);
  });
  output.fill(0);
  return { kind: method.kind, method: method.method_id, kek };
}
