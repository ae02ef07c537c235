// How each kind of errand is done: a message asked, details changed, a turn or a chat deleted; each safe to do twice.
import { sealDetails } from '$lib/crypto';
import { ApiError } from '$lib/state/api_error';
import type { Errand, KeptChat } from '$lib/storage/kept';
import { toBase64url } from '$lib/wire/base64url';
import { Asking } from './asking_errand';
import type { Reason } from './facts';
import type { Done } from './outbox';
import { PulledChat } from './pulling';
import type { Sync } from './sync';

/** Milliseconds before another try where none is asked for. */
const SOON = 4000;
const CONFLICTS = 4;

export class Errands {
  readonly #asking: Asking;
  #cancelRetry: (() => void) | null = null;

  constructor(private readonly sync: Sync) {
    this.#asking = new Asking(sync, (milliseconds) => this.retryIn(milliseconds));
  }

  stop(): void {
    this.#cancelRetry?.();
    this.#asking.fell();
  }

  fell(): void {
    this.#asking.fell();
  }

  /** The server has this turn: whoever waits for that may go on. */
  taken(turnId: string): void {
    this.#asking.taken(turnId);
  }

  /** True if it was an ask that was refused. */
  refused(turnId: string | null, reason: Reason): boolean {
    return this.#asking.refused(turnId, reason);
  }

  async perform(errand: Errand): Promise<Done> {
    if (this.sync.stopped) return 'later';
    try {
      switch (errand.kind) {
        case 'ask':
          return await this.#asking.perform(errand);
        case 'details':
          return await this.#details(errand);
        case 'remove_turn':
          return await this.#removeTurn(errand);
        case 'remove':
          return await this.#remove(errand);
      }
    } catch (error) {
      return this.#afterFailure(errand, error);
    }
  }

  /** The sooner of two wins. */
  retryIn(milliseconds: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.sync.parts.clock.after(milliseconds, () => {
      this.#cancelRetry = null;
      void this.sync.outbox.drain();
    });
  }

  async #details(errand: Extract<Errand, { kind: 'details' }>): Promise<Done> {
    for (let tries = 0; tries < CONFLICTS; tries += 1) {
      const kept = this.sync.list.get(errand.chatId);
      if (!kept) return 'done';
      if (!kept.stored) return 'blocked';
      try {
        await this.#putDetails(kept, errand.change);
        return 'done';
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'details_conflict')) throw error;
        await this.sync.refresh.fetch(errand.chatId);
      }
    }
    this.retryIn(SOON);
    return 'blocked';
  }

  async #putDetails(kept: KeptChat, change: object): Promise<void> {
    const details = { title: null, pinned: false, folder: null, ...kept.details, ...change };
    const revision = kept.revision + 1;
    const keys = this.sync.open(kept.id).keys ?? this.sync.keysOf(kept);
    const envelope = await sealDetails(await keys.current(), { revision, details });
    const body = { revision: kept.revision, details: toBase64url(envelope) };
    await this.sync.refresh.take(
      await this.sync.parts.api.put(PulledChat, `/chats/${kept.id}/details`, body),
    );
  }

  async #removeTurn(errand: Extract<Errand, { kind: 'remove_turn' }>): Promise<Done> {
    await this.sync.parts.api.delete(null, `/chats/${errand.chatId}/turns/${errand.turnId}`);
    return 'done';
  }

  async #remove(errand: Extract<Errand, { kind: 'remove' }>): Promise<Done> {
    const wait = errand.due - this.sync.parts.clock.now();
    if (wait > 0) {
      this.retryIn(wait);
      return 'blocked';
    }
    await this.removeNow(errand.chatId, errand);
    return 'done';
  }

  /** At the server and here, with what else was to be done about it; whether any of it opens or not. ApiError. */
  async removeNow(chat: string, errand: Errand | null = null): Promise<void> {
    const { sync } = this;
    // One that is not in the list may be at the server all the same, as an import that broke off.
    if (sync.list.get(chat)?.stored !== false) await sync.parts.api.delete(null, `/chats/${chat}`);
    await sync.forgetChat(chat);
    for (const { id, chatId } of sync.outbox.errands) {
      if (chatId === chat && id !== errand?.id) await sync.outbox.drop(id);
    }
  }

  async #afterFailure(errand: Errand, error: unknown): Promise<Done> {
    const gone =
      error instanceof ApiError && (error.code === 'chat_not_found' || error.code === 'turn_not_found');
    if (gone) return 'done';
    if (error instanceof ApiError && (error.passing || error.code === 'turn_already_running')) {
      this.retryIn(error.retryAfter === undefined ? SOON : error.retryAfter * 1000);
      return error.code === 'offline' ? 'later' : 'blocked';
    }
    if (errand.kind === 'ask') return this.#asking.failed(errand, error);
    this.sync.parts.failed(error);
    return 'done';
  }
}
