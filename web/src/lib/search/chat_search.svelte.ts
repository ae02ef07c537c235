// The search over all chats of this device: builds the index when it is first wanted, and keeps up with what changes.
import type { ChatsState, ChatSummary } from '$lib/state/model';
import type { Hit, SearchableChat } from './chat_index';
import type { IndexPort } from './index_port';

/** Chats handed over at once: few enough that the page stays quick. */
const SLICE = 10;
/** Chats after which it is worth asking again: soon at first, then ever more seldom. */
const isRound = (chats: number) => Number.isInteger(Math.log2(chats / SLICE));

type Source = Pick<ChatsState, 'list' | 'everything'>;

export class ChatSearch {
  /** True while chats are still being added; what is found until then is not all there is. */
  building = $state(false);
  /** Not all chats could be read; what is found is not all there is. */
  incomplete = $state(false);
  /** Grows when more can be found than before. */
  rounds = $state(0);

  #source: Source;
  #startIndex: () => Promise<IndexPort>;
  #index: Promise<IndexPort> | null = null;
  /** What of each chat is in the index. */
  #known = new Map<string, string>();
  #updating: Promise<void> | null = null;

  constructor(source: Source, startIndex: () => Promise<IndexPort>) {
    this.#source = source;
    this.#startIndex = startIndex;
  }

  /** Begins to build, so that the first answer comes sooner. Resolves when the index has everything. */
  update(): Promise<void> {
    this.#updating ??= this.#update().then(
      () => this.#updated(false),
      () => this.#updated(true),
    );
    return this.#updating;
  }

  /** What is found in what is indexed so far; ask again when `building` has ended. */
  async find(query: string): Promise<Hit[]> {
    if (query.trim() === '') return [];
    void this.update();
    return await (await this.#started()).find(query);
  }

  /** When the keys are locked: nothing readable stays in memory. */
  async forget(): Promise<void> {
    const index = this.#index;
    this.#index = null;
    this.#known.clear();
    (await index)?.end();
  }

  #updated(incomplete: boolean): void {
    this.#updating = null;
    this.building = false;
    this.incomplete = incomplete;
  }

  #started(): Promise<IndexPort> {
    return (this.#index ??= this.#startIndex());
  }

  async #update(): Promise<void> {
    const list = this.#source.list;
    const here = new Set(list.map((chat) => chat.id));
    const gone = [...this.#known.keys()].filter((id) => !here.has(id));
    const changed = list.filter((chat) => this.#known.get(chat.id) !== signature(chat));
    if (gone.length === 0 && changed.length === 0) return;
    const index = await this.#started();
    for (const id of gone) this.#known.delete(id);
    if (gone.length > 0) index.remove(gone);
    // Marked before they are read: one that cannot be read is not tried again and again.
    for (const chat of changed) this.#known.set(chat.id, signature(chat));
    if (changed.length > 0) await this.#add(index, new Set(changed.map((chat) => chat.id)));
  }

  async #add(index: IndexPort, wanted: Set<string>): Promise<void> {
    this.building = true;
    let chats = 0;
    let slice: SearchableChat[] = [];
    for await (const { summary, turns } of this.#source.everything()) {
      if (this.#index === null) return;
      if (!wanted.has(summary.id)) continue;
      const texts = turns.map(({ id, text, answer }) => ({ id, text, answer }));
      slice.push({ id: summary.id, title: summary.title ?? '', turns: texts });
      if (slice.length < SLICE) continue;
      index.put(slice);
      slice = [];
      chats += SLICE;
      if (isRound(chats)) this.rounds += 1;
    }
    if (this.#index !== null) index.put(slice);
    this.rounds += 1;
  }
}

/** Changes when there is something else to be read in the chat than before. */
function signature({ title, activeAt, updatedAt, busy }: ChatSummary): string {
  return JSON.stringify([title, activeAt, updatedAt, busy]);
}
