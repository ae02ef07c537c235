// Every way in is lost, step by step: a code by mail, how it stands, and then either the waiting time begins or the account ends.
import { ResetAnswer, ResetAsked } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import { erasureUnheard, resetContradicted } from './auth_errors';
import { ErasureBegun } from './checked_answers';
import { Flow } from './flow.svelte';
import type { Trouble } from './trouble';

export type LostStep = 'email' | 'mail_code' | 'standing' | 'gone';

export interface LostAccountParts {
  api: Api;
  /** Milliseconds. */
  now(): number;
}

export class LostAccount extends Flow<'sending' | 'checking'> {
  step = $state<LostStep>('email');
  email = $state('');
  /** How it stood when it was last looked at. */
  standing = $state.raw<ResetAnswer | null>(null);
  /** The waiting time ran when it was looked at before, and runs no more. */
  stopped = $state(false);
  /** Whoever has it sees the receipt. */
  erasureId = $state('');
  /** Whether the account has ended isn't known here. To look would tell nothing; ending it once more gives the same answer. */
  unheard = $state(false);
  readonly resumed = false;

  #parts: LostAccountParts;
  #proof = { request_id: '', code: '' };

  constructor(parts: LostAccountParts) {
    super(parts.now);
    this.#parts = parts;
  }

  async submitEmail(email: string): Promise<void> {
    await this.run('email', 'sending', async () => {
      this.email = email.trim();
      const { request_id } = await this.#parts.api.post(ResetAsked, '/auth/reset', { email: this.email });
      this.#proof = { request_id, code: '' };
      this.step = 'mail_code';
    });
  }

  async submitMailCode(code: string): Promise<void> {
    this.#proof = { ...this.#proof, code };
    await this.look();
  }

  async look(): Promise<void> {
    await this.run('mail_code', 'checking', async () => {
      const standing = await this.#told('verify');
      this.stopped = standing.state === 'none' && this.standing !== null && this.standing.state !== 'none';
      this.standing = standing;
      this.step = 'standing';
    });
  }

  async start(): Promise<void> {
    await this.run('mail_code', 'checking', async () => {
      const standing = await this.#told('start');
      // Where none ran, none can be over.
      if (standing.state !== 'waiting') throw resetContradicted();
      this.standing = standing;
    });
  }

  /** The account ends. */
  async finish(): Promise<void> {
    await this.run('mail_code', 'checking', async () => {
      const ended = this.#parts.api.post(ErasureBegun, '/auth/reset/finish', this.#proof);
      const { erasure_id } = await ended.catch((error: unknown) => {
        const over = error instanceof ApiError && error.code === 'step_expired';
        if (over && this.unheard) throw erasureUnheard();
        this.unheard = error instanceof ApiError && error.passing;
        throw error;
      });
      this.erasureId = erasure_id;
      this.step = 'gone';
    });
  }

  async #told(step: 'verify' | 'start'): Promise<ResetAnswer> {
    const standing = await this.#parts.api.post(ResetAnswer, `/auth/reset/${step}`, this.#proof);
    const { state, ready_at, ends_at } = standing;
    const hasTimes = ready_at !== null && ends_at !== null && 0 < ready_at && ready_at < ends_at;
    if (state !== 'none' && !hasTimes) throw resetContradicted();
    return standing;
  }

  back(): void {
    this.trouble = null;
    this.step = 'email';
  }

  protected override goBackFor({ code }: Trouble): void {
    if (code === 'step_expired' || code === 'erasure_unheard') {
      this.step = 'email';
      this.standing = null;
      this.unheard = false;
    }
  }
}
