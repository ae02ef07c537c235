// The socket that comes back: one line to the server, dialled again when it falls, quietly and with growing patience.
import * as v from 'valibot';
import { EventSchema, type Event } from '$lib/wire/events';

export type Network = 'online' | 'connecting' | 'offline';

/** What a browser's WebSocket is to us. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketListener {
  opened(): void;
  received(text: string): void;
  closed(): void;
}

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls back once, unless what it returns is called before. */
  after(milliseconds: number, callback: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

export interface ConnectionParts {
  clock: Clock;
  /** Rejects if the server can't be reached; waits while the person signs in again. */
  ticket(): Promise<string>;
  dial(ticket: string, listener: SocketListener): Socket;
  /** What the browser believes. */
  isOnline(): boolean;
  heard(event: Event): void;
  /** The line stands; what was missed meanwhile is to be fetched. */
  connected(): void;
  fell(): void;
  changed(network: Network): void;
}

/** Milliseconds before each try, the last one for ever; half of it is left to chance. */
const WAITS = [300, 1000, 2000, 4000, 8000, 15_000, 30_000];
const KEEP_ALIVE = 5 * 60_000;
const DIAL_PATIENCE = 15_000;

export class Connection {
  #socket: Socket | null = null;
  #standing = false;
  #running = false;
  #dialling = 0;
  #tries = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelKeepAlive: (() => void) | null = null;
  #focus: string | null = null;
  #network: Network = 'connecting';

  constructor(private readonly parts: ConnectionParts) {}

  get standing(): boolean {
    return this.#standing;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#redial();
  }

  stop(): void {
    this.#running = false;
    this.#drop();
  }

  /** The network changed, the device woke, the page was shown again: an old socket may be dead without saying so. */
  wake(): void {
    if (!this.#running) return;
    this.#tries = 0;
    this.#drop();
    this.#redial();
  }

  /** Tries at once, if there is no line. */
  hurry(): void {
    if (this.#running && !this.#standing && this.#cancelRetry) this.wake();
  }

  /** False if there is no line: then the caller asks again when it stands. */
  send(action: object): boolean {
    if (!this.#standing || !this.#socket) return false;
    try {
      this.#socket.send(JSON.stringify(action));
      return true;
    } catch {
      return false;
    }
  }

  /** Tells the server which chat is shown here; also after every fall. */
  show(chat: string | null): void {
    if (this.#focus === chat) return;
    this.#focus = chat;
    this.#sendFocus();
  }

  #redial(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (!this.parts.isOnline()) {
      this.#tell('offline');
      this.#retryLater();
      return;
    }
    if (this.#tries === 0) this.#tell('connecting');
    void this.#dial((this.#dialling += 1));
  }

  async #dial(dialling: number): Promise<void> {
    let ticket: string;
    try {
      ticket = await this.parts.ticket();
    } catch {
      if (dialling === this.#dialling) this.#failed();
      return;
    }
    if (dialling !== this.#dialling || !this.#running) return;
    const isCurrent = (): boolean => dialling === this.#dialling;
    const cancelPatience = this.parts.clock.after(DIAL_PATIENCE, () => {
      if (isCurrent() && !this.#standing) this.#lost();
    });
    this.#socket = this.parts.dial(ticket, {
      opened: () => {
        cancelPatience();
        if (isCurrent()) this.#stands();
      },
      received: (text) => {
        if (isCurrent()) this.#hear(text);
      },
      closed: () => {
        cancelPatience();
        if (isCurrent()) this.#lost();
      },
    });
  }

  #stands(): void {
    this.#standing = true;
    this.#tries = 0;
    this.#tell('online');
    this.#sendFocus();
    this.#keepAlive();
    this.parts.connected();
  }

  #lost(): void {
    this.#drop();
    if (this.#running) this.#failed();
  }

  #failed(): void {
    this.#tell(this.#tries >= 2 || !this.parts.isOnline() ? 'offline' : 'connecting');
    this.#retryLater();
  }

  #retryLater(): void {
    const longest = WAITS[Math.min(this.#tries, WAITS.length - 1)] ?? 0;
    this.#tries += 1;
    const wait = longest * (0.5 + this.parts.clock.random() / 2);
    this.#cancelRetry?.();
    this.#cancelRetry = this.parts.clock.after(wait, () => this.#redial());
  }

  #drop(): void {
    const stood = this.#standing;
    this.#dialling += 1;
    this.#standing = false;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#cancelKeepAlive?.();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    if (stood) this.parts.fell();
  }

  #hear(text: string): void {
    const event = readEvent(text);
    if (event) this.parts.heard(event);
  }

  #keepAlive(): void {
    this.#cancelKeepAlive = this.parts.clock.after(KEEP_ALIVE, () => {
      this.#sendFocus();
      this.#keepAlive();
    });
  }

  #sendFocus(): void {
    this.send({ action: 'focus', chat_id: this.#focus });
  }

  #tell(network: Network): void {
    if (network === this.#network) return;
    this.#network = network;
    this.parts.changed(network);
  }
}

/** Null for what this app does not know or cannot read: a newer server may say more. */
export function readEvent(text: string): Event | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return null;
  }
  const read = v.safeParse(EventSchema, content);
  return read.success ? read.output : null;
}
