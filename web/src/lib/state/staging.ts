// Every chat's keys under the next master key, staged beside the present ones: read back, opened, and staged again where they don't.
import type * as Crypto from '$lib/crypto';
import type { MasterKey, Turned } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { StagedKeys } from '$lib/wire/http';
import type { Api } from './api';

type Bytes = Uint8Array<ArrayBuffer>;

const AT_ONCE = 40;

/**
 * `at`: the lease's address; `mine`: chats that were staged under it, which this adds to; `beside`: what was staged beside the chats; `further`:
 * how many new generations each chat gets; `told` hears how many chats are done.
 */
export async function stageChats(of: {
  api: Api;
  crypto: typeof Crypto;
  account: string;
  at: string;
  mine: Set<string>;
  old: MasterKey;
  master: MasterKey;
  beside?: Turned['account'];
  further?: number;
  told?: (chats: number) => void;
}): Promise<void> {
  const { api, crypto: it, account, at, mine, old, master, beside, further = 0 } = of;
  let done = 0;
  for (let cursor: string | null = null; ;) {
    const query: string = cursor === null ? '' : `?cursor=${cursor}`;
    const page = await api.get(StagedKeys, `${at}/staged${query}`);
    if (beside && !holds(page.account, beside)) await api.put(null, `${at}/staged`, { account: beside });
    const rings = page.chats.map(({ chat_id: chat, keys }) => new Ring(account, chat, keys, it));
    const chats = [];
    for (const ring of rings) {
      // What another lease left counts for nothing, though it opens.
      const staged = mine.has(ring.chat) && (await ring.isStaged(old, master, further));
      if (!staged) chats.push(await ring.anew(old, master, further));
    }
    for (let first = 0; first < chats.length; first += AT_ONCE) {
      const some = chats.slice(first, first + AT_ONCE);
      await api.put(null, `${at}/staged`, { chats: some });
      for (const { chat_id: chat } of some) mine.add(chat);
    }
    done += page.chats.length;
    of.told?.(done);
    if (page.cursor === null) return;
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

/** A chat's keys as the server holds them, under one master key or more. */
class Ring {
  #wraps: { generation: number; epoch: number; envelope: Bytes }[];

  constructor(
    private readonly account: string,
    readonly chat: string,
    keys: readonly { generation: number; envelope: string }[],
    private readonly it: typeof Crypto,
  ) {
    this.#wraps = keys.map(({ generation, envelope: text }) => {
      const envelope = fromBase64url(text);
      return { generation, epoch: it.readEpoch(envelope), envelope };
    });
  }

  /** Whether each generation, and `further` new ones, are there under the new key and open. */
  async isStaged(old: MasterKey, master: MasterKey, further: number): Promise<boolean> {
    const { account, chat } = this;
    for (const generation of [
      ...this.#under(old).map((each) => each.generation),
      ...this.#new(old, further),
    ]) {
      const staged = this.#under(master).find((each) => each.generation === generation);
      if (!staged) return false;
      const { envelope } = staged;
      const opens = this.it.openChatKey({ account, chat, generation, master, envelope });
      if (
        !(await opens.then(
          () => true,
          () => false,
        ))
      )
        return false;
    }
    return true;
  }

  async anew(
    old: MasterKey,
    master: MasterKey,
    further: number,
  ): Promise<{ chat_id: string; keys: { generation: number; envelope: string }[] }> {
    const { account, chat, it } = this;
    const keys = this.#under(old).map(async ({ generation, envelope }) => {
      const made = await it.rewrapChatKey({ account, chat, generation, old, master, envelope });
      return { generation, envelope: toBase64url(made) };
    });
    const made = this.#new(old, further).map(async (generation) => {
      const { envelope } = await it.makeChatKey({ account, chat, master, generation });
      return { generation, envelope: toBase64url(envelope) };
    });
    return { chat_id: chat, keys: await Promise.all([...keys, ...made]) };
  }

  /** The generations that come after those there are. */
  #new(old: MasterKey, further: number): number[] {
    const newest = Math.max(0, ...this.#under(old).map(({ generation }) => generation));
    return Array.from({ length: further }, (_, at) => newest + 1 + at);
  }

  #under(master: MasterKey) {
    return this.#wraps.filter((each) => each.epoch === master.epoch);
  }
}
