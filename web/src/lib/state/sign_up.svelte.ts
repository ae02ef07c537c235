// Signing up, step by step: a code by mail, a password, an authenticator; then keys made here, and what must be saved of them.
import type * as Crypto from '$lib/crypto';
import type { MadeAccount } from '$lib/crypto';
import {
  LoggedIn,
  LoginStarted,
  PasswordProved,
  SignUpCompleted,
  SignUpStarted,
  SignUpVerified,
} from '$lib/wire/http';
import type { SessionAnswer, WrappedKeys } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import { otherAccount } from './auth_errors';
import type { TabStorage } from './kept_open';
import type { Session } from './session.svelte';
import { findProgress, keepProgress } from './sign_up_progress';
import { troubleOf, type Step, type Trouble } from './trouble';

export type SignUpStep = 'email' | 'mail_code' | 'password' | 'authenticator' | 'save' | 'stay';
export const SIGN_UP_STEPS: readonly SignUpStep[] = [
  'email',
  'mail_code',
  'password',
  'authenticator',
  'save',
  'stay',
];

/** As long as the server keeps them. */
const MAIL_CODE_MS = 600_000;
const VERIFIED_MS = 1_800_000;

export interface SignUpParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  session: Pick<Session, 'begin' | 'secretsSaved' | 'stay' | 'unsaved'>;
  tab: TabStorage;
  /** How this device is called in the list of devices. */
  device: string;
  /** Milliseconds. */
  now(): number;
}

export class SignUp {
  step = $state<SignUpStep>('email');
  doing = $state<'sending' | 'making_keys' | 'checking' | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  email = $state('');
  verified = $state.raw<SignUpVerified | null>(null);
  /** The page was loaded anew in the middle: what was done until then still counts. */
  resumed = $state(false);

  #parts: SignUpParts;
  #signupId = '';
  #made: Promise<MadeAccount> | null = null;
  /** The server may have finished without our hearing of it. */
  #replyLost = false;

  constructor(parts: SignUpParts) {
    this.#parts = parts;
    const progress = findProgress(parts.tab, parts.now());
    if (parts.session.unsaved) this.step = 'save';
    else if (progress) {
      this.email = progress.email;
      this.#signupId = progress.signupId;
      this.verified = progress.verified;
      this.step = progress.verified ? 'password' : 'mail_code';
      this.resumed = true;
    }
  }

