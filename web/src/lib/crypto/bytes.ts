// Joining, framing, comparing and wiping bytes, as docs/formats.md writes them.
import { CryptoError } from './errors';

/** Bytes with a buffer of their own, which is what WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const NOTHING: Bytes = new Uint8Array(0);

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Throws a TypeError for bytes that are no UTF-8. */
export function fromUtf8(bytes: Bytes): string {
  return decoder.decode(bytes);
}

export function concat(...parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function u32(number: number): Bytes {
  if (!Number.isInteger(number) || number < 0 || number > 0xffffffff) throw new CryptoError('not_a_number');
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

export function readU32(bytes: Bytes, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

/** Length-prefixed, so that two different lists of fields never join to the same bytes. */
export function lp(bytes: Bytes): Bytes {
  return concat(u32(bytes.length), bytes);
}

/** Takes the same time wherever the first difference is. */
export function sameBytes(one: Bytes, other: Bytes): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);
  return difference === 0;
}

/** Overwrites secrets that are no longer needed; copies a library made are out of its reach. */
export function wipe(...secrets: readonly Bytes[]): void {
  for (const secret of secrets) secret.fill(0);
}
