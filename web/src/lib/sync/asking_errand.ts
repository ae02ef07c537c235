// Asking: one message goes out, over the socket or HTTP, until the server says that it has it or will not.
import { cacheKey } from '$lib/crypto';
import { ApiError } from '$lib/state/api_error';
import type { Errand } from '$lib/storage/kept';
import { toBase64url } from '$lib/wire/base64url';
import { makeQuestion, wayFor, type Question } from './asking';
import { reasonOf, type Reason } from './facts';
import type { LiveChat } from './live_chat';
import type { Done } from './outbox';
import { reasonOfError, replacedKeyProblem } from './problems';
import type { Sync } from './sync';
import { isRunning, type TurnState } from './turn';
import { isOutOfReach, sealAnew } from './unsent_chats';

type Ask = Extract<Errand, { kind: 'ask' }>;
type Reply = { kind: 'taken' } | { kind: 'fell' } | { kind: 'silent' } | { kind: 'refused'; reason: Reason };

/** Milliseconds without a word after asking; asking again is safe. */
const SILENCE = 20_000;
const SOON = 3000;
const TRIES = 5;
/** What may well be taken in a moment. */
const PASSING = new Set(['turn_not_started', 'internal', 'delivery_failed', 'connection_gone']);

export class Asking {
  #waiting: { turnId: string; reply: (reply: Reply) => void } | null = null;
  #tries = new Map<string, number>();

  constructor(
    private readonly sync: Sync,
    private readonly retryIn: (milliseconds: number) => void,
  ) {}

  taken(turnId: string): void {
    if (this.#waiting?.turnId === turnId) this.#waiting.reply({ kind: 'taken' });
  }

  refused(turnId: string | null, reason: Reason): boolean {
    const waiting = this.#waiting;
    if (!waiting || (turnId !== null && turnId !== waiting.turnId)) return false;
    waiting.reply({ kind: 'refused', reason });
    return true;
  }

  fell(): void {
    this.#waiting?.reply({ kind: 'fell' });
  }

  async perform(errand: Ask): Promise<Done> {
    const chat = this.sync.open(errand.chatId, this.sync.live(errand.chatId)?.temporary ?? false);
    await chat.load();
    // Another tab's message may be kept already, and its word of that still be on the way.
    if (chat.state.turns.get(errand.turnId)?.sending !== 'queued') await chat.reload();
    const turn = chat.state.turns.get(errand.turnId);
    if (!turn || turn.accepted || turn.sending !== 'queued') return 'done';
    const parent = turn.parentId === null ? undefined : chat.state.turns.get(turn.parentId);
    if (turn.parentId !== null && !parent) return this.#orphaned(chat, turn);
    // What goes on from a turn waits for its answer, as the history is to hold it.
    if (parent && (parent.sending !== null || isRunning(parent))) return 'blocked';
    if (!this.sync.connection.standing) return 'later';
    await this.#reach(chat);
    const first = chat.kept !== null && !chat.kept.stored;
    const reply = await this.#ask(chat, chat.state.turns.get(turn.id) ?? turn);
    return this.#after(chat, turn, reply, first);
  }

  /** It could not even be asked: that is said with the message, and the person may try again. */
  async failed(errand: Ask, error: unknown): Promise<Done> {
    const { chatId, turnId } = errand;
    const chat = this.sync.live(chatId) ?? this.sync.open(chatId);
    await chat.takeNow([{ turnId, chatId, type: 'unsent', reason: reasonOfError(error) }]);
    return 'done';
  }

  /** What it goes on from was taken away before it was ever sent. */
  async #orphaned(chat: LiveChat, turn: TurnState): Promise<Done> {
    const reason = reasonOf('parent_missing');
    await chat.takeNow([{ turnId: turn.id, chatId: chat.id, type: 'unsent', reason }]);
    return 'done';
  }

