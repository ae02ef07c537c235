// The index over opened chats, in memory only: titles and messages, found by beginnings and with a slip of the finger.
import MiniSearch, { type SearchResult } from 'minisearch';
import { snippetOf, type Snippet } from './snippet';
import { spellings, wordsOf } from './words';

export interface SearchableChat {
  id: string;
  title: string;
  turns: { id: string; text: string; answer: string }[];
}

export interface Hit {
  chatId: string;
  /** Null if it is the title that was found. */
  turnId: string | null;
  snippet: Snippet;
}

interface Entry {
  id: string;
  chatId: string;
  turnId: string | null;
  title: string;
  text: string;
  answer: string;
}

const FIELDS = ['title', 'text', 'answer'] as const;
/** Of one chat only the best places are shown, so that others come up too. */
const HITS_PER_CHAT = 3;

export class ChatIndex {
  #entries = new Map<string, Entry>();
  /** Under a chat's id the ids of its entries. */
  #byChat = new Map<string, string[]>();
  #mini = new MiniSearch<Entry>({
    fields: [...FIELDS],
    tokenize: (text) => Array.from(wordsOf(text), (word) => text.slice(word.start, word.end)),
    processTerm: spellings,
    autoVacuum: true,
  });

  get size(): number {
    return this.#byChat.size;
  }

  /** Replaces what was known of this chat. */
  put(chat: SearchableChat): void {
    this.remove(chat.id);
    const none = { title: '', text: '', answer: '' };
    const entries: Entry[] = chat.turns.map(({ id, text, answer }) => ({
      ...none,
      ...{ id: `${chat.id}/${id}`, chatId: chat.id, turnId: id, text, answer },
    }));
    entries.push({ ...none, id: chat.id, chatId: chat.id, turnId: null, title: chat.title });
    for (const entry of entries) this.#entries.set(entry.id, entry);
    this.#mini.addAll(entries);
    this.#byChat.set(
      chat.id,
      entries.map((entry) => entry.id),
    );
  }

  remove(chatId: string): void {
    for (const id of this.#byChat.get(chatId) ?? []) {
      this.#mini.discard(id);
      this.#entries.delete(id);
    }
    this.#byChat.delete(chatId);
  }

  find(query: string, most = 50): Hit[] {
    const results = this.#mini.search(query, {
      combineWith: 'AND',
      // Only the plain spelling is asked: an indexed umlaut stands there in both.
      processTerm: (term) => spellings(term)[0] ?? null,
      prefix: (term) => term.length > 1 || !/^\p{ASCII}$/u.test(term),
      fuzzy: (term) => (term.length > 3 ? 0.2 : false),
      boost: { title: 3, text: 1.2 },
    });
    const perChat = new Map<string, Set<string | null>>();
    const hits: Hit[] = [];
    for (const result of results) {
      const entry = this.#entries.get(String(result.id));
      if (entry === undefined) continue;
      const shown = perChat.get(entry.chatId) ?? new Set<string | null>();
      perChat.set(entry.chatId, shown);
      const [text, terms] = found(entry, result);
      // What was asked again in the same words stands there once for each try. The title is none of the messages.
      const words = entry.turnId === null ? null : text;
      if (shown.has(words) || shown.size >= HITS_PER_CHAT) continue;
      shown.add(words);
      hits.push({ chatId: entry.chatId, turnId: entry.turnId, snippet: snippetOf(text, terms) });
      if (hits.length >= most) break;
    }
    return byChat(hits);
  }
}

/** The places of one chat side by side, the chat with the best of all first. */
function byChat(hits: readonly Hit[]): Hit[] {
  const groups = new Map<string, Hit[]>();
  for (const hit of hits) groups.set(hit.chatId, [...(groups.get(hit.chatId) ?? []), hit]);
  // The title heads its chat, wherever it came in.
  return [...groups.values()].flatMap((group) => group.toSorted((one, other) => rank(one) - rank(other)));
}

function rank({ turnId }: Hit): number {
  return turnId === null ? 0 : 1;
}

/** The field that holds most of what was found, and the words as they are indexed. */
function found(entry: Entry, result: SearchResult): [string, ReadonlySet<string>] {
  const matches = Object.entries(result.match);
  const inField = (field: string) => matches.filter(([, fields]) => fields.includes(field)).length;
  const best = FIELDS.reduce((one, other) => (inField(other) > inField(one) ? other : one));
  return [entry[best], new Set(matches.map(([term]) => term))];
}
