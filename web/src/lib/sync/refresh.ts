// When to pull: the list's changes at every new line, the shown chat first, then recent ones, the others when they are wanted.
import { MatesReply, TicketMade, WalletReply } from '$lib/wire/http';
import type { KeptChat } from '$lib/storage/kept';
import type { Mate } from '$lib/state/model';
import { ApiError } from '$lib/state/api_error';
import { epochOf } from './chat_keys';
import type { LiveChat } from './live_chat';
import { absentProblem, notHereProblem, perhapsElsewhereProblem, problemOfError, Refused } from './problems';
import { isUnfinished, pullChat, pullChats, pullTurns, readChat, tailOf, type PulledChat } from './pulling';
import type { Sync } from './sync';
import { distrustOf, Untrusted } from './untrusted';

/** So many recent chats are kept readable without being asked for. */
const RECENT = 40;
const WALLET_WAIT = 1500;

export class Refresh {
  #listing: Promise<void> | null = null;
  #listAgain = false;
  #pulling = new Map<string, Promise<void>>();
  #changing = new Map<string, { again: boolean; done: Promise<void> }>();
  #prefetching = false;
  #cancelWallet: (() => void) | null = null;

  constructor(private readonly sync: Sync) {}

  async start(): Promise<void> {
    const mates = (await this.sync.parts.store.meta('mates')) as readonly Mate[] | undefined;
    if (mates) this.sync.parts.matesChanged(mates);
    const wallet = (await this.sync.parts.store.meta('wallet')) as
      { available: number; held: number } | undefined;
    if (wallet) this.sync.parts.walletChanged(wallet);
    await this.everything();
  }

  async ticket(): Promise<string> {
    return (await this.sync.parts.api.post(TicketMade, '/auth/ticket')).ticket;
  }

  /** The list's changes, and the turns of what is shown and recent; coalesced. */
  async everything(): Promise<void> {
    void this.#mates();
    void this.#wallet();
    await this.chats();
    void this.#prefetch();
  }

  chats(): Promise<void> {
    this.#listAgain = true;
    this.#listing ??= this.#list().finally(() => (this.#listing = null));
    return this.#listing;
  }

  /** All turns of a chat, if this device is behind. Failures leave what is here as it is. */
  async chat(chat: LiveChat): Promise<void> {
    if (chat.temporary) return;
    await this.#queued(chat, async () => {
      if (!chat.kept && !(await this.#find(chat))) throw new Refused(absentProblem());
      const { kept } = chat;
      if (!kept?.stored) return;
      const current = kept.pulledAt === kept.updatedAt;
      if (current && !isUnfinished(chat, this.sync.parts.clock.now())) return;
      await pullTurns(this.sync.parts.api, chat, current ? tailOf(chat, null) : null);
      await this.#pulled(chat, kept.updatedAt);
    });
  }

