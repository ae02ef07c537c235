// The open end of a growing answer: read as what it is about to be.
import { describe, expect, it } from 'vitest';
import { calm, closeSpans } from './calm';
import { MarkdownStream } from './stream';

describe('the open end', () => {
  it.each([
    ['**bold wo', '**bold wo**'],
    ['**bold*', '**bold**'],
    ['*slanted', '*slanted*'],
    ['a **b *c', 'a **b *c***'],
    ['a `code', 'a `code`'],
    ['a `', 'a'],
    ['a **', 'a'],
    ['~~gone', '~~gone~~'],
    ['see [the page](https://exam', 'see the page'],
    ['see [the pa', 'see the pa'],
    ['![a picture](https://e', 'a picture'],
    ['energy \\(E = m', 'energy `E = m`'],
    ['$$\nx^2 +', '`x^2 +`'],
    ['$$', ''],
    ['5 * 3 = 15', '5 * 3 = 15'],
    ['snake_case_name', 'snake_case_name'],
    ['costs $5', 'costs $5'],
    ['whole **bold** and `code`', 'whole **bold** and `code`'],
    ['- item **bo', '- item **bo**'],
    ['text\n-', 'text'],
    ['text\n1.', 'text'],
    ['text\n``', 'text'],
    ['| a | b', '| a | b |\n| --- | --- |'],
    ['| a | b |\n|--', '| a | b |\n| --- | --- |'],
    ['back\\', 'back'],
  ])('%j reads as %j', (text, shown) => {
    expect(calm(text)).toBe(shown);
  });

  it('leaves a list marker alone', () => {
    expect(closeSpans('* item')).toBe('* item');
  });

  it('never shows a heading where a list begins', () => {
    const stream = new MarkdownStream();
    const whole = 'Here are two:\n- one\n- two';
    for (let end = 1; end <= whole.length; end++) {
      const types = stream
        .read(whole.slice(0, end), false)
        .flatMap((section) => section.blocks.map((block) => block.type));
      expect(types).not.toContain('heading');
    }
  });

  it('shows a table as one from its first bar on', () => {
    const stream = new MarkdownStream();
    const whole = '| Name | Age |\n|---|---|\n| Ada | 36 |';
    for (let end = 2; end <= whole.length; end++) {
      const types = stream
        .read(whole.slice(0, end), false)
        .flatMap((section) => section.blocks.map((block) => block.type));
      expect(types).toEqual(['table']);
    }
  });
});
