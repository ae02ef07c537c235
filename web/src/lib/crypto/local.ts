// Rows this browser keeps for itself: AES-GCM under the device key, bound to the name they are stored under.
import { concat, utf8, type Bytes } from './bytes';
import { parseJson, writeJson } from './content';
import { CryptoError } from './errors';
import { decrypt, encrypt, randomBytes } from './keys';

const IV_BYTES = 12;
const TAG_BYTES = 16;

export async function sealLocal(deviceKey: CryptoKey, name: string, content: unknown): Promise<Bytes> {
  const iv = randomBytes(IV_BYTES);
  return concat(iv, await encrypt(deviceKey, iv, writeJson(content), utf8(name)));
}

export async function openLocal(deviceKey: CryptoKey, name: string, bytes: Bytes): Promise<unknown> {
  if (bytes.length < IV_BYTES + TAG_BYTES) throw new CryptoError('truncated');
  const iv = bytes.slice(0, IV_BYTES);
  return parseJson(await decrypt(deviceKey, iv, bytes.slice(IV_BYTES), utf8(name)));
}
