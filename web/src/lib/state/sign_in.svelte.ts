// Signing in, step by step: the password's proof, then a code; only then the server gives the wrapped keys, and they open here.
import type * as Crypto from '$lib/crypto';
import { toBase64url } from '$lib/wire/base64url';
import { CeremonyOptions, LoggedIn, LoginStarted, PasswordProved } from '$lib/wire/http';
import { ApiError, type Api, type SignInStep } from './api';
import { openArrived } from './arriving';
import { keysDistrusted, keysUnreadable } from './auth_errors';
import type { Ceremonies } from './ceremonies';
import { Flow } from './flow.svelte';
import { unknownPasskey } from './passkey_errors';
import { deriveProof, type Secret } from './proofs';
import type { Session, SignedIn } from './session.svelte';
import type { Trouble } from './trouble';

export interface SignInParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  ceremonies: Pick<Ceremonies, 'show'>;
  session: Pick<Session, 'lowestEpoch' | 'expectNothingOlder' | 'fellBack'>;
  /** How this device is called in the list of devices. */
  device: string;
  /** Milliseconds. */
  now(): number;
}

/** What has been reached by the proof of the password; it is good for ten minutes. */
interface Proved {
  email: string;
  started: LoginStarted;
  kind: Secret['kind'];
  kek: CryptoKey;
}

export class SignIn extends Flow<'deriving' | 'checking' | 'unlocking'> {
  step = $state<'secret' | 'code'>('secret');
  /** What the server would take as the second factor: any one of these. */
  missing = $state.raw<PasswordProved['missing']>([]);

  #parts: SignInParts;
  #proved: Proved | null = null;

  constructor(parts: SignInParts) {
    super(parts.now);
    this.#parts = parts;
  }

  async submitSecret(email: string, secret: Secret): Promise<void> {
    await this.run(secret.kind === 'recovery' ? 'recovery_key' : 'password', 'checking', async () => {
      const crypto = await this.#parts.crypto();
      // A slip in a recovery key shows here; it needn't cost one of the server's tries.
      if (secret.kind === 'recovery') await crypto.readRecoveryKey(secret.text);
      const started = await this.#parts.api.post(LoginStarted, '/auth/login', { email: email.trim() });
      this.doing = 'deriving';
      const setting = { account: started.account_id, salt: started.salt, kdfProfile: started.kdf_profile };
      const { auth, kek } = await deriveProof(crypto, secret, setting).catch((error: unknown) => {
        throw keysUnreadable(error, secret.kind);
      });
      this.doing = 'checking';
      const body = { login_id: started.login_id, auth: toBase64url(auth) };
      const { missing } = await this.#parts.api.post(PasswordProved, '/auth/login/password', body);
      this.missing = missing;
      this.#proved = { email: email.trim().toLowerCase(), started, kind: secret.kind, kek };
      this.step = 'code';
    });
  }

  /** Six digits of the authenticator, or a backup code. Null if it did not work; `trouble` says why. */
  async submitCode(code: string): Promise<SignedIn | null> {
    const proved = this.#proved;
    if (proved === null) return null;
    return this.run('second_factor', 'checking', async () => {
      const { api, device } = this.#parts;
      const body = { login_id: proved.started.login_id, code: code.trim(), device, transport: 'cookie' };
      return this.#arrive(proved, await api.post(LoggedIn, '/auth/login/totp', body, stepOf(proved)));
    });
  }

  /** A security key instead of a code. */
  async submitSecurityKey(): Promise<SignedIn | null> {
    const proved = this.#proved;
    if (proved === null) return null;
    return this.run('second_factor', 'checking', async () => {
      const { api, ceremonies, crypto, device } = this.#parts;
      const { login_id } = proved.started;
      const it = await crypto();
      const started = await api.post(CeremonyOptions, '/auth/login/security-key/options', { login_id });
      const { assertion } = await ceremonies.show(started.options, await it.prfInput());
      const body = { login_id, challenge_id: started.challenge_id, assertion, device, transport: 'cookie' };
      const step = stepOf(proved);
      const answer = await api
        .post(LoggedIn, '/auth/login/security-key', body, step)
        .catch((error: unknown) => {
          throw error instanceof ApiError && error.code === 'wrong_credentials' ? unknownPasskey() : error;
        });
      return this.#arrive(proved, answer);
    });
  }

  async #arrive(proved: Proved, answer: LoggedIn): Promise<SignedIn> {
    this.doing = 'unlocking';
    const { session, keys } = answer;
    const { account_id: account, salt, kdf_profile: kdfProfile } = proved.started;
    const { masterBytes, ...opened } = await this.#unlock(proved, answer);
    const name = { id: account, email: proved.email };
    return { account: name, session, wrapped: keys, salt, kdfProfile, opened, masterBytes };
  }

  back(): void {
    this.#proved = null;
    this.trouble = null;
    this.step = 'secret';
  }

  async #unlock({ started, kind, kek }: Proved, answer: LoggedIn) {
    const { api, session } = this.#parts;
    const crypto = await this.#parts.crypto();
    try {
      return await openArrived(answer, {
        account: started.account_id,
        opener: { kind, kek },
        api,
        crypto,
        session,
      });
    } catch (error) {
      // A session whose keys don't open is no use to anyone.
      await this.#parts.api.postOnce(null, '/auth/logout').catch(() => null);
      throw keysDistrusted(error);
    }
  }

  protected override goBackFor({ code }: Trouble): void {
    if (code === 'step_expired') this.back();
  }
}

function stepOf({ started }: Proved): SignInStep {
  return { account: started.account_id, id: started.login_id };
}
