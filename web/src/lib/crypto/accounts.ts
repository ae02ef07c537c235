// An account's keys: made at signup on the device, opened at login with every check.
import { toBase64url } from '$lib/wire/base64url';
import { sameBytes, wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { makeUuid4 } from './ids';
import { importKey, KEY_BYTES, randomBytes } from './keys';
import { makeManifest } from './manifests';
import { importMasterKey, type Opened } from './masters';
import { makeMethod, openMethod, type Method, type MethodKind } from './methods';
import { derivePasswordWith, SALT_BYTES, type Stretch } from './passwords';
import { deriveRecovery, writeRecoveryKey } from './recovery';
import { openSigningKey, sealSigningKey } from './signing_keys';
import * as statements from './statements';
import {
  readBytes,
  readStatement,
  writeManifest,
  writeStatement,
  type AccountKeys,
  type ByPasskey,
  type ByPassword,
  type Envelopes,
  type WrappedKeys,
  type WrappedMethod,
} from './wrapped';

const FIRST_EPOCH = 1;

export interface MadeAccount<First = ByPassword> {
  /** What signup sends: envelopes and proofs only. */
  keys: AccountKeys<First>;
  opened: Opened;
  /** To show once. */
  recoveryKey: string;
  /** The caller wipes it when it is stored away. */
  masterBytes: Bytes;
}

export async function makeAccountKeysWith(
  stretch: Stretch,
  of: { account: string; password: string; kdfProfile: number },
): Promise<MadeAccount<ByPassword>> {
  const { account, kdfProfile } = of;
  const salt = randomBytes(SALT_BYTES);
  const byPassword = await derivePasswordWith(stretch, { ...of, salt });
  return makeWith(account, 'password', byPassword.kek, (made) => ({
    password: {
      ...made,
      auth: toBase64url(byPassword.auth),
      salt: toBase64url(salt),
      kdf_profile: kdfProfile,
    },
  }));
}

/** For an account that a passkey opens, and the recovery key. */
export async function makePasskeyAccountKeys(of: {
  account: string;
  kek: CryptoKey;
}): Promise<MadeAccount<ByPasskey>> {
  return makeWith(of.account, 'passkey', of.kek, (passkey) => ({ passkey }));
}

async function makeWith<First>(
  account: string,
  kind: MethodKind,
  kek: CryptoKey,
  first: (made: Envelopes) => First,
): Promise<MadeAccount<First>> {
  const recoveryBytes = randomBytes(KEY_BYTES);
  const byRecovery = await deriveRecovery({ account, recoveryKey: recoveryBytes });
  const masterBytes = randomBytes(KEY_BYTES);
  const master = await importKey(masterBytes);
  const signing = await statements.makeSigningKey();
  const method = (of: MethodKind, by: CryptoKey) =>
    madeMethod(by, {
      account,
      kind: of,
      masterBytes,
      master,
      epoch: FIRST_EPOCH,
      signingPublicKey: signing.publicKey,
    });
  const statement = await statements.makeStatement({
    account,
    epoch: FIRST_EPOCH,
    master,
    seed: signing.seed,
  });
  const [own, recovery] = [await method(kind, kek), await method('recovery', byRecovery.kek)];
  const manifest = await makeManifest({
    account,
    epoch: FIRST_EPOCH,
    methods: [own, recovery].map((each) => ({ id: each.method_id, public: readBytes(each.public) })),
    seed: signing.seed,
    publicKey: signing.publicKey,
    before: null,
  });
  const keys: AccountKeys<First> = {
    ...first(own),
    recovery: { ...recovery, auth: toBase64url(byRecovery.auth) },
    signing: {
      public_key: toBase64url(signing.publicKey),
      private: toBase64url(await sealSigningKey(signing.seed, { account, epoch: FIRST_EPOCH, master })),
    },
    statement: writeStatement(statement),
    manifest: writeManifest(manifest),
  };
  const recoveryKey = await writeRecoveryKey(recoveryBytes);
  wipe(signing.seed, recoveryBytes);
  const opened = { master: { epoch: FIRST_EPOCH, key: master }, signingPublicKey: signing.publicKey };
  return { keys, opened, recoveryKey, masterBytes };
}

export async function madeMethod(
  kek: CryptoKey,
  of: Omit<Parameters<typeof makeMethod>[0], 'id' | 'kek'>,
): Promise<Envelopes> {
  const made = await makeMethod({ ...of, id: makeUuid4(), kek });
  return {
    method_id: made.id,
    secret: toBase64url(made.secret),
    master: toBase64url(made.master),
    public: toBase64url(made.public),
  };
}

/** `lowestEpoch` is the highest this device has seen; `account` is whose keys are wanted, where that is known apart from `wrapped`. */
export interface Unlocking {
  wrapped: WrappedKeys;
  kind: MethodKind;
  /** Its id, where an account may have several of its kind. */
  method?: string;
  kek: CryptoKey;
  lowestEpoch?: number;
  account?: string;
}

/** Opens the master key and proves it. */
export async function unlock(of: Unlocking): Promise<Opened & { masterBytes: Bytes }> {
  const { wrapped, kek } = of;
  const { account_id: account, epoch } = wrapped;
  const { masterBytes, master, signingPublicKey } = await openMethod(readMethod(methodOf(of)), {
    account,
    kek,
    epoch,
  });
  try {
    await proveMaster(wrapped, master, signingPublicKey);
  } catch (error) {
    wipe(masterBytes);
    throw error;
  }
  return { master: { epoch, key: master }, signingPublicKey, masterBytes };
}

/** A master key that another device gave, proved like one that a method opens: by the signing key that both have compared. */
export async function acceptMaster(of: {
  wrapped: WrappedKeys;
  account: string;
  masterBytes: Bytes;
  signingPublicKey: Bytes;
  lowestEpoch: number;
}): Promise<Opened & { masterBytes: Bytes }> {
  const { wrapped, masterBytes, signingPublicKey } = of;
  if (wrapped.account_id !== of.account) throw new CryptoError('wrong_account');
  if (wrapped.epoch < of.lowestEpoch) throw new CryptoError('epoch_rolled_back');
  const master = await importMasterKey(masterBytes, wrapped.epoch);
  await proveMaster(wrapped, master.key, signingPublicKey);
  return { master, signingPublicKey, masterBytes };
}

async function proveMaster(wrapped: WrappedKeys, master: CryptoKey, publicKey: Bytes): Promise<void> {
  const { account_id: account, epoch } = wrapped;
  if (!sameBytes(publicKey, readBytes(wrapped.signing.public_key)))
    throw new CryptoError('signing_key_mismatch');
  await statements.verifyStatement(readStatement(wrapped.statement), { account, epoch, master, publicKey });
  wipe(await openSigningKey(wrapped, master, publicKey));
}

/** The method that is to open `wrapped`, if those can be the keys that are wanted. */
export function methodOf({ wrapped, kind, method: id, lowestEpoch = 0, account }: Unlocking): WrappedMethod {
  if (account !== undefined && account !== wrapped.account_id) throw new CryptoError('wrong_account');
  if (wrapped.epoch < lowestEpoch) throw new CryptoError('epoch_rolled_back');
  const method = wrapped.methods.find(
    (each) => each.kind === kind && (id === undefined || each.method_id === id),
  );
  if (!method) throw new CryptoError('no_such_method');
  return method;
}

export function readMethod(method: WrappedMethod): Method {
  return {
    id: method.method_id,
    kind: method.kind,
    secret: readBytes(method.secret),
    master: readBytes(method.master),
    public: readBytes(method.public),
  };
}
