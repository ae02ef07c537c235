// However an answer is cut on its way, it reads the same at the end; and what is whole stays the same object meanwhile.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkdownStream, readMarkdown } from './stream';

const pieces = [
  'Some *words* with **weight** and `code`.\n\n',
  '# Title\ntext right below\n\n',
  '- one\n- two\n  - three\n\n',
  '1. first\n\n   more of it\n\n2. second\n\n',
  '```ts\nconst a = 1;\n\n// # no heading\n```\n',
  '~~~\n```\n~~~\n',
  '| a | b |\n|---|:-:|\n| 1 | `2` |\n\n',
  'Energy is $E = mc^2$ and \\(a_1 * b_2\\).\n\n',
  '$$\n\\int_0^1 x\\,dx\n$$\n\n',
  '\\[ a \\]\n',
  '> quoted\n> - list\n\n',
  '[ref]: https://example.org\n\n',
  'See [ref] and [other][ref].\n\n',
  'It costs $5 or $10.\n',
  '---\n\n',
  'Setext\n===\n',
  '<div onclick="x()">html</div>\n\n',
  '![alt](https://example.org/a.png) ',
  '[a](javascript:alert(1)) ',
  '    indented\n\n    code\n\n',
  'a  \nb\\\nc\n',
  '😀 مرحبا ',
  '\r\n',
  '- [ ] task\n- [x] done\n',
  '* * *\n',
  '```\nunfinished',
  '**open',
  '\\(x',
  '|',
  '[',
  '`',
  '\n',
  '  ',
  '$',
];
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((chosen) => chosen.join(''));

function inChunks(whole: string, cuts: readonly number[]): readonly unknown[] {
  const stream = new MarkdownStream();
  for (const cut of cuts.map((each) => each % (whole.length + 1)).toSorted((a, b) => a - b))
    stream.read(whole.slice(0, cut), false);
  return stream.read(whole, true);
}

describe('a growing answer', () => {
  it('ends as if it had come at once, wherever it was cut', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(400), { maxLength: 12 }), (whole, cuts) => {
        expect(inChunks(whole, cuts)).toEqual(readMarkdown(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('ends as if it had come at once, also character by character', () => {
    const whole = pieces.join('');
    expect(
      inChunks(
        whole,
        Array.from(whole, (_, index) => index),
      ),
    ).toEqual(readMarkdown(whole));
  });

  it('keeps sections that are whole', () => {
    const stream = new MarkdownStream();
    const before = stream.read('One.\n\nTwo.\n\nThree\nfo', false);
    const after = stream.read('One.\n\nTwo.\n\nThree\nfour', false);
    expect(after).toHaveLength(3);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(after[2]).not.toBe(before[2]);
  });

  it('stays the same objects once it has ended', () => {
    const stream = new MarkdownStream();
    const before = stream.read('One.\n\nTwo', true);
    expect(stream.read('One.\n\nTwo', true)).toEqual(before);
    expect(stream.read('One.\n\nTwo', true)[1]).toBe(before[1]);
    expect(stream.read('One.\n\nTwo and more', false)).not.toEqual(before);
  });

  it('starts over when another text replaces it', () => {
    const stream = new MarkdownStream();
    stream.read('One.\n\nTwo', false);
    expect(stream.read('Other', true)).toEqual(readMarkdown('Other'));
  });

  it('resolves a link whose definition comes later', () => {
    const stream = new MarkdownStream();
    stream.read('See [ref].\n\nMore.\n\n', false);
    const whole = 'See [ref].\n\nMore.\n\n[ref]: https://example.org/\n\nEnd';
    const first = stream.read(whole, true)[0];
    expect(JSON.stringify(first)).toContain('"href":"https://example.org/"');
  });

  it('numbers on in a list that code interrupts', () => {
    const blocks = readMarkdown('1. a\n\n```\nx\n```\n\n2. b').flatMap((section) => section.blocks);
    expect(blocks.map((block) => (block.type === 'list' ? block.start : block.type))).toEqual([1, 'code', 2]);
  });

  it('keeps code apart from what looks like markdown in it', () => {
    const blocks = readMarkdown('```sh\n# a\n\n- b\n$$\n```\nafter').flatMap((section) => section.blocks);
    expect(blocks[0]).toEqual({ type: 'code', language: 'sh', text: '# a\n\n- b\n$$', closed: true });
    expect(blocks[1]).toMatchObject({ type: 'paragraph' });
  });
});
