// What a password gives: a proof for the server (`auth`) and a key that never leaves the device (`kek`).
import { concat, lp, utf8, wipe, type Bytes } from './bytes';
import { isText } from './content';
import { CryptoError } from './errors';
import { isKdfProfile, type KdfProfile } from './kdf_profiles';
import { derive, importKey } from './keys';

export const SALT_BYTES = 16;

/** `auth` is sent to the server; `kek` opens the unlock method and is never sent. */
export interface Proof {
  readonly auth: Bytes;
  readonly kek: CryptoKey;
}

/** Argon2id, wherever it runs: 64 bytes. */
export type Stretch = (password: Bytes, salt: Bytes, profile: KdfProfile) => Promise<Bytes>;

/** About a second of one core: it is meant to be slow. */
export async function derivePasswordWith(
  stretch: Stretch,
  of: { account: string; password: string; salt: Bytes; kdfProfile: number },
): Promise<Proof> {
  if (!isKdfProfile(of.kdfProfile)) throw new CryptoError('unknown_kdf_profile');
  if (of.salt.length !== SALT_BYTES) throw new CryptoError('bad_salt');
  const password = normalise(of.password);
  const stretched = await stretch(password, of.salt, of.kdfProfile);
  const key = await importKey(stretched);
  const owner = lp(utf8(of.account));
  const kek = await derive(key, concat(utf8('sealmate v1 password kek'), owner));
  const proof = {
    auth: await derive(key, concat(utf8('sealmate v1 password auth'), owner)),
    kek: await importKey(kek),
  };
  wipe(password, stretched, kek);
  return proof;
}

/** NFC, so that one password typed on two keyboards is the same bytes. */
function normalise(password: string): Bytes {
  if (!isText(password)) throw new CryptoError('password_not_text');
  if (password === '') throw new CryptoError('password_empty');
  return utf8(password.normalize('NFC'));
}
