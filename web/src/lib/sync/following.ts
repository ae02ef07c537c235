// Turns that the server works on, watched to their end: gaps are asked for, silence is broken, and what is left is in storage.
import type { Clock } from './connection';
import type { LiveChat } from './live_chat';
import { hasGap, isOver, isOverdue, isRunning, isSettled, type TurnState } from './turn';

/** Milliseconds. */
export const PATIENCE = {
  tick: 1000,
  /** Without an event: then the turn is asked for again, as a push may be lost though the socket stands. */
  silence: 30_000,
  /** The same in a chat that is not shown, which nobody tells us of. */
  background: 12_000,
  /** Without an event once answered: then what is missing is looked for in storage. */
  aftermath: 8000,
  /** After the answer: so long its follow-ups, price and review may take. */
  fresh: 60_000,
  /** How often storage is looked into for one turn. */
  looks: 8,
  /** Before asking once more for what is missing: the server's snapshot may be that old. */
  gap: 1000,
  gapResumes: 30,
};

export interface FollowingParts {
  clock: Clock;
  standing(): boolean;
  isShown(chat: LiveChat): boolean;
  resume(turn: TurnState): void;
  look(chat: LiveChat, turnId: string): Promise<void>;
}

interface Watched {
  chat: LiveChat;
  heardAt: number;
  looks: number;
  gapResumes: number;
  resumedAt: number;
}

export class Following {
  #watched = new Map<string, Watched>();
  #cancelTick: (() => void) | null = null;

  constructor(private readonly parts: FollowingParts) {}

  /** Of every change: a turn that runs is followed from then on. */
  mind(chat: LiveChat, turn: TurnState): void {
    if (isOver(turn)) {
      this.#watched.delete(turn.id);
    } else if (!this.#watched.has(turn.id) && this.#isLively(turn)) {
      const heardAt = this.parts.clock.now();
      this.#watched.set(turn.id, { chat, heardAt, looks: 0, gapResumes: 0, resumedAt: 0 });
    }
    const watched = this.#watched.get(turn.id);
    if (watched && hasGap(turn)) this.#mindGap(watched, turn);
    else if (watched) watched.gapResumes = 0;
    if (this.#watched.size > 0) this.#tickLater();
  }

  heard(turnId: string): void {
    const watched = this.#watched.get(turnId);
    if (watched) watched.heardAt = this.parts.clock.now();
  }

  chatOf(turnId: string): LiveChat | null {
    return this.#watched.get(turnId)?.chat ?? null;
  }

  /** After the line fell, and when a chat comes to be shown: whatever runs is taken up where it was left. */
  takeUp(only?: LiveChat): void {
    for (const [turnId, watched] of this.#watched) {
      if (!only || watched.chat === only) this.#ask(turnId, watched);
    }
  }

  clear(): void {
    this.#watched.clear();
    this.#cancelTick?.();
    this.#cancelTick = null;
  }

  #tickLater(): void {
    this.#cancelTick ??= this.parts.clock.after(PATIENCE.tick, () => {
      this.#cancelTick = null;
      if (this.parts.standing()) this.#tick();
      if (this.#watched.size > 0) this.#tickLater();
    });
  }

  #tick(): void {
    const now = this.parts.clock.now();
    for (const [turnId, watched] of this.#watched) {
      const turn = watched.chat.state.turns.get(turnId);
      if (!turn || isOver(turn) || watched.looks >= PATIENCE.looks) {
        this.#watched.delete(turnId);
        continue;
      }
      if (hasGap(turn)) this.#mindGap(watched, turn);
      if (now - watched.heardAt >= this.#patienceFor(watched.chat, turn)) this.#ask(turnId, watched);
    }
  }

  #patienceFor(chat: LiveChat, turn: TurnState): number {
    if (isSettled(turn) || isOverdue(turn)) return PATIENCE.aftermath;
    return this.#mayResume(chat) ? PATIENCE.silence : PATIENCE.background;
  }

  /** More of it is to come: it runs, or was answered a moment ago. */
  #isLively(turn: TurnState): boolean {
    const answeredAt = turn.answer ? turn.answer.answeredAt * 1000 : 0;
    return isRunning(turn) || isOverdue(turn) || this.parts.clock.now() - answeredAt < PATIENCE.fresh;
  }

  /** A growing answer is joined where it is shown; of others only the end matters, and that is stored. */
  #ask(turnId: string, watched: Watched): void {
    const turn = watched.chat.state.turns.get(turnId);
    if (!turn) return;
    watched.heardAt = this.parts.clock.now();
    if (isRunning(turn) && !isOverdue(turn) && this.#mayResume(watched.chat)) {
      this.parts.resume(turn);
    } else if (!watched.chat.temporary) {
      watched.looks += 1;
      void this.parts.look(watched.chat, turnId);
    } else {
      watched.looks += 1;
    }
  }

  /** Resuming tells the server that the turn's chat is shown here. */
  #mayResume(chat: LiveChat): boolean {
    return this.parts.isShown(chat) || chat.temporary;
  }

  #mindGap(watched: Watched, turn: TurnState): void {
    const now = this.parts.clock.now();
    const due = watched.gapResumes === 0 || now - watched.resumedAt >= PATIENCE.gap;
    if (!due || watched.gapResumes >= PATIENCE.gapResumes || !this.#mayResume(watched.chat)) return;
    watched.gapResumes += 1;
    watched.resumedAt = now;
    this.parts.resume(turn);
  }
}
