// What is inside a record: JSON whose shape is checked, never assumed.
import { fromUtf8, utf8, type Bytes } from './bytes';
import { CryptoError } from './errors';

export type Json = Readonly<Record<string, unknown>>;

/** Half a surrogate pair has no UTF-8, so another reader would see another text. */
export function isText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

export function exactText(text: string): string {
  if (!isText(text)) throw new CryptoError('not_text');
  return text;
}

export function writeJson(content: unknown): Bytes {
  return utf8(JSON.stringify(content));
}

export function parseJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    throw new CryptoError('bad_content');
  }
}

export function readJson(bytes: Bytes): Json {
  const value = parseJson(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CryptoError('bad_content');
  return value as Json;
}

export function readText(content: Json, name: string): string {
  const value = content[name];
  if (typeof value !== 'string') throw new CryptoError('bad_content');
  return value;
}

export function readTexts(content: Json, name: string): string[] {
  const value = content[name];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw new CryptoError('bad_content');
  }
  return value;
}
