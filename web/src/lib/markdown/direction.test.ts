// Lists and tables run the way their words do, whatever stands in front of the first letter.
import { expect, it } from 'vitest';
import { directionOf } from './direction';
import { readMarkdown } from './stream';

it.each([
  ['- نقطة', 'rtl'],
  ['1. 12 % – שלום', 'rtl'],
  ['- point\n- نقطة', 'ltr'],
  ['> **«اقتباس»** and more', 'rtl'],
  ['| ١ | الاسم |\n|---|---|\n| a | b |', 'rtl'],
  ['| 1 | 2 |\n|---|---|', 'ltr'],
  ['- ```\n  code\n  ```\n- כן', 'rtl'],
])('%j is %s', (text, direction) => {
  const block = readMarkdown(text)[0]?.blocks[0];
  expect(block && directionOf(block)).toBe(direction);
});
