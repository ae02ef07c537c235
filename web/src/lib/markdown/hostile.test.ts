// Answers that mean harm: nothing in them runs, loads, hides where it leads to, or makes reading slow.
import { describe, expect, it } from 'vitest';
import { lexPart, noLinks } from './lex';
import { judge } from './links';
import type { Block, Inline } from './nodes';
import { MarkdownStream, readMarkdown } from './stream';

const allowed = new Set([
  'text',
  'strong',
  'em',
  'del',
  'code',
  'break',
  'link',
  'image',
  'math',
  'paragraph',
  'heading',
  'quote',
  'list',
  'table',
  'rule',
]);

function blocksOf(text: string): Block[] {
  return readMarkdown(text).flatMap((section) => [...section.blocks]);
}

/** Every object with a `type` in the tree, and how deep it lies. */
function nodesOf(value: unknown, depth = 0): { node: Block | Inline; depth: number }[] {
  if (Array.isArray(value)) return value.flatMap((each) => nodesOf(each, depth));
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap((each) => nodesOf(each, depth + 1));
  return 'type' in value ? [{ node: value as Block | Inline, depth }, ...inner] : inner;
}

function hrefsOf(text: string): string[] {
  return nodesOf(blocksOf(text)).flatMap(({ node }) =>
    'href' in node && node.href !== null ? [node.href] : [],
  );
}

describe('addresses that may not be opened', () => {
  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x]( javascript:alert(1))',
    '[x](<javascript:alert(1)>)',
    '[x](java\tscript:alert(1))',
    '[x](<java\tscript:alert(1)>)',
    '[x](javascript&colon;alert(1))',
    '[x](javascript&#58;alert(1))',
    '[x](javascript&#x3A;alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](&#x6A;&#x61;vascript:alert(1))',
    '[x](java&#10;script:alert(1))',
    '[x](java&#x09;script:alert(1))',
    '[x](\u0001javascript:alert(1))',
    '[x](java\u200bscript:alert(1))',
    '[x](java\\script:alert(1))',
    '[x](javascript\\:alert(1))',
    '[x](//evil.example/a)',
    '[x](///evil.example)',
    '[x](\\\\evil.example)',
    '<javascript:alert(1)>',
    '[x][r]\n\n[r]: javascript:alert(1)',
    '[r]\n\n[r]: <javascript:alert(1)>',
    '![x](javascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](DATA:text/html;base64,PHNjcmlwdD4=)',
    '![x](data:image/svg+xml;base64,PHN2Zz4=)',
    '[x](vbscript:msgbox(1))',
    '[x](file:///etc/passwd)',
    '[x](blob:https://a/b)',
    '[x](about:blank)',
    '[x](ftp://a.example/x)',
    '[x](view-source:https://a.example)',
    '[x](https:)',
    '[x](http://)',
    '[x](intent://a#Intent;scheme=x;end)',
    '<vbscript:x>',
    '[![x](javascript:1)](javascript:2)',
    '[x](https://a.example\u202e/gro)',
    '[x](javascript:https://a.example)',
    '[x](%6Aavascript:alert(1))',
    'ftp://a.example/file',
    'xmpp:a@b.example',
  ])('%j opens nothing', (text) => {
    expect(hrefsOf(text)).toEqual([]);
  });

  it('leaves a refused link as it was written', () => {
    expect(blocksOf('see [x](javascript:alert(1)).')).toEqual([
      {
        type: 'paragraph',
        tight: false,
        children: [{ type: 'text', text: 'see [x](javascript:alert(1)).' }],
      },
    ]);
  });

  it('keeps only the words of a link into some document', () => {
    expect(blocksOf('[top](#top)')).toEqual([
      { type: 'paragraph', tight: false, children: [{ type: 'text', text: 'top' }] },
    ]);
  });
});

