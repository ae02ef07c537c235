// A message on its way out: sealed once, shown and kept, and put into the outbox.
import { hashOf, makeChatKey, makeUuid7, sealMessage } from '$lib/crypto';
import type { KeptChat } from '$lib/storage/kept';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { ChatKeys } from './chat_keys';
import type { Asked } from './facts';
import type { LiveChat } from './live_chat';
import { checkMessage, notHereProblem, problemOfError, Refused } from './problems';
import type { Sync } from './sync';
import type { TurnState } from './turn';

export interface Saying {
  text: string;
  /** The turn it goes on from; asked for when its time has come. */
  parent(): string | null;
  /** A mate that is asked for. */
  wanted: string | null;
  /** Sealed, and about to be shown. */
  made(turnId: string): void | Promise<void>;
}

const NO_PARENT = new Uint8Array(0);
/** Stands for a deleted turn, of which nothing is left to be hashed. */
const NOTHING_LEFT = new Uint8Array(32);

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
    const { master, masters } = this.sync;
    if (!chat.temporary && chat.state.turns.size > 0) throw new Refused(notHereProblem());
    const { key, envelope } = await makeChatKey({ account, chat: chat.id, master });
    const wrapped = {
      generation: key.generation,
      keys: [{ generation: key.generation, envelope: toBase64url(envelope) }],
    };
    chat.keys = ChatKeys.made(account, masters, key, wrapped);
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
      const envelope = await sealMessage(await chat.keys.current(), {
        turn,
        text,
        parent: parentHash === null ? NO_PARENT : fromBase64url(parentHash),
      });
      const [record, messageHash] = [toBase64url(envelope), toBase64url(await hashOf(envelope))];
      return { parentId: parent?.id ?? null, parentHash, createdAt, text, wanted, record, messageHash };
    } catch (error) {
      throw new Refused(problemOfError(error));
    }
  }
}

/** What a next message is bound to: the answer, or the message if there is none. */
function hashOfTurn(turn: TurnState): string {
  return turn.answer?.hash ?? turn.messageHash ?? toBase64url(NOTHING_LEFT);
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
