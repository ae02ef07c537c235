// Formulas in markdown: $…$, $$…$$, \(…\) and \[…\], told apart from amounts of money, and kept out of emphasis.
import { Hooks, type TokenizerStartFunction, type Tokens, type TokenizerExtensionFunction } from 'marked';

export interface Formula {
  /** Including its delimiters. */
  raw: string;
  text: string;
  display: boolean;
}

const MAX_LENGTH = 4_000;
const blank = /\n[ \t]*\n/;

/** The formula that begins at `start`, if one does and ends before the paragraph. */
export function formulaAt(source: string, start: number): Formula | null {
  if (source.startsWith('$$', start)) return between(source, start, '$$', '$$', true);
  if (source.startsWith('\\[', start)) return between(source, start, '\\[', '\\]', true);
  if (source.startsWith('\\(', start)) return between(source, start, '\\(', '\\)', false);
  return source[start] === '$' ? single(source, start) : null;
}

function between(
  source: string,
  start: number,
  open: string,
  close: string,
  display: boolean,
): Formula | null {
  const from = start + open.length;
  const window = source.slice(from, from + MAX_LENGTH + close.length);
  const end = window.indexOf(close);
  if (end < 1) return null;
  const text = window.slice(0, end);
  if (text.trim() === '' || blank.test(text)) return null;
  return { raw: source.slice(start, from + end + close.length), text: text.trim(), display };
}

/** A dollar opens before a character and closes after one, on the same line, and no letter or digit follows: "$5 and $10" is money. */
function single(source: string, start: number): Formula | null {
  const rest = source.slice(start, start + MAX_LENGTH);
  const found = /^\$(?![\s$])((?:\\[^\n]|[^\\$\n])+)\$(?![\p{L}\p{N}$])/u.exec(rest);
  const text = found?.[1];
  if (found === null || text === undefined || /\s$/.test(text)) return null;
  return { raw: found[0], text, display: false };
}

export const inlineFormula: TokenizerExtensionFunction = (source): Tokens.Generic | undefined => {
  const found = formulaAt(source, 0);
  return found === null ? undefined : { type: 'formula', ...found };
};

export const inlineFormulaStart: TokenizerStartFunction = (source) => {
  const dollar = source.indexOf('$');
  const bracket = source.search(/\\[([]/);
  if (dollar < 0 || bracket < 0) return Math.max(dollar, bracket);
  return Math.min(dollar, bracket);
};

/** A displayed formula with its lines to itself. */
export const blockFormula: TokenizerExtensionFunction = (source): Tokens.Generic | undefined => {
  const indent = /^ {0,3}(?=\$\$|\\\[)/.exec(source)?.[0];
  if (indent === undefined) return undefined;
  const found = formulaAt(source, indent.length);
  if (found === null) return undefined;
  const end = /^[ \t]*(?:\n|$)/.exec(source.slice(indent.length + found.raw.length));
  if (end === null) return undefined;
  return { type: 'formulaBlock', raw: indent + found.raw + end[0], text: found.text };
};

export const blockFormulaStart: TokenizerStartFunction = (source) => {
  const index = source.search(/\n {0,3}(?:\$\$|\\\[)/);
  return index < 0 ? index : index + 1;
};

/**
 * Hides formulas from the search for emphasis: their stars and underscores mean something else. Escapes are masked before
 * this is called, so only formulas between dollars are seen here.
 */
export class FormulaHooks extends Hooks {
  override emStrongMask(source: string): string {
    let masked = '';
    let index = 0;
    for (let at = source.indexOf('$'); at >= 0; at = source.indexOf('$', index)) {
      const length = formulaAt(source, at)?.raw.length ?? 1;
      masked += source.slice(index, at) + (length > 1 ? 'a'.repeat(length) : '$');
      index = at + length;
    }
    return masked + source.slice(index);
  }
}