describe('addresses that may be opened', () => {
  it.each([
    ['[x](https://example.org/a?b=c&amp;d#e)', 'https://example.org/a?b=c&d#e', 'example.org'],
    ['[https://bank.example](https://evil.example)', 'https://evil.example/', 'evil.example'],
    ['[x](https://bank.example@evil.example/)', 'https://bank.example@evil.example/', 'evil.example'],
    ['[x](HTTP://Example.ORG)', 'http://example.org/', 'example.org'],
    ['[x](https://еxample.org)', 'https://xn--xample-2of.org/', 'xn--xample-2of.org'],
    ['https://example.org/a', 'https://example.org/a', null],
    ['www.example.org', 'http://www.example.org/', null],
    ['<https://example.org>', 'https://example.org/', null],
    ['[example.org](https://example.org/)', 'https://example.org/', null],
    ['[write](mailto:a@example.org)', 'mailto:a@example.org', 'a@example.org'],
    ['a@example.org', 'mailto:a@example.org', null],
  ])('%j leads to %j and shows %j', (text, href, host) => {
    const links = nodesOf(blocksOf(text)).flatMap(({ node }) => (node.type === 'link' ? [node] : []));
    expect(links).toHaveLength(1);
    expect(links[0]).toMatchObject({ href, host });
  });

  it('judges what it is given, whoever gives it', () => {
    expect(judge('\njavascript:alert(1)')).toEqual({ kind: 'refused' });
    expect(judge('https://a.example/\u0000')).toEqual({ kind: 'refused' });
    expect(judge(`https://a.example/${'a'.repeat(3_000)}`)).toEqual({ kind: 'refused' });
  });

  it('gives an image as its words and address, never to be loaded', () => {
    expect(blocksOf('![a cat](https://t.example/pixel.gif?id=1)')).toEqual([
      {
        type: 'paragraph',
        tight: false,
        children: [
          { type: 'image', href: 'https://t.example/pixel.gif?id=1', host: 't.example', alt: 'a cat' },
        ],
      },
    ]);
  });
});

describe('HTML in an answer', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)>',
    '<svg><animate onbegin=alert(1) /></svg>',
    '<iframe src="https://a.example"></iframe>',
    '<a href="javascript:alert(1)">x</a>',
    '<math><mi xlink:href="javascript:1">',
    '<style>*{display:none}</style>',
    '<!-- comment -->',
    '<![CDATA[x]]>',
    '<?php x ?>',
    '<!DOCTYPE html>',
    '<div\nonclick="x()">',
    '</p></div>',
    '<details open ontoggle=alert(1)>',
    '<img src="`">',
    '<scr<script>ipt>',
    '<form action="https://a.example"><input>',
    '<base href=//a.example>',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
  ])('%j stays text', (text) => {
    const nodes = nodesOf(blocksOf(text));
    for (const { node } of nodes) expect(['paragraph', 'text', 'code', 'link']).toContain(node.type);
    for (const { node } of nodes)
      if (node.type === 'link') expect(node.href).toMatch(/^https:\/\/a\.example/);
    expect(JSON.stringify(nodes)).toMatch(/<|comment|CDATA/);
  });

  it('takes only a line break as one', () => {
    expect(blocksOf('a<br/>b')).toEqual([
      {
        type: 'paragraph',
        tight: false,
        children: [{ type: 'text', text: 'a' }, { type: 'break' }, { type: 'text', text: 'b' }],
      },
    ]);
  });
});

describe('100 KB that would make reading slow', { timeout: 30_000 }, () => {
  const bombs = [
    '[',
    '*',
    '>',
    '> ',
    '- ',
    '1. ',
    '_',
    '`',
    '``` ',
    '~',
    '$',
    '\\(',
    '<',
    '<a ',
    '![',
    '](',
    '[a](',
    '[[]',
    '**a ',
    '*a _b ',
    '***a** ',
    '`a``',
    '|',
    '| a ',
    '&#1;',
    '\\',
    '<!--',
    '[a][b] ',
    'a@',
    'http://a.',
    'www.',
    '>\n',
    '-\n',
    '[\n',
    '*\n\n',
    '|-|\n',
    '[x]: y\n',
    '[x][y]\n\n',
    '# \n',
    '```\n',
    '$$\n',
    '  ',
    '\t',
    '\u202e',
    '-   ',
    '+\n\n ',
  ];

  it.each(bombs)('%j: shallow, in bounds, nothing lost', (bomb) => {
    const nodes = nodesOf(blocksOf(bomb.repeat(Math.ceil(100_000 / bomb.length))));
    expect(Math.max(0, ...nodes.map((each) => each.depth))).toBeLessThan(120);
    for (const { node } of nodes) expect(allowed.has(node.type)).toBe(true);
  });

  it('indents without end', () => {
    let text = '';
    for (let depth = 0; text.length < 100_000; depth++) text += `${' '.repeat(depth * 2)}- a\n`;
    expect(nodesOf(blocksOf(text)).length).toBeGreaterThan(0);
  });

  it('stops reading inside a line that is too long, and keeps every character of it', () => {
    const { blocks } = lexPart('['.repeat(100_000), noLinks());
    expect(blocks).toEqual([
      { type: 'paragraph', tight: false, children: [{ type: 'text', text: '['.repeat(100_000) }] },
    ]);
  });

  it('does not read anew what is whole', () => {
    const stream = new MarkdownStream();
    let text = '';
    let previous = stream.read(text, false);
    for (let round = 0; round < 200; round++) {
      text += 'A paragraph with *some* words.\n\n';
      const next = stream.read(text, false);
      for (const [index, section] of previous.slice(0, -1).entries())
        if (next[index] !== section) throw new Error(`section ${index} was read again`);
      previous = next;
    }
    expect(previous).toHaveLength(200);
  });
});
