// Colours code: the highlighter's tree made flat, as spans of text with one of a few kinds; loaded when code first shows up.
import { breath } from './breath';
import { knownLanguage, loadLanguage } from './languages';

export type Kind = 'comment' | 'keyword' | 'string' | 'number' | 'name' | 'type' | 'added' | 'removed';

export interface Span {
  text: string;
  kind: Kind | null;
}

/** A node as the highlighter gives it: an element with class names, or text. */
interface Highlighted {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: readonly Highlighted[];
}

const MAX_LENGTH = 30_000;
const MAX_KEPT = 60;

const kinds: Record<string, Kind> = {
  comment: 'comment',
  quote: 'comment',
  meta: 'comment',
  doctag: 'comment',
  keyword: 'keyword',
  'selector-tag': 'keyword',
  operator: 'keyword',
  section: 'keyword',
  tag: 'keyword',
  string: 'string',
  regexp: 'string',
  char: 'string',
  'template-tag': 'string',
  link: 'string',
  symbol: 'string',
  number: 'number',
  literal: 'number',
  'variable.constant': 'number',
  bullet: 'number',
  title: 'name',
  name: 'name',
  function: 'name',
  'selector-class': 'name',
  'selector-id': 'name',
  attr: 'name',
  attribute: 'name',
  property: 'name',
  type: 'type',
  built_in: 'type',
  'selector-attr': 'type',
  'template-variable': 'type',
  addition: 'added',
  deletion: 'removed',
};

const kept = new Map<string, readonly Span[]>();
let loading: Promise<ReturnType<typeof import('lowlight').createLowlight>> | null = null;

/** What was coloured before, at once: so that scrolling back does not flicker. */
export function highlighted(language: string, code: string): readonly Span[] | null {
  return kept.get(keyOf(language, code)) ?? null;
}

/** Null where the language is unknown or the code too long to be worth it. */
export async function highlight(language: string, code: string): Promise<readonly Span[] | null> {
  const known = knownLanguage(language);
  if (known === null || code.length > MAX_LENGTH) return null;
  loading ??= import('lowlight').then(({ createLowlight }) => createLowlight());
  const [lowlight, grammar] = await Promise.all([loading, loadLanguage(known)]);
  if (!lowlight.registered(known)) lowlight.register(known, grammar);
  await breath();
  const spans = flatten(lowlight.highlight(known, code).children, null);
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value ?? '');
  kept.set(keyOf(language, code), spans);
  return spans;
}

/** Once a chat is closed, no code of it stays behind. */
export function forgetHighlighted(): void {
  kept.clear();
}

function flatten(nodes: readonly Highlighted[], outer: Kind | null): Span[] {
  return nodes.flatMap((node) => {
    if (node.type === 'text') return [{ text: node.value ?? '', kind: outer }];
    return flatten(node.children ?? [], kindOf(node.properties?.className) ?? outer);
  });
}

function kindOf(classes: unknown): Kind | null {
  for (const each of Array.isArray(classes) ? classes : []) {
    const name = String(each).replace(/^hljs-/, '');
    if (Object.hasOwn(kinds, name)) return kinds[name] ?? null;
  }
  return null;
}

function keyOf(language: string, code: string): string {
  return `${language}\n${code}`;
}
