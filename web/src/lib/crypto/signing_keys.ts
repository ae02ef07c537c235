// The account's signing key under the master key: sealed, and opened with the proof that it is the one that is known.
import { utf8, wipe, type Bytes } from './bytes';
import { openWith, seal, type Place } from './envelope';
import { CryptoError } from './errors';
import { sign, SIGNING_SEED_BYTES, verifies } from './statements';
import { readBytes, type WrappedKeys } from './wrapped';

export async function sealSigningKey(
  seed: Bytes,
  of: { account: string; epoch: number; master: CryptoKey },
): Promise<Bytes> {
  return seal(of.master, signingPlace(of.account, of.epoch), seed);
}

/** The seed, which belongs to this public key if what it signs verifies under it. The caller wipes it. */
export async function openSigningKey(
  wrapped: WrappedKeys,
  master: CryptoKey,
  publicKey: Bytes,
): Promise<Bytes> {
  const place = signingPlace(wrapped.account_id, wrapped.epoch);
  const seed = await openWith(master, place, readBytes(wrapped.signing.private));
  const probe = utf8('sealmate v1 signing key');
  const fits =
    seed.length === SIGNING_SEED_BYTES && (await verifies(publicKey, probe, await sign(seed, probe)));
  if (fits) return seed;
  wipe(seed);
  throw new CryptoError('signing_key_mismatch');
}

function signingPlace(account: string, epoch: number): Place {
  return { namespace: 'signing_key', account, scope: 'account', record: account, epoch };
}
