// A fresh proof that it is you, asked for in place when the ways in are to be changed; then what was wanted goes on by itself.
import type * as Crypto from '$lib/crypto';
import { toBase64url } from '$lib/wire/base64url';
import { CeremonyOptions, SteppedUp, WrappedKeys } from '$lib/wire/http';
import { ApiError, api, type Api } from './api';
import { keysUnreadable, notProved, notSignedIn, wrongSecret } from './auth_errors';
import { ceremonies, type Ceremonies } from './ceremonies';
import { openerOf } from './key_opener';
import { unknownPasskey } from './passkey_errors';
import { session, type Secret, type Session } from './session.svelte';
import { troubleOf, type Trouble } from './trouble';
import { unlockOrFallBack, type UnlockingParts } from './unlocking';

/** What opens the keys: of which method, with which key. */
export type Opener = Omit<Crypto.Unlocking, 'wrapped' | 'lowestEpoch' | 'account'>;

/** The keys as the server holds them now, opened, with the bytes that a new unlock method is made of. */
export interface Reopened {
  account: string;
  wrapped: WrappedKeys;
  opened: Crypto.Opened;
  /** Wiped when the action is over. */
  masterBytes: Uint8Array<ArrayBuffer>;
}

export interface StepUpParts {
  api: Api;
  crypto(): Promise<UnlockingParts['crypto'] & Pick<typeof Crypto, 'derivePasskey' | 'prfInput'>>;
  ceremonies: Pick<Ceremonies, 'show'>;
  session: Pick<Session, 'account' | 'proofOf' | 'lowestEpoch' | 'fellBack'>;
  /** Milliseconds. */
  now(): number;
}

export class StepUp {
  /** The dialog is to be shown. */
  asking = $state(false);
  /** What is asked for needs the keys opened, which no proof given before does. */
  opensKeys = $state(false);
  doing = $state<'deriving' | 'checking' | null>(null);
  trouble = $state.raw<Trouble | null>(null);

  #parts: StepUpParts;
  #asked: Promise<Opener> | null = null;
  #answers: { settle(opener: Opener): void; refuse(error: Error): void } | null = null;

  constructor(parts: StepUpParts) {
    this.#parts = parts;
  }

  /** Does `action`, once more after a proof if the server wants one. ApiError `not_proved` if the person would rather not. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'step_up_needed')) throw error;
    }
    await this.#ask({ opensKeys: false });
    return action();
  }

  /** Asks always, as only what is typed opens the master key's bytes. What is sent with them still goes through `run`. */
  async withMaster<T>(action: (keys: Reopened) => Promise<T>): Promise<T> {
    const keys = await this.#reopen(await this.#ask({ opensKeys: true }));
    try {
      return await action(keys);
    } finally {
      keys.masterBytes.fill(0);
    }
  }

  /** From the dialog: password or recovery key, and a code. */
  async submit(secret: Secret, code: string): Promise<void> {
    if (this.doing !== null) return;
    this.doing = 'deriving';
    this.trouble = null;
    try {
      const { auth, kek } = await this.#parts.session.proofOf(secret);
      this.doing = 'checking';
      const body = { auth: toBase64url(auth), code: code.trim() };
      await this.#parts.api.post(SteppedUp, '/account/step-up', body);
      this.proved({ kind: secret.kind, kek });
    } catch (error) {
      const wrong = error instanceof ApiError && error.code === 'wrong_credentials';
      this.trouble = troubleOf(wrong ? wrongSecret(secret.kind) : error, 'second_factor', this.#parts.now());
    } finally {
      this.doing = null;
    }
  }

  /** From the dialog: one assertion of a passkey, or of a security key that unlocks, is both proofs. */
  async submitKey(): Promise<void> {
    if (this.doing !== null) return;
    this.doing = 'checking';
    this.trouble = null;
    try {
      const { api, ceremonies } = this.#parts;
      const it = await this.#parts.crypto();
      const wrapped = await api.get(WrappedKeys, '/account/keys');
      const started = await api.post(CeremonyOptions, '/account/step-up/passkey/options', {});
      const shown = await ceremonies.show(started.options, await it.prfInput());
      const opener = await openerOf(shown, { crypto: it, wrapped });
      const body = { challenge_id: started.challenge_id, assertion: shown.assertion };
      await api.post(SteppedUp, '/account/step-up/passkey', body);
      this.proved(opener);
    } catch (error) {
      const wrong = error instanceof ApiError && error.code === 'wrong_credentials';
      this.trouble = troubleOf(wrong ? unknownPasskey() : error, 'second_factor', this.#parts.now());
    } finally {
      this.doing = null;
    }
  }

  /** The server has its proof, however it was given. */
  proved(opener: Opener): void {
    this.#end()?.settle(opener);
  }

  cancel(): void {
    this.#end()?.refuse(notProved());
  }

  /** Two that need a proof at once are answered by one. */
  #ask({ opensKeys }: { opensKeys: boolean }): Promise<Opener> {
    if (this.#asked === null) {
      this.trouble = null;
      this.opensKeys = opensKeys;
      this.asking = true;
      this.#asked = new Promise((settle, refuse) => (this.#answers = { settle, refuse }));
    }
    return this.#asked;
  }

  #end() {
    const answers = this.#answers;
    this.#asked = null;
    this.#answers = null;
    this.asking = false;
    return answers;
  }

  async #reopen(opener: Opener): Promise<Reopened> {
    const { api, crypto, session } = this.#parts;
    const account = session.account?.id;
    if (account === undefined) throw notSignedIn();
    const wrapped = await api.get(WrappedKeys, '/account/keys');
    try {
      const lowestEpoch = await session.lowestEpoch(account);
      const fellBack = () => void (session.fellBack = true);
      const { masterBytes, ...opened } = await unlockOrFallBack(
        { api, crypto: await crypto(), fellBack },
        { ...opener, wrapped, lowestEpoch, account },
      );
      return { account, wrapped, opened, masterBytes };
    } catch (error) {
      throw keysUnreadable(error, opener.kind === 'recovery' ? 'recovery' : 'password');
    }
  }
}

export const stepUp = new StepUp({
  api,
  session,
  crypto: () => import('$lib/crypto'),
  ceremonies,
  now: () => Date.now(),
});
