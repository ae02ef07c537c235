// Which way a list, a quotation or a table is written: as the first letter in it that has a direction.
import { wordsOf } from './build';
import type { Block } from './nodes';

const letter = /\p{L}/u;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

export function directionOf(block: Block): 'ltr' | 'rtl' {
  return firstLetter(block)?.match(rightToLeft) ? 'rtl' : 'ltr';
}

function firstLetter(block: Block): string | undefined {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return letter.exec(wordsOf(block.children))?.[0];
    case 'quote':
      return among(block.children);
    case 'list':
      return among(block.items.flatMap((item) => item.children));
    case 'table':
      return letter.exec([block.header, ...block.rows].flat().map(wordsOf).join(' '))?.[0];
    default:
      return undefined;
  }
}

function among(blocks: readonly Block[]): string | undefined {
  for (const block of blocks) {
    const found = firstLetter(block);
    if (found !== undefined) return found;
  }
  return undefined;
}
