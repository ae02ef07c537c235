// Signs which methods belong to the account: one that is about to come before it does, one that went after it is gone.
import type * as Crypto from '$lib/crypto';
import type { Opened } from '$lib/crypto';
import { WrappedKeys } from '$lib/wire/http';
import type { Api } from './api';
import type { Session } from './session.svelte';

export interface NamingParts {
  api: Api;
  crypto: Pick<typeof Crypto, 'nameMethods'>;
  session: Pick<Session, 'expectNothingOlder'>;
}

/** Comes before whatever adds or replaces a method that unlocks. Naming one that never comes does no harm. */
export async function nameComing(
  parts: NamingParts,
  opened: Opened,
  method: { method_id: string; public: string },
): Promise<void> {
  await name(parts, opened, [method]);
}

/** Comes after one was removed, so that nobody can bring it back. */
export async function nameLeft(parts: NamingParts, opened: Opened): Promise<void> {
  await name(parts, opened, []);
}

async function name(
  { api, crypto, session }: NamingParts,
  { master, signingPublicKey }: Opened,
  coming: { method_id: string; public: string }[],
): Promise<void> {
  const wrapped = await api.get(WrappedKeys, '/account/keys');
  // What is signed now must not go on from a list that the server has rolled back.
  await session.expectNothingOlder(wrapped, signingPublicKey);
  const manifest = await crypto.nameMethods({ wrapped, master, signingPublicKey, coming });
  await api.post(null, '/account/manifest', { manifest });
}
