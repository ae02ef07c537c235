// The tree of a chat's turns: which branch is shown, and what stands beside each turn of it.
import type { ChatState } from './apply';
import type { TurnState } from './turn';

export interface Place {
  turn: TurnState;
  /** Turns with the same parent, oldest first, and which of them this is. */
  siblings: readonly TurnState[];
  index: number;
}

/** What a person chose at each fork: the shown child by its parent's id, '' for the first message. */
export type Choices = ReadonlyMap<string, string>;

/** The shown branch, oldest first: where nothing was chosen, the way to the newest turn. */
export function pathOf(chat: ChatState, choices: Choices): Place[] {
  const children = childrenOf(chat);
  const newest = new Map<string, string>();
  const path: Place[] = [];
  for (let at = ''; ;) {
    const siblings = children.get(at) ?? [];
    const chosen = siblings.find((turn) => turn.id === choices.get(at));
    const turn = chosen ?? latestOf(siblings, children, newest);
    if (!turn) return path;
    path.push({ turn, siblings, index: siblings.indexOf(turn) });
    at = turn.id;
  }
}

/** All turns in the order of their ids, each with its siblings: for what goes through whole chats. */
export function placesOf(chat: ChatState): Place[] {
  const places: Place[] = [];
  for (const siblings of childrenOf(chat).values()) {
    siblings.forEach((turn, index) => {
      if (!turn.deleted) places.push({ turn, siblings, index });
    });
  }
  return places.sort((a, b) => byId(a.turn, b.turn));
}

/** The choices that bring a turn onto the shown branch. */
export function choicesFor(chat: ChatState, turnId: string, choices: Choices): Choices {
  const made = new Map(choices);
  for (let turn = chat.turns.get(turnId); turn;) {
    const parent = parentIn(chat, turn);
    made.set(parent?.id ?? '', turn.id);
    turn = parent;
  }
  return made;
}

/** Those of the choices without which another branch would be shown. */
export function decisive(chat: ChatState, choices: Choices): Choices {
  const children = childrenOf(chat);
  const newest = new Map<string, string>();
  const kept = new Map<string, string>();
  for (const [parent, chosen] of choices) {
    const siblings = children.get(parent) ?? [];
    const known = siblings.some((turn) => turn.id === chosen);
    if (known && latestOf(siblings, children, newest)?.id !== chosen) kept.set(parent, chosen);
  }
  return kept;
}

/** From the first message to this turn. */
export function ancestryOf(chat: ChatState, turnId: string | null): TurnState[] {
  const ancestry: TurnState[] = [];
  let turn = turnId === null ? undefined : chat.turns.get(turnId);
  for (; turn; turn = parentIn(chat, turn)) ancestry.unshift(turn);
  return ancestry;
}

/** A parent is older than its child: what says otherwise was tampered with, and would make a loop. */
function parentIn(chat: ChatState, turn: TurnState): TurnState | undefined {
  if (turn.parentId === null || turn.parentId >= turn.id) return undefined;
  const parent = chat.turns.get(turn.parentId);
  return parent?.known ? parent : undefined;
}

/** Without deleted turns that nothing goes on from. A turn whose parent is not here stands at the beginning. */
function childrenOf(chat: ChatState): Map<string, TurnState[]> {
  const sorted = [...chat.turns.values()].filter((turn) => turn.known).sort(byId);
  const children = new Map<string, TurnState[]>();
  // From the youngest on, so that a turn's children are known before it is decided whether it stays.
  for (const turn of sorted.reverse()) {
    if (turn.deleted && !children.has(turn.id)) continue;
    const parent = parentIn(chat, turn)?.id ?? '';
    const beside = children.get(parent);
    if (beside) beside.unshift(turn);
    else children.set(parent, [turn]);
  }
  return children;
}

function latestOf(
  siblings: readonly TurnState[],
  children: ReadonlyMap<string, TurnState[]>,
  newest: Map<string, string>,
): TurnState | undefined {
  if (siblings.length < 2) return siblings[0];
  let found = siblings[0];
  for (const turn of siblings) {
    if (found && newestUnder(turn, children, newest) > newestUnder(found, children, newest)) found = turn;
  }
  return found;
}

/** The highest id in what goes on from a turn; ids sort by time. */
function newestUnder(
  turn: TurnState,
  children: ReadonlyMap<string, TurnState[]>,
  newest: Map<string, string>,
): string {
  const known = newest.get(turn.id);
  if (known !== undefined) return known;
  let highest = turn.id;
  const open = [...(children.get(turn.id) ?? [])];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.id > highest) highest = next.id;
    open.push(...(children.get(next.id) ?? []));
  }
  newest.set(turn.id, highest);
  return highest;
}

function byId(a: TurnState, b: TurnState): number {
  return a.id < b.id ? -1 : 1;
}
