// What an answer becomes on the page: known elements only, drawn once, in a real browser.
// Loaded lazily by the app; here at once, so that nothing waits for the dev server to prepare them.
import 'highlight.js/lib/languages/javascript';
import 'katex';
import 'lowlight';
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import Markdown from './Markdown.svelte';
import { forgetFinished } from './finished';

const PATIENCE = { timeout: 10_000 };

let shown: ReturnType<typeof mount> | null = null;

function show(props: { text: string; live: boolean }): HTMLElement {
  shown = mount(Markdown, { target: document.body, props });
  flushSync();
  return document.querySelector<HTMLElement>('.markdown')!;
}

/** Until the next words are drawn. */
async function drawn(): Promise<void> {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  flushSync();
}

afterEach(async () => {
  if (shown !== null) await unmount(shown);
  shown = null;
  forgetFinished();
});

it('loads and runs nothing', () => {
  const element = show({
    text: '![p](https://a.example/p.gif) <img src=x onerror=alert(1)> <script>1</script>\n\n<iframe src="https://a.example">\n\n[x](javascript:alert(1)) [y](https://b.example)',
    live: false,
  });
  expect(element.querySelector('img, script, iframe, object, embed, form, style, link')).toBeNull();
  for (const link of element.querySelectorAll('a')) {
    expect(link.protocol).toBe('https:');
    expect(link.rel).toBe('noopener noreferrer nofollow');
    expect(link.target).toBe('_blank');
  }
  expect(element.textContent).toContain('<script>1</script>');
  expect(element.textContent).toContain('(b.example)');
});

it('draws what is whole once, while the end grows', async () => {
  const props = $state({ text: 'First *words*.\n\nSecond\nline', live: true });
  const element = show(props);
  const first = element.querySelector('p');
  const words = first?.querySelector('em')?.firstChild;
  props.text += ' grows\n\n```js\nconst a = 1;';
  await drawn();
  expect(element.querySelector('p')).toBe(first);
  expect(first?.querySelector('em')?.firstChild).toBe(words);
  const code = element.querySelector('pre');
  props.text += '\nconst b = 2;\n```\n\nEnd';
  props.live = false;
  flushSync();
  expect(element.querySelector('pre')).toBe(code);
  expect(code?.textContent).toBe('const a = 1;\nconst b = 2;');
  await expect.poll(() => code?.querySelector('.keyword')?.textContent, PATIENCE).toBe('const');
});

it('sets formulas as MathML, and shows the source of what is none', async () => {
  const element = show({
    text: 'A $\\frac{1}{2}$ and $\\frac{1}{$ and $\\href{javascript:1}{x}$.',
    live: false,
  });
  await expect.poll(() => element.querySelectorAll('math').length, PATIENCE).toBeGreaterThan(0);
  expect(element.querySelector('mfrac')).not.toBeNull();
  expect(element.textContent).toContain('\\frac{1}{');
  expect(element.querySelector('a, [href]')).toBeNull();
});

it('gives lists and tables the direction of their words', () => {
  const element = show({ text: '- نقطة\n\n- point', live: false });
  expect(element.querySelector('ul')?.dir).toBe('rtl');
});
