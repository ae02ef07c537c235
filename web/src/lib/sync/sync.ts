// Everything that keeps this device's chats and the server's the same: it owns the line, the list, the outbox and the open chats.
import { makeUuid7, type MasterKey } from '$lib/crypto';
import type { Api } from '$lib/state/api';
import type { Mate } from '$lib/state/model';
import type { Errand, KeptChat } from '$lib/storage/kept';
import type { LocalStore } from '$lib/storage/local_store';
import { Arrivals } from './arrivals';
import { ChatKeys, epochOf, type WrappedChatKeys } from './chat_keys';
import { ChatList } from './chat_list';
import { Connection, type Clock, type Network, type Socket, type SocketListener } from './connection';
import { Errands } from './errands';
import { Following } from './following';
import { LiveChat, type Change } from './live_chat';
import { Outgoing } from './outgoing';
import { Outbox } from './outbox';
import { Refresh } from './refresh';
import type { TabNews, Tabs } from './tabs';
import { isSettled, withoutStream } from './turn';
import { rewrapped } from './unsent_chats';

export interface SyncParts {
  account: string;
  master: MasterKey;
  api: Api;
  store: LocalStore;
  clock: Clock;
  dial(ticket: string, listener: SocketListener): Socket;
  isOnline(): boolean;
  nextFrame(callback: () => void): void;
  alone(work: () => Promise<void>): Promise<void>;
  openTabs(heard: (news: TabNews) => void): Tabs;
  /** What the screen shows of all chats is other than before. */
  listChanged(): void;
  networkChanged(network: Network): void;
  walletChanged(wallet: { available: number; held: number }): void;
  matesChanged(mates: readonly Mate[]): void;
  /** The server has keys under a master key that this device doesn't have yet. */
  keysAhead(): void;
  /** One that the account hasn't seen before. */
  deviceSignedIn(): void;
  /** The web app's settings are at this revision now. */
  settingsChanged(revision: number): void;
  /** An errand that can't be done, though its effect was shown. */
  failed(error: unknown): void;
}

export class Sync {
  readonly list = new ChatList();
  readonly outbox: Outbox;
  readonly connection: Connection;
  readonly following: Following;
  readonly errands: Errands;
  readonly refresh: Refresh;
  readonly outgoing: Outgoing;
  readonly #arrivals: Arrivals;
  readonly #tabs: Tabs;
  #lives = new Map<string, LiveChat>();
  #shown: LiveChat | null = null;
  #stopped = false;
  #fresh = new Set<string>();
  #listRead!: () => void;
  /** What is kept here is in the list; before that, a chat that isn't in it may be here all the same. */
  readonly #listed = new Promise<void>((resolve) => (this.#listRead = resolve));
  #masters: readonly MasterKey[];
  /** Asked to stop while there was no line. */
  #stops = new Set<string>();

  constructor(readonly parts: SyncParts) {
    this.#masters = [parts.master];
    const { store, clock } = parts;
    this.errands = new Errands(this);
    this.refresh = new Refresh(this);
    this.outgoing = new Outgoing(this);
    this.#arrivals = new Arrivals(this);
    this.#tabs = parts.openTabs((news) => void this.#hearTab(news));
    this.outbox = new Outbox({
      kept: () => store.errands(),
      keep: (errand) => this.#keepErrand(errand),
      drop: async (id) => {
        await store.deleteErrand(id);
        this.#tabs.tell({ kind: 'errands' });
      },
      alone: (work) => parts.alone(work),
      perform: (errand) => this.errands.perform(errand),
      changed: (errands) => {
        this.list.expect(errands);
        parts.listChanged();
      },
    });
    this.connection = new Connection({
      clock,
      ticket: () => this.refresh.ticket(),
      dial: (ticket, listener) => parts.dial(ticket, listener),
      isOnline: () => parts.isOnline(),
      heard: (event) => this.#arrivals.hear(event),
      connected: () => this.#connected(),
      fell: () => this.errands.fell(),
      changed: (network) => parts.networkChanged(network),
    });
    this.following = new Following({
      clock,
      standing: () => this.connection.standing,
      isShown: (chat) => this.isShown(chat),
      resume: (turn) => {
        const { attempt, seq } = turn.stream;
        this.connection.send({ action: 'resume', turn_id: turn.id, attempt, seq });
      },
      look: (chat, turnId) => this.refresh.tail(chat, turnId),
    });
  }

