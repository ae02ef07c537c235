// Everything that opens an account, made anew: for when somebody else had a device or a key of it. Nothing leads there from before.
import { toBase64url } from '$lib/wire/base64url';
import { wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { importKey, KEY_BYTES, randomBytes } from './keys';
import { makeManifest } from './manifests';
import type { MasterKey, Opened } from './masters';
import type { CredentialKind } from './methods';
import type { Stretch } from './passwords';
import { makePasswordWith, makeRecoveryKey, provenMethod } from './replacements';
import { verifyOwnManifest } from './rotation';
import { sealSigningKey } from './signing_keys';
import * as statements from './statements';
import {
  readBytes,
  readManifest,
  readStatement,
  writeManifest,
  writeStatement,
  type WrappedKeys,
} from './wrapped';

/** A passkey or security key that was touched, and what it derived. */
export interface Touched {
  method: string;
  kind: CredentialKind;
  kek: CryptoKey;
}

export interface SecuredAccount {
  opened: Opened;
  /** The caller wipes it when it is stored away. */
  masterBytes: Bytes;
  /** To show once, and to be saved before anything is sent. */
  recoveryKey: string;
  /** As it travels, but for the ring. */
  body: Awaited<ReturnType<typeof makeMethods>>['methods'] & {
    signing: WrappedKeys['signing'];
    statement: WrappedKeys['statement'];
    manifest: NonNullable<WrappedKeys['manifest']>;
  };
}

/** `wrapped` as the server gives it now, `opened` from it; what isn't touched is left out, and so removed. */
export async function secureAccountWith(
  stretch: Stretch,
  of: { wrapped: WrappedKeys; opened: Opened; password: string | null; touched: readonly Touched[] },
): Promise<SecuredAccount> {
  const { wrapped, opened: before } = of;
  const account = wrapped.account_id;
  if (wrapped.epoch !== before.master.epoch) throw new CryptoError('wrong_epoch');
  await verifyOwnManifest(wrapped, before.signingPublicKey);
  const masterBytes = randomBytes(KEY_BYTES);
  const master: MasterKey = { epoch: wrapped.epoch + 1, key: await importKey(masterBytes) };
  const { seed, publicKey } = await statements.makeSigningKey();
  try {
    const opened = { master, signingPublicKey: publicKey };
    const { methods, recoveryKey } = await makeMethods(stretch, { ...of, account, opened, masterBytes });
    const statement = await statements.makeStatement({
      account,
      epoch: master.epoch,
      master: master.key,
      seed,
      previous: await statements.statementHash(account, readStatement(wrapped.statement)),
    });
    const all = [...(methods.password ? [methods.password] : []), methods.recovery, ...methods.credentials];
    const manifest = await makeManifest({
      account,
      epoch: master.epoch,
      methods: all.map((each) => ({ id: each.method_id, public: readBytes(each.public) })),
      seed,
      publicKey,
      before: wrapped.manifest ? readManifest(wrapped.manifest) : null,
      publicKeyBefore: before.signingPublicKey,
    });
    const sealed = await sealSigningKey(seed, { account, epoch: master.epoch, master: master.key });
    const signing = { public_key: toBase64url(publicKey), private: toBase64url(sealed) };
    const signed = { signing, statement: writeStatement(statement), manifest: writeManifest(manifest) };
    return { opened, masterBytes, recoveryKey, body: { ...methods, ...signed } };
  } finally {
    wipe(seed);
  }
}

/** Each was tried: it opens the new master key. */
async function makeMethods(
  stretch: Stretch,
  of: {
    account: string;
    opened: Opened;
    masterBytes: Bytes;
    password: string | null;
    touched: readonly Touched[];
  },
) {
  const { password, touched } = of;
  const recovery = await makeRecoveryKey(of);
  const credentials = touched.map(async ({ method, kind, kek }) => ({
    ...(await provenMethod(kind, kek, of)),
    replaces: method,
  }));
  const methods = {
    recovery: recovery.method,
    credentials: await Promise.all(credentials),
    ...(password === null ? {} : { password: await makePasswordWith(stretch, { ...of, password }) }),
  };
  return { methods, recoveryKey: recovery.recoveryKey };
}
