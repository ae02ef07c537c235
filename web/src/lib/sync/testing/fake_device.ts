// A device in a test: the whole sync layer on memory, against a server in memory, with the test's own time.
import { deviceKey, importMasterKey, type MasterKey } from '$lib/crypto';
import { Api } from '$lib/state/api';
import { LocalStore } from '$lib/storage/local_store';
import { MemoryRows } from '$lib/storage/memory_rows';
import type { Rows } from '$lib/storage/rows';
import { pathOf } from '../branches';
import type { LiveChat } from '../live_chat';
import { Sync } from '../sync';
import type { TabNews } from '../tabs';
import { viewOf } from '../view';
import { FakeClock } from './fake_clock';
import { FakeServer } from './fake_server';

export const ACCOUNT = '7d4f4d5e-6f0a-4a55-8f0e-0a8f3f0f5a11';

export class World {
  readonly clock = new FakeClock();
  readonly failures: unknown[] = [];
  /** How often a tab met keys that it doesn't have. */
  ahead = 0;
  newDevices = 0;
  wallet: { available: number; held: number } | null = null;
  /** What the browser believes. */
  online = true;
  #tabs = new Set<(news: TabNews) => void>();
  #locked: Promise<void> = Promise.resolve();
  readonly #first: MasterKey;

  private constructor(
    /** Of tabs that are opened from now on. */
    public master: MasterKey,
    readonly server: FakeServer,
  ) {
    this.#first = master;
  }

  static async make(): Promise<World> {
    const master = await importMasterKey(new Uint8Array(32).fill(7), 1);
    return new World(master, new FakeServer(ACCOUNT, master));
  }

  /** A tab; with the rows of another one, of the same browser. `early`: before it has read anything. */
  async tab(rows: Rows = new MemoryRows(), early?: (sync: Sync) => void): Promise<Sync> {
    const sync = new Sync({
      account: ACCOUNT,
      master: this.master,
      api: new Api(this.server.fetch),
      store: new LocalStore(rows, await deviceKey(this.#first), ACCOUNT),
      clock: this.clock,
      dial: this.server.dial,
      isOnline: () => this.online,
      nextFrame: (callback) => queueMicrotask(callback),
      alone: (work) => this.#alone(work),
      openTabs: (heard) => this.#openTabs(heard),
      listChanged: () => undefined,
      networkChanged: () => undefined,
      walletChanged: (wallet) => (this.wallet = wallet),
      matesChanged: () => undefined,
      deviceSignedIn: () => (this.newDevices += 1),
      settingsChanged: () => undefined,
      keysAhead: () => (this.ahead += 1),
      failed: (error) => this.failures.push(error),
    });
    early?.(sync);
    await sync.start();
    await this.clock.pass(0);
    return sync;
  }

  /** The network goes, and every line with it. */
  goOffline(): void {
    this.online = this.server.online = false;
    this.server.cut();
  }

  comeBack(...tabs: Sync[]): void {
    this.online = this.server.online = true;
    for (const tab of tabs) tab.connection.wake();
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    const before = this.#locked;
    let unlock = (): void => undefined;
    this.#locked = new Promise((resolve) => (unlock = resolve));
    await before;
    await work().finally(unlock);
  }

  #openTabs(heard: (news: TabNews) => void) {
    this.#tabs.add(heard);
    return {
      tell: (news: TabNews) => {
        for (const other of this.#tabs) if (other !== heard) queueMicrotask(() => other(news));
      },
      close: () => void this.#tabs.delete(heard),
    };
  }
}

/** What a person would see: text, answer and stage of each shown turn. */
export function shown(chat: LiveChat): [text: string, answer: string, stage: string][] {
  return pathOf(chat.state, new Map()).map((place) => {
    const { text, answer, stage } = viewOf(place);
    return [text, answer, stage];
  });
}

export async function say(sync: Sync, chat: LiveChat, text: string): Promise<string> {
  const parent = (): string | null => pathOf(chat.state, new Map()).at(-1)?.turn.id ?? null;
  let made = '';
  await sync.outgoing.send(chat, { text, parent, wanted: null, made: (turnId) => void (made = turnId) });
  return made;
}
