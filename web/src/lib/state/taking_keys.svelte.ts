// This device is added by another one of the same person: joined by its code, compared by six digits, then signed in.
import type * as Crypto from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { AccountAnswer, LoggedIn, PairingJoined, PairingLooked } from '$lib/wire/http';
import { ApiError, api, type Api } from './api';
import { expectOwn } from './arriving';
import { PairingTampered, pairingTrouble, type PairingTrouble } from './pairing_errors';
import { session, type Session, type SignedIn } from './session.svelte';
import { thisDevice } from './this_device';

const LOOK_MS = 1_500;
const CLAIM_BYTES = 32;

export interface TakingParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  session: Pick<Session, 'expectNothingOlder' | 'lowestEpoch'>;
  device: string;
  wait(ms: number): Promise<void>;
}

interface Joined {
  it: typeof Crypto;
  own: Crypto.Introduced;
  transcript: Crypto.Transcript;
  signingPublicKey: Uint8Array<ArrayBuffer>;
  /** What this device shows to be taken for the one that joined. */
  shown: { pairing_id: string; claim: string };
}

export class TakingKeys {
  step = $state<'typing' | 'joining' | 'comparing' | 'entering'>('typing');
  /** The other device must show this very one. */
  code = $state('');
  trouble = $state.raw<PairingTrouble | null>(null);

  #parts: TakingParts;
  #stopped = false;

  constructor(parts: TakingParts) {
    this.#parts = parts;
  }

  /** By the code that the other device shows. Null if it did not work, and `trouble` says why, or if it was stopped. */
  async join(text: string): Promise<SignedIn | null> {
    if (this.step !== 'typing') return null;
    this.#stopped = false;
    this.trouble = null;
    this.step = 'joining';
    try {
      const joined = await this.#meet(text);
      const sealed = joined && (await this.#until(joined.shown, ({ sealed: given }) => given ?? null));
      if (joined && sealed) return await this.#enter(joined, sealed);
    } catch (error) {
      this.trouble = pairingTrouble(error);
    }
    this.step = 'typing';
    return null;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** The account that was given isn't this person's: the session that came of it ends. */
  async decline({ masterBytes }: SignedIn): Promise<void> {
    masterBytes.fill(0);
    this.step = 'typing';
    await this.#parts.api.postOnce(null, '/auth/logout').catch(() => null);
  }

  async #meet(text: string): Promise<Joined | null> {
    const { api, crypto, device: name } = this.#parts;
    const it = await crypto();
    const invitation = await it.readInvitation(text);
    const own = await it.introduce(invitation, name);
    const claim = globalThis.crypto.getRandomValues(new Uint8Array(CLAIM_BYTES));
    const shown = { pairing_id: invitation.pairingId, claim: toBase64url(claim) };
    const { account_id: account, signing_public_key: signing } = await api.post(
      PairingJoined,
      '/auth/pairing/join',
      {
        ...shown,
        device: name,
        public_key: toBase64url(own.device.publicKey),
        commitment: toBase64url(own.device.commitment),
      },
    );
    const nonce = await this.#until(shown, ({ nonce: answered }) => answered ?? null);
    if (nonce === null) return null;
    const signingPublicKey = fromBase64url(signing);
    const transcript = await it.agree(invitation, {
      account,
      signingPublicKey,
      device: own.device,
      giverNonce: fromBase64url(nonce),
      joinerNonce: own.nonce,
    });
    await api.post(null, '/auth/pairing/reveal', { ...shown, nonce: toBase64url(own.nonce) });
    this.code = await it.codeOf(transcript);
    this.step = 'comparing';
    return { it, own, transcript, signingPublicKey, shown };
  }

  /** What was given is opened before there is a session, and the account's keys are held against it before they count. */
  async #enter({ it, own, transcript, signingPublicKey, shown }: Joined, sealed: string): Promise<SignedIn> {
    this.step = 'entering';
    const { api, session } = this.#parts;
    const { masterBytes, pins } = await it.openKeys(fromBase64url(sealed), own.pair, transcript);
    const { account } = transcript;
    const body = { ...shown, transport: 'cookie' };
    const step = { account, id: shown.pairing_id };
    const answer = await api.post(LoggedIn, '/auth/pairing/finish', body, step);
    const { session: begun, keys: wrapped } = answer;
    try {
      if (begun.account_id !== account) throw new PairingTampered('wrong_account');
      const lowestEpoch = await session.lowestEpoch(account);
      const opened = await it.acceptMaster({ wrapped, account, masterBytes, signingPublicKey, lowestEpoch });
      await expectOwn(opened, wrapped, { crypto: it, session });
      const seen = await it.advancePins(pins, {
        account,
        statement: it.readStatement(wrapped.statement),
        manifest: wrapped.manifest ? it.readManifest(wrapped.manifest) : null,
        publicKey: signingPublicKey,
      });
      const { email, account_id: whose } = await api.get(AccountAnswer, '/account');
      if (whose !== account) throw new PairingTampered('wrong_account');
      const password = wrapped.methods.find(({ kind }) => kind === 'password');
      return {
        account: { id: account, email },
        session: begun,
        wrapped,
        salt: password?.salt ?? '',
        kdfProfile: password?.kdf_profile ?? 0,
        pins: seen,
        opened: { master: opened.master, signingPublicKey },
        masterBytes,
      };
    } catch (error) {
      masterBytes.fill(0);
      // A session whose keys don't open is no use to anyone.
      await api.postOnce(null, '/auth/logout').catch(() => null);
      throw error;
    }
  }

  /** What `found` finds in the mailbox; null once it was stopped. A network that is gone for a while ends nothing. */
  async #until<T>(shown: Joined['shown'], found: (looked: PairingLooked) => T | null): Promise<T | null> {
    const { api, wait } = this.#parts;
    while (!this.#stopped) {
      const looked = await api.post(PairingLooked, '/auth/pairing/look', shown).catch((error: unknown) => {
        if (error instanceof ApiError && error.passing) return null;
        throw error;
      });
      const seen = looked && found(looked);
      if (seen !== null) return seen;
      await wait(LOOK_MS);
    }
    return null;
  }
}

export function startTakingKeys(): TakingKeys {
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return new TakingKeys({
    api,
    session,
    wait,
    crypto: () => import('$lib/crypto'),
    device: thisDevice(),
  });
}