  /** The key was turned while nobody was signed in here: if the server has the chat, it has its key too. */
  async #reach(chat: LiveChat): Promise<void> {
    const { kept } = chat;
    if (!kept || !isOutOfReach(this.sync, kept)) return;
    try {
      await this.sync.refresh.fetch(chat.id);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'chat_not_found')) throw error;
      await sealAnew(this.sync, chat, kept);
    }
  }

  async #ask(chat: LiveChat, turn: TurnState): Promise<Reply> {
    const key = await chat.keys?.current();
    if (!key || turn.record === null) return { kind: 'refused', reason: reasonOf('chat_not_found') };
    const { kept } = chat;
    const chatKey = kept && !kept.stored ? (kept.keys[0]?.envelope ?? null) : null;
    const question = await makeQuestion(chat.state, turn, key, {
      mate: turn.wanted,
      chatKey,
      temporary: chat.temporary,
    });
    const mayBeCached = turn.parentId !== null && chat.cachedTip === turn.parentId && !chat.temporary;
    const way = wayFor(question, mayBeCached);
    if (way.by === 'http') return this.#post(way.question);
    const reply = await this.#send(way.question);
    if (reply.kind !== 'refused' || reply.reason.code !== 'history_not_cached') return reply;
    chat.cachedTip = null;
    return this.#post(question);
  }

  #send(question: Question): Promise<Reply> {
    return new Promise((resolve) => {
      const cancel = this.sync.parts.clock.after(SILENCE, () => answer({ kind: 'silent' }));
      const answer = (reply: Reply): void => {
        cancel();
        this.#waiting = null;
        resolve(reply);
      };
      this.#waiting = { turnId: question.turn_id, reply: answer };
      if (!this.sync.connection.send({ action: 'ask', ...question })) answer({ kind: 'fell' });
    });
  }

  async #post(question: Question): Promise<Reply> {
    try {
      await this.sync.parts.api.post(null, '/turns', question);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'offline') return { kind: 'fell' };
      return { kind: 'refused', reason: reasonOfError(error) };
    }
    // Only those who show the chat hear of a turn that was asked over HTTP.
    const chat = this.sync.live(question.chat_id);
    if (chat && this.sync.isShown(chat)) {
      this.sync.connection.send({ action: 'resume', turn_id: question.turn_id, attempt: 0, seq: 0 });
    }
    return { kind: 'taken' };
  }

  async #after(chat: LiveChat, turn: TurnState, reply: Reply, first: boolean): Promise<Done> {
    const ids = { turnId: turn.id, chatId: chat.id };
    const known = reply.kind === 'refused' && reply.reason.code === 'turn_already_running';
    if (reply.kind === 'taken' || known) {
      this.#tries.delete(turn.id);
      await chat.takeNow([{ ...ids, type: 'accepted' }]);
      if (known) this.sync.connection.send({ action: 'resume', turn_id: turn.id, attempt: 0, seq: 0 });
      if (first) await this.#stored(chat);
      return 'done';
    }
    if (reply.kind === 'fell') {
      if (this.sync.connection.standing) this.retryIn(SOON);
      return 'later';
    }
    if (reply.kind === 'silent') return this.#again(chat, turn, reasonOf('delivery_failed'));
    return this.#afterRefusal(chat, turn, reply.reason);
  }

  async #afterRefusal(chat: LiveChat, turn: TurnState, reason: Reason): Promise<Done> {
    if (reason.code === 'chat_key_conflict' && (await this.#isOurs(chat)))
      return this.#again(chat, turn, reason);
    if (reason.code === 'too_many_tries' && reason.retryAfter !== null) {
      this.retryIn(reason.retryAfter * 1000);
      return 'blocked';
    }
    if (reason.code === 'wrong_epoch' && chat.kept?.stored === false) {
      // Another device has turned the account's key: with the new one it goes out by itself.
      this.sync.parts.keysAhead();
      return this.#again(chat, turn, reason);
    }
    if (PASSING.has(reason.code)) return this.#again(chat, turn, reason);
    await chat.takeNow([{ turnId: turn.id, chatId: chat.id, type: 'unsent', reason }]);
    return 'done';
  }

  /** Once more in a moment, some times; then it is said that it did not go. */
  async #again(chat: LiveChat, turn: TurnState, reason: Reason): Promise<Done> {
    const tries = (this.#tries.get(turn.id) ?? 0) + 1;
    this.#tries.set(turn.id, tries);
    if (tries < TRIES) {
      this.retryIn(SOON * tries);
      return 'blocked';
    }
    this.#tries.delete(turn.id);
    await chat.takeNow([{ turnId: turn.id, chatId: chat.id, type: 'unsent', reason }]);
    return 'done';
  }

  /** The chat is there now. What was written is read back and opened before it counts. */
  async #stored(chat: LiveChat): Promise<void> {
    await this.sync.change(chat.id, { stored: true });
    void this.#isOurs(chat).then((ours) => {
      if (ours) return;
      chat.problem = replacedKeyProblem();
      chat.tell();
    });
  }

  /** The server keeps the key that was made here. True as well if it can't be asked now. */
  async #isOurs(chat: LiveChat): Promise<boolean> {
    const mine = await chat.keys?.current();
    if (!mine || !chat.kept) return false;
    try {
      const pulled = await this.sync.refresh.fetch(chat.id);
      const theirs = await this.sync.keysOf({ ...pulled, id: chat.id }).current();
      return toBase64url(await cacheKey(theirs)) === toBase64url(await cacheKey(mine));
    } catch (error) {
      return error instanceof ApiError;
    }
  }
}
