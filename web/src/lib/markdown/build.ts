// Turns marked's tokens into our own tree: only what is named here gets through, everything else stays text.
import type { MarkedToken, Token, Tokens } from 'marked';
import { decodeEntities } from './entities';
import { hostBeside, judge } from './links';
import type { Block, Inline, ListItem } from './nodes';

interface Formula {
  type: 'formula' | 'formulaBlock';
  raw: string;
  text: string;
  display?: boolean;
}

type Known = MarkedToken | Formula;

export function buildBlocks(tokens: readonly Token[]): Block[] {
  return tokens.flatMap((token) => buildBlock(token as Known));
}

function buildBlock(token: Known): Block[] {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return [];
    case 'heading':
      return [{ type: 'heading', depth: token.depth, children: buildInlines(token.tokens) }];
    case 'hr':
      return [{ type: 'rule' }];
    case 'blockquote':
      return [{ type: 'quote', children: buildBlocks(token.tokens) }];
    case 'list':
      return [
        {
          type: 'list',
          ordered: token.ordered,
          start: Number(token.start),
          items: token.items.map(buildItem),
        },
      ];
    case 'code':
      return [{ type: 'code', language: languageOf(token.lang), text: token.text, closed: isClosed(token) }];
    case 'table':
      return [buildTable(token)];
    case 'formulaBlock':
      return [{ type: 'math', text: token.text }];
    case 'text':
      return [{ type: 'paragraph', tight: true, children: buildInlines(token.tokens ?? [{ ...token }]) }];
    case 'paragraph':
      return [{ type: 'paragraph', tight: false, children: buildInlines(token.tokens) }];
    default:
      return [{ type: 'paragraph', tight: false, children: [{ type: 'text', text: token.raw }] }];
  }
}

function buildItem(item: Tokens.ListItem): ListItem {
  return { checked: item.task ? item.checked === true : null, children: buildBlocks(item.tokens) };
}

function buildTable(token: Tokens.Table): Block {
  const cells = (row: Tokens.TableCell[]): Inline[][] => row.map((cell) => buildInlines(cell.tokens));
  return { type: 'table', align: token.align, header: cells(token.header), rows: token.rows.map(cells) };
}

/** The first word after the fence, if it looks like the name of a language. */
export function languageOf(info: string | undefined): string {
  return /^[\w+#.-]{1,30}/.exec(info?.trim() ?? '')?.[0] ?? '';
}

function isClosed(token: Tokens.Code): boolean {
  return token.codeBlockStyle === 'indented' || /\n[ \t]*(`{3,}|~{3,})[ \t]*\n?$/.test(token.raw);
}

export function buildInlines(tokens: readonly Token[]): Inline[] {
  const built: Inline[] = [];
  for (const token of tokens) {
    for (const node of buildInline(token as Known)) {
      const last = built.at(-1);
      if (node.type === 'text' && last?.type === 'text')
        built[built.length - 1] = { type: 'text', text: last.text + node.text };
      else built.push(node);
    }
  }
  return built;
}

function buildInline(token: Known): Inline[] {
  switch (token.type) {
    case 'checkbox':
      return [];
    case 'strong':
    case 'em':
    case 'del':
      return [{ type: token.type, children: buildInlines(token.tokens) }];
    case 'codespan':
      return [{ type: 'code', text: token.text }];
    case 'br':
      return [{ type: 'break' }];
    case 'link':
      return buildLink(token);
    case 'image':
      return buildImage(token);
    case 'formula':
      return [{ type: 'math', text: token.text, display: token.display === true }];
    case 'escape':
      return [{ type: 'text', text: token.text }];
    case 'text':
      return token.tokens === undefined
        ? [{ type: 'text', text: decodeEntities(token.text) }]
        : buildInlines(token.tokens);
    default:
      return [{ type: 'text', text: token.raw }];
  }
}

/** A refused link stays as it was written; one to a place inside some document keeps its words only. */
function buildLink(token: Tokens.Link): Inline[] {
  const destination = judge(addressOf(token));
  if (destination.kind === 'refused') return [{ type: 'text', text: token.raw }];
  const children = buildInlines(token.tokens);
  if (destination.kind === 'local') return children;
  const { href } = destination;
  return [{ type: 'link', href, host: hostBeside(wordsOf(children), destination), children }];
}

function buildImage(token: Tokens.Image): Inline[] {
  const destination = judge(addressOf(token));
  const open = destination.kind === 'open' && !destination.href.startsWith('mailto:') ? destination : null;
  return [
    { type: 'image', href: open?.href ?? null, host: open?.host ?? null, alt: decodeEntities(token.text) },
  ];
}

function addressOf(token: Tokens.Link | Tokens.Image): string {
  return 'autolink' in token && token.autolink === true ? token.href : decodeEntities(token.href);
}

export function wordsOf(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if ('children' in node) return wordsOf(node.children);
      if (node.type === 'image') return node.alt;
      return node.type === 'break' ? ' ' : node.text;
    })
    .join('');
}
