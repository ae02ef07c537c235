// Cuts a growing answer into parts that can be read one by one: what decides a cut are whole lines that have come already.

interface Fence {
  mark: string;
  length: number;
  indent: number;
  info: string;
}

export type Part =
  { kind: 'text'; text: string } | { kind: 'code'; info: string; text: string; closed: boolean };

/** Where a long part is cut at the next line that allows it, and where at any line. */
const SOFT_LIMIT = 6_000;
const HARD_LIMIT = 20_000;

const listMarker = /^ {0,3}(?:[*+-]|\d{1,9}[.)])(?:[ \t]|$)/;
const rule = /^ {0,3}(?:(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|(?:\*[ \t]*){3,})$/;
const heading = /^#{1,6}(?:[ \t]|$)/;
const fence = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)$/;

export class Splitter {
  #kind: 'none' | 'text' | 'list' | 'indented' | 'heading' | 'code' = 'none';
  #fence: Fence | null = null;
  #lines: string[] = [];
  #length = 0;
  #afterBlank = false;

  /** Takes one whole line, without its line break; gives the part that ended before or with it. */
  take(line: string): Part | null {
    if (this.#fence !== null) return this.#takeCode(line, this.#fence);
    const ended = this.#startsNew(line) ? this.#end() : null;
    const opened = this.#opensFence(line);
    if (opened !== null) {
      this.#kind = 'code';
      this.#fence = opened;
      return ended;
    }
    if (line.trim() === '') {
      this.#afterBlank = true;
      if (this.#kind !== 'none') this.#add(line);
      return ended;
    }
    if (this.#kind === 'none') this.#kind = kindOf(line);
    this.#afterBlank = false;
    this.#add(line);
    return ended;
  }

  /** What is open now, with this line as far as it has come: the splitter itself stays as it is. */
  peek(line: string): Part[] {
    const copy = new Splitter();
    copy.#kind = this.#kind;
    copy.#fence = this.#fence;
    copy.#lines = this.#lines.slice();
    copy.#length = this.#length;
    copy.#afterBlank = this.#afterBlank;
    const ended = line === '' ? null : copy.take(line);
    const last = copy.#end();
    return [ended, last].filter((part) => part !== null);
  }

  #takeCode(line: string, open: Fence): Part | null {
    const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
    if (closing === undefined || closing[0] !== open.mark || closing.length < open.length) {
      this.#add(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
      return null;
    }
    const text = this.#lines.join('\n');
    this.#reset();
    return { kind: 'code', info: open.info, text, closed: true };
  }

  #opensFence(line: string): Fence | null {
    const found = fence.exec(line);
    const indent = found?.[1]?.length ?? 0;
    const mark = found?.[2] ?? '';
    // Indented below a list, it belongs to an item.
    if (found === null || (this.#kind === 'list' && indent > 0)) return null;
    return { mark: mark.charAt(0), length: mark.length, indent, info: found[3] ?? '' };
  }

  #startsNew(line: string): boolean {
    if (this.#kind === 'none') return false;
    if (line.trim() === '') return false;
    if (this.#kind === 'heading' || heading.test(line) || this.#opensFence(line) !== null) return true;
    if (this.#length > HARD_LIMIT) return true;
    if (this.#length > SOFT_LIMIT && this.#mayCut(line)) return true;
    if (!this.#afterBlank) return false;
    if (this.#kind === 'list') return !/^[ \t]/.test(line) && (!listMarker.test(line) || rule.test(line));
    if (this.#kind === 'indented') return !/^(?: {4}|\t)/.test(line);
    return true;
  }

  #mayCut(line: string): boolean {
    if (this.#kind === 'list') return /^\S/.test(line) && listMarker.test(line);
    return this.#kind === 'indented' || !line.includes('|');
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#length += line.length + 1;
  }

  #end(): Part | null {
    const open = this.#fence;
    const text = this.#lines.join('\n');
    const kind = this.#kind;
    this.#reset();
    if (open !== null) return { kind: 'code', info: open.info, text, closed: false };
    return kind === 'none' ? null : { kind: 'text', text: text.trimEnd() };
  }

  #reset(): void {
    this.#kind = 'none';
    this.#fence = null;
    this.#lines = [];
    this.#length = 0;
    this.#afterBlank = false;
  }
}

function kindOf(line: string): 'text' | 'list' | 'indented' | 'heading' {
  if (/^(?: {4}|\t)/.test(line)) return 'indented';
  if (heading.test(line)) return 'heading';
  return listMarker.test(line) && !rule.test(line) ? 'list' : 'text';
}
