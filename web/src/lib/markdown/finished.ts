// Answers that are read already: scrolling back to one finds it as it was left.
import { MarkdownStream, readMarkdown, type Section } from './stream';

const MAX_KEPT = 120;
const kept = new Map<string, readonly Section[]>();

/** As long a piece, in characters, as a slow device reads without a key waiting; longer answers have longer pieces, not more. */
const PIECE = 500;
const MAX_PIECES = 8;

export function readFinished(text: string): readonly Section[] {
  const before = kept.get(text);
  if (before !== undefined) return before;
  return keep(text, readMarkdown(text));
}

/** Reads an answer piece by piece before it is shown, and lets the browser hear keys and draw after each; keeps nothing once `closed`. */
export async function readAhead(text: string, closed: AbortSignal): Promise<void> {
  if (kept.has(text)) return;
  const stream = new MarkdownStream();
  const piece = Math.max(PIECE, Math.ceil(text.length / MAX_PIECES));
  for (let end = 0; end < text.length && !closed.aborted; end += piece) {
    stream.read(text.slice(0, end), false);
    await breath();
  }
  if (closed.aborted) return;
  const sections = stream.read(text, true);
  await breath();
  if (!closed.aborted) keep(text, sections);
}

function breath(): Promise<void> {
  return new Promise((done) => setTimeout(done));
}

function keep(text: string, sections: readonly Section[]): readonly Section[] {
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value ?? '');
  kept.set(text, sections);
  return sections;
}

/** Once a chat is closed, no words of it stay behind. */
export function forgetFinished(): void {
  kept.clear();
}
