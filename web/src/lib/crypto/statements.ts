// Epoch statements: the account's signed word on which master key belongs to which epoch; and the key that signs them.
import { concat, lp, NOTHING, sameBytes, u32, utf8, wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { derive, hashOf, webCrypto } from './keys';

export interface EpochStatement {
  readonly epoch: number;
  readonly commitment: Bytes;
  /** SHA-256 of the previous epoch's statement, or empty. */
  readonly previous: Bytes;
  readonly signature: Bytes;
}

/** RFC 8410: what stands before the 32-byte seed in the only private form WebCrypto takes. */
const PKCS8_HEAD = new Uint8Array([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);
export const SIGNING_SEED_BYTES = 32;

export async function makeSigningKey(): Promise<{ seed: Bytes; publicKey: Bytes }> {
  const pair = await supported(
    () => webCrypto().generateKey('Ed25519', true, ['sign', 'verify']) as Promise<CryptoKeyPair>,
  );
  const pkcs8 = new Uint8Array(await webCrypto().exportKey('pkcs8', pair.privateKey));
  const seed = pkcs8.slice(PKCS8_HEAD.length, PKCS8_HEAD.length + SIGNING_SEED_BYTES);
  wipe(pkcs8);
  return { seed, publicKey: new Uint8Array(await webCrypto().exportKey('raw', pair.publicKey)) };
}

export async function sign(seed: Bytes, message: Bytes): Promise<Bytes> {
  if (seed.length !== SIGNING_SEED_BYTES) throw new CryptoError('bad_seed');
  const pkcs8 = concat(PKCS8_HEAD, seed);
  const key = await supported(() => webCrypto().importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']));
  wipe(pkcs8);
  return new Uint8Array(await webCrypto().sign('Ed25519', key, message));
}

export async function verifies(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = await supported(() => webCrypto().importKey('raw', publicKey, 'Ed25519', false, ['verify']));
  return webCrypto().verify('Ed25519', key, signature, message);
}

/** Browsers before 2025 lack Ed25519, which says nothing about the key at hand. */
async function supported<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') {
      throw new CryptoError('unsupported_browser');
    }
    throw new CryptoError('bad_signature');
  }
}

export async function commitToMaster(master: CryptoKey): Promise<Bytes> {
  return derive(master, 'sealmate v1 master commitment');
}

export function statementBytes(account: string, statement: Omit<EpochStatement, 'signature'>): Bytes {
  const { epoch, commitment, previous } = statement;
  return concat(lp(utf8('sealmate v1 epoch')), lp(utf8(account)), u32(epoch), lp(commitment), lp(previous));
}

export async function statementHash(account: string, statement: EpochStatement): Promise<Bytes> {
  return hashOf(statementBytes(account, statement));
}

export async function makeStatement(of: {
  account: string;
  epoch: number;
  master: CryptoKey;
  seed: Bytes;
  previous?: Bytes;
}): Promise<EpochStatement> {
  const said = {
    epoch: of.epoch,
    commitment: await commitToMaster(of.master),
    previous: of.previous ?? NOTHING,
  };
  return { ...said, signature: await sign(of.seed, statementBytes(of.account, said)) };
}

/** The statement is signed, and speaks of this account, this epoch and this very master key. */
export async function verifyStatement(
  statement: EpochStatement,
  of: { account: string; epoch: number; master: CryptoKey; publicKey: Bytes },
): Promise<void> {
  const signed = statementBytes(of.account, statement);
  if (!(await verifies(of.publicKey, signed, statement.signature))) throw new CryptoError('bad_signature');
  if (statement.epoch !== of.epoch) throw new CryptoError('wrong_epoch');
  if (!sameBytes(statement.commitment, await commitToMaster(of.master))) {
    throw new CryptoError('wrong_master_key');
  }
}
