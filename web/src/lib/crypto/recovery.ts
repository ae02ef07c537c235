// The recovery key: 256 random bits as text a person can write down, and what it derives.
import { concat, lp, sameBytes, utf8, wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { derive, hashOf, importKey, KEY_BYTES } from './keys';
import type { Proof } from './passwords';

const CHECKSUM_BYTES = 3;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = ((KEY_BYTES + CHECKSUM_BYTES) * 8) / 5;
const READ_AS: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1', '-': '', ' ': '' };

/** Crockford base32 of key ‖ checksum: 56 characters in 14 groups. */
export async function writeRecoveryKey(key: Bytes): Promise<string> {
  let number = 0n;
  for (const byte of concat(key, await checksum(key))) number = (number << 8n) | BigInt(byte);
  let text = '';
  for (let place = CHARACTERS - 1; place >= 0; place -= 1) {
    text += ALPHABET[Number((number >> BigInt(5 * place)) & 31n)] ?? '';
  }
  return text.replace(/.{4}(?=.)/g, '$&-');
}

export async function readRecoveryKey(text: string): Promise<Bytes> {
  const characters = [...normaliseRecoveryText(text)];
  let number = 0n;
  for (const character of characters) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw new CryptoError('bad_recovery_key');
    number = (number << 5n) | BigInt(digit);
  }
  if (characters.length !== CHARACTERS) throw new CryptoError('bad_recovery_key');
  const bytes = new Uint8Array(KEY_BYTES + CHECKSUM_BYTES);
  for (let at = bytes.length - 1; at >= 0; at -= 1, number >>= 8n) bytes[at] = Number(number & 255n);
  const key = bytes.slice(0, KEY_BYTES);
  if (!sameBytes(await checksum(key), bytes.slice(KEY_BYTES))) throw new CryptoError('bad_recovery_key');
  return key;
}

/** Any part of a recovery key as it was meant, however it was typed. */
export function normaliseRecoveryText(text: string): string {
  return text
    .trim()
    .toUpperCase()
    .replace(/[OIL -]/g, (typed) => READ_AS[typed] ?? '');
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
