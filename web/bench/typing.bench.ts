// From a key to the frame that shows it, while an answer streams in at 300 tokens a second, against the same chat at rest.
import type { Page } from '@playwright/test';
import { test } from '../tests/fixtures';
import { answered, answers, composer, startChat, unique } from '../tests/person';
import { ms, print, quantile, ratio } from './figures';

const STREAMS = 3;
const KEYS_AT_REST = 100;
/** Milliseconds between keys: someone who types fast. */
const PAUSE = 60;
/** Keys between two looks at the answer: looking takes time of the page's own. */
const BATCH = 12;
const WORDS = 'calm herons wade ';

declare global {
  var keysPainted: number[];
}

async function watchKeys(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.keysPainted = [];
    const painted = (pressed: number) => {
      const after = new MessageChannel();
      after.port1.onmessage = () => keysPainted.push(performance.now() - pressed);
      after.port2.postMessage(null);
    };
    // The event's own time counts what it waited before the page heard of it.
    addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => painted(timeStamp)), true);
  });
}

async function takeKeys(page: Page): Promise<number[]> {
  return page.evaluate(() => keysPainted.splice(0));
}

async function press(page: Page, at: number): Promise<void> {
  const letter = WORDS[at % WORDS.length]!;
  await page.keyboard.press(letter === ' ' ? 'Space' : letter, { delay: 10 });
  await page.waitForTimeout(PAUSE);
}

interface Shown {
  at: number;
  words: number;
}

async function shownWords(page: Page): Promise<Shown> {
  const words = answers(page).last().locator('.markdown');
  return words.evaluate((element) => ({
    at: performance.now(),
    words: (element.textContent ?? '').split(/\s+/).length,
  }));
}

/** Keys while the words come, and how many came a second. */
async function typeInStream(page: Page): Promise<{ keys: number[]; speed: number }> {
  const keys: number[] = [];
  const stop = page.getByRole('button', { name: 'Stop answering' });
  await answers(page).last().locator('.markdown').getByText('sea').first().waitFor();
  await composer(page).focus();
  const first = await shownWords(page);
  for (let last = first; ;) {
    await takeKeys(page);
    for (let at = 0; at < BATCH; at += 1) await press(page, at);
    const batch = await takeKeys(page);
    // The answer may have ended while these were typed.
    if (!(await stop.isVisible())) return { keys, speed: speedOf(first, last) };
    keys.push(...batch);
    last = await shownWords(page);
  }
}

function speedOf(first: Shown, last: Shown): number {
  return ((last.words - first.words) * 1000) / (last.at - first.at);
}

test('keystroke to paint', async ({ page }) => {
  const streaming: number[] = [];
  const speeds: number[] = [];
  for (let stream = 0; stream < STREAMS; stream += 1) {
    await startChat(page, unique('A flood, please'));
    await watchKeys(page);
    const { keys, speed } = await typeInStream(page);
    streaming.push(...keys);
    speeds.push(speed);
    await answered(page);
  }
  await composer(page).fill('');
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  await takeKeys(page);
  for (let at = 0; at < KEYS_AT_REST; at += 1) await press(page, at);
  const rest = await takeKeys(page);
  await composer(page).fill('');
  const shown = speeds.map((speed) => speed.toFixed(0)).join(', ');
  print(
    `keystroke to paint, ${shown} words a second shown of 300 sent`,
    ['', 'keys', 'p50', 'p95', 'max'],
    [
      [
        'at rest',
        String(rest.length),
        ms(quantile(rest, 0.5)),
        ms(quantile(rest, 0.95)),
        ms(Math.max(...rest)),
      ],
      [
        'while an answer streams',
        String(streaming.length),
        ms(quantile(streaming, 0.5)),
        ms(quantile(streaming, 0.95)),
        ms(Math.max(...streaming)),
      ],
      [
        'ratio',
        '',
        ratio(quantile(streaming, 0.5), quantile(rest, 0.5)),
        ratio(quantile(streaming, 0.95), quantile(rest, 0.95)),
        '',
      ],
    ],
  );
});
