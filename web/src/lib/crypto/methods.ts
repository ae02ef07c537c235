// Unlock methods: how a password, a recovery key or a passkey opens the master key, with nothing a server could plant.
import { concat, sameBytes, wipe, type Bytes } from './bytes';
import { openSealed, openWith, seal, sealTo, type Place } from './envelope';
import { CryptoError } from './errors';
import { importKey, KEY_BYTES, randomBytes } from './keys';
import type { MasterKey } from './masters';
import { keyPair, PUBLIC_KEY_BYTES, SEED_BYTES } from './xwing';

export type CredentialKind = 'passkey' | 'security_key';
export type MethodKind = 'password' | 'recovery' | CredentialKind;

/** Three envelopes, as stored: see Unlock methods in docs/formats.md. */
export interface Method {
  readonly id: string;
  readonly kind: string;
  readonly secret: Bytes;
  readonly master: Bytes;
  readonly public: Bytes;
}

export interface OpenedMethod {
  readonly masterBytes: Bytes;
  readonly master: CryptoKey;
  /** Pinned inside the method, out of the server's reach. */
  readonly signingPublicKey: Bytes;
}

export async function makeMethod(of: {
  account: string;
  id: string;
  kind: MethodKind;
  kek: CryptoKey;
  masterBytes: Bytes;
  master: CryptoKey;
  epoch: number;
  signingPublicKey: Bytes;
}): Promise<Method> {
  const places = placesOf(of.account, of, of.epoch);
  const seed = randomBytes(SEED_BYTES);
  const { publicKey } = await keyPair(seed);
  const secret = concat(seed, of.signingPublicKey);
  const method = {
    id: of.id,
    kind: of.kind,
    secret: await seal(of.kek, places.secret, secret),
    master: await sealTo(publicKey, places.master, of.masterBytes),
    public: await seal(of.master, places.public, publicKey),
  };
  wipe(seed, secret);
  return method;
}

export async function openMethod(
  method: Method,
  of: { account: string; kek: CryptoKey; epoch: number },
): Promise<OpenedMethod> {
  const places = placesOf(of.account, method, of.epoch);
  const content = await openWith(of.kek, places.secret, method.secret);
  if (content.length !== SEED_BYTES + KEY_BYTES) throw new CryptoError('bad_content');
  const seed = content.slice(0, SEED_BYTES);
  const signingPublicKey = content.slice(SEED_BYTES);
  const pair = await keyPair(seed);
  wipe(content, seed);
  const masterBytes = await openSealed(pair, places.master, method.master);
  if (masterBytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  const master = await importKey(masterBytes);
  // Only who holds the master key could have written this method's public key under it.
  if (!sameBytes(await openWith(master, places.public, method.public), pair.publicKey)) {
    throw new CryptoError('public_key_mismatch');
  }
  return { masterBytes, master, signingPublicKey };
}

/** Sealed to the same method under the next master key, whose bytes these are. */
export async function sealAnew(
  method: { id: string; kind: string; public: Bytes },
  of: { account: string; old: MasterKey; master: MasterKey; masterBytes: Bytes },
): Promise<{ id: string; master: Bytes; public: Bytes }> {
  const { account, old, master } = of;
  // Only who holds the old master key can have written the public key that the new one is sealed to.
  const publicKey = await openWith(old.key, placesOf(account, method, old.epoch).public, method.public);
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new CryptoError('bad_content');
  const places = placesOf(account, method, master.epoch);
  return {
    id: method.id,
    master: await sealTo(publicKey, places.master, of.masterBytes),
    public: await seal(master.key, places.public, publicKey),
  };
}

function placesOf(
  account: string,
  method: { id: string; kind: string },
  epoch: number,
): Record<'secret' | 'master' | 'public', Place> {
  const place = { account, scope: method.kind, record: method.id };
  return {
    secret: { ...place, namespace: 'unlock_secret', epoch: 1 },
    master: { ...place, namespace: 'unlock_master', epoch },
    public: { ...place, namespace: 'unlock_public', epoch },
  };
}
