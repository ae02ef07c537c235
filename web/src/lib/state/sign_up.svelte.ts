// Signing up, step by step: a code by mail; a passkey, or a password and an authenticator; then keys made here, and what must be saved of them.
import type * as Crypto from '$lib/crypto';
import type { ByPasskey, ByPassword } from '$lib/crypto';
import {
  CeremonyOptions,
  LoggedIn,
  LoginStarted,
  PasswordProved,
  SignUpStarted,
  WalletReply,
} from '$lib/wire/http';
import type { SessionAnswer, SignUpVerified, WrappedKeys } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import type { Ceremonies, Registration } from './ceremonies';
import * as checked from './checked_answers';
import { Flow } from './flow.svelte';
import type { TabStorage } from './kept_open';
import { outputOf } from './key_opener';
import { noKeyMade } from './passkey_errors';
import type { Session, SignedIn } from './session.svelte';
import { signUpProgress } from './sign_up_progress';
import type { Trouble } from './trouble';
import type * as v from 'valibot';

type WrappedMethod = WrappedKeys['methods'][number];
type MadeAccount = Crypto.MadeAccount<ByPassword>;

interface MadeByPasskey {
  account: Crypto.MadeAccount<ByPasskey>;
  wrapped: WrappedKeys;
  /** The authenticator's part, as it is sent. */
  passkey: object;
}
type Entering = Pick<SignedIn, 'wrapped' | 'salt' | 'kdfProfile' | 'opened' | 'masterBytes'> & {
  recoveryKey: string;
};
interface Finished {
  session: SessionAnswer;
  backupCodes: string[];
}

export type SignUpStep = 'email' | 'mail_code' | 'way' | 'password' | 'authenticator' | 'save' | 'stay';
/** Those that are counted: how many there are doesn't hang on the way in that is chosen. */
const COUNTED: readonly SignUpStep[] = ['email', 'mail_code', 'way', 'save', 'stay'];

const WITHIN_WAY: ReadonlySet<SignUpStep> = new Set(['password', 'authenticator']);

/** As long as the server keeps them. */
const MAIL_CODE_MS = 600_000;
const VERIFIED_MS = 1_800_000;

export interface SignUpParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  ceremonies: Ceremonies;
  session: Pick<Session, 'begin' | 'pinsAfter' | 'secretsSaved' | 'stay' | 'unsaved'>;
  tab: TabStorage;
  /** How this device is called in the list of devices. */
  device: string;
  /** Milliseconds. */
  now(): number;
}

export class SignUp extends Flow<'sending' | 'making_keys' | 'showing' | 'checking'> {
  step = $state<SignUpStep>('email');
  email = $state('');
  verified = $state.raw<SignUpVerified | null>(null);
  readonly count = COUNTED.length;
  /** From 1. A password and its authenticator belong to the choice of the way in. */
  place = $derived(COUNTED.indexOf(WITHIN_WAY.has(this.step) ? 'way' : this.step) + 1);
  /** The page was loaded anew in the middle: what was done until then still counts. */
  resumed = $state(false);
  /** An account of this address was erased before, so this one was given nothing to begin with. */
  withoutCredits = $state(false);

  #parts: SignUpParts;
  #signupId = '';
  #made: Promise<MadeAccount> | null = null;
  #madeByPasskey: MadeByPasskey | null = null;
  /** The server may have finished without our hearing of it. */
  #replyLost = false;

  constructor(parts: SignUpParts) {
    super(parts.now);
    this.#parts = parts;
    const progress = signUpProgress.find(parts.tab, parts.now());
    if (parts.session.unsaved) this.step = 'save';
    else if (progress) {
      this.email = progress.email;
      this.#signupId = progress.signupId;
      this.verified = progress.verified;
      this.step = progress.verified ? 'way' : 'mail_code';
      this.resumed = true;
    }
  }

  async submitEmail(email: string): Promise<void> {
    await this.run('email', 'sending', async () => {
      this.email = email.trim();
      const { signup_id } = await this.#parts.api.post(SignUpStarted, '/auth/signup', { email: this.email });
      this.#signupId = signup_id;
      this.#keep(MAIL_CODE_MS);
      this.step = 'mail_code';
    });
  }

