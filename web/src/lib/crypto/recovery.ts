// The recovery key: 256 random bits as text a person can write down, and what it derives.
import { readBase32, writeBase32 } from './base32';
import { concat, lp, sameBytes, utf8, wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { derive, hashOf, importKey, KEY_BYTES } from './keys';
import type { Proof } from './passwords';

const CHECKSUM_BYTES = 3;

/** Crockford base32 of key ‖ checksum: 56 characters in 14 groups. */
export async function writeRecoveryKey(key: Bytes): Promise<string> {
  return writeBase32(concat(key, await checksum(key)));
}

export async function readRecoveryKey(text: string): Promise<Bytes> {
  const bytes = readBase32(text, KEY_BYTES + CHECKSUM_BYTES);
  if (bytes === null) throw new CryptoError('bad_recovery_key');
  const key = bytes.slice(0, KEY_BYTES);
  if (!sameBytes(await checksum(key), bytes.slice(KEY_BYTES))) throw new CryptoError('bad_recovery_key');
  return key;
}

/** HKDF alone: 256 random bits need no stretching. */
export async function deriveRecovery(of: { account: string; recoveryKey: Bytes }): Promise<Proof> {
  const key = await importKey(of.recoveryKey);
  const owner = lp(utf8(of.account));
  const kek = await derive(key, concat(utf8('sealmate v1 recovery kek'), owner));
  const proof = {
    auth: await derive(key, concat(utf8('sealmate v1 recovery auth'), owner)),
    kek: await importKey(kek),
  };
  wipe(kek);
  return proof;
}

async function checksum(key: Bytes): Promise<Bytes> {
  return (await hashOf(concat(utf8('sealmate v1 recovery'), key))).slice(0, CHECKSUM_BYTES);
}
