// The account manifest: what belongs to an account, signed by it, so that nothing is brought back or taken away unseen.
import { concat, lp, NOTHING, sameBytes, u32, utf8, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { hashOf } from './keys';
import { sign, verifies } from './statements';

export interface NamedMethod {
  readonly id: string;
  /** SHA-256 of the method's public envelope. */
  readonly publicHash: Bytes;
}

export interface Manifest {
  readonly sequence: number;
  readonly epoch: number;
  /** SHA-256 of the manifest before, or empty. */
  readonly previous: Bytes;
  readonly methods: readonly NamedMethod[];
  readonly signature: Bytes;
}

/** A method as far as a manifest names it: its id and its public envelope. */
export interface Nameable {
  readonly id: string;
  readonly public: Bytes;
}

export function manifestBytes(
  account: string,
  manifest: Omit<Manifest, 'signature'>,
  publicKey: Bytes,
): Bytes {
  const { sequence, epoch, previous, methods } = manifest;
  const named = [...methods].sort(
    (a, b) => compare(utf8(a.id), utf8(b.id)) || compare(a.publicHash, b.publicHash),
  );
  return concat(
    lp(utf8('sealmate v1 manifest')),
    lp(utf8(account)),
    u32(sequence),
    u32(epoch),
    lp(publicKey),
    lp(previous),
    u32(named.length),
    ...named.flatMap(({ id, publicHash }) => [lp(utf8(id)), lp(publicHash)]),
  );
}

export async function manifestHash(account: string, manifest: Manifest, publicKey: Bytes): Promise<Bytes> {
  return hashOf(manifestBytes(account, manifest, publicKey));
}

/** The one after `before`, which was verified. */
export async function makeManifest(of: {
  account: string;
  epoch: number;
  methods: readonly Nameable[];
  seed: Bytes;
  publicKey: Bytes;
  before: Manifest | null;
  /** What `before` is signed with, if it is another key. */
  publicKeyBefore?: Bytes;
}): Promise<Manifest> {
  const { account, epoch, publicKey, before } = of;
  const said = {
    sequence: (before?.sequence ?? 0) + 1,
    epoch,
    previous: before ? await manifestHash(account, before, of.publicKeyBefore ?? publicKey) : NOTHING,
    methods: await Promise.all(of.methods.map(named)),
  };
  return { ...said, signature: await sign(of.seed, manifestBytes(account, said, publicKey)) };
}

/** It is the account's own word, of this epoch, and every method there is stands in it. */
export async function verifyManifest(
  manifest: Manifest,
  of: { account: string; epoch: number; methods: readonly Nameable[]; publicKey: Bytes },
): Promise<void> {
  const signed = manifestBytes(of.account, manifest, of.publicKey);
  if (!(await verifies(of.publicKey, signed, manifest.signature))) throw new CryptoError('bad_signature');
  if (manifest.epoch !== of.epoch) throw new CryptoError('wrong_epoch');
  for (const { id, publicHash } of await Promise.all(of.methods.map(named))) {
    const found = manifest.methods.some((each) => each.id === id && sameBytes(each.publicHash, publicHash));
    if (!found) throw new CryptoError('method_not_named');
  }
}

async function named(method: Nameable): Promise<NamedMethod> {
  return { id: method.id, publicHash: await hashOf(method.public) };
}

function compare(a: Bytes, b: Bytes): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
