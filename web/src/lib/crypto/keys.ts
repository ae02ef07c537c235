// Key derivation (HKDF-SHA-256), hashing and randomness, all by the browser's own WebCrypto.
import { NOTHING, utf8, type Bytes } from './bytes';
import { CryptoError } from './errors';

export const KEY_BYTES = 32;

/** Absent where the page was not loaded over HTTPS. */
export function webCrypto(): SubtleCrypto {
  const { subtle } = globalThis.crypto as Partial<Crypto>;
  if (!subtle) throw new CryptoError('unsupported_browser');
  return subtle;
}

export function randomBytes(length: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}

export async function hashOf(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await webCrypto().digest('SHA-256', bytes));
}

/** A key that derives others and whose bytes no script can read again. */
export async function importKey(bytes: Bytes): Promise<CryptoKey> {
  return webCrypto().importKey('raw', bytes, 'HKDF', false, ['deriveBits']);
}

export async function derive(
  key: CryptoKey,
  info: Bytes | string,
  length: number = KEY_BYTES,
  salt: Bytes = NOTHING,
): Promise<Bytes> {
  const bound = typeof info === 'string' ? utf8(info) : info;
  const how = { name: 'HKDF', hash: 'SHA-256', salt, info: bound };
  return new Uint8Array(await webCrypto().deriveBits(how, key, length * 8));
}

export async function importAesKey(bytes: Bytes): Promise<CryptoKey> {
  return webCrypto().importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export async function encrypt(key: CryptoKey, iv: Bytes, plain: Bytes, aad: Bytes): Promise<Bytes> {
  const how = { name: 'AES-GCM', iv, additionalData: aad, tagLength: 128 };
  return new Uint8Array(await webCrypto().encrypt(how, key, plain));
}

export async function decrypt(key: CryptoKey, iv: Bytes, sealed: Bytes, aad: Bytes): Promise<Bytes> {
  const how = { name: 'AES-GCM', iv, additionalData: aad, tagLength: 128 };
  try {
    return new Uint8Array(await webCrypto().decrypt(how, key, sealed));
  } catch {
    throw new CryptoError('not_authentic');
  }
}
