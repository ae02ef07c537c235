// X-Wing (ML-KEM-768 with X25519) key pairs from a 32-byte seed, and HPKE to and from them; the code is fetched when first needed.
import type { CipherSuite } from '@hpke/core';
import type { XWing } from '@hpke/hybridkem-x-wing';
import { concat, type Bytes } from './bytes';
import { CryptoError } from './errors';

export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 1216;
export const ENC_BYTES = 1120;

interface Hpke {
  suite: CipherSuite;
  kem: XWing;
}

export interface KeyPair {
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

let loading: Promise<Hpke> | undefined;

async function load(): Promise<Hpke> {
  const [core, hybrid] = await Promise.all([import('@hpke/core'), import('@hpke/hybridkem-x-wing')]);
  const kem = new hybrid.XWing();
  return {
    kem,
    suite: new core.CipherSuite({ kem, kdf: new core.HkdfSha256(), aead: new core.Aes256Gcm() }),
  };
}

async function hpke(): Promise<Hpke> {
  loading ??= load();
  try {
    return await loading;
  } catch {
    // Not kept: the next try may be online again.
    loading = undefined;
    throw new CryptoError('not_loaded');
  }
}

export async function keyPair(seed: Bytes): Promise<KeyPair> {
  if (seed.length !== SEED_BYTES) throw new CryptoError('bad_seed');
  const { kem } = await hpke();
  // The library keeps the array it is given, so it gets one that nobody wipes.
  const own = seed.slice();
  const { publicKey } = await kem.generateKeyPairDerand(own);
  return {
    publicKey: new Uint8Array(await kem.serializePublicKey(publicKey)),
    privateKey: await kem.importKey('raw', own.buffer, false),
  };
}

/** Gives enc ‖ ct with its tag. */
export async function sealTo(publicKey: Bytes, plain: Bytes, info: Bytes): Promise<Bytes> {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new CryptoError('bad_public_key');
  const { suite, kem } = await hpke();
  try {
    const recipientPublicKey = await kem.importKey('raw', publicKey.slice().buffer, true);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, plain);
    return concat(new Uint8Array(enc), new Uint8Array(ct));
  } catch {
    throw new CryptoError('bad_public_key');
  }
}

/** Takes enc ‖ ct with its tag. */
export async function openSealed(pair: KeyPair, sealed: Bytes, info: Bytes): Promise<Bytes> {
  const { suite } = await hpke();
  const enc = sealed.slice(0, ENC_BYTES);
  try {
    const plain = await suite.open({ recipientKey: pair.privateKey, enc, info }, sealed.slice(ENC_BYTES));
    return new Uint8Array(plain);
  } catch {
    throw new CryptoError('not_authentic');
  }
}
