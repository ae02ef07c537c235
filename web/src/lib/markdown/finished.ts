// Answers that are read already: scrolling back to one finds it as it was left.
import { breath, inBreaths } from './breath';
import { compileRules } from './lex';
import { MarkdownStream, readMarkdown, type Section } from './stream';

const MAX_KEPT = 120;
const kept = new Map<string, readonly Section[]>();

export function readFinished(text: string): readonly Section[] {
  const before = kept.get(text);
  if (before !== undefined) return before;
  return keep(text, readMarkdown(text));
}

/** Reads an answer part by part before it is shown, and lets the browser hear keys and draw in between; keeps nothing once `closed`. */
export async function readAhead(text: string, closed: AbortSignal): Promise<void> {
  if (kept.has(text)) return;
  const stream = new MarkdownStream();
  await inBreaths(compileRules(text), closed);
  await inBreaths(stream.readLines(text), closed);
  if (closed.aborted) return;
  const sections = stream.read(text, true);
  await breath();
  if (!closed.aborted) keep(text, sections);
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
