// The envelope: how every record is encrypted, to a key (suite 1) or to a public key (suite 2).
import { concat, lp, NOTHING, readU32, sameBytes, u32, utf8, wipe, type Bytes } from './bytes';
import { CryptoError, type CryptoReason } from './errors';
import { decrypt, derive, encrypt, hashOf, importAesKey, randomBytes } from './keys';
import * as xwing from './xwing';

export const HEADER_BYTES = 19;
const EPOCH_AT = 15;
const MAGIC = utf8('SEAL');
const VERSION = 1;
const KEY = 1;
const PUBLIC_KEY = 2;
const PADDED_TO = 64;
const SALT_BYTES = 32;
const COMMITMENT_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const NAMESPACES = {
  unlock_secret: 1,
  unlock_master: 2,
  unlock_public: 3,
  signing_key: 4,
  chat_key: 5,
  message: 6,
  answer: 7,
  title: 8,
  suggestions: 9,
  cache: 10,
  details: 11,
  link: 12,
  device_link: 13,
  pairing: 14,
  app_key: 15,
  app_settings: 16,
} as const;
export type Namespace = keyof typeof NAMESPACES;

const TO_PUBLIC_KEYS: readonly Namespace[] = ['unlock_master', 'answer', 'title', 'suggestions', 'pairing'];
const KNOWN: readonly number[] = Object.values(NAMESPACES);

/** Where a record belongs; an envelope opens in no other place. */
export interface Place {
  readonly namespace: Namespace;
  readonly account: string;
  readonly scope: string;
  readonly record: string;
  /** Of the master key, or the generation of the chat key. */
  readonly epoch: number;
  readonly version?: number;
  /** SHA-256 of the parent's whole envelope, or empty. */
  readonly parent?: Bytes;
}

const keyIds = new WeakMap<CryptoKey, Bytes>();

/** Kept per key: a pull compares it twenty thousand times. */
async function keyId(key: CryptoKey): Promise<Bytes> {
  const known = keyIds.get(key);
  if (known) return known;
  const made = await derive(key, 'sealmate v1 key id', 8);
  keyIds.set(key, made);
  return made;
}

export async function publicKeyId(publicKey: Bytes): Promise<Bytes> {
  return (await hashOf(publicKey)).slice(0, 8);
}

function suiteOf(place: Place): number {
  return TO_PUBLIC_KEYS.includes(place.namespace) ? PUBLIC_KEY : KEY;
}

export function makeHeader(place: Place, identifier: Bytes): Bytes {
  const kind = new Uint8Array([VERSION, suiteOf(place), NAMESPACES[place.namespace]]);
  return concat(MAGIC, kind, identifier, u32(place.epoch));
}

export function makeAad(place: Place, header: Bytes): Bytes {
  const names = [place.account, place.scope, place.record].map((name) => lp(utf8(name)));
  return concat(lp(header), ...names, u32(place.version ?? 1), lp(place.parent ?? NOTHING));
}

/** The epoch or generation an envelope says it was made with: unproven until it opens. */
export function readEpoch(envelope: Bytes): number {
  checkKind(envelope);
  return readU32(envelope, EPOCH_AT);
}

export function pad(content: Bytes): Bytes {
  const framed = 4 + content.length;
  const padded = new Uint8Array(Math.ceil(framed / PADDED_TO) * PADDED_TO);
  padded.set(u32(content.length));
  padded.set(content, 4);
  return padded;
}

/** One content has one padded form; anything else is refused. */
export function unpad(padded: Bytes): Bytes {
  const length = padded.length < PADDED_TO ? Infinity : readU32(padded, 0);
  if (Math.ceil((4 + length) / PADDED_TO) * PADDED_TO !== padded.length) throw new CryptoError('bad_padding');
  if (padded.subarray(4 + length).some((byte) => byte !== 0)) throw new CryptoError('bad_padding');
  return padded.slice(4, 4 + length);
}

/** Suite 1. Each record has its own salt, so its own encryption key. */
export async function seal(key: CryptoKey, place: Place, content: Bytes): Promise<Bytes> {
  expectSuite(place, KEY);
  const header = makeHeader(place, await keyId(key));
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const { recordKey, commitment } = await recordKeys(key, salt, header);
  const padded = pad(content);
  const sealed = await encrypt(recordKey, iv, padded, makeAad(place, header));
  wipe(padded);
  return concat(header, salt, commitment, iv, sealed);
}

