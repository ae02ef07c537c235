// What was read piece by piece before it is shown is what reading it at once gives, and is not read again.
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { forgetFinished, readAhead, readFinished } from './finished';
import { readMarkdown } from './stream';

const open = new AbortController().signal;

vi.mock(import('./stream'), async (original) => {
  const real = await original();
  return { ...real, readMarkdown: vi.fn(real.readMarkdown) };
});

afterEach(() => {
  forgetFinished();
  vi.mocked(readMarkdown).mockClear();
});

const pieces = fc.constantFrom(
  '# A',
  'word 🦭 ',
  '\n',
  '\r\n',
  '```js\n',
  '```\n',
  '| a | b |\n|---|---|\n',
  '- x\n',
  '[l][1]\n',
  '[1]: https://a.example\n',
  '**b',
  '$$\n',
);

it('reads the same ahead as at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { minLength: 1, maxLength: 400 }), async (parts) => {
      const text = parts.join('');
      await readAhead(text, open);
      vi.mocked(readMarkdown).mockClear();
      const ahead = readFinished(text);
      expect(readMarkdown).not.toHaveBeenCalled();
      expect(ahead).toEqual(readMarkdown(text));
    }),
    { numRuns: 30 },
  );
});

it('lets others run in between', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 5));
  let others = 0;
  const beside = setInterval(() => (others += 1), 0);
  await readAhead('A line of words.\n\n'.repeat(100), open);
  clearInterval(beside);
  clock.mockRestore();
  expect(others).toBeGreaterThan(10);
});

it('keeps nothing of a chat that was closed meanwhile', async () => {
  const text = 'A line of words.\n'.repeat(400);
  const closing = new AbortController();
  const reading = readAhead(text, closing.signal);
  closing.abort();
  await reading;
  readFinished(text);
  expect(readMarkdown).toHaveBeenCalledOnce();
});
