// The accounts this device knows: the one signed in, how its keys come open, and those whose sealed chats were left here.
import type * as Crypto from '$lib/crypto';
import type { Pins } from '$lib/crypto';
import type { SessionAnswer, WrappedKeys } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import type { AccountName, KeyStore, KnownAccount, LeftBehind } from './key_store';

export interface Arrival {
  account: AccountName;
  session: SessionAnswer;
  wrapped: WrappedKeys;
  salt: string;
  kdfProfile: number;
  /** What another device has seen of its keys, if it was that which let this one in. */
  pins?: Pins;
}

/** What may be other than it was when this device signed in. */
export type Changed = Partial<Pick<KnownAccount, 'wrapped' | 'email'>>;

export class DeviceAccounts {
  #keys: KeyStore;
  #forget: (account: string) => Promise<void>;

  /** `forget` removes all content that this device keeps of an account. */
  constructor(keys: KeyStore, forget: (account: string) => Promise<void>) {
    this.#keys = keys;
    this.#forget = forget;
  }

  async known(): Promise<KnownAccount | null> {
    return (await this.#keys.get('account')) ?? null;
  }

  /** Any other account that was signed in here is left behind. */
  async remember(arrival: Arrival, staySignedIn: boolean): Promise<KnownAccount> {
    const { account, session, wrapped, salt, kdfProfile } = arrival;
    const known: KnownAccount = {
      ...account,
      sessionId: session.session_id,
      rotateAt: session.rotate_at,
      staySignedIn,
      salt,
      kdfProfile,
      wrapped,
    };
    const lowest = (await this.#keys.get('lowest_epochs')) ?? {};
    const highest = Math.max(lowest[account.id] ?? 0, wrapped.epoch);
    const pins = (await this.#keys.get('pins')) ?? {};
    await this.#keys.put({
      account: known,
      left_behind: (await this.others(account.id)).map((each) => ({ ...each, accepted: true })),
      logout_owed: undefined,
      lowest_epochs: { ...lowest, [account.id]: highest },
      ...(arrival.pins ? { pins: { ...pins, [account.id]: arrival.pins } } : {}),
    });
    return known;
  }

  async choose(staySignedIn: boolean): Promise<void> {
    const known = await this.known();
    if (known) await this.#keys.put({ account: { ...known, staySignedIn } });
  }

  /** The server has ended the session: only a sign-in goes on. */
  async ended(): Promise<void> {
    const known = await this.known();
    if (known) await this.#keys.put({ account: { ...known, ended: true } });
  }

  /** What unlocks the account was changed. */
  async change(changed: Changed): Promise<KnownAccount | null> {
    const known = await this.known();
    if (known === null) return null;
    const now = { ...known, ...changed, ...passwordOf(changed.wrapped) };
    await this.#keys.put({ account: now });
    return now;
  }

  /** Nobody is signed in here from now on; the server is still to be told. */
  async leave(erase: boolean): Promise<void> {
    const known = await this.known();
    const left = await this.others(known?.id ?? '');
    if (known && !erase) left.push({ id: known.id, email: known.email, accepted: false });
    await this.#keys.put({
      account: undefined,
      unsaved_secrets: undefined,
      left_behind: left,
      logout_owed: true,
    });
    if (known && erase) await this.#forget(known.id);
  }

  /** Tells the server, if that is still to be done and it can be reached. */
  async settleLogout(api: Pick<Api, 'postOnce'>): Promise<void> {
    if (!(await this.#keys.get('logout_owed'))) return;
    try {
      await api.postOnce(null, '/auth/logout');
    } catch (error) {
      if (error instanceof ApiError && error.passing) return; // told at the next start
    }
    await this.#keys.put({ logout_owed: undefined });
  }

  /** All but this one whose sealed chats are here; one who is still known, but locked, counts as well. */
  async others(account: string): Promise<LeftBehind[]> {
    const left = (await this.#keys.get('left_behind')) ?? [];
    const known = await this.known();
    const byId = new Map(left.map((each) => [each.id, each]));
    if (known) byId.set(known.id, { id: known.id, email: known.email, accepted: false });
    byId.delete(account);
    return [...byId.values()];
  }

  /** What this device holds of it; the server's copies stay. */
  async eraseOther(account: string): Promise<void> {
    const known = await this.known();
    const left = (await this.#keys.get('left_behind')) ?? [];
    await this.#keys.put({
      left_behind: left.filter((each) => each.id !== account),
      ...(known?.id === account
        ? { account: undefined, kept_master: undefined, sealed_master: undefined, unsaved_secrets: undefined }
        : {}),
    });
    await this.#forget(account);
  }

  /** What is to be remembered once these keys were seen. CryptoError of what goes below what this device has seen. */
  async pinsAfter(
    it: typeof Crypto,
    wrapped: Crypto.WrappedKeys,
    publicKey: Uint8Array<ArrayBuffer>,
  ): Promise<Pins> {
    const pins = (await this.#keys.get('pins'))?.[wrapped.account_id] ?? it.NO_PINS;
    return it.advancePins(pins, {
      account: wrapped.account_id,
      statement: it.readStatement(wrapped.statement),
      manifest: wrapped.manifest ? it.readManifest(wrapped.manifest) : null,
      publicKey,
    });
  }

  /** The highest epoch seen here of an account; the server may not go below it. */
  async lowestEpoch(account: string): Promise<number> {
    const signedInWith = (await this.#keys.get('lowest_epochs'))?.[account] ?? 0;
    const followedTo = (await this.#keys.get('pins'))?.[account]?.epoch ?? 0;
    return Math.max(signedInWith, followedTo);
  }
}

/** How the password of these keys is stretched: it may have been chosen elsewhere, or the reply to choosing it was lost. */
function passwordOf(wrapped?: WrappedKeys): Partial<Pick<KnownAccount, 'salt' | 'kdfProfile'>> {
  const password = wrapped?.methods.find(({ kind }) => kind === 'password');
  if (password?.salt == null || password.kdf_profile === null) return {};
  return { salt: password.salt, kdfProfile: password.kdf_profile };
}