  /** What is new at the end of a chat: a turn that is not known here, or what became of one. */
  tail(chat: LiveChat, turnId: string | null): Promise<void> {
    if (chat.temporary) return Promise.resolve();
    return this.#queued(chat, async () => {
      if (!chat.kept?.stored) await this.#find(chat);
      if (chat.kept?.stored) await pullTurns(this.sync.parts.api, chat, tailOf(chat, turnId));
    });
  }

  /** Something of this chat is other than before; coalesced while it is looked at. */
  changed(id: string): Promise<void> {
    const running = this.#changing.get(id);
    if (running) {
      running.again = true;
      return running.done;
    }
    const state = { again: true, done: Promise.resolve() };
    state.done = (async () => {
      while (state.again) {
        state.again = false;
        await this.#look(id).catch(() => undefined);
      }
      this.#changing.delete(id);
    })();
    this.#changing.set(id, state);
    return state.done;
  }

  /** A chat as the server has it now; ApiError. */
  async fetch(id: string): Promise<PulledChat> {
    const pulled = await pullChat(this.sync.parts.api, id);
    await this.take(pulled);
    return pulled;
  }

  async take(pulled: PulledChat): Promise<void> {
    const { list } = this.sync;
    const id = pulled.chat_id;
    if (pulled.deleted) {
      if (list.get(id) || this.sync.live(id)) await this.sync.forgetChat(id);
      return;
    }
    const epochs = pulled.keys.map(epochOf).filter((epoch) => epoch !== null);
    // Taken once the keys are here: then all of the list is read anew.
    if (epochs.length > 0 && Math.min(...epochs) > this.sync.master.epoch) return this.sync.parts.keysAhead();
    const before = list.get(id);
    if (before && saysNothingNew(pulled, before, this.sync.master.epoch)) return;
    const { kept, distrusted } = await readChat(pulled, this.sync.keysOf({ ...pulled, id }), before);
    if (distrusted !== null) this.sync.parts.failed(new Untrusted(distrusted));
    const now = list.get(id);
    // Deleted while this was being read: it must not come back.
    if (before && !now) return;
    if (now && now.updatedAt > kept.updatedAt) return;
    await this.sync.keep(
      now ? { ...kept, unread: now.unread, mate: now.mate, pulledAt: now.pulledAt } : kept,
    );
  }

  walletSoon(): void {
    this.#cancelWallet ??= this.sync.parts.clock.after(WALLET_WAIT, () => {
      this.#cancelWallet = null;
      void this.#wallet();
    });
  }

  async #look(id: string): Promise<void> {
    const before = this.sync.list.get(id);
    const pulled = await this.fetch(id).catch((error: unknown) => this.#missing(id, error));
    const chat = this.sync.live(id);
    if (!pulled || pulled.deleted || !chat) return void this.#prefetch();
    let news = false;
    await this.#queued(chat, async () => {
      news = await pullTurns(this.sync.parts.api, chat, tailOf(chat, null));
    });
    const detailsOnly = before && (before.revision !== pulled.revision || before.title === null);
    if (!news && !detailsOnly && before?.updatedAt !== pulled.updated_at) await this.chat(chat);
  }

  async #list(): Promise<void> {
    const { api, store } = this.sync.parts;
    while (this.#listAgain) {
      this.#listAgain = false;
      const watermark = Number((await store.meta('watermark')) ?? 0);
      let newest = watermark;
      try {
        await pullChats(api, async (page) => {
          for (const chat of page) {
            newest = Math.max(newest, chat.updated_at);
            await this.take(chat);
          }
          const oldest = page.at(-1)?.updated_at ?? 0;
          return !this.sync.stopped && oldest >= watermark;
        });
      } catch {
        return; // offline, or signed out: the next line brings it
      }
      if (!this.sync.stopped) await store.putMeta('watermark', newest);
    }
  }

  async #prefetch(): Promise<void> {
    if (this.#prefetching) return;
    this.#prefetching = true;
    const shown = this.sync.list.all().filter((chat) => this.#isShown(chat.id));
    for (const { id } of [...shown, ...this.sync.list.all().slice(0, RECENT)]) {
      const kept = this.sync.list.get(id);
      if (this.sync.stopped) break;
      if (!kept?.stored || kept.pulledAt === kept.updatedAt) continue;
      const chat = this.sync.open(id);
      await this.sync.holding(chat, async () => {
        await chat.load();
        await this.chat(chat);
      });
    }
    this.#prefetching = false;
  }

  #isShown(id: string): boolean {
    const chat = this.sync.live(id);
    return chat !== null && this.sync.isShown(chat);
  }

  /** One pull of a chat at a time. A failure is told only where there is nothing to show, a lie always. */
  async #queued(chat: LiveChat, work: () => Promise<void>): Promise<void> {
    const before = this.#pulling.get(chat.id) ?? Promise.resolve();
    const mine = this.sync
      .holding(chat, () => before.then(work))
      .then(
        () => this.#tellProblem(chat, null),
        (error: unknown) => this.#tellProblem(chat, error),
      );
    this.#pulling.set(chat.id, mine);
    await mine;
    if (this.#pulling.get(chat.id) === mine) this.#pulling.delete(chat.id);
  }

  #tellProblem(chat: LiveChat, error: unknown): void {
    const expected = chat.kept ? chat.kept.stored : !this.sync.isFresh(chat.id);
    const blank = chat.state.turns.size === 0 && expected;
    const offline = error instanceof ApiError && error.code === 'offline';
    const untold = error === null || (!blank && distrustOf(error) === null);
    const away = chat.kept ? notHereProblem : perhapsElsewhereProblem;
    const problem = untold ? null : offline ? away() : problemOfError(error);
    // A lie isn't taken back by the truth that follows it.
    if (chat.problem === problem || chat.problem?.untrusted) return;
    chat.problem = problem;
    chat.tell();
  }

  /** A chat that is not in the list yet, of another device; false if this account has none of this id. */
  async #find(chat: LiveChat): Promise<boolean> {
    try {
      await this.fetch(chat.id);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'chat_not_found')) throw error;
      return false;
    }
  }

  async #pulled(chat: LiveChat, updatedAt: number): Promise<void> {
    const answered = [...chat.state.turns.values()].filter((turn) => turn.answer !== null);
    const mate = answered.sort((a, b) => (a.id < b.id ? -1 : 1)).at(-1)?.answer?.mate;
    await this.sync.change(chat.id, { pulledAt: updatedAt, ...(mate === undefined ? {} : { mate }) });
  }

  async #missing(id: string, error: unknown): Promise<null> {
    const kept = this.sync.list.get(id);
    const gone = error instanceof ApiError && error.code === 'chat_not_found';
    if (gone && kept?.stored) await this.sync.forgetChat(id);
    if (distrustOf(error) !== null) this.sync.parts.failed(error);
    return null;
  }

  async #mates(): Promise<void> {
    try {
      const { mates } = await this.sync.parts.api.get(MatesReply, '/mates');
      this.sync.parts.matesChanged(mates);
      await this.sync.parts.store.putMeta('mates', mates);
    } catch {
      // those that were kept do
    }
  }

  async #wallet(): Promise<void> {
    try {
      const { available, held } = await this.sync.parts.api.get(WalletReply, '/wallet');
      this.sync.parts.walletChanged({ available, held });
      await this.sync.parts.store.putMeta('wallet', { available, held });
    } catch {
      // what was kept is shown, and asked for again with the next line
    }
  }
}

/** A chat whose key was wrapped anew has changed in nothing else. */
function saysNothingNew(pulled: PulledChat, before: KeptChat, epoch: number): boolean {
  return (
    (before.keys.some((key) => epochOf(key) === epoch) ||
      !pulled.keys.some((key) => epochOf(key) === epoch)) &&
    before.stored &&
    before.updatedAt === pulled.updated_at &&
    before.revision >= pulled.revision &&
    (before.title !== null || pulled.title === null)
  );
}
