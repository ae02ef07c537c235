// Every chat's keys under the next master key, staged beside the present ones: read back, opened, and staged again where they don't.
import type * as Crypto from '$lib/crypto';
import type { MasterKey, Turned } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { StagedKeys } from '$lib/wire/http';
import type { Api } from './api';

type Bytes = Uint8Array<ArrayBuffer>;
type ChatRing = StagedKeys['chats'][0];
type Wrap = { generation: number; epoch: number; envelope: Bytes };

const AT_ONCE = 40;
const PASSES = 5;

export interface Staging {
  api: Api;
  crypto: typeof Crypto;
  account: string;
  /** The lease's address. */
  at: string;
  /** Chats that were staged under the lease; added to. */
  mine: Set<string>;
  old: MasterKey;
  master: MasterKey;
  /** What is staged beside the chats. */
  beside?: Turned['account'];
  /** How many new generations each chat gets. */
  further?: number;
  /** Hears how many chats are done. */
  told?: (chats: number) => void;
}

/** Until a whole pass reads all of it back and opens it under the next master key. CryptoError. */
export async function stageChats(of: Staging): Promise<void> {
  for (let passes = 0; passes < PASSES; passes += 1) if (await isComplete(of)) return;
  throw new of.crypto.CryptoError('no_such_generation');
}

/** Whether all of it is there; what lacks is staged. What another lease left counts for nothing, though it opens. */
async function isComplete(of: Staging): Promise<boolean> {
  const { api, at, mine, beside } = of;
  let complete = true;
  for (let cursor: string | null = null; ;) {
    const query: string = cursor === null ? '' : `?cursor=${cursor}`;
    const page = await api.get(StagedKeys, `${at}/staged${query}`);
    if (beside && !holds(page.account, beside)) {
      await api.put(null, `${at}/staged`, { account: beside });
      complete = false;
    }
    const chats = [];
    for (const ring of page.chats.map((chat) => new Ring(chat, of))) {
      if (!(mine.has(ring.chat) && (await ring.isStaged()))) chats.push(await ring.anew());
    }
    for (let first = 0; first < chats.length; first += AT_ONCE) {
      const some = chats.slice(first, first + AT_ONCE);
      await api.put(null, `${at}/staged`, { chats: some });
      for (const { chat_id: chat } of some) mine.add(chat);
      of.told?.(mine.size);
    }
    complete &&= chats.length === 0;
    if (page.cursor === null) return complete;
    cursor = page.cursor;
  }
}

/** Whether all that was made beside the chats is there as it was made. */
function holds(staged: StagedKeys['account'], made: Turned['account']): boolean {
  if (staged?.signing !== made.signing) return false;
  const there = new Set(
    [...staged.methods, ...staged.apps].map((each) => JSON.stringify(Object.entries(each).sort())),
  );
  return [...made.methods, ...made.apps].every((each) =>
    there.has(JSON.stringify(Object.entries(each).sort())),
  );
}

/** A chat's keys as the server holds them, under one master key or more. CryptoError. */
class Ring {
  readonly chat: string;
  #old: Wrap[];
  #new: Wrap[];
  #further: number[];

  constructor(
    chat: ChatRing,
    private readonly staging: Staging,
  ) {
    const { crypto, old, master, further = 0 } = staging;
    this.chat = chat.chat_id;
    const wraps = chat.keys.map(({ generation, envelope: text }) => {
      const envelope = fromBase64url(text);
      return { generation, epoch: crypto.readEpoch(envelope), envelope };
    });
    this.#old = wraps.filter((each) => each.epoch === old.epoch);
    this.#new = wraps.filter((each) => each.epoch === master.epoch);
    if (this.#old.length === 0) throw new crypto.CryptoError('no_such_generation');
    const newest = Math.max(...this.#old.map(({ generation }) => generation));
    this.#further = Array.from({ length: further }, (_, at) => newest + 1 + at);
  }

  /** Whether each generation, and the further ones, are there under the new key and open. */
  async isStaged(): Promise<boolean> {
    const { account, crypto, master } = this.staging;
    for (const generation of [...this.#old.map((each) => each.generation), ...this.#further]) {
      const staged = this.#new.find((each) => each.generation === generation);
      if (!staged) return false;
      const { envelope } = staged;
      const opening = crypto.openChatKey({ account, chat: this.chat, generation, master, envelope });
      const opens = opening.then(
        () => true,
        () => false,
      );
      if (!(await opens)) return false;
    }
    return true;
  }

  async anew(): Promise<ChatRing> {
    const { chat } = this;
    const { account, crypto, old, master } = this.staging;
    const keys = this.#old.map(async ({ generation, envelope }) => {
      const made = await crypto.rewrapChatKey({ account, chat, generation, old, master, envelope });
      return { generation, envelope: toBase64url(made) };
    });
    const made = this.#further.map(async (generation) => {
      const { envelope } = await crypto.makeChatKey({ account, chat, master, generation });
      return { generation, envelope: toBase64url(envelope) };
    });
    return { chat_id: chat, keys: await Promise.all([...keys, ...made]) };
  }
}
