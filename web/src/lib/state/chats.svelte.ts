// All chats of the signed-in account, as the screen reads them; begins when the session opens, and ends when it locks.
import { makeUuid7 } from '$lib/crypto';
import { onTrouble, rows } from '$lib/storage/database';
import { LocalStore } from '$lib/storage/local_store';
import { dialBrowser } from '$lib/sync/browser_socket';
import type { Network } from '$lib/sync/connection';
import { nextFrame } from '$lib/sync/frames';
import { importChat } from '$lib/sync/importing';
import {
  fellBackProblem,
  notOpen,
  problemOfError,
  storageProblem,
  untrustedProblem,
  untrustedSettingsProblem,
} from '$lib/sync/problems';
import { Sync } from '$lib/sync/sync';
import { openTabs } from '$lib/sync/tabs';
import { viewOf } from '$lib/sync/view';
import { placesOf } from '$lib/sync/branches';
import { watchDevice } from '$lib/sync/device';
import { api } from './api';
import type {
  ChatsState,
  ChatSummary,
  ImportedChat,
  Mate,
  OpenedChat,
  Problem,
  TurnView,
  Waits,
} from './model';
import { newDevices } from './new_devices.svelte';
import { OpenChat } from './open_chat.svelte';
import { session } from './session.svelte';
import { sharedSettings } from './shared_settings.svelte';

const UNDO_MS = 10_000;

export class Chats implements ChatsState {
  list = $state.raw<readonly ChatSummary[]>([]);
  loading = $state(true);
  mates = $state.raw<readonly Mate[]>([]);
  wallet = $state.raw<{ available: number; held: number } | null>(null);
  network = $state<Network>('connecting');
  waiting = $state(0);
  notice = $state.raw<Problem | null>(null);
  #sync: Sync | null = null;
  #open = new Set<OpenChat>();

  #scheduled = false;
  /** What was read and put away isn't said again at the next write, until the page is loaded anew. */
  #dismissed = new Set<string>();