  /** Shows what is kept here first; the server's news come as they come. */
  async start(): Promise<void> {
    const chats = await this.parts.store.chats();
    for (const chat of chats) {
      // What has come from the server meanwhile is newer.
      if (!this.list.get(chat.id)) this.#know(chat);
    }
    this.#listRead();
    // Signed in after the key was turned elsewhere: the server has wraps that open, though nothing else of the chats is new.
    if (chats.some((chat) => chat.stored && !isUnder(this.master, chat))) {
      await this.parts.store.putMeta('watermark', 0);
    }
    await this.outbox.load();
    this.parts.listChanged();
    if (this.#stopped) return;
    this.connection.start();
    await this.refresh.start();
  }

  stop(): void {
    this.#stopped = true;
    this.connection.stop();
    this.following.clear();
    this.errands.stop();
    this.#tabs.close();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** What new chats are sealed under. */
  get master(): MasterKey {
    return this.#masters.at(-1) ?? this.parts.master;
  }

  get masters(): () => readonly MasterKey[] {
    return () => this.#masters;
  }

  /** The account's key was turned: what waits to be sent goes under the new one, and all chats' keys are read anew. */
  async turnTo(master: MasterKey): Promise<void> {
    const old = this.master;
    if (master.epoch <= old.epoch) return;
    this.#masters = [...this.#masters, master];
    for (const chat of this.list.all()) {
      const kept = chat.stored ? null : await rewrapped(this.parts.account, chat, old, master);
      if (kept) await this.keep(kept);
    }
    await this.parts.store.putMeta('watermark', 0);
    await this.refresh.chats();
    void this.outbox.drain();
  }

  makeId(): string {
    const id = makeUuid7(this.parts.clock.now());
    this.beginHere(id);
    return id;
  }

  /** A chat of this id is about to begin, in this tab. */
  beginHere(id: string): void {
    this.#fresh.add(id);
  }

  /** Made in this tab, so that no other device can know it before this one sends its first message. */
  isFresh(id: string): boolean {
    return this.#fresh.has(id);
  }

  // --- open chats ---

  live(id: string): LiveChat | null {
    return this.#lives.get(id) ?? null;
  }

  open(id: string, temporary = false): LiveChat {
    let chat = this.#lives.get(id);
    if (chat && chat.temporary !== temporary && chat.state.turns.size === 0) chat = undefined;
    if (!chat) {
      chat = this.#make(id, temporary);
      this.#lives.set(id, chat);
    }
    return chat;
  }

  /** Works on a chat that nobody may have open; whoever opens it meanwhile gets the same one. */
  async holding(chat: LiveChat, work: () => Promise<void>): Promise<void> {
    chat.holders += 1;
    try {
      await work();
    } finally {
      chat.holders -= 1;
      this.release(chat);
    }
  }

  isShown(chat: LiveChat): boolean {
    return this.#shown === chat;
  }

  /** Tells the server which chat this tab shows, and brings it up to date. */
  async show(chat: LiveChat | null): Promise<void> {
    this.#shown = chat;
    this.connection.show(chat?.id ?? null);
    if (!chat) return;
    const whole = await chat.load();
    await this.#listed;
    if (chat.kept?.unread) await this.change(chat.id, { unread: false });
    if (!whole) await this.change(chat.id, { pulledAt: null });
    if (chat.kept || !this.isFresh(chat.id)) await this.refresh.chat(chat);
    if (this.isShown(chat)) this.following.takeUp(chat);
  }

  hide(chat: LiveChat): void {
    if (this.isShown(chat)) void this.show(null);
    this.release(chat);
  }

  /** Forgets a chat's turns in memory when nobody needs them. */
  release(chat: LiveChat): void {
    const wanted = chat.watched || chat.holders > 0 || chat.running || chat.temporary || this.isShown(chat);
    const waits =
      this.outgoing.isSending(chat) || this.outbox.errands.some((errand) => errand.chatId === chat.id);
    if (!wanted && !waits && this.live(chat.id) === chat) this.#lives.delete(chat.id);
  }

  // --- writing ---

  /** The answer so far is kept; how it ended comes as a fact. */
  stopTurn(turnId: string): void {
    if (!this.connection.send({ action: 'stop', turn_id: turnId })) this.#stops.add(turnId);
  }

  /** Puts something to be done at the server into the outbox, and sees to it. */
  async errand(errand: NewErrand): Promise<void> {
    const last = this.outbox.errands.at(-1)?.id;
    await this.outbox.add({ ...errand, id: makeUuid7(this.parts.clock.now(), last) } as Errand);
    this.#tabs.tell({ kind: 'errands' });
    void this.outbox.drain();
  }

  // --- keeping ---

  /** Changes what is kept of a chat, on top of whatever else changed meanwhile. */
  async change(id: string, change: Partial<KeptChat>): Promise<void> {
    const kept = this.list.get(id);
    if (kept) await this.keep({ ...kept, ...change });
  }

  async keep(chat: KeptChat): Promise<void> {
    if (!this.#know(chat)) return;
    this.parts.listChanged();
    await this.parts.store.putChat(chat);
    this.#tabs.tell({ kind: 'chat', id: chat.id });
  }

  /** Tells it to an open chat, too: that may be open since before the list was read. False for one that was deleted. */
  #know(chat: KeptChat): boolean {
    if (!this.list.put(chat)) return false;
    const live = this.#lives.get(chat.id);
    if (!live) return true;
    live.kept = chat;
    live.keys?.update(chat);
    live.keys ??= this.keysOf(chat);
    live.tell();
    return true;
  }

  async forgetChat(id: string): Promise<void> {
    this.#drop(id);
    await this.parts.store.deleteChat(id);
    this.#tabs.tell({ kind: 'gone', id });
  }

  async forgetTurn(chat: LiveChat, turnId: string): Promise<void> {
    chat.forget(turnId);
    await this.parts.store.deleteTurn(chat.id, turnId);
    this.#tabs.tell({ kind: 'forgot', id: chat.id, turnId });
  }

  keysOf(chat: WrappedChatKeys & { id: string }): ChatKeys {
    return new ChatKeys(this.parts.account, chat.id, () => this.#masters, chat);
  }

  #make(id: string, temporary: boolean): LiveChat {
    const kept = temporary ? null : this.list.get(id);
    const chat = new LiveChat(id, temporary, kept, {
      keptTurns: (of) => this.parts.store.turns(of),
      keep: async (turn) => {
        await this.parts.store.putTurn(withoutStream(turn));
        this.#tabs.tell({ kind: 'chat', id });
      },
      keptChoices: (of) => this.parts.store.choices(of),
      keepChoices: (of, choices) => this.parts.store.putChoices(of, choices),
      nextFrame: (callback) => this.parts.nextFrame(callback),
      loaded: (live) => this.#loaded(live),
      changed: (live, changes) => this.#changed(live, changes),
      missing: (live, turnId) => void this.refresh.tail(live, turnId),
    });
    if (kept) chat.keys = this.keysOf(kept);
    return chat;
  }

  #loaded(chat: LiveChat): void {
    for (const turn of chat.state.turns.values()) this.following.mind(chat, turn);
    if (this.list.setBusy(chat.id, chat.running)) this.parts.listChanged();
  }

  #changed(chat: LiveChat, changes: readonly Change[]): void {
    let settled = false;
    for (const { before, after } of changes) {
      this.following.mind(chat, after);
      settled ||= before !== undefined && !isSettled(before) && isSettled(after);
    }
    if (chat.temporary) return void (settled && this.outbox.drain());
    if (this.list.setBusy(chat.id, chat.running)) this.parts.listChanged();
    if (!settled) return;
    const { kept } = chat;
    const unread =
      kept?.unread === true || (!this.isShown(chat) && changes.some(({ after }) => after.answer));
    if (kept) void this.change(chat.id, { unread, mate: lastMate(chat) ?? kept.mate });
    void this.outbox.drain();
    this.release(chat);
  }

