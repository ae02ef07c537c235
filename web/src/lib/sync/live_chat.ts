// One chat in memory: takes facts in, one new state a frame however many came, and keeps what is worth keeping.
import type { KeptChat } from '$lib/storage/kept';
import type { Problem } from '$lib/state/model';
import { fromBase64url } from '$lib/wire/base64url';
import { applyAll, forget, newChat, restore, type ChatState } from './apply';
import { decisive, type Choices } from './branches';
import type { ChatKeys } from './chat_keys';
import type { Fact } from './facts';
import { Envelopes, openEvent, readPlain, type TurnEvent } from './open_events';
import { isOver, isRunning, rankOf, type TurnState } from './turn';

export interface LiveChatParts {
  keptTurns(chat: string): Promise<{ turns: TurnState[]; whole: boolean }>;
  keep(turn: TurnState): Promise<void>;
  keptChoices(chat: string): Promise<Choices>;
  keepChoices(chat: string, choices: Choices): Promise<void>;
  /** Before the next paint, or soon if nothing is painted. */
  nextFrame(callback: () => void): void;
  /** What was kept is in: some of its turns may still run. */
  loaded(chat: LiveChat): void;
  changed(chat: LiveChat, changes: readonly Change[]): void;
  /** Something of this turn came that can't be understood without what storage has. */
  missing(chat: LiveChat, turnId: string): void;
}

export interface Change {
  before: TurnState | undefined;
  after: TurnState;
}

export class LiveChat {
  state: ChatState;
  keys: ChatKeys | null = null;
  /** Which versions are shown, where a person chose. */
  choices: Choices = new Map();
  /** What keeps the whole chat from being read. */
  problem: Problem | null = null;
  /** Deleted, here or elsewhere. */
  gone = false;
  readonly envelopes = new Envelopes();
  /** The turn whose answer the server's cache of recent messages ends with, as far as is known here. */
  cachedTip: string | null = null;
  /** How many work on it though nobody watches it: another one beside it would not hear of what they find. */
  holders = 0;
  #pending: Fact[] = [];
  #scheduled = false;
  #sealed: Promise<void> = Promise.resolve();
  #loaded: Promise<boolean> | null = null;
  #watchers = new Set<() => void>();

  constructor(
    readonly id: string,
    readonly temporary: boolean,
    /** Null until the chat exists here or at the server. */
    public kept: KeptChat | null,
    private readonly parts: LiveChatParts,
  ) {
    this.state = newChat(id);
  }

  /** What this device kept of it; false if a part was damaged. */
  load(): Promise<boolean> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  /** Takes in what another tab of this browser kept meanwhile. */
  async reload(): Promise<void> {
    const { turns } = await this.parts.keptTurns(this.id);
    const newer = turns.filter((turn) => {
      const here = this.state.turns.get(turn.id);
      if (!here || rankOf(turn) > rankOf(here)) return true;
      return rankOf(turn) === 1 && (turn.sending !== here.sending || turn.record !== here.record);
    });
    if (newer.length === 0) return;
    const changed = new Map(this.state.turns);
    for (const turn of newer)
      changed.set(turn.id, { ...turn, stream: changed.get(turn.id)?.stream ?? turn.stream });
    this.#replace({ ...this.state, turns: changed }, false);
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  get running(): boolean {
    return [...this.state.turns.values()].some(isRunning);
  }

  tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** A live event. Deltas go in as they are; what is sealed is opened in the order it came. */
  hear(event: TurnEvent, live = true): void {
    if (!this.#knows(event.turn_id)) this.parts.missing(this, event.turn_id);
    const plain = readPlain(event);
    if (plain) return this.take([plain]);
    this.#sealed = this.#sealed.then(() => this.#open(event, live)).catch(() => undefined);
  }

  /** In with the next frame. */
  take(facts: readonly Fact[]): void {
    this.#pending.push(...facts);
    if (this.#scheduled || this.#pending.length === 0) return;
    this.#scheduled = true;
    this.parts.nextFrame(() => this.flush());
  }

  /** In at once, together with all that waits; resolves when it is kept. */
  async takeNow(facts: readonly Fact[]): Promise<void> {
    this.#pending.push(...facts);
    await this.flush();
  }

  flush(): Promise<void> {
    this.#scheduled = false;
    const facts = this.#pending;
    this.#pending = [];
    return this.#replace(applyAll(this.state, facts), true);
  }

  /** Shown from now on; kept as far as it says more than that the newest is shown. */
  async choose(choices: Choices): Promise<void> {
    this.choices = choices;
    this.tell();
    if (!this.temporary) await this.parts.keepChoices(this.id, decisive(this.state, choices));
  }

  /** Takes a turn out that the server never had. */
  forget(turnId: string): void {
    this.state = forget(this.state, turnId);
    this.envelopes.forget(turnId);
    this.tell();
  }

  async #load(): Promise<boolean> {
    if (this.temporary) return true;
    const [{ turns, whole }, choices] = await Promise.all([
      this.parts.keptTurns(this.id),
      this.parts.keptChoices(this.id),
    ]);
    this.choices = new Map([...choices, ...this.choices]);
    for (const turn of turns) {
      if (turn.record) this.envelopes.keepMessage(turn.id, fromBase64url(turn.record));
    }
    this.state = restore(this.state, turns);
    this.parts.loaded(this);
    this.tell();
    return whole;
  }

  #replace(state: ChatState, keep: boolean): Promise<void> {
    const before = this.state;
    if (state === before) return Promise.resolve();
    this.state = state;
    const changes: Change[] = [];
    for (const after of state.turns.values()) {
      const old = before.turns.get(after.id);
      if (old !== after) changes.push({ before: old, after });
    }
    this.#mindEnvelopes(changes);
    this.parts.changed(this, changes);
    this.tell();
    return keep ? this.#keep(changes) : Promise.resolve();
  }

  #mindEnvelopes(changes: readonly Change[]): void {
    for (const { after } of changes) {
      if (isOver(after)) this.envelopes.forget(after.id);
      else if (after.record && !this.envelopes.message(after.id)) {
        this.envelopes.keepMessage(after.id, fromBase64url(after.record));
      }
    }
  }

  async #keep(changes: readonly Change[]): Promise<void> {
    if (this.temporary) return;
    const worth = changes.filter(({ before, after }) => after.known && isWorthKeeping(before, after));
    await Promise.all(worth.map(({ after }) => this.parts.keep(after)));
  }

  #knows(turnId: string): boolean {
    return (
      this.state.turns.get(turnId)?.known === true ||
      this.#pending.some(
        (fact) => fact.turnId === turnId && (fact.type === 'asked' || fact.type === 'stored'),
      )
    );
  }

  async #open(event: TurnEvent, live: boolean): Promise<void> {
    if (!this.keys) return this.parts.missing(this, event.turn_id);
    const fact = await openEvent(event, this.keys, this.envelopes);
    if (fact === 'missing') return this.parts.missing(this, event.turn_id);
    if (!fact) return;
    if (live && fact.type === 'finished') this.cachedTip = fact.turnId;
    this.take([fact]);
  }
}

/** All but what streams by. */
function isWorthKeeping(before: TurnState | undefined, after: TurnState): boolean {
  if (!before?.known) return true;
  const keys = Object.keys(after) as (keyof TurnState)[];
  return keys.some((key) => key !== 'stream' && key !== 'reserved' && before[key] !== after[key]);
}
