// A server in a test's memory: it keeps sealed records, begins each turn once, and answers when it is told to.
import { openChatKey, sealAnswer, sealSuggestions, sealTitle, type MasterKey } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { Event } from '$lib/wire/events';
import type { Question } from '../asking';
import type { Socket, SocketListener } from '../connection';
import type { PulledTurn } from '../open_stored';
import type { PulledChat } from '../pulling';

type Refusal = { code: string; status: number; retry_after?: number };

type ImportBody = Pick<PulledChat, 'generation' | 'created_at' | 'details'> & {
  chat_key: string;
  active_at: number;
  turns: (Pick<PulledTurn, 'turn_id' | 'outcome' | 'created_at' | 'message'> & Partial<PulledTurn>)[];
};

interface Line {
  listener: SocketListener;
  focus: string | null;
}

export class FakeServer {
  readonly chats = new Map<string, PulledChat>();
  readonly turns = new Map<string, PulledTurn>();
  /** Every ask as it came, also those that were known or refused. */
  readonly asked: Question[] = [];
  readonly actions: { action: string; [field: string]: unknown }[] = [];
  readonly requests: string[] = [];
  /** How many turns each part of an import had. */
  readonly imported: number[] = [];
  /** For the next asks and parts of imports, in order; null for one that is taken. */
  readonly refusals: (Refusal | null)[] = [];
  /** Takes asks without saying so. */
  silent = false;
  online = true;
  /** Leaves turns unanswered until `answer` is called. */
  slow = false;
  /** True for events that are lost on their way. */
  untold: (event: Event) => boolean = () => false;
  /** Handed out in place of a chat's own. */
  foreignKeys: PulledChat['keys'] | null = null;
  #lines = new Set<Line>();
  #now = 1000;

  constructor(
    private readonly account: string,
    /** Of the one who answers: what it is told to use, a server doesn't know. */
    public master: MasterKey,
  ) {}

  readonly fetch = async (path: string, init: RequestInit): Promise<Response> => {
    if (!this.online) throw new TypeError('no network');
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    this.requests.push(`${init.method} ${path.replace('/api', '')}`);
    return this.#route(init.method ?? 'GET', path.replace('/api', ''), body);
  };

