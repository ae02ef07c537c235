// One part of an answer, read by marked's lexer: within bounds of depth and work, raw HTML left as the text it is, formulas known.
import {
  Lexer,
  Tokenizer,
  type Token,
  type TokenizerExtensionFunction,
  type Tokens,
  type TokensList,
} from 'marked';
import { buildBlocks } from './build';
import { blockFormula, blockFormulaStart, FormulaHooks, inlineFormula, inlineFormulaStart } from './math';
import type { Block } from './nodes';

/** Definitions of link labels: `[label]: address`. */
export type Links = TokensList['links'];

const MAX_DEPTH = 12;
/** Longer than any part that the splitter leaves whole, unless it is one endless line. */
export const MAX_PART = 24_000;
const MAX_RUN = 12_000;
/** Characters that tell a rule which letters there are, and give it nothing to search. */
const SOME = 20;
const MAX_DELIMITERS = 1_500;
const MAX_OPENERS = 200;
const openers = /\$\$|\\\[/g;
const delimiters = /[*_~`[\]<!\\$]/g;

const lineBreak: TokenizerExtensionFunction = (source) => {
  const found = /^<br\s{0,3}\/?>/i.exec(source);
  return found === null ? undefined : { type: 'br', raw: found[0] };
};

/** Knows no HTML: a tag is text like any other. */
class TextTokenizer extends Tokenizer {
  override html(): undefined {}
  override tag(): undefined {}
}

/** Stops where nesting or the number of delimiters would make reading slow; what lies deeper stays text. */
class BoundedLexer extends Lexer {
  #blocks = 0;
  #inlines = 0;

  override blockTokens(source: string, tokens?: Token[], clipped?: boolean): Token[];
  override blockTokens(source: string, tokens?: TokensList, clipped?: boolean): TokensList;
  override blockTokens(source: string, tokens: Token[] = [], clipped = false): Token[] {
    if (this.#blocks >= MAX_DEPTH) {
      tokens.push(paragraphOf(source));
      return tokens;
    }
    this.#blocks += 1;
    try {
      return super.blockTokens(source, tokens, clipped);
    } finally {
      this.#blocks -= 1;
    }
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    if (
      this.#inlines >= MAX_DEPTH ||
      source.length > MAX_RUN ||
      countOf(source, delimiters) > MAX_DELIMITERS
    ) {
      tokens.push({ type: 'text', raw: source, text: source });
      return tokens;
    }
    this.#inlines += 1;
    try {
      return super.inlineTokens(source, tokens);
    } finally {
      this.#inlines -= 1;
    }
  }
}

/** One rule at each step: a browser compiles one when it is first used, for the letters of such a text, and the lexer's take it long. */
export function* compileRules(text: string): Generator<void> {
  const tokenizer = new TextTokenizer();
  new BoundedLexer({ gfm: true, tokenizer });
  const { block, inline } = tokenizer.rules;
  const some = text.slice(0, SOME);
  for (const [name, rule] of [block, inline].flatMap((rules) => Object.entries(rules))) {
    if (name === 'html' || name === 'tag') continue; // Never used, see TextTokenizer.
    // A rule that is used again is compiled once more, and better.
    for (let times = 0; times < 2; times += 1) {
      rule.lastIndex = 0;
      rule.exec(some);
    }
    rule.lastIndex = 0;
    yield;
  }
}

/** Reads one part; `known` are the definitions of the parts before it. */
export function lexPart(text: string, known: Links): { blocks: Block[]; links: Links } {
  if (text.length > MAX_PART) return { blocks: [plainParagraph(text)], links: noLinks() };
  const lexer = new BoundedLexer({
    gfm: true,
    tokenizer: new TextTokenizer(),
    hooks: new FormulaHooks(),
    extensions: {
      renderers: {},
      childTokens: {},
      ...(countOf(text, openers) > MAX_OPENERS
        ? {}
        : { block: [blockFormula], startBlock: [blockFormulaStart] }),
      inline: [inlineFormula, lineBreak],
      startInline: [inlineFormulaStart],
    },
  });
  Object.assign(lexer.tokens.links, known);
  const tokens = lexer.lex(text);
  return { blocks: buildBlocks(tokens), links: tokens.links };
}

export function noLinks(): Links {
  return Object.create(null) as Links;
}

function countOf(source: string, marks: RegExp): number {
  return source.match(marks)?.length ?? 0;
}

function paragraphOf(source: string): Tokens.Paragraph {
  return {
    type: 'paragraph',
    raw: source,
    text: source,
    tokens: [{ type: 'text', raw: source, text: source }],
  };
}

function plainParagraph(text: string): Block {
  return { type: 'paragraph', tight: false, children: [{ type: 'text', text }] };
}
