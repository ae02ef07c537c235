// The one reducer: (chat, fact) → chat, for live, resumed and pulled facts alike.
import type { Fact } from './facts';
import { applyToTurn, newTurn, type TurnState } from './turn';

export interface ChatState {
  readonly id: string;
  readonly turns: ReadonlyMap<string, TurnState>;
}

export function newChat(id: string): ChatState {
  return { id, turns: new Map() };
}

/** The same state if nothing is new; a fact of another chat is none of its business. */
export function apply(chat: ChatState, fact: Fact): ChatState {
  return applyAll(chat, [fact]);
}

/** All in one step, for one new state however many facts a frame brought. */
export function applyAll(chat: ChatState, facts: Iterable<Fact>): ChatState {
  let turns: Map<string, TurnState> | null = null;
  for (const fact of facts) {
    if (fact.chatId !== chat.id) continue;
    const before = (turns ?? chat.turns).get(fact.turnId);
    const after = applyToTurn(before ?? newTurn(fact.turnId, fact.chatId), fact);
    if (after === before) continue;
    turns ??= new Map(chat.turns);
    turns.set(fact.turnId, after);
  }
  return turns ? { ...chat, turns } : chat;
}

/** Takes a turn out that the server never had. */
export function forget(chat: ChatState, turnId: string): ChatState {
  if (!chat.turns.has(turnId)) return chat;
  const turns = new Map(chat.turns);
  turns.delete(turnId);
  return { ...chat, turns };
}

/** Turns as they were kept, under those already known. */
export function restore(chat: ChatState, kept: readonly TurnState[]): ChatState {
  const turns = new Map(kept.map((turn) => [turn.id, turn]));
  for (const [id, turn] of chat.turns) turns.set(id, turn);
  return { ...chat, turns };
}
