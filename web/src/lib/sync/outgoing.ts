// A message on its way out: sealed once, shown and kept, and put into the outbox.
import { makeUuid7 } from '$lib/crypto';
import type { KeptChat } from '$lib/storage/kept';
import { ChatKeys } from './chat_keys';
import type { Asked } from './facts';
import type { LiveChat } from './live_chat';
import { checkMessage, notHereProblem, problemOfError, Refused } from './problems';
import type { Sync } from './sync';
import { hashOfTurn, newChatKey, sealTurn } from './sealing';

export interface Saying {
  text: string;
  /** The turn it goes on from; asked for when its time has come. */
  parent(): string | null;
  /** A mate that is asked for. */
  wanted: string | null;
  /** Sealed, and about to be shown. */
  made(turnId: string): void | Promise<void>;
}

export class Outgoing {
  #sending = new Map<LiveChat, Promise<void>>();

  constructor(private readonly sync: Sync) {}

  /** A message of it is not in the outbox yet: where nothing can be kept, it is in memory alone. */
  isSending(chat: LiveChat): boolean {
    return this.#sending.has(chat);
  }

  /** Seals a message once, shows and keeps it, and sends it as soon as there is a way; one after the other in each chat. */
  async send(chat: LiveChat, said: Saying): Promise<void> {
    checkMessage(said.text);
    const before = this.#sending.get(chat) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#send(chat, said));
    this.#sending.set(chat, mine);
    try {
      await mine;
    } finally {
      if (this.#sending.get(chat) === mine) this.#sending.delete(chat);
    }
  }

  async #send(chat: LiveChat, said: Saying): Promise<void> {
    const text = said.text.replace(/\p{Surrogate}/gu, '\ufffd');
    await chat.load();
    await this.#ensureKeys(chat);
    const now = this.sync.parts.clock.now();
    const turnId = makeUuid7(now, newestId(chat));
    const asked = await this.#seal(chat, turnId, { ...said, text }, Math.floor(now / 1000));
    await said.made(turnId);
    const taken = chat.takeNow([{ type: 'asked', turnId, chatId: chat.id, ...asked }]);
    const { kept } = chat;
    if (kept) await this.sync.keep({ ...kept, activeAt: Math.max(asked.createdAt, kept.activeAt) });
    await taken;
    await this.sync.errand({ kind: 'ask', chatId: chat.id, turnId });
  }

  async #ensureKeys(chat: LiveChat): Promise<void> {
    // Opened by a link, it may be known to the server alone.
    if (!chat.keys && !chat.temporary && !this.sync.isFresh(chat.id)) await this.sync.refresh.chat(chat);
    if (chat.keys) return;
    if (!chat.temporary && !this.sync.isFresh(chat.id)) throw new Refused(chat.problem ?? notHereProblem());
    const { account, clock } = this.sync.parts;
    if (!chat.temporary && chat.state.turns.size > 0) throw new Refused(notHereProblem());
    const { key, wrapped } = await newChatKey(this.sync, chat.id);
    chat.keys = ChatKeys.made(account, this.sync.masters, key, wrapped);
    if (!chat.temporary) chat.kept = newKept(chat.id, wrapped, Math.floor(clock.now() / 1000));
  }

  async #seal(
    chat: LiveChat,
    turn: string,
    { text, parent: parentOf, wanted }: Saying,
    createdAt: number,
  ): Promise<Asked> {
    const parent = chat.state.turns.get(parentOf() ?? '');
    const parentHash = parent ? hashOfTurn(parent) : null;
    if (!chat.keys) throw new Refused(notHereProblem());
    try {
      const sealed = await sealTurn(await chat.keys.current(), { turn, text, parentHash });
      return { parentId: parent?.id ?? null, parentHash, createdAt, text, wanted, ...sealed };
    } catch (error) {
      throw new Refused(problemOfError(error));
    }
  }
}

function newestId(chat: LiveChat): string | undefined {
  return [...chat.state.turns.keys()].sort().at(-1);
}

function newKept(
  id: string,
  wrapped: { generation: number; keys: { generation: number; envelope: string }[] },
  now: number,
): KeptChat {
  return {
    id,
    ...wrapped,
    createdAt: now,
    activeAt: now,
    updatedAt: 0,
    pulledAt: null,
    stored: false,
    title: null,
    details: null,
    revision: 0,
    mate: null,
    unread: false,
  };
}
