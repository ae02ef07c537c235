// The REST API as functions: same origin, session cookie, answers checked against their schema, failures as ApiError.
import * as v from 'valibot';
import { m } from '$lib/paraglide/messages';
import { ApiError } from './api_error';
import { DeviceClock } from './device_clock.svelte';
import type { Signed } from './device_keys';
import { Evidence } from './evidence';
import { Nonces } from './nonces';

export { ApiError } from './api_error';

type Schema<T> = v.GenericSchema<unknown, T>;
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** A call that hangs longer than this counts as no network; state machines answer over the socket, not here. */
const PATIENCE_MS = 30_000;
/** At each opening, and again and again: signed at once, as browsers log every refusal. What is rare is signed when the server says so. */
const SIGNED_AT_ONCE: ReadonlySet<string> = new Set(['/auth/ticket', '/auth/session/rotate']);

const ProblemSchema = v.object({
  code: v.string(),
  title: v.string(),
  status: v.number(),
  next_step: v.string(),
  retry_after: v.optional(v.number()),
  missing_credits: v.optional(v.number()),
  nonce: v.optional(v.string()),
});

/** A step that begins a session: the device signs its id, with the key it has for this account. */
export interface SignInStep {
  account: string;
  id: string;
}
/** The proof of this device's key; `account` is null for the one that is signed in. */
type Sign = (account: string | null, signed: Signed) => Promise<string>;

