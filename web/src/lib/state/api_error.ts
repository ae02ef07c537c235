// A failed call as data: a stable code, a sentence, a next step; never a raw exception on the screen.
import type { Problem } from './model';

export interface Failure {
  code: string;
  title: string;
  nextStep: string;
  /** HTTP status; 0 if no answer came. */
  status: number;
  /** Seconds until another try makes sense. */
  retryAfter?: number;
  missingCredits?: number;
  /** What this device's key is to sign with the request, before it is sent again. */
  nonce?: string;
  /** What the server sent can't be what was sealed. */
  untrusted?: true;
}

export class ApiError extends Error {
  readonly code: string;
  readonly title: string;
  readonly nextStep: string;
  readonly status: number;
  readonly retryAfter?: number;
  readonly missingCredits?: number;
  readonly nonce?: string;
  readonly untrusted?: true;

  constructor(failure: Failure) {
    super(failure.title);
    this.name = 'ApiError';
    this.code = failure.code;
    this.title = failure.title;
    this.nextStep = failure.nextStep;
    this.status = failure.status;
    if (failure.retryAfter !== undefined) this.retryAfter = failure.retryAfter;
    if (failure.missingCredits !== undefined) this.missingCredits = failure.missingCredits;
    if (failure.nonce !== undefined) this.nonce = failure.nonce;
    if (failure.untrusted) this.untrusted = true;
  }

  /** True if the same call may well work later, so that waiting and trying again is right. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** True if only signing in again helps. */
  get endsSession(): boolean {
    return this.code === 'not_signed_in' || this.code === 'invalid_device_proof';
  }

  asProblem(): Problem {
    return {
      code: this.code,
      message: this.title,
      nextStep: this.nextStep,
      ...(this.untrusted ? { untrusted: true } : {}),
      ...(this.missingCredits === undefined ? {} : { missingCredits: this.missingCredits }),
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
    };
  }
}
