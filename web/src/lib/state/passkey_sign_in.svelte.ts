// Signing in by a passkey: no address is typed, one gesture proves both factors and opens the keys.
import type * as Crypto from '$lib/crypto';
import { fromBase64url } from '$lib/wire/base64url';
import { AccountAnswer, CeremonyOptions, LoggedIn } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import { openArrived } from './arriving';
import { otherAccount } from './auth_errors';
import type { Assertion, Ceremonies, Shown } from './ceremonies';
import { openerOf } from './key_opener';
import { keyUnreadable, noKeyGiven, unknownPasskey } from './passkey_errors';
import type { Session, SignedIn } from './session.svelte';
import { troubleOf, type Trouble } from './trouble';

export interface PasskeySignInParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  ceremonies: Ceremonies;
  session: Pick<Session, 'lowestEpoch' | 'expectNothingOlder' | 'fellBack'>;
  device: string;
  /** Milliseconds. */
  now(): number;
}

export class PasskeySignIn {
  doing = $state(false);
  trouble = $state.raw<Trouble | null>(null);

  #parts: PasskeySignInParts;
  /** A passkey was shown, and signs in. */
  #shown = false;

  constructor(parts: PasskeySignInParts) {
    this.#parts = parts;
  }

  /** Null if it did not work; `trouble` says why. `only`: the account that may sign in here, if it is fixed. */
  async submit(only: string | null = null): Promise<SignedIn | null> {
    if (this.doing) return null;
    this.doing = true;
    this.trouble = null;
    try {
      return await this.#signIn(false, only);
    } catch (error) {
      this.trouble = troubleOf(error, 'password', this.#parts.now());
      return null;
    } finally {
      this.doing = false;
    }
  }

  /** Offered by the browser beside the e-mail field, as long as the page is shown; silent until something is chosen. */
  async offer(): Promise<SignedIn | null> {
    if (!(await this.#parts.ceremonies.autofills().catch(() => false))) return null;
    try {
      return await this.#signIn(true, null);
    } catch (error) {
      const quiet =
        error instanceof ApiError && ['passkey_cancelled', 'offline', 'too_many_tries'].includes(error.code);
      if (!quiet) this.trouble = troubleOf(error, 'password', this.#parts.now());
      return null;
    }
  }

  stopOffering(): void {
    this.#parts.ceremonies.stop();
  }

  /** Null where one that was shown before signs in already: the offer and the button wait at the same time. */
  async #signIn(autofill: boolean, only: string | null): Promise<SignedIn | null> {
    const { api, ceremonies, crypto } = this.#parts;
    const [it, started] = await Promise.all([
      crypto(),
      api.post(CeremonyOptions, '/auth/login/passkey/options', {}),
    ]);
    const shown = await ceremonies.show(started.options, await it.prfInput(), autofill);
    if (this.#shown) return null;
    this.#shown = true;
    try {
      return await this.#signInBy(shown, started.challenge_id, only);
    } finally {
      this.#shown = false;
    }
  }

  async #signInBy(shown: Shown, challenge: string, only: string | null): Promise<SignedIn> {
    const { api, crypto, device } = this.#parts;
    const it = await crypto();
    // Without it nothing opens, so there need be no session either.
    if (shown.output === null) throw noKeyGiven();
    const body = {
      challenge_id: challenge,
      assertion: shown.assertion,
      device,
      transport: 'cookie',
    };
    const step = { account: accountOf(shown.assertion), id: challenge };
    const answer = await api.post(LoggedIn, '/auth/login/passkey', body, step).catch(refused);
    const { session, keys } = answer;
    try {
      const account = keys.account_id;
      if (only !== null && account !== only) throw otherAccount();
      const opener = await openerOf(shown, { crypto: it, wrapped: keys });
      const by = { account, opener, api, crypto: it, session: this.#parts.session };
      const { masterBytes, ...opened } = await openArrived(answer, by);
      const { email } = await api.get(AccountAnswer, '/account');
      const password = keys.methods.find(({ kind }) => kind === 'password');
      return {
        account: { id: account, email },
        session,
        wrapped: keys,
        salt: password?.salt ?? '',
        kdfProfile: password?.kdf_profile ?? 0,
        opened,
        masterBytes,
      };
    } catch (error) {
      // A session whose keys don't open is no use to anyone.
      await api.postOnce(null, '/auth/logout').catch(() => null);
      throw keyUnreadable(error);
    }
  }
}

/** A passkey that was found by itself names its account; the server refuses one that doesn't. */
function accountOf({ user_handle: handle }: Assertion): string {
  return handle ? new TextDecoder().decode(fromBase64url(handle)) : '';
}

function refused(error: unknown): never {
  throw error instanceof ApiError && error.code === 'wrong_credentials' ? unknownPasskey() : error;
}
