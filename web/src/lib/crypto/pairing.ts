// Giving a new device the account's keys: what both devices hash, the code that people compare, and the sealed keys.
//
// The new device commits to its nonce before it sees the giver's, so whoever stands between them is bound to what each
// side sees before knowing the other's code, and has one chance in a million to show the same one twice.
import { readBase32, writeBase32 } from './base32';
import { concat, lp, readU32, sameBytes, u32, utf8, wipe, type Bytes } from './bytes';
import { openSealed, readEpoch, sealTo, type Place } from './envelope';
import { CryptoError } from './errors';
import { uuid4Of } from './ids';
import { derive, hashOf, importKey, KEY_BYTES, randomBytes } from './keys';
import type { Pins } from './pins';
import { keyPair, SEED_BYTES, type KeyPair } from './xwing';

const SECRET_BYTES = 10;
const HASH_BYTES = 32;
const CODES = 1_000_000n;

/** What the giver shows; the server learns only the id that follows from it. */
export interface Invitation {
  readonly secret: Bytes;
  readonly text: string;
  readonly pairingId: string;
}

/** What the new device says of itself before it has heard anything. */
export interface JoiningDevice {
  readonly name: string;
  readonly publicKey: Bytes;
  readonly commitment: Bytes;
}

/** The new device's side of it, with what it keeps to itself. */
export interface Introduced {
  readonly device: JoiningDevice;
  readonly pair: KeyPair;
  readonly nonce: Bytes;
}

/** All that the two devices have said, as one hash; equal on both only if nobody changed anything. */
export interface Transcript {
  readonly account: string;
  readonly pairingId: string;
  readonly digest: Bytes;
}

export async function makeInvitation(): Promise<Invitation> {
  return invitationOf(randomBytes(SECRET_BYTES));
}

/** CryptoError `bad_pairing_code`. */
export async function readInvitation(text: string): Promise<Invitation> {
  const secret = readBase32(text, SECRET_BYTES);
  if (secret === null) throw new CryptoError('bad_pairing_code');
  return invitationOf(secret);
}

export async function invitationOf(secret: Bytes): Promise<Invitation> {
  const id = await derive(await importKey(secret), 'sealmate v1 pairing id', 16);
  return { secret, text: writeBase32(secret), pairingId: uuid4Of(id) };
}

export function makeNonce(): Bytes {
  return randomBytes(HASH_BYTES);
}

/** A key pair and a nonce of this one pairing. */
export async function introduce(invitation: Invitation, name: string): Promise<Introduced> {
  return introduceWith(invitation, { name, seed: randomBytes(SEED_BYTES), nonce: makeNonce() });
}

export async function introduceWith(
  { pairingId }: Invitation,
  { name, seed, nonce }: { name: string; seed: Bytes; nonce: Bytes },
): Promise<Introduced> {
  const pair = await keyPair(seed);
  wipe(seed);
  const commitment = await commit(pairingId, pair.publicKey, nonce);
  return { device: { name, publicKey: pair.publicKey, commitment }, pair, nonce };
}

export async function commit(pairingId: string, publicKey: Bytes, nonce: Bytes): Promise<Bytes> {
  return hashOf(
    concat(lp(utf8('sealmate v1 pairing commitment')), lp(utf8(pairingId)), lp(publicKey), lp(nonce)),
  );
}

/** CryptoError `nonce_mismatch` if the new device committed to another nonce. */
export async function agree(
  { secret, pairingId }: Invitation,
  of: {
    account: string;
    signingPublicKey: Bytes;
    device: JoiningDevice;
    giverNonce: Bytes;
    joinerNonce: Bytes;
  },
): Promise<Transcript> {
  const { account, device, joinerNonce } = of;
  const committed = await commit(pairingId, device.publicKey, joinerNonce);
  if (!sameBytes(committed, device.commitment)) throw new CryptoError('nonce_mismatch');
  const said = [
    utf8('sealmate v1 pairing'),
    secret,
    utf8(account),
    of.signingPublicKey,
    utf8(device.name),
    device.publicKey,
    of.giverNonce,
    joinerNonce,
  ];
  return { account, pairingId, digest: await hashOf(concat(...said.map(lp))) };
}

/** Six digits. */
export async function codeOf({ digest }: Transcript): Promise<string> {
  const bytes = await derive(await importKey(digest), 'sealmate v1 pairing code', 8);
  const number = new DataView(bytes.buffer).getBigUint64(0) % CODES;
  return number.toString().padStart(6, '0');
}

/** The master key, and the highest epoch and manifest that the giver has seen. */
export async function sealKeys(of: {
  masterBytes: Bytes;
  pins: Pins;
  device: JoiningDevice;
  transcript: Transcript;
}): Promise<Bytes> {
  const { statement, sequence, manifest, epoch } = of.pins;
  const content = concat(of.masterBytes, statement, u32(sequence), manifest);
  const sealed = await sealTo(of.device.publicKey, place(of.transcript, epoch), content);
  wipe(content);
  return sealed;
}

/** Nothing is proved of them yet but that who sealed them knows the invitation. */
export async function openKeys(
  sealed: Bytes,
  pair: KeyPair,
  transcript: Transcript,
): Promise<{ masterBytes: Bytes; pins: Pins }> {
  const epoch = readEpoch(sealed);
  const content = await openSealed(pair, place(transcript, epoch), sealed);
  const at = KEY_BYTES + HASH_BYTES;
  const sequence = content.length < at + 4 ? -1 : readU32(content, at);
  const manifest = content.slice(at + 4);
  if (sequence < 0 || manifest.length !== (sequence ? HASH_BYTES : 0)) throw new CryptoError('bad_content');
  const masterBytes = content.slice(0, KEY_BYTES);
  const statement = content.slice(KEY_BYTES, at);
  wipe(content);
  return { masterBytes, pins: { epoch, statement, sequence, manifest } };
}

function place({ account, pairingId, digest }: Transcript, epoch: number): Place {
  return { namespace: 'pairing', account, scope: 'pairing', record: pairingId, epoch, parent: digest };
}
