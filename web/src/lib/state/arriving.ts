// Opens the keys that a sign-in brought, with every check: none but the account's own, none older than this device has seen.
import type * as Crypto from '$lib/crypto';
import type { LoggedIn } from '$lib/wire/http';
import type { Session } from './session.svelte';

type Opener = Pick<Parameters<typeof Crypto.unlock>[0], 'kind' | 'method' | 'kek'>;

/** CryptoError. Nothing is remembered yet. */
export async function openArrived(
  answer: LoggedIn,
  by: {
    account: string;
    opener: Opener;
    crypto: Pick<typeof Crypto, 'unlock' | 'verifyOwnManifest' | 'CryptoError'>;
    session: Pick<Session, 'lowestEpoch' | 'expectNothingOlder'>;
  },
): Promise<Awaited<ReturnType<typeof Crypto.unlock>>> {
  const { account, crypto, session } = by;
  const { keys: wrapped } = answer;
  if (answer.session.account_id !== account) throw new crypto.CryptoError('wrong_account');
  const lowestEpoch = await session.lowestEpoch(account);
  const opened = await crypto.unlock({ ...by.opener, wrapped, lowestEpoch, account });
  try {
    await crypto.verifyOwnManifest(wrapped, opened.signingPublicKey);
    await session.expectNothingOlder(wrapped, opened.signingPublicKey);
  } catch (error) {
    opened.masterBytes.fill(0);
    throw error;
  }
  return opened;
}
