// What a device remembers of an account's keys, so that an older state, or another one of the same number, shows.
import { NOTHING, sameBytes, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { manifestHash, type Manifest } from './manifests';
import { statementHash, type EpochStatement } from './statements';

/** The highest epoch and manifest this device has seen, each with its hash; zero and empty before the first. */
export interface Pins {
  readonly epoch: number;
  readonly statement: Bytes;
  readonly sequence: number;
  readonly manifest: Bytes;
}

export const NO_PINS: Pins = { epoch: 0, statement: NOTHING, sequence: 0, manifest: NOTHING };

/** What is remembered from now on. Both were verified; here they are only held against what was seen before. */
export async function advance(
  pins: Pins,
  of: { account: string; statement: EpochStatement; manifest: Manifest | null; publicKey: Bytes },
): Promise<Pins> {
  const { account, manifest, publicKey } = of;
  const statement = await statementHash(account, of.statement);
  const { epoch } = of.statement;
  if (epoch < pins.epoch) throw new CryptoError('epoch_rolled_back');
  if (epoch === pins.epoch && differs(pins.statement, statement)) throw new CryptoError('epoch_forked');
  if (epoch === pins.epoch + 1 && differs(pins.statement, of.statement.previous)) {
    throw new CryptoError('epoch_forked');
  }
  if (!manifest) {
    if (pins.sequence > 0) throw new CryptoError('manifest_missing');
    return { epoch, statement, sequence: 0, manifest: NOTHING };
  }
  const { sequence } = manifest;
  const hash = await manifestHash(account, manifest, publicKey);
  if (sequence < pins.sequence) throw new CryptoError('manifest_rolled_back');
  if (sequence === pins.sequence && differs(pins.manifest, hash)) throw new CryptoError('manifest_forked');
  if (sequence === pins.sequence + 1 && differs(pins.manifest, manifest.previous)) {
    throw new CryptoError('manifest_forked');
  }
  return { epoch, statement, sequence, manifest: hash };
}

/** A device from before the hashes were kept remembers the number alone. */
function differs(seen: Bytes, now: Bytes): boolean {
  return seen.length > 0 && !sameBytes(seen, now);
}