export class Api {
  readonly evidence = new Evidence();
  readonly clock = new DeviceClock();
  #fetch: Fetch;
  #renewed: (() => Promise<void>) | null = null;
  #renew: (() => Promise<void>) | null = null;
  #sign: Sign | null = null;
  #nonces = new Nonces(async () => {
    const answer = await this.#sendOnce('GET', '/auth/nonce', undefined, null).catch(() => null);
    return answer && nonceOf(answer);
  });

  constructor(fetch: Fetch = (path, init) => globalThis.fetch(path, init)) {
    this.#fetch = fetch;
  }

  /** `renewed` resolves when the person has signed in again, and rejects when they would rather not. */
  whenExpired(renewed: () => Promise<void>): void {
    this.#renewed = renewed;
  }

  /** `renew` gets a fresh token where the old one is too old to be used. */
  whenDue(renew: () => Promise<void>): void {
    this.#renew = renew;
  }

  signBy(sign: Sign): void {
    this.#sign = sign;
  }

  /** A signed request is about to come: what it takes is fetched meanwhile. */
  expectSigning(): void {
    this.#nonces.expect();
  }

  get<T>(schema: Schema<T>, path: string): Promise<T> {
    return this.#call(schema, 'GET', path);
  }

  post(schema: null, path: string, body?: unknown): Promise<null>;
  post<T>(schema: Schema<T>, path: string, body?: unknown, step?: SignInStep): Promise<T>;
  post<T>(schema: Schema<T> | null, path: string, body?: unknown, step?: SignInStep): Promise<T | null> {
    return this.#call(schema, 'POST', path, body, step);
  }

  put(schema: null, path: string, body: unknown): Promise<null>;
  put<T>(schema: Schema<T>, path: string, body: unknown): Promise<T>;
  put<T>(schema: Schema<T> | null, path: string, body: unknown): Promise<T | null> {
    return this.#call(schema, 'PUT', path, body);
  }

  delete(schema: null, path: string, body?: unknown): Promise<null>;
  delete<T>(schema: Schema<T>, path: string, body?: unknown): Promise<T>;
  delete<T>(schema: Schema<T> | null, path: string, body?: unknown): Promise<T | null> {
    return this.#call(schema, 'DELETE', path, body);
  }

  /** As `get`, for what is of use only with the session there is. */
  async getOnce<T>(schema: Schema<T>, path: string): Promise<T> {
    return this.#read(schema, await this.#send('GET', path, undefined), `GET ${path}`);
  }

  /** As `post`, but a session that has ended is an error at once: for calls that only make sense with the session there is. */
  postOnce(schema: null, path: string): Promise<null>;
  postOnce<T>(schema: Schema<T>, path: string): Promise<T>;
  async postOnce<T>(schema: Schema<T> | null, path: string): Promise<T | null> {
    return this.#read(schema, await this.#send('POST', path, undefined), `POST ${path}`);
  }

  #call(schema: null, method: Method, path: string, body?: unknown): Promise<null>;
  #call<T>(schema: Schema<T>, method: Method, path: string, body?: unknown, step?: SignInStep): Promise<T>;
  #call<T>(
    schema: Schema<T> | null,
    method: Method,
    path: string,
    body?: unknown,
    step?: SignInStep,
  ): Promise<T | null>;
  async #call<T>(
    schema: Schema<T> | null,
    method: Method,
    path: string,
    body?: unknown,
    step?: SignInStep,
  ): Promise<T | null> {
    const response = await this.#send(method, path, body, step).catch(async (error: unknown) => {
      if (step) throw error;
      if (error instanceof ApiError && error.code === 'renewal_due' && this.#renew) await this.#renew();
      else if (error instanceof ApiError && error.endsSession && this.#renewed) await this.#renewed();
      else throw error;
      return this.#send(method, path, body);
    });
    return this.#read(schema, response, `${method} ${path}`);
  }

  /** Once more if the server wants this very request signed by this device. */
  async #send(method: Method, path: string, body: unknown, step?: SignInStep): Promise<Response> {
    const sign = this.#sign;
    try {
      const nonce = step?.id ?? (sign && SIGNED_AT_ONCE.has(path) ? await this.#nonces.take() : null);
      const proof =
        sign && nonce !== null ? await sign(step?.account ?? null, { method, path, nonce }) : null;
      return await this.#sendOnce(method, path, body, proof);
    } catch (error) {
      if (!(error instanceof ApiError && error.nonce !== undefined && sign)) throw error;
      return this.#sendOnce(method, path, body, await sign(null, { method, path, nonce: error.nonce }));
    }
  }

  async #sendOnce(method: Method, path: string, body: unknown, proof: string | null): Promise<Response> {
    const askedAt = Date.now();
    let response: Response;
    try {
      response = await this.#fetch(`/api${path}`, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(proof === null ? {} : { dpop: proof }),
        },
      });
    } catch {
      throw offline();
    }
    this.clock.heard(response.headers.get('date'), askedAt, Date.now());
    if (proof !== null) this.#nonces.note(nonceOf(response));
    if (!response.ok) throw await refusal(response);
    return response;
  }

  #read<T>(schema: Schema<T>, response: Response, request: string): Promise<T>;
  #read<T>(schema: Schema<T> | null, response: Response, request: string): Promise<T | null>;
  async #read<T>(schema: Schema<T> | null, response: Response, request: string): Promise<T | null> {
    if (schema === null) return null;
    let content: unknown;
    try {
      content = await response.json();
    } catch (error) {
      // The connection broke within the answer, or it was no JSON.
      throw error instanceof SyntaxError ? unexpected(response.status) : offline();
    }
    this.evidence.note(request, content);
    const read = v.safeParse(schema, content);
    if (!read.success) throw unexpected(response.status);
    return read.output;
  }
}

function nonceOf(answer: Response): string | null {
  return answer.headers.get('dpop-nonce');
}

async function refusal(response: Response): Promise<ApiError> {
  const read = v.safeParse(ProblemSchema, await response.json().catch(() => null));
  if (!read.success) return unexpected(response.status);
  const { code, title, next_step, retry_after, missing_credits, nonce } = read.output;
  return new ApiError({
    code,
    title,
    nextStep: next_step,
    status: response.status,
    ...(retry_after === undefined ? {} : { retryAfter: retry_after }),
    ...(missing_credits === undefined ? {} : { missingCredits: missing_credits }),
    ...(nonce === undefined ? {} : { nonce }),
  });
}

function offline(): ApiError {
  return new ApiError({
    code: 'offline',
    title: m.auth_error_offline(),
    nextStep: m.auth_error_offline_next(),
    status: 0,
  });
}

function unexpected(status: number): ApiError {
  return new ApiError({
    code: 'unexpected_answer',
    title: m.auth_error_unexpected_answer(),
    nextStep: m.auth_error_unexpected_answer_next(),
    status,
  });
}

export const api = new Api();