  /** Follows the session for as long as the page lives. */
  start(): void {
    onTrouble((trouble) => {
      if (this.#dismissed.has(trouble)) return;
      // What follows from another version is not worth a word of its own.
      if (this.notice?.code !== 'newer_version') this.notice = storageProblem(trouble);
    });
    watchDevice({
      woke: () => this.#sync?.connection.wake(),
      shown: () => this.#sync?.connection.hurry(),
      hidden: () => this.#open.forEach((chat) => chat.saveDraft()),
    });
    $effect.root(() => {
      $effect(() => {
        if (session.phase === 'open' && session.distrusted === null) this.#begin();
        else this.#end();
      });
      $effect(() => {
        if (session.opened) void this.#sync?.turnTo(session.opened.master);
      });
      $effect(() => {
        if (session.distrusted !== null) this.notice = untrustedProblem(session.distrusted);
        else if (session.fellBack) this.notice = fellBackProblem();
        else if (sharedSettings.distrusted !== null)
          this.notice = untrustedSettingsProblem(sharedSettings.distrusted);
      });
    });
  }

  open(id: string, options: { temporary?: boolean; begins?: boolean } = {}): OpenedChat {
    const sync = this.#begin();
    const chat = new OpenChat(id, options, (closed) => this.#open.delete(closed));
    this.#open.add(chat);
    if (sync) chat.attach(sync);
    return chat;
  }

  makeId(): string {
    return this.#begin()?.makeId() ?? makeUuid7(Date.now());
  }

  dismissNotice(): void {
    if (this.notice) this.#dismissed.add(this.notice.code);
    this.notice = null;
  }

  rename(id: string, title: string): Promise<void> {
    return this.#change(id, { title: title.trim() === '' ? null : title.trim() });
  }

  pin(id: string, pinned: boolean): Promise<void> {
    return this.#change(id, { pinned });
  }

  move(id: string, folder: string | null): Promise<void> {
    return this.#change(id, { folder });
  }

  remove(id: string): void {
    void this.#sync?.errand({ kind: 'remove', chatId: id, due: Date.now() + UNDO_MS });
  }

  /** At once and for good, whether any of it opens or not. ApiError. */
  async giveUp(id: string): Promise<void> {
    if (!this.#sync) throw notOpen();
    await this.#sync.errands.removeNow(id);
  }

  restore(id: string): void {
    const sync = this.#sync;
    for (const errand of sync?.outbox.errands ?? []) {
      if (errand.kind === 'remove' && errand.chatId === id) void sync?.outbox.drop(errand.id);
    }
  }

  async *everything(): AsyncGenerator<{ summary: ChatSummary; createdAt: number; turns: TurnView[] }> {
    const sync = this.#sync;
    if (!sync) throw notOpen();
    for (const { id } of sync.list.all()) {
      const kept = sync.list.get(id);
      if (!kept || sync.list.isHidden(id) || sync.stopped) continue;
      const live = sync.open(id);
      await sync.holding(live, async () => {
        await live.load();
        await sync.refresh.chat(live);
      });
      const turns = placesOf(live.state).map(viewOf);
      yield { summary: sync.list.summaryOf(live.kept ?? kept), createdAt: kept.createdAt, turns };
    }
  }

  async importChat(chat: ImportedChat, wait: Waits): Promise<void> {
    if (!this.#sync) throw notOpen();
    await importChat(this.#sync, chat, wait);
  }

  markRead(id: string): void {
    if (this.#sync?.list.get(id)?.unread) void this.#sync.change(id, { unread: false });
  }

  async #change(
    id: string,
    change: { title?: string | null; pinned?: boolean; folder?: string | null },
  ): Promise<void> {
    if (!this.#sync) throw notOpen();
    await this.#sync.errand({ kind: 'details', chatId: id, change });
  }

  /** Also from `open`: a page may be drawn before the effect that follows the session has run. */
  #begin(): Sync | null {
    if (this.#sync || session.phase !== 'open' || session.distrusted !== null) return this.#sync;
    const { opened, deviceKey, account } = session;
    if (!opened || !deviceKey || !account) return null;
    const sync = new Sync({
      account: account.id,
      master: opened.master,
      api,
      store: new LocalStore(rows, deviceKey, account.id),
      clock: {
        now: () => Date.now(),
        random: () => Math.random(),
        after: (milliseconds, callback) => {
          const timer = setTimeout(callback, milliseconds);
          return () => clearTimeout(timer);
        },
      },
      dial: dialBrowser,
      isOnline: () => navigator.onLine,
      nextFrame,
      alone: (work) => alone(`sealmate-outbox-${account.id}`, work),
      openTabs: (heard) => openTabs(account.id, heard),
      listChanged: () => this.#showSoon(),
      networkChanged: (network) => {
        this.network = network;
        // Somebody may have been there, or been answered for, while this device couldn't hear of it.
        if (network === 'online') void newDevices.load();
      },
      walletChanged: (wallet) => (this.wallet = wallet),
      matesChanged: (mates) => (this.mates = mates),
      keysAhead: () => session.keysAhead(),
      deviceSignedIn: () => void newDevices.load(),
      settingsChanged: (revision) => sharedSettings.heard(revision),
      failed: (error) => (this.notice = problemOfError(error)),
    });
    this.#sync = sync;
    for (const chat of this.#open) chat.attach(sync);
    void sync.start().finally(() => {
      if (this.#sync === sync) this.loading = false;
    });
    return sync;
  }

  #end(): void {
    const sync = this.#sync;
    if (!sync) return;
    for (const chat of this.#open) chat.detach();
    sync.stop();
    this.#sync = null;
    newDevices.clear();
    this.list = [];
    this.waiting = 0;
    this.wallet = null;
    this.loading = true;
    this.network = 'connecting';
  }

  /** Once a frame, however many chats changed. */
  #showSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    nextFrame(() => {
      this.#scheduled = false;
      const sync = this.#sync;
      if (!sync) return;
      const list = sync.list.summaries();
      if (list.length !== this.list.length || list.some((each, at) => each !== this.list[at]))
        this.list = list;
      if (list.length > 0) this.loading = false;
      this.waiting = sync.outbox.errands.filter((errand) => errand.kind === 'ask').length;
      for (const chat of this.#open) chat.refresh();
    });
  }
}

/** Where there are no Web Locks, turns are asked once all the same: their ids see to it. */
async function alone(name: string, work: () => Promise<void>): Promise<void> {
  if (navigator.locks) await navigator.locks.request(name, work);
  else await work();
}

export const chats = new Chats();
if (typeof window !== 'undefined') chats.start();
