// Answers that are read already: scrolling back to one finds it as it was left.
import { readMarkdown, type Section } from './stream';

const MAX_KEPT = 120;
const kept = new Map<string, readonly Section[]>();

export function readFinished(text: string): readonly Section[] {
  const before = kept.get(text);
  if (before !== undefined) return before;
  const sections = readMarkdown(text);
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value ?? '');
  kept.set(text, sections);
  return sections;
}

/** Once a chat is closed, no words of it stay behind. */
export function forgetFinished(): void {
  kept.clear();
}
