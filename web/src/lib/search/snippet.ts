// The part of a text around what was found, as pieces that the screen marks itself: no markup is made here.
import { spellings, wordsOf } from './words';

export type Snippet = { text: string; hit: boolean }[];

const BEFORE = 32;
const LENGTH = 140;

export function snippetOf(text: string, terms: ReadonlySet<string>): Snippet {
  const hits: [start: number, end: number][] = [];
  let from = 0;
  for (const { start, end } of wordsOf(text)) {
    if (hits.length > 0 && start > from + LENGTH) break;
    if (!spellings(text.slice(start, end)).some((word) => terms.has(word))) continue;
    if (hits.length === 0) from = beginning(text, start);
    hits.push([start, end]);
  }
  return pieces(text, from, hits);
}

/** A little before the first hit, at the beginning of a word. */
function beginning(text: string, hit: number): number {
  if (hit <= BEFORE) return 0;
  const space = text.indexOf(' ', hit - BEFORE);
  return space !== -1 && space < hit ? space + 1 : hit;
}

function pieces(text: string, from: number, hits: readonly [number, number][]): Snippet {
  const to = wholeCharacter(text, Math.min(text.length, from + LENGTH));
  const snippet: Snippet = [];
  const add = (start: number, end: number, hit: boolean) => {
    const piece = text.slice(start, Math.min(end, to)).replace(/\s+/g, ' ');
    if (piece !== '') snippet.push({ text: piece, hit });
  };
  let at = from;
  for (const [start, end] of hits) {
    if (start >= to) break;
    add(at, start, false);
    add(start, end, true);
    at = end;
  }
  if (at < to) add(at, to, false);
  if (from > 0) snippet.unshift({ text: '… ', hit: false });
  if (to < text.length) snippet.push({ text: ' …', hit: false });
  return snippet;
}

/** Never cuts an emoji in two. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
