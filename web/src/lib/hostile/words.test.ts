// Answers of hostile_v1.json that would leak, run or mislead: read as nothing but words, and links that say where they lead.
import { readMarkdown } from '$lib/markdown/stream';
import type { Block, Inline } from '$lib/markdown/nodes';
import { expect, it } from 'vitest';
import { vectors } from './scenarios';

const HARMLESS = ['text', 'strong', 'em', 'del', 'code', 'break', 'paragraph', 'heading', 'quote', 'list'];

/** Every object with a `type` in the tree. */
function nodesOf(value: unknown): (Block | Inline)[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(nodesOf);
  return 'type' in value ? [value as Block | Inline, ...inner] : inner;
}

/** What of it is words. */
function wordsOf(node: Inline): string {
  if ('text' in node) return node.text;
  return 'children' in node ? node.children.map(wordsOf).join('') : '';
}

it.each(vectors.words)('$name', ({ text }) => {
  for (const node of nodesOf(readMarkdown(text).flatMap((section) => [...section.blocks]))) {
    if (node.type === 'link' || node.type === 'image') {
      // Shown as a link, never loaded, and its true host is in sight: beside its words, or in them.
      const { protocol, host } = new URL(node.href ?? '');
      expect(protocol).toBe('https:');
      if (node.host === null) expect(wordsOf(node)).toContain(host);
      else expect(node.host).toBe(host);
    } else {
      expect(HARMLESS).toContain(node.type);
    }
  }
});
