// What the input knows about a text before it leaves: how long it is, how it is cut into parts, which mate it calls.

/** The most that one message holds, in characters as the server counts them. */
export const MAX_CHARACTERS = 24_000;
/** From here on the room that is left is shown. */
const NEARLY = MAX_CHARACTERS * 0.8;

/** Whole characters: a pair of surrogates is one. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0xd800 && code <= 0xdbff && isLow(text.charCodeAt(index + 1))) count -= 1;
  }
  return count;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

export interface Room {
  /** Null while there is plenty. */
  left: number | null;
  over: number;
}

export function roomFor(text: string): Room {
  // A text has at most as many characters as units, so a short one needs no counting.
  if (text.length < NEARLY) return { left: null, over: 0 };
  const count = countCharacters(text.trim());
  return {
    left: count < NEARLY ? null : Math.max(0, MAX_CHARACTERS - count),
    over: Math.max(0, count - MAX_CHARACTERS),
  };
}

/** Cuts off as much as one message holds, after a paragraph if there is one to cut at, else a line, a sentence or a word. */
export function cutPart(text: string, most = MAX_CHARACTERS): { part: string; rest: string } {
  const whole = text.trim();
  const window = whole.slice(0, most);
  if (window.length === whole.length) return { part: whole, rest: '' };
  const end = cutAt(window);
  return { part: whole.slice(0, end).trimEnd(), rest: whole.slice(end).trimStart() };
}

function cutAt(window: string): number {
  const earliest = window.length / 2;
  for (const mark of ['\n\n', '\n', '. ', ' ']) {
    const found = window.lastIndexOf(mark);
    if (found > earliest) return found + mark.length;
  }
  const last = window.charCodeAt(window.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? window.length - 1 : window.length;
}

export function countParts(text: string): number {
  let parts = 0;
  for (let rest = text.trim(); rest !== ''; parts++) rest = cutPart(rest).rest;
  return parts;
}

/** The beginning of a mate's name after an @ at the very start; null if no mate is being called. */
export function calledMate(text: string): string | null {
  return /^@([\p{L}]{0,20})$/u.exec(text)?.[1]?.toLowerCase() ?? null;
}

/** Whether this press sends; never while an input method composes a word. `alone`: Enter by itself does. */
export function sends(event: KeyboardEvent, alone: boolean): boolean {
  if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229 || event.altKey) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return alone && !event.shiftKey;
}
