// Stretches a password in a worker of its own, which ends with its 64 MiB when it is done.
import { trustedScriptUrl } from '$lib/trusted';
import workerUrl from './argon2.worker?worker&url';
import type { Bytes } from './bytes';
import { CryptoError } from './errors';
import type { KdfProfile } from './kdf_profiles';
import type { Stretch } from './passwords';

export interface StretchOrder {
  readonly password: Bytes;
  readonly salt: Bytes;
  readonly profile: KdfProfile;
}

export interface StretchResult {
  readonly stretched: Bytes | null;
}

export function stretchIn(makeWorker: () => Worker): Stretch {
  return async (password, salt, profile) => {
    const worker = start(makeWorker);
    try {
      return await new Promise<Bytes>((resolve, reject) => {
        const fail = () => reject(new CryptoError('worker_failed'));
        worker.addEventListener('message', ({ data }: MessageEvent<StretchResult>) =>
          data.stretched ? resolve(data.stretched) : fail(),
        );
        worker.addEventListener('error', fail);
        worker.addEventListener('messageerror', fail);
        worker.postMessage({ password, salt, profile } satisfies StretchOrder);
      });
    } finally {
      worker.terminate();
    }
  };
}

function start(makeWorker: () => Worker): Worker {
  try {
    return makeWorker();
  } catch {
    throw new CryptoError('worker_failed');
  }
}

export const stretchInWorker: Stretch = stretchIn(
  () => new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'password' }),
);
