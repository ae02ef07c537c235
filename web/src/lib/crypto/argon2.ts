// Argon2id v1.3 as WebAssembly; only the worker imports it, so that it stays out of the page's code.
import { argon2id } from 'hash-wasm';
import type { Bytes } from './bytes';
import { KDF_PROFILES } from './kdf_profiles';
import type { Stretch } from './passwords';

export const stretchHere: Stretch = async (password, salt, profile) => {
  const cost = KDF_PROFILES[profile];
  const stretched = await argon2id({
    password,
    salt,
    memorySize: cost.memoryKib,
    iterations: cost.passes,
    parallelism: cost.lanes,
    hashLength: cost.bytes,
    outputType: 'binary',
  });
  return stretched as Bytes;
};