  readonly dial = (_ticket: string, listener: SocketListener): Socket => {
    const line: Line = { listener, focus: null };
    queueMicrotask(() => {
      if (!this.online) return listener.closed();
      this.#lines.add(line);
      listener.opened();
    });
    return {
      send: (text) => {
        if (this.#lines.has(line)) void this.#act(line, JSON.parse(text));
      },
      close: () => void this.#lines.delete(line),
    };
  };

  /** All lines fall; with `online` false none can be made again. */
  cut(): void {
    for (const line of [...this.#lines]) {
      this.#lines.delete(line);
      line.listener.closed();
    }
  }

  tell(event: Event): void {
    if (this.untold(event)) return;
    for (const { listener } of this.#lines) listener.received(JSON.stringify(event));
  }

  /** Ends a turn well: stored, then told of. */
  async answer(turnId: string, text: string): Promise<void> {
    const turn = this.#turn(turnId);
    const chat = this.#chat(turn.chat_id);
    const key = await this.#keyOf(chat);
    const said = { text, mate: 'tavi', model: 'm', finish: 'complete' };
    const message = fromBase64url(turn.message ?? '');
    const answer = await sealAnswer(key, { turn: turnId, message, answer: said });
    const suggestions = await sealSuggestions(key, { turn: turnId, answer, suggestions: ['More?'] });
    const title = await sealTitle(key, `About ${text}`);
    const sealed = { answer: toBase64url(answer), suggestions: toBase64url(suggestions) };
    Object.assign(turn, {
      ...sealed,
      outcome: 'answered',
      credits: 1,
      answered_at: this.#tick(),
      finish: 'complete',
    });
    Object.assign(chat, { title: chat.title ?? toBase64url(title), updated_at: this.#now });
    const ids = { turn_id: turnId, chat_id: chat.chat_id };
    const made = { mate: 'tavi', model: 'm' };
    this.tell({ ...ids, type: 'chat_titled', title: chat.title ?? '' });
    this.tell({ ...ids, ...made, type: 'answer_started', attempt: 1 });
    this.tell({ ...ids, type: 'answer_extended', attempt: 1, seq: 1, delta: text });
    this.tell({
      ...ids,
      ...made,
      type: 'answer_finished',
      finish: 'complete',
      answer: sealed.answer,
      answered_at: this.#now,
    });
    this.tell({ ...ids, type: 'suggestions_made', suggestions: sealed.suggestions });
    this.tell({ ...ids, type: 'turn_charged', credits: 1, available: 9, input_tokens: 2, output_tokens: 1 });
  }

  touch(chatId: string, change: Partial<PulledChat>): void {
    Object.assign(this.#chat(chatId), { ...change, updated_at: this.#tick() });
  }

  async #act(line: Line, message: { action: string; [field: string]: unknown }): Promise<void> {
    const { action, ...fields } = message;
    this.actions.push(message);
    if (action === 'focus') line.focus = fields.chat_id as string | null;
    if (action === 'ask') await this.#ask(fields as unknown as Question);
  }

  async #ask(question: Question): Promise<void> {
    const refusal = this.#begin(question);
    const ids = { turn_id: question.turn_id, chat_id: question.chat_id };
    if (this.silent) return;
    if (refusal) {
      const { code, retry_after = null } = refusal;
      const words = { message: code, next_step: 'Later.', request_id: 'r', missing_credits: null };
      return this.tell({ type: 'request_refused', turn_id: question.turn_id, code, retry_after, ...words });
    }
    this.tell({ ...ids, type: 'turn_accepted' });
    if (!this.slow) await this.answer(question.turn_id, `re ${question.message}`);
  }

  #begin(question: Question): Refusal | null {
    this.asked.push(question);
    const refusal = this.refusals.shift();
    if (refusal) return refusal;
    if (this.turns.has(question.turn_id)) return null;
    if (!this.chats.has(question.chat_id)) this.chats.set(question.chat_id, this.#newChat(question));
    const { turn_id, chat_id, record: message, parent = null } = question;
    const created_at = this.#tick();
    this.#chat(chat_id).updated_at = created_at;
    this.turns.set(turn_id, { ...BARE, turn_id, chat_id, message, parent, created_at });
    return null;
  }

  #route(method: string, path: string, body: unknown): Response {
    const [, kind, chatId = '', part, turnId] = path.split('?')[0]?.split('/') ?? [];
    if (path === '/auth/ticket') return json({ ticket: 't', expires_in: 30 });
    if (path === '/wallet') return json({ available: 10, held: 0 });
    if (path === '/mates') return json({ mates: [] });
    if (path === '/turns') return this.#posted(body as Question);
    if (kind !== 'chats') return problem({ code: 'not_found', status: 404 });
    if (chatId === '')
      return json({ chats: [...this.chats.values()].sort((a, b) => b.updated_at - a.updated_at) });
    if (part === 'import') return this.#import(chatId, body as ImportBody);
    const chat = this.chats.get(chatId);
    if (!chat) return problem({ code: 'chat_not_found', status: 404 });
    if (part === 'turns' && turnId) return this.#deleteTurn(chat, turnId);
    if (part === 'turns') return json({ turns: this.#turnsOf(chatId, path) });
    if (part === 'details') return this.#putDetails(chat, body as { revision: number; details: string });
    if (method === 'DELETE') this.touch(chatId, { deleted: true, title: null, details: null });
    if (method === 'DELETE') return new Response(null, { status: 204 });
    return json({ ...chat, keys: this.foreignKeys ?? chat.keys });
  }

  #posted(question: Question): Response {
    const refusal = this.#begin(question);
    if (refusal) return problem(refusal);
    if (!this.slow) void this.answer(question.turn_id, 'posted');
    return json({ turn_id: question.turn_id, begun: true }, 202);
  }

  #import(chatId: string, { turns, chat_key, ...chat }: ImportBody): Response {
    const refusal = this.refusals.shift();
    if (refusal) return problem(refusal);
    this.imported.push(turns.length);
    const keys = [{ generation: chat.generation, envelope: chat_key }];
    const made = { ...chat, chat_id: chatId, keys, revision: 1, updated_at: this.#tick() };
    this.chats.set(chatId, { ...made, title: null, deleted: false });
    for (const turn of turns)
      this.turns.set(turn.turn_id, { ...BARE, parent: null, ...turn, chat_id: chatId });
    return json({ imported: turns.length });
  }

  #putDetails(chat: PulledChat, { revision, details }: { revision: number; details: string }): Response {
    if (revision !== chat.revision) return problem({ code: 'details_conflict', status: 409 });
    this.touch(chat.chat_id, { details, revision: revision + 1 });
    return json(chat);
  }

  #deleteTurn(chat: PulledChat, turnId: string): Response {
    Object.assign(this.#turn(turnId), { outcome: 'deleted', message: null, answer: null, suggestions: null });
    this.touch(chat.chat_id, {});
    return new Response(null, { status: 204 });
  }

  #turnsOf(chatId: string, path: string): PulledTurn[] {
    const after = new URLSearchParams(path.split('?')[1]).get('after') ?? '';
    const found = [...this.turns.values()].filter((turn) => turn.chat_id === chatId && turn.turn_id > after);
    return found.sort((a, b) => (a.turn_id < b.turn_id ? -1 : 1));
  }

  #newChat({ chat_id, generation, chat_key = '' }: Question): PulledChat {
    const at = this.#tick();
    const keys = [{ generation, envelope: chat_key }];
    const times = { created_at: at, updated_at: at, active_at: at };
    return { chat_id, generation, keys, ...times, title: null, details: null, revision: 0, deleted: false };
  }

  #keyOf({ chat_id: chat, generation, keys }: PulledChat) {
    const envelope = fromBase64url(keys[0]?.envelope ?? '');
    return openChatKey({ account: this.account, chat, generation, master: this.master, envelope });
  }

  #turn(id: string): PulledTurn {
    const turn = this.turns.get(id);
    if (!turn) throw new Error(`no turn ${id}`);
    return turn;
  }

  #chat(id: string): PulledChat {
    const chat = this.chats.get(id);
    if (!chat) throw new Error(`no chat ${id}`);
    return chat;
  }

  #tick(): number {
    this.#now += 1;
    return this.#now;
  }
}

const BARE = {
  outcome: 'asked',
  code: null,
  answer: null,
  suggestions: null,
  mate: null,
  model: null,
  finish: null,
  credits: null,
  answered_at: null,
};

function json(content: unknown, status = 200): Response {
  return new Response(JSON.stringify(content), { status });
}

function problem({ code, status, ...more }: Refusal): Response {
  return json({ code, status, title: code, next_step: 'Later.', ...more }, status);
}