  async #keepErrand(errand: Errand): Promise<boolean> {
    return this.live(errand.chatId)?.temporary !== true && this.parts.store.putErrand(errand);
  }

  #connected(): void {
    for (const turnId of this.#stops) this.stopTurn(turnId);
    this.#stops.clear();
    this.following.takeUp();
    void this.outbox.drain();
    void this.refresh.everything();
    // One that is not in the list: nobody could be asked for it until now.
    const shown = this.#shown;
    if (shown?.problem && !shown.problem.absent && !shown.kept) void this.refresh.chat(shown);
  }

  async #hearTab(news: TabNews): Promise<void> {
    if (this.#stopped) return;
    if (news.kind === 'errands') {
      await this.outbox.load();
    } else if (news.kind === 'gone') {
      this.#drop(news.id);
    } else if (news.kind === 'forgot') {
      this.live(news.id)?.forget(news.turnId);
    } else {
      const kept = await this.parts.store.chat(news.id);
      if (kept && this.#know(kept)) await this.live(news.id)?.reload();
      this.parts.listChanged();
    }
  }

  #drop(id: string): void {
    this.list.remove(id);
    const live = this.#lives.get(id);
    this.#lives.delete(id);
    if (live) {
      live.kept = null;
      live.gone = true;
      live.tell();
    }
    this.parts.listChanged();
  }
}

function isUnder(master: MasterKey, chat: KeptChat): boolean {
  return chat.keys.some((key) => epochOf(key) === master.epoch);
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
type NewErrand = WithoutId<Errand>;

function lastMate(chat: LiveChat): string | null {
  const answered = [...chat.state.turns.values()].filter((turn) => turn.answer !== null);
  return answered.sort((a, b) => (a.id < b.id ? -1 : 1)).at(-1)?.answer?.mate ?? null;
}
