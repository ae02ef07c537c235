// Renews the session's cookie before it is due, one tab at a time; a lost reply is repeated within the server's grace.
import { SessionRotated } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import type { KeyStore } from './key_store';

/** Runs `work` while no other tab runs work of that name. */
export type Exclusively = <T>(name: string, work: () => Promise<T>) => Promise<T>;

const RETRY_MS = 20_000;
const LONGEST_MS = 3_600_000;

export interface RotationParts {
  api: Api;
  keys: KeyStore;
  exclusively: Exclusively;
  /** Unix seconds. */
  now(): number;
  /** The server has ended the session. */
  ended(): Promise<void>;
}

export class Rotation {
  #parts: RotationParts;
  #account: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewing: Promise<void> | null = null;

  constructor(parts: RotationParts, account: string) {
    this.#parts = parts;
    this.#account = account;
  }

  /** Checks now, and again whenever it may be due, until stopped. */
  async start(): Promise<void> {
    clearTimeout(this.#timer);
    const next = await this.#rotateIfDue();
    if (next !== null) this.#timer = setTimeout(() => void this.start(), next);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Now, whatever this device's clock says: the server takes the old token no more. */
  renew(): Promise<void> {
    this.#renewing ??= this.#parts
      .exclusively('sealmate-rotation', () => this.#rotate())
      .then(() => undefined)
      .finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  /** Milliseconds until the next look; null if there is nothing left to renew. */
  async #rotateIfDue(): Promise<number | null> {
    const { keys, exclusively, now, ended } = this.#parts;
    try {
      return await exclusively('sealmate-rotation', async () => {
        const known = await keys.get('account');
        if (known?.id !== this.#account) return null;
        const rest = known.rotateAt - now();
        if (rest > 0) return Math.min(rest * 1000, LONGEST_MS);
        return this.#rotate();
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!error.endsSession) return RETRY_MS;
      await ended();
      return null;
    }
  }

  async #rotate(): Promise<number | null> {
    const { api, keys } = this.#parts;
    const { session } = await api.postOnce(SessionRotated, '/auth/session/rotate');
    const known = await keys.get('account');
    // Another account's cookie: its tab has news for us.
    if (session.account_id !== this.#account || known?.id !== this.#account) return null;
    await keys.put({ account: { ...known, rotateAt: session.rotate_at, sessionId: session.session_id } });
    return LONGEST_MS;
  }
}
