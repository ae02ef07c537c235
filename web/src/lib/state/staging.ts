// Every chat's keys under the next master key, staged beside the present ones: read back, opened, and staged again where they don't.
import type * as Crypto from '$lib/crypto';
import type { MasterKey, Turned } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { StagedKeys } from '$lib/wire/http';
import type { Api } from './api';
import { UnreadableChats } from './unreadable_chats';

type Bytes = Uint8Array<ArrayBuffer>;
type ChatRing = StagedKeys['chats'][0];
type Key = ChatRing['keys'][0];
type Wrap = { generation: number; epoch: number | null; envelope: Bytes };

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
  /** A chat's keys as this device keeps them: handed on where those of the server don't open. */
  keptKeys(chat: string): Promise<readonly Key[]>;
  /** What is staged beside the chats. */
  beside?: Turned['account'];
  /** How many new generations each chat gets. */
  further?: number;
  /** Hears how many chats are done. */
  told?: (chats: number) => void;
}

/** Until a whole pass reads all of it back and opens it under the next master key. UnreadableChats, CryptoError. */
export async function stageChats(of: Staging): Promise<void> {
  for (let passes = 0; passes < PASSES; passes += 1) if (await isComplete(of)) return;
  throw new of.crypto.CryptoError('no_such_generation');
}

/** Whether all of it is there; what lacks is staged. What another lease left counts for nothing, though it opens. UnreadableChats. */
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
    const chats = await lackingOf(page.chats, of);
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

/** What is to be staged of these. UnreadableChats names all of them whose keys open nowhere, while what the server sent is at hand. */
async function lackingOf(chats: readonly ChatRing[], of: Staging): Promise<ChatRing[]> {
  const unreadable = new Map<string, string>();
  const lacking = [];
  for (const chat of chats) {
    const made = await anewOf(chat, of);
    if (typeof made === 'string') unreadable.set(chat.chat_id, made);
    else if (made !== null) lacking.push(made);
  }
  if (unreadable.size > 0) throw new UnreadableChats(unreadable, of.api.evidence);
  return lacking;
}

/** Null if nothing lacks; the reason of the key scheme if its keys open neither as the server has them nor as this device keeps them. */
async function anewOf(chat: ChatRing, of: Staging): Promise<ChatRing | string | null> {
  const lacksOf = async (ring: Ring) =>
    of.mine.has(ring.chat) && (await ring.isStaged()) ? null : ring.anew();
  try {
    try {
      return await lacksOf(new Ring(chat, of));
    } catch (error) {
      const mended = mend(chat, await of.keptKeys(chat.chat_id), of);
      if (mended === null) throw error;
      return await lacksOf(new Ring(mended, of));
    }
  } catch (error) {
    if (!(error instanceof of.crypto.CryptoError) || error.ofTheBrowser) throw error;
    return error.reason;
  }
}

/** With the keys that are kept here in the place of those that the server has; null if none are. */
function mend(chat: ChatRing, kept: readonly Key[], { crypto, old, master }: Staging): ChatRing | null {
  const own = kept.filter((key) => wrapOf(key, crypto).epoch === old.epoch);
  const ours = new Set(own.map(({ generation }) => generation));
  const theirs = chat.keys.filter(
    (key) => !ours.has(key.generation) || wrapOf(key, crypto).epoch === master.epoch,
  );
  return own.length > 0 ? { ...chat, keys: [...own, ...theirs] } : null;
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
    const wraps = chat.keys.map((key) => wrapOf(key, crypto));
    this.#old = wraps.filter((each) => each.epoch === old.epoch);
    this.#new = wraps.filter((each) => each.epoch === master.epoch);
    const kept = new Set(this.#old.map(({ generation }) => generation));
    const isLost = wraps.some((each) => each.epoch !== master.epoch && !kept.has(each.generation));
    if (isLost || kept.size === 0) throw new crypto.CryptoError('no_such_generation');
    const newest = Math.max(...kept);
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

/** Without an epoch: that is no envelope any more. */
function wrapOf({ generation, envelope: text }: Key, crypto: typeof Crypto): Wrap {
  let envelope: Bytes = new Uint8Array();
  try {
    envelope = fromBase64url(text);
    return { generation, epoch: crypto.readEpoch(envelope), envelope };
  } catch {
    return { generation, epoch: null, envelope };
  }
}
