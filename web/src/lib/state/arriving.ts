// Opens the keys that a sign-in brought, with every check: none but the account's own, none older than this device has seen.
import type * as Crypto from '$lib/crypto';
import type { LoggedIn } from '$lib/wire/http';
import type { Session } from './session.svelte';
import { unlockOrFallBack, type UnlockingParts } from './unlocking';

type Opener = Pick<Crypto.Unlocking, 'kind' | 'method' | 'kek'>;
type Arrived = Awaited<ReturnType<typeof Crypto.unlock>>;

/** CryptoError. Nothing is remembered yet. */
export async function openArrived(
  answer: LoggedIn,
  by: {
    account: string;
    opener: Opener;
    api: UnlockingParts['api'];
    crypto: UnlockingParts['crypto'] & Pick<typeof Crypto, 'verifyOwnManifest' | 'CryptoError'>;
    session: Pick<Session, 'lowestEpoch' | 'expectNothingOlder' | 'fellBack'>;
  },
): Promise<Arrived> {
  const { account, api, crypto, session } = by;
  const { keys: wrapped } = answer;
  if (answer.session.account_id !== account) throw new crypto.CryptoError('wrong_account');
  const lowestEpoch = await session.lowestEpoch(account);
  const fellBack = () => void (session.fellBack = true);
  const of = { ...by.opener, wrapped, lowestEpoch, account };
  const opened = await unlockOrFallBack({ api, crypto, fellBack }, of);
  await expectOwn(opened, wrapped, { crypto, session });
  return opened;
}

/** The ways in are those that the account has signed, and nothing is older than what was seen; else the keys are wiped. */
export async function expectOwn(
  { signingPublicKey, masterBytes }: Arrived,
  wrapped: Crypto.WrappedKeys,
  by: {
    crypto: Pick<typeof Crypto, 'verifyOwnManifest'>;
    session: Pick<Session, 'expectNothingOlder'>;
  },
): Promise<void> {
  try {
    await by.crypto.verifyOwnManifest(wrapped, signingPublicKey);
    await by.session.expectNothingOlder(wrapped, signingPublicKey);
  } catch (error) {
    masterBytes.fill(0);
    throw error;
  }
}
