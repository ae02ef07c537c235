// Makes the open end of a growing answer look as it will when it has come whole: no stray stars, pipes, dollars or brackets.
import { formulaAt } from './math';

/** A last line that only holds the beginning of a marker: it could still become anything. */
const markerOnly = /^[ \t]*(?:[-=*_+>#~`]+|\d{1,9}[.)]?|\$\$|\\\[)[ \t]*$/;
const delimiterRow = /^[ \t]*\|?[\s:|-]*$/;

/** The text to read in place of an open part's. */
export function calm(text: string): string {
  const lines = text.split('\n');
  if (markerOnly.test(lines.at(-1) ?? '')) lines.pop();
  if (lines.length === 0) return '';
  return closeTable(lines) ?? closeLastBlock(lines);
}

/** A table's head is one from its first bar on. */
function closeTable(lines: string[]): string | null {
  let start = lines.length;
  while (start > 0 && /^[ \t]*\|/.test(lines[start - 1] ?? '')) start -= 1;
  const rows = lines.slice(start);
  const [head, second] = rows;
  if (head === undefined || rows.length > 2 || (second !== undefined && !delimiterRow.test(second)))
    return null;
  const cells = Math.max(
    1,
    head
      .trim()
      .replace(/^\||\|$/g, '')
      .split('|').length,
  );
  const full = head.trimEnd().endsWith('|') && head.trim() !== '|' ? head : `${head} |`;
  return [...lines.slice(0, start), full, `|${' --- |'.repeat(cells)}`].join('\n');
}

function closeLastBlock(lines: string[]): string {
  const start = lines.findLastIndex((line) => /^[ \t]*(?:$|[-*+>#|]|\d{1,9}[.)])/.test(line));
  const from = Math.max(0, start);
  const open = lines.slice(from).join('\n');
  return [...lines.slice(0, from), closeSpans(open)].join('\n');
}

/** Closes what is open at the end; a delimiter that has nothing behind it yet is left out. */
export function closeSpans(text: string): string {
  const marker = /^[ \t]*(?:[-*+>#]+|\d{1,9}[.)])[ \t]+(?:\[[ xX]?\]?[ \t]*)?/.exec(text)?.[0] ?? '';
  const open: string[] = [];
  let index = marker.length;
  let shown = text;
  while (index < shown.length) {
    const formula = formulaAt(shown, index);
    if (formula !== null) {
      index += formula.raw.length;
      continue;
    }
    if (/^(?:\$\$|\\\(|\\\[)/.test(shown.slice(index)))
      return closeAll(`${shown.slice(0, index)}${pending(shown.slice(index + 2))}`, open);
    if (shown[index] === '\\') {
      if (index + 1 === shown.length) shown = shown.slice(0, index);
      index += 2;
      continue;
    }
    const code = /^`+/.exec(shown.slice(index))?.[0];
    if (code !== undefined) {
      const end = shown.indexOf(code, index + code.length);
      if (end < 0) return closeCode(shown, index, code, open);
      index = end + code.length;
      continue;
    }
    const link = openLink(shown, index);
    if (link !== null) {
      shown = link.text;
      index += link.step;
      continue;
    }
    const delimiter = /^(?:\*{1,3}|_{1,3}|~~)/.exec(shown.slice(index))?.[0];
    if (delimiter === undefined) index += 1;
    else {
      turn(open, delimiter, shown[index - 1] ?? ' ', shown[index + delimiter.length] ?? ' ');
      index += delimiter.length;
    }
  }
  return closeAll(shown, open);
}

function turn(open: string[], delimiter: string, before: string, after: string): void {
  const word = /[\p{L}\p{N}]/u;
  if (delimiter.startsWith('_') && word.test(before) && word.test(after)) return;
  if (open.at(-1) === delimiter && /\S/.test(before)) open.pop();
  else if (/\S/.test(after)) open.push(delimiter);
}

function closeAll(text: string, open: readonly string[]): string {
  const trimmed = text.replace(/(?:(?<=\s|^)(?:\*{1,3}|_{1,3}|~{1,2}|!?\[))$/u, '').trimEnd();
  if (open.length === 0) return trimmed;
  // The first half of a closer that is on its way.
  const last = open.at(-1) ?? '';
  const bare =
    last.length > 1 && trimmed.endsWith(last.slice(1)) && !trimmed.endsWith(last)
      ? trimmed.slice(0, 1 - last.length)
      : trimmed;
  return bare + open.toReversed().join('');
}

function closeCode(text: string, index: number, mark: string, open: readonly string[]): string {
  const inside = text.slice(index + mark.length);
  if (inside.trim() === '') return closeAll(text.slice(0, index), open);
  return closeAll(text.replace(/`+$/, '') + mark, open);
}

/** A formula that has not ended: its source, quietly. */
function pending(source: string): string {
  const line = source.replaceAll('`', "'").replace(/\s+/g, ' ').trim();
  return line === '' ? '' : `\`${line}\``;
}

/** A link or image whose address has not come whole shows its words alone. */
function openLink(text: string, index: number): { text: string; step: number } | null {
  const begin = /^!?\[/.exec(text.slice(index))?.[0];
  if (begin === undefined) return null;
  const rest = text.slice(index + begin.length);
  const label = /^((?:\\.|[^\]\\\n])*)\]\([^)\n]*$/.exec(rest)?.[1];
  if (label !== undefined) return { text: text.slice(0, index) + label, step: label.length };
  const partial = /^[^\]\n]+\]?$/.exec(rest)?.[0];
  if (partial === undefined) return null;
  // Only where it is likely to become a link: at the very end, and short.
  if (partial.length > 200) return null;
  const words = partial.replace(/\]$/, '');
  return { text: text.slice(0, index) + words, step: 0 };
}
