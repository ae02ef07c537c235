// Signs that a method is about to belong to the account, before it does: a rotation seals nothing to one that nobody named.
import type * as Crypto from '$lib/crypto';
import type { Opened } from '$lib/crypto';
import { WrappedKeys } from '$lib/wire/http';
import type { Api } from './api';

/** Comes before whatever adds or replaces a method that unlocks. Naming one that never comes does no harm. */
export async function nameComing(
  { api, crypto }: { api: Api; crypto: Pick<typeof Crypto, 'nameMethods'> },
  { master, signingPublicKey }: Opened,
  method: { method_id: string; public: string },
): Promise<void> {
  const wrapped = await api.get(WrappedKeys, '/account/keys');
  const manifest = await crypto.nameMethods({ wrapped, master, signingPublicKey, coming: [method] });
  await api.post(null, '/account/manifest', { manifest });
}