/** Suite 1. */
export async function openWith(key: CryptoKey, place: Place, envelope: Bytes): Promise<Bytes> {
  expectSuite(place, KEY);
  const header = checkHeader(envelope, makeHeader(place, await keyId(key)));
  checkLength(envelope.length - HEADER_BYTES - SALT_BYTES - COMMITMENT_BYTES - IV_BYTES);
  const [salt, sent, iv, sealed] = cut(envelope, HEADER_BYTES, SALT_BYTES, COMMITMENT_BYTES, IV_BYTES);
  const { recordKey, commitment } = await recordKeys(key, salt, header);
  if (!sameBytes(commitment, sent)) throw new CryptoError('commitment_mismatch');
  return unpad(await decrypt(recordKey, iv, sealed, makeAad(place, header)));
}

/** Suite 2. HPKE draws its own randomness, so two seals of one content always differ. */
export async function sealTo(publicKey: Bytes, place: Place, content: Bytes): Promise<Bytes> {
  expectSuite(place, PUBLIC_KEY);
  const header = makeHeader(place, await publicKeyId(publicKey));
  const padded = pad(content);
  const sealed = await xwing.sealTo(publicKey, padded, hpkeInfo(place, header));
  wipe(padded);
  return concat(header, sealed);
}

/** Suite 2. */
export async function openSealed(pair: xwing.KeyPair, place: Place, envelope: Bytes): Promise<Bytes> {
  expectSuite(place, PUBLIC_KEY);
  const header = checkHeader(envelope, makeHeader(place, await publicKeyId(pair.publicKey)));
  checkLength(envelope.length - HEADER_BYTES - xwing.ENC_BYTES);
  return unpad(await xwing.openSealed(pair, envelope.slice(HEADER_BYTES), hpkeInfo(place, header)));
}

function hpkeInfo(place: Place, header: Bytes): Bytes {
  return concat(utf8('sealmate v1 sealed'), makeAad(place, header));
}

async function recordKeys(
  key: CryptoKey,
  salt: Bytes,
  header: Bytes,
): Promise<{ recordKey: CryptoKey; commitment: Bytes }> {
  const both = await derive(key, concat(utf8('sealmate v1 record'), header), 64, salt);
  const recordKey = await importAesKey(both.slice(0, 32));
  const commitment = both.slice(32);
  wipe(both);
  return { recordKey, commitment };
}

function cut(
  envelope: Bytes,
  start: number,
  ...lengths: [number, number, number]
): [Bytes, Bytes, Bytes, Bytes] {
  const [first, second, third] = lengths;
  const ends = [start + first, start + first + second, start + first + second + third] as const;
  return [
    envelope.slice(start, ends[0]),
    envelope.slice(ends[0], ends[1]),
    envelope.slice(ends[1], ends[2]),
    envelope.slice(ends[2]),
  ];
}

function expectSuite(place: Place, suite: number): void {
  if (suiteOf(place) !== suite) throw new CryptoError('wrong_suite');
}

function checkKind(envelope: Bytes): void {
  if (!sameBytes(envelope.slice(0, MAGIC.length), MAGIC)) throw new CryptoError('not_an_envelope');
  if (envelope.length < HEADER_BYTES) throw new CryptoError('truncated');
  if (envelope[4] !== VERSION) throw new CryptoError('unknown_version');
  if (envelope[5] !== KEY && envelope[5] !== PUBLIC_KEY) throw new CryptoError('unknown_suite');
  if (!KNOWN.includes(envelope[6] ?? 0)) throw new CryptoError('unknown_namespace');
}

const PARTS: readonly (readonly [CryptoReason, number, number])[] = [
  ['wrong_suite', 5, 6],
  ['wrong_namespace', 6, 7],
  ['wrong_key', 7, EPOCH_AT],
  ['wrong_epoch', EPOCH_AT, HEADER_BYTES],
];

function checkHeader(envelope: Bytes, expected: Bytes): Bytes {
  checkKind(envelope);
  const header = envelope.slice(0, HEADER_BYTES);
  for (const [reason, start, end] of PARTS) {
    if (!sameBytes(header.slice(start, end), expected.slice(start, end))) throw new CryptoError(reason);
  }
  return header;
}

function checkLength(ciphertext: number): void {
  if (ciphertext < PADDED_TO + TAG_BYTES || (ciphertext - TAG_BYTES) % PADDED_TO !== 0) {
    throw new CryptoError('truncated');
  }
}
