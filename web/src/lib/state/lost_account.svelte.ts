// Every way in is lost, step by step: a code by mail, how it stands, and then either the waiting time begins or the account ends.
import { ResetAnswer, ResetAsked } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import { erasureUnheard, resetContradicted } from './auth_errors';
import { ErasureBegun } from './checked_answers';
import { Flow } from './flow.svelte';
import type { TabStorage } from './kept_open';
import { TabProgress } from './tab_progress';
import type { Trouble } from './trouble';
import * as v from 'valibot';

export type LostStep = 'email' | 'mail_code' | 'standing' | 'gone';

/** As long as the server keeps a code. */
const CODE_MS = 1_800_000;
const asked = new TabProgress(
  'sealmate.lost',
  v.object({ email: v.string(), requestId: v.string(), until: v.number() }),
);

export interface LostAccountParts {
  api: Api;
  tab: TabStorage;
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
  /** The page was loaded anew after the mail was asked for: its code still counts. */
  resumed = $state(false);

  #parts: LostAccountParts;
  #proof = { request_id: '', code: '' };
  /** The address that the last code went to. */
  #mailed = '';

  constructor(parts: LostAccountParts) {
    super(parts.now);
    this.#parts = parts;
    const progress = asked.find(parts.tab, parts.now());
    if (progress) {
      this.email = progress.email;
      this.#mailed = progress.email;
      this.#proof.request_id = progress.requestId;
      this.step = 'mail_code';
      this.resumed = true;
    }
  }

  async submitEmail(email: string): Promise<void> {
    await this.run('email', 'sending', async () => {
      const { api, tab, now } = this.#parts;
      const address = email.trim();
      this.email = address;
      const { request_id } = await api.post(ResetAsked, '/auth/reset', { email: address });
      this.#proof = { request_id, code: '' };
      this.#mailed = address;
      asked.keep(tab, { email: address, requestId: request_id, until: now() + CODE_MS });
      this.resumed = false;
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
      // Whoever comes back after the waiting time needs a new code.
      asked.keep(this.#parts.tab, null);
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
      this.#letGo();
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

  #letGo(): void {
    this.#mailed = '';
    asked.keep(this.#parts.tab, null);
  }

  protected override goBackFor({ code }: Trouble): void {
    // No further mail: the code of the one before lies in the mailbox, and counts.
    if (code === 'too_many_tries' && this.step === 'email' && this.email === this.#mailed)
      this.step = 'mail_code';
    if (code === 'step_expired' || code === 'erasure_unheard') {
      this.#letGo();
      this.step = 'email';
      this.standing = null;
      this.unheard = false;
    }
  }
}