  async submitEmail(email: string): Promise<void> {
    await this.#try('email', 'sending', async () => {
      this.email = email.trim();
      const { signup_id } = await this.#parts.api.post(SignUpStarted, '/auth/signup', { email: this.email });
      this.#signupId = signup_id;
      this.#keep(MAIL_CODE_MS);
      this.step = 'mail_code';
    });
  }

  async submitMailCode(code: string): Promise<void> {
    await this.#try('mail_code', 'checking', async () => {
      const body = { signup_id: this.#signupId, code };
      this.verified = await this.#parts.api.post(SignUpVerified, '/auth/signup/verify', body);
      this.#keep(VERIFIED_MS);
      this.resumed = false;
      this.step = 'password';
    });
  }

  /** The keys are made while the person turns to the authenticator. */
  choosePassword(password: string): void {
    const { account_id: account, kdf_profile: kdfProfile } = this.verified!;
    this.trouble = null;
    this.#made = this.#parts.crypto().then((it) => it.makeAccountKeys({ account, password, kdfProfile }));
    this.#made.catch(() => null); // told when they are needed
    this.resumed = false;
    this.step = 'authenticator';
  }

  async complete(code: string): Promise<void> {
    await this.#try('second_factor', 'making_keys', async () => {
      const made = await this.#made!;
      this.doing = 'checking';
      const { session, backupCodes } = await this.#finish(made, code);
      const { account_id: id } = this.verified!;
      if (session.account_id !== id) throw otherAccount();
      const signedIn = {
        account: { id, email: this.email.toLowerCase() },
        session,
        wrapped: wrappedOf(id, made.keys),
        salt: made.keys.password.salt,
        kdfProfile: made.keys.password.kdf_profile,
        opened: made.opened,
        masterBytes: made.masterBytes,
      };
      const unsaved = { recoveryKey: made.recoveryKey, backupCodes };
      await this.#parts.session.begin(signedIn, { staySignedIn: false, unsaved });
      keepProgress(this.#parts.tab, null);
      this.#made = null;
      this.step = 'save';
    });
  }

  /** Only here the secrets are let go of: until the last question is answered they can be seen again. */
  async finish(staySignedIn: boolean): Promise<void> {
    await this.#parts.session.stay(staySignedIn);
    await this.#parts.session.secretsSaved();
  }

  /** To the step before, where nothing is lost by it; the mailed code can't be used twice. */
  back(): void {
    this.trouble = null;
    if (this.step === 'mail_code') this.startAgain();
    if (this.step === 'authenticator') this.step = 'password';
  }

  startAgain(): void {
    keepProgress(this.#parts.tab, null);
    this.verified = null;
    this.#made = null;
    this.#replyLost = false;
    this.resumed = false;
    this.step = 'email';
  }

  async #finish(
    made: MadeAccount,
    totpCode: string,
  ): Promise<{ session: SessionAnswer; backupCodes: string[] }> {
    const { api, device } = this.#parts;
    const body = {
      signup_token: this.verified!.signup_token,
      keys: made.keys,
      totp_code: totpCode,
      device,
      transport: 'cookie',
    };
    try {
      const { session, backup_codes } = await api.post(SignUpCompleted, '/auth/signup/complete', body);
      return { session, backupCodes: backup_codes };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'step_expired' && this.#replyLost) {
        return this.#signIn(made, totpCode).catch((other: unknown) => {
          // There is no such account: it was the time that had run out.
          throw other instanceof ApiError && other.code === 'wrong_credentials' ? error : other;
        });
      }
      this.#replyLost ||= error.status === 0 || error.status >= 500;
      throw error;
    }
  }

  /** The account was made, but the reply was lost: its keys are here, so signing in is all that is missing. */
  async #signIn(made: MadeAccount, code: string): Promise<{ session: SessionAnswer; backupCodes: string[] }> {
    const { api, device } = this.#parts;
    const { login_id } = await api.post(LoginStarted, '/auth/login', { email: this.email });
    await api.post(PasswordProved, '/auth/login/password', { login_id, auth: made.keys.password.auth });
    const body = { login_id, code, device, transport: 'cookie' };
    const { session } = await api.post(LoggedIn, '/auth/login/totp', body);
    return { session, backupCodes: [] };
  }

  #keep(forMs: number): void {
    const { tab, now } = this.#parts;
    const { email, verified } = this;
    keepProgress(tab, { email, verified, signupId: this.#signupId, until: now() + forMs });
  }

  async #try(
    step: Step,
    doing: 'sending' | 'making_keys' | 'checking',
    work: () => Promise<void>,
  ): Promise<void> {
    if (this.doing !== null) return;
    this.doing = doing;
    this.trouble = null;
    try {
      await work();
    } catch (error) {
      const trouble = troubleOf(error, step, this.#parts.now());
      if (trouble.code === 'step_expired') this.startAgain();
      if (trouble.code === 'keys_not_made') this.step = 'password'; // they are made when it is chosen again
      this.trouble = trouble;
    } finally {
      this.doing = null;
    }
  }
}

function wrappedOf(account: string, keys: MadeAccount['keys']): WrappedKeys {
  const { password, recovery, signing, statement } = keys;
  const method = (
    kind: 'password' | 'recovery',
    { method_id, secret, master, public: publicKey }: typeof recovery,
  ) => ({
    method_id,
    kind,
    secret,
    master,
    public: publicKey,
    credential_id: null,
    transports: null,
  });
  return {
    account_id: account,
    epoch: statement.epoch,
    methods: [method('password', password), method('recovery', recovery)],
    signing,
    statement,
    manifest: null,
    links: [],
  };
}
