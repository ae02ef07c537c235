// All generations of one chat's key, opened on first use.
import { openChatKey, readEpoch, type Bytes, type ChatKey, type MasterKey } from '$lib/crypto';
import { fromBase64url } from '$lib/wire/base64url';
import { Untrusted } from './untrusted';

export interface WrappedChatKeys {
  generation: number;
  keys: readonly { generation: number; envelope: string }[];
}

/** The newest last: a chat may still be wrapped under one from before, and may be already under the next. */
export type Masters = () => readonly MasterKey[];

export class ChatKeys {
  #opened = new Map<number, Promise<ChatKey>>();

  constructor(
    private readonly account: string,
    private readonly chat: string,
    private readonly masters: Masters,
    private wrapped: WrappedChatKeys,
  ) {}

  /** A chat that was just made here needs no opening. */
  static made(account: string, masters: Masters, key: ChatKey, wrapped: WrappedChatKeys): ChatKeys {
    const keys = new ChatKeys(account, key.chat, masters, wrapped);
    keys.#opened.set(key.generation, Promise.resolve(key));
    return keys;
  }

  /** What came anew from the server; generations that were opened before stay as they are. */
  update(wrapped: WrappedChatKeys): void {
    this.wrapped = wrapped;
  }

  /** The newest: a chat may have one under the present master key that nothing was written with yet. */
  current(): Promise<ChatKey> {
    const epoch = this.masters().at(-1)?.epoch;
    const mine = this.wrapped.keys.filter(({ envelope }) => readEpoch(fromBase64url(envelope)) === epoch);
    return this.#of(Math.max(this.wrapped.generation, ...mine.map(({ generation }) => generation)));
  }

  /** By the generation that the record's header claims; opening it is what proves it. */
  async ofRecord(envelope: Bytes): Promise<ChatKey> {
    return this.#of(readEpoch(envelope));
  }

  #of(generation: number): Promise<ChatKey> {
    let opening = this.#opened.get(generation);
    if (!opening) {
      opening = this.#open(generation);
      this.#opened.set(generation, opening);
      opening.catch(() => this.#opened.delete(generation));
    }
    return opening;
  }

  async #open(generation: number): Promise<ChatKey> {
    const found = this.wrapped.keys.filter((each) => each.generation === generation);
    if (!found[0]) throw new Untrusted('no_such_generation');
    const { account, chat } = this;
    const envelopes = found.map((each) => fromBase64url(each.envelope));
    for (const master of this.masters().toReversed()) {
      const envelope = envelopes.find((each) => readEpoch(each) === master.epoch);
      if (envelope) return openChatKey({ account, chat, generation, master, envelope });
    }
    throw new Untrusted('wrong_epoch');
  }
}

/** What the header of a wrapped key says, or nothing that can be read. */
export function epochOf(key: { envelope: string }): number | null {
  try {
    return readEpoch(fromBase64url(key.envelope));
  } catch {
    return null;
  }
}
