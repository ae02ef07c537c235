// Bytes as text that a person can read, type or write down: Crockford's base32 in groups of four.
import type { Bytes } from './bytes';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const READ_AS: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/** For lengths that are a multiple of five bytes. */
export function writeBase32(bytes: Bytes): string {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  let text = '';
  for (let place = (bytes.length * 8) / 5 - 1; place >= 0; place -= 1) {
    text += ALPHABET[Number((number >> BigInt(5 * place)) & 31n)] ?? '';
  }
  return text.replace(/.{4}(?=.)/g, '$&-');
}

/** Null if it is not the text of so many bytes. */
export function readBase32(text: string, length: number): Bytes | null {
  const characters = [...normaliseBase32(text)];
  if (characters.length !== (length * 8) / 5) return null;
  let number = 0n;
  for (const character of characters) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return null;
    number = (number << 5n) | BigInt(digit);
  }
  const bytes = new Uint8Array(length);
  for (let at = bytes.length - 1; at >= 0; at -= 1, number >>= 8n) bytes[at] = Number(number & 255n);
  return bytes;
}

/** Any part of it as it was meant, however it was typed. */
export function normaliseBase32(text: string): string {
  return text
    .replace(/[\s-]/g, '')
    .toUpperCase()
    .replace(/[OIL]/g, (typed) => READ_AS[typed] ?? '');
}