  async submitMailCode(code: string): Promise<void> {
    await this.run('mail_code', 'checking', async () => {
      const body = { signup_id: this.#signupId, code };
      this.verified = await this.#parts.api.post(checked.SignUpVerified, '/auth/signup/verify', body);
      this.#keep(VERIFIED_MS);
      this.resumed = false;
      this.step = 'way';
    });
  }

  choosePasswordWay(): void {
    this.trouble = null;
    this.step = 'password';
  }

  /** A passkey, which is both factors; there is no password and no authenticator then. */
  async completeByPasskey(): Promise<void> {
    await this.run('second_factor', 'showing', async () => {
      const made = (this.#madeByPasskey ??= await this.#makeByPasskey());
      this.doing = 'checking';
      const { account, wrapped } = made;
      await this.#enter({ ...account, wrapped, salt: '', kdfProfile: 0 }, () => this.#finishByPasskey(made));
      this.#madeByPasskey = null;
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
    await this.run('second_factor', 'making_keys', async () => {
      const made = await this.#made!;
      this.doing = 'checking';
      const { salt, kdf_profile: kdfProfile } = made.keys.password;
      const wrapped = wrappedOf(this.verified!.account_id, made.keys);
      await this.#enter({ ...made, wrapped, salt, kdfProfile }, () => this.#finish(made, code));
      this.#made = null;
    });
  }

  /** The account becomes what was made here, and nothing else; what is remembered of it holds it to that. */
  async #enter(made: Entering, finish: () => Promise<Finished>): Promise<void> {
    const { session, tab } = this.#parts;
    const { account_id: id } = this.verified!;
    const { recoveryKey, ...entering } = made;
    // An id that this device knows is no new account's: what was seen of that one would be forgotten.
    const pins = await session.pinsAfter(made.wrapped, made.opened.signingPublicKey);
    const { session: begun, backupCodes } = await finish();
    await this.#expectOwn(begun);
    const account = { id, email: this.email.toLowerCase() };
    const unsaved = { recoveryKey, backupCodes };
    await session.begin({ ...entering, account, session: begun, pins }, { staySignedIn: false, unsaved });
    signUpProgress.keep(tab, null);
    this.step = 'save';
  }

  async #expectOwn({ account_id }: SessionAnswer): Promise<void> {
    if (account_id === this.verified!.account_id) return;
    await this.#parts.api.postOnce(null, '/auth/logout').catch(() => null);
    throw new (await this.#parts.crypto()).CryptoError('wrong_account');
  }

  /** Only here the secrets are let go of: until the last question is answered they can be seen again. Gives the page to go on to. */
  async finish(staySignedIn: boolean): Promise<'/' | '/settings/account'> {
    const { session } = this.#parts;
    const codesLost = session.unsaved?.backupCodes.length === 0;
    await session.stay(staySignedIn);
    await session.secretsSaved();
    return codesLost ? '/settings/account' : '/';
  }

  /** So that who begins without any is told before the first message. */
  async lookAtCredits(): Promise<void> {
    const wallet = await this.#parts.api.getOnce(WalletReply, '/wallet').catch(() => null);
    this.withoutCredits = wallet?.available === 0;
  }

  /** To the step before, where nothing is lost by it; the mailed code can't be used twice. */
  back(): void {
    this.trouble = null;
    if (this.step === 'mail_code') this.startAgain();
    if (this.step === 'password') this.step = 'way';
    if (this.step === 'authenticator') this.step = 'password';
  }

  startAgain(): void {
    signUpProgress.keep(this.#parts.tab, null);
    this.verified = null;
    this.#made = null;
    this.#madeByPasskey = null;
    this.#replyLost = false;
    this.resumed = false;
    this.step = 'email';
  }

  /** The passkey, the keys it opens, and the proof that it does. */
  async #makeByPasskey(): Promise<MadeByPasskey> {
    const { api, ceremonies, crypto, device } = this.#parts;
    const { account_id: account, signup_token } = this.verified!;
    const it = await crypto();
    const input = await it.prfInput();
    const started = await api.post(CeremonyOptions, '/auth/signup/passkey/options', { signup_token });
    const made = await ceremonies.create(started.options, input);
    const output = await outputOf(made, ceremonies, input);
    if (output === null) throw noKeyMade();
    this.doing = 'making_keys';
    const kek = await it.derivePasskey({ account, credentialId: made.credentialId, output });
    output.fill(0);
    const keys = await it.makePasskeyAccountKeys({ account, kek });
    const wrapped = wrappedOf(account, keys.keys, made.registration);
    (await it.unlock({ wrapped, kind: 'passkey', kek, account })).masterBytes.fill(0);
    const { registration } = made;
    const passkey = { challenge_id: started.challenge_id, name: device, registration };
    return { account: keys, wrapped, passkey };
  }

  async #finishByPasskey({ account, passkey }: MadeByPasskey): Promise<Finished> {
    const { device } = this.#parts;
    const { signup_token } = this.verified!;
    const body = { signup_token, keys: account.keys, passkey, device, transport: 'cookie' };
    try {
      const { session, backup_codes } = await this.#completed(body);
      return { session, backupCodes: backup_codes };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'step_expired' && this.#replyLost) return await this.#signInByPasskey(error);
      if (error.status === 0 || error.status >= 500) this.#replyLost = true;
      else this.#madeByPasskey = null; // its challenge is spent
      throw error;
    }
  }

  /** The account was made, but the reply was lost: the passkey is there, so showing it is all that is missing. */
  async #signInByPasskey(expired: ApiError): Promise<Finished> {
    const { api, ceremonies, crypto, device } = this.#parts;
    const started = await api.post(CeremonyOptions, '/auth/login/passkey/options', {});
    const { assertion } = await ceremonies.show(started.options, await (await crypto()).prfInput());
    const body = { challenge_id: started.challenge_id, assertion, device, transport: 'cookie' };
    const step = { account: this.verified!.account_id, id: started.challenge_id };
    const { session } = await api
      .post(LoggedIn, '/auth/login/passkey', body, step)
      .catch((error: unknown) => {
        // There is no such account: it was the time that had run out.
        throw error instanceof ApiError && error.code === 'wrong_credentials' ? expired : error;
      });
    return { session, backupCodes: [] };
  }

  async #finish(made: MadeAccount, totpCode: string): Promise<Finished> {
    const { device } = this.#parts;
    const body = {
      signup_token: this.verified!.signup_token,
      keys: made.keys,
      totp_code: totpCode,
      device,
      transport: 'cookie',
    };
    try {
      const { session, backup_codes } = await this.#completed(body);
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
  async #signIn(made: MadeAccount, code: string): Promise<Finished> {
    const { api, device } = this.#parts;
    const { login_id } = await api.post(LoginStarted, '/auth/login', { email: this.email });
    await api.post(PasswordProved, '/auth/login/password', { login_id, auth: made.keys.password.auth });
    const body = { login_id, code, device, transport: 'cookie' };
    const step = { account: this.verified!.account_id, id: login_id };
    const { session } = await api.post(LoggedIn, '/auth/login/totp', body, step);
    return { session, backupCodes: [] };
  }

  #completed(body: object): Promise<v.InferOutput<typeof checked.SignUpCompleted>> {
    const step = { account: this.verified!.account_id, id: this.#signupId };
    return this.#parts.api.post(checked.SignUpCompleted, '/auth/signup/complete', body, step);
  }

  #keep(forMs: number): void {
    const { tab, now } = this.#parts;
    const { email, verified } = this;
    signUpProgress.keep(tab, { email, verified, signupId: this.#signupId, until: now() + forMs });
  }

  protected override goBackFor({ code }: Trouble): void {
    if (code === 'step_expired') this.startAgain();
    if (code === 'keys_not_made') this.step = 'password'; // they are made when it is chosen again
  }
}

function wrappedOf(
  account: string,
  keys: Crypto.AccountKeys<ByPassword | ByPasskey>,
  registration: Registration | null = null,
): WrappedKeys {
  const { recovery, signing, statement, manifest } = keys;
  const first =
    'password' in keys
      ? method('password', keys.password, {
          salt: keys.password.salt,
          kdf_profile: keys.password.kdf_profile,
        })
      : method('passkey', keys.passkey, {
          credential_id: registration?.credential_id ?? null,
          transports: registration?.transports ?? null,
        });
  return {
    account_id: account,
    epoch: statement.epoch,
    methods: [first, method('recovery', recovery)],
    signing,
    statement,
    manifest,
    links: [],
    apps: null,
  };
}

function method(
  kind: WrappedMethod['kind'],
  { method_id, secret, master, public: publicKey }: Crypto.AccountKeys['recovery'] | ByPasskey['passkey'],
  more: Partial<WrappedMethod> = {},
): WrappedMethod {
  const none = { salt: null, kdf_profile: null, credential_id: null, transports: null };
  return { method_id, kind, secret, master, public: publicKey, ...none, ...more };
}
