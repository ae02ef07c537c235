// Every way in is lost, step by step: a code by mail, how it stands, and then either the waiting time begins or the account ends.
import { ErasureBegun, ResetAnswer, ResetAsked } from '$lib/wire/http';
import type { Api } from './api';
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
  /** Whoever has it sees the receipt. */
  erasureId = $state('');
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
      this.standing = await this.#parts.api.post(ResetAnswer, '/auth/reset/verify', this.#proof);
      this.step = 'standing';
    });
  }

  async start(): Promise<void> {
    await this.run('mail_code', 'checking', async () => {
      this.standing = await this.#parts.api.post(ResetAnswer, '/auth/reset/start', this.#proof);
    });
  }

  /** The account ends. */
  async finish(): Promise<void> {
    await this.run('mail_code', 'checking', async () => {
      const { erasure_id } = await this.#parts.api.post(ErasureBegun, '/auth/reset/finish', this.#proof);
      this.erasureId = erasure_id;
      this.step = 'gone';
    });
  }

  back(): void {
    this.trouble = null;
    this.step = 'email';
  }

  protected override goBackFor({ code }: Trouble): void {
    if (code === 'step_expired') this.step = 'email';
  }
}
