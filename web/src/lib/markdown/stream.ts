// Reads an answer while it grows: parts that are whole are read once and stay the same objects, only the open end is read again.
import { languageOf } from './build';
import { calm } from './calm';
import { lexPart, noLinks, type Links } from './lex';
import type { Block } from './nodes';
import { Splitter, type Part } from './split';

export interface Section {
  /** Its place: parts are only ever added, so this is its identity too. */
  readonly index: number;
  readonly blocks: readonly Block[];
}

interface Kept {
  section: Section;
  /** The text, where definitions that come later may change how it reads. */
  refers: string | null;
}

const MAX_LINKS = 200;

export class MarkdownStream {
  #text = '';
  /** Where the line begins that has not ended. */
  #from = 0;
  #splitter = new Splitter();
  #kept: Kept[] = [];
  #links: Links = noLinks();
  /** How many of them what came before knows. */
  #resolved = 0;
  #ended = false;

  /** The sections of `text`; cheap if it only adds to what was given before. `done`: nothing more will come. */
  read(text: string, done: boolean): readonly Section[] {
    const steps = this.readLines(text);
    while (steps.next().done !== true);
    const open = this.#ended ? [] : this.#splitter.peek(lineOf(text, this.#from, text.length));
    if (done && !this.#ended) {
      for (const part of open) this.#keep(part);
      this.#ended = true;
    }
    this.#resolve();
    const whole = this.#kept.map((each) => each.section);
    return this.#ended ? whole : [...whole, ...this.#readOpen(open)];
  }

  /** The lines of `text` that are whole, a part at each step: what `read` then has to do is little. */
  *readLines(text: string): Generator<void> {
    if (this.#ended ? text !== this.#text : !text.startsWith(this.#text)) this.#reset();
    if (this.#ended) return;
    this.#text = text;
    for (let end = text.indexOf('\n', this.#from); end >= 0; end = text.indexOf('\n', this.#from)) {
      const part = this.#splitter.take(lineOf(text, this.#from, end));
      this.#from = end + 1;
      if (part === null) continue;
      this.#keep(part);
      yield;
    }
  }

  #readOpen(parts: readonly Part[]): Section[] {
    let links = this.#links;
    return parts.map((part, index) => {
      const growing = part.kind === 'text' && index === parts.length - 1;
      const read = readPart(growing ? { ...part, text: calm(part.text) } : part, links);
      links = read.links;
      return { index: this.#kept.length + index, blocks: read.blocks };
    });
  }

  #keep(part: Part): void {
    const { blocks, links } = readPart(part, this.#links);
    this.#kept.push({
      section: { index: this.#kept.length, blocks },
      refers: part.kind === 'text' && part.text.includes('[') ? part.text : null,
    });
    for (const [label, target] of Object.entries(links)) {
      if (Object.keys(this.#links).length >= MAX_LINKS) return;
      this.#links[label] ??= target;
    }
  }

  /** Reads again what may refer to definitions that came after it. */
  #resolve(): void {
    const defined = Object.keys(this.#links).length;
    if (defined === this.#resolved) return;
    this.#resolved = defined;
    for (const kept of this.#kept) {
      if (kept.refers === null) continue;
      const { blocks } = lexPart(kept.refers, this.#links);
      kept.section = { index: kept.section.index, blocks };
    }
  }

  #reset(): void {
    this.#from = 0;
    this.#splitter = new Splitter();
    this.#kept = [];
    this.#links = noLinks();
    this.#resolved = 0;
    this.#ended = false;
  }
}

/** The whole of a text that no longer grows. */
export function readMarkdown(text: string): readonly Section[] {
  return new MarkdownStream().read(text, true);
}

function readPart(part: Part, links: Links): { blocks: Block[]; links: Links } {
  if (part.kind === 'text') return lexPart(part.text, links);
  return {
    blocks: [{ type: 'code', language: languageOf(part.info), text: part.text, closed: part.closed }],
    links,
  };
}

function lineOf(text: string, from: number, to: number): string {
  return text.slice(from, text[to - 1] === '\r' && to > from ? to - 1 : to);
}
