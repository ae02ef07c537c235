// Opens an account's keys, as the server or this device has them; or else by what the way in was before the last turns.
import type * as Crypto from '$lib/crypto';
import { WrappedKeys } from '$lib/wire/http';
import type { Api } from './api';

export interface UnlockingParts {
  api: Pick<Api, 'getOnce'>;
  crypto: Pick<typeof Crypto, 'unlock' | 'unlockByFormer'>;
  /** Opened only by what it was before: it should be replaced while that is kept. */
  fellBack(): void;
}

type Unlocked = Crypto.Opened & { masterBytes: Uint8Array<ArrayBuffer> };

/** CryptoError of the present keys, if nothing else opens either. */
export async function unlockOrFallBack(
  { api, crypto, fellBack }: UnlockingParts,
  of: Crypto.Unlocking,
): Promise<Unlocked> {
  try {
    return await crypto.unlock(of);
  } catch (error) {
    if (!isOfTheKeys(error)) throw error;
    const wrapped = await api.getOnce(WrappedKeys, '/account/keys?former=true').catch(() => null);
    const unlocked = wrapped && (await crypto.unlockByFormer({ ...of, wrapped }));
    if (!unlocked) throw error;
    fellBack();
    return unlocked;
  }
}

/** It says something of the keys, and not of the browser. */
function isOfTheKeys(error: unknown): boolean {
  if (!(error instanceof Error && 'reason' in error)) return false;
  return !('ofTheBrowser' in error && error.ofTheBrowser === true);
}
