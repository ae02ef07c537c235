// What Lighthouse measures, taken by script: how soon the welcome and a chat are there, how steady, and how accessible.
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { test } from '../tests/fixtures';
import { answered, startChat, unique } from '../tests/person';
import { watchFor, whenAllAppeared, type Wanted } from './appearing';
import { median, ms, print } from './figures';
import { accessibilityScore, DESKTOP, MOBILE, performanceScore, type Measures } from './scoring';
import { film } from './speed_index';

const RUNS = 3;
/** Milliseconds without a long task after which nothing more is expected, as in Lighthouse. */
const QUIET = 5000;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const WELCOME: Wanted = { screen: ['h1', ''] };
const CHAT: Wanted = { screen: ['[data-testid="answer"] table', 'light'] };

const CONDITIONS = [
  { name: 'desktop', size: { width: 1350, height: 940 }, slowdown: 1, touch: false, curves: DESKTOP },
  {
    name: 'mobile, CPU 4× slower',
    size: { width: 412, height: 823 },
    slowdown: 4,
    touch: true,
    curves: MOBILE,
  },
] as const;

interface Seen {
  firstPaint: number;
  largestPaint: number;
  shifts: { at: number; value: number }[];
  tasks: { at: number; until: number }[];
}

interface Accessible {
  score: number;
  broken: string[];
}

declare global {
  var seen: Seen;
}

async function observe(page: Page, wanted: Wanted): Promise<void> {
  await watchFor(page, wanted);
  await page.addInitScript(() => {
    globalThis.seen = { firstPaint: Number.NaN, largestPaint: Number.NaN, shifts: [], tasks: [] };
    const each = <Entry extends PerformanceEntry>(type: string, take: (entry: Entry) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => take(entry as Entry))).observe({
        type,
        buffered: true,
      });
    each('paint', ({ name, startTime }) => {
      if (name === 'first-contentful-paint') seen.firstPaint = startTime;
    });
    each('largest-contentful-paint', ({ startTime }) => (seen.largestPaint = startTime));
    each<PerformanceEntry & { value: number; hadRecentInput: boolean }>('layout-shift', (entry) => {
      if (!entry.hadRecentInput) seen.shifts.push({ at: entry.startTime, value: entry.value });
    });
    each('longtask', ({ startTime, duration }) =>
      seen.tasks.push({ at: startTime, until: startTime + duration }),
    );
  });
}

interface Visit {
  path: string;
  wanted: Wanted;
  slowdown: number;
  touch: boolean;
}

async function measure(
  browser: Browser,
  page: Page,
  { path, wanted, slowdown, touch }: Visit,
): Promise<Measures> {
  const session = await page.context().newCDPSession(page);
  await page.goto('about:blank');
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: touch });
  const filmed = await film(session);
  await page.goto(path);
  const { screen } = await whenAllAppeared(page, wanted);
  await page.waitForFunction(
    ([since, quiet]) => performance.now() - Math.max(since, seen.tasks.at(-1)?.until ?? 0) > quiet,
    [screen!, QUIET] as const,
    { timeout: 120_000 },
  );
  const { seen: found, origin } = await page.evaluate(() => ({ seen, origin: performance.timeOrigin }));
  const speedIndex = (await filmed.speedIndex(browser, origin)) ?? Number.NaN;
  await session.detach();
  return {
    firstPaint: found.firstPaint,
    speedIndex,
    largestPaint: found.largestPaint,
    blocking: blockingOf(found),
    shift: shiftOf(found),
  };
}

/** What of tasks since the first paint goes beyond 50 ms, in which no key is heard. */
function blockingOf({ tasks, firstPaint }: Seen): number {
  return tasks.reduce((sum, { at, until }) => sum + Math.max(0, until - Math.max(at, firstPaint) - 50), 0);
}

/** The worst burst: shifts less than a second apart, within five seconds. */
function shiftOf({ shifts }: Seen): number {
  let [worst, sum, began, last] = [0, 0, 0, -Infinity];
  for (const { at, value } of shifts) {
    if (at - last > 1000 || at - began > 5000) [sum, began] = [0, at];
    [sum, last] = [sum + value, at];
    worst = Math.max(worst, sum);
  }
  return worst;
}

async function accessibility(page: Page): Promise<Accessible> {
  const { passes, violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return { score: accessibilityScore(passes, violations), broken: violations.map(({ id }) => id) };
}

function medians(runs: readonly Measures[]): Measures {
  const of = (name: keyof Measures) => median(runs.map((run) => run[name]));
  return {
    firstPaint: of('firstPaint'),
    speedIndex: of('speedIndex'),
    largestPaint: of('largestPaint'),
    blocking: of('blocking'),
    shift: of('shift'),
  };
}

function row(name: string, measures: Measures, curves: typeof DESKTOP, accessible: Accessible): string[] {
  const { firstPaint, speedIndex, largestPaint, blocking, shift } = measures;
  const times = [firstPaint, speedIndex, largestPaint, blocking].map(ms);
  const scores = [performanceScore(measures, curves), accessible.score].map((score) => score.toFixed(0));
  return [name, ...times, shift.toFixed(3), ...scores, accessible.broken.join(' ')];
}

test('vitals', async ({ browser, baseURL, page: own }) => {
  const rows: string[][] = [];
  await startChat(own, unique('Show me markdown'));
  await answered(own);
  const chat = own.url();
  await observe(own, CHAT);
  for (const { name, size, slowdown, touch, curves } of CONDITIONS) {
    const welcome: Measures[] = [];
    const again: Measures[] = [];
    const accessible: Accessible[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const context = await browser.newContext({ baseURL: baseURL!, viewport: size });
      const page = await context.newPage();
      await observe(page, WELCOME);
      welcome.push(await measure(browser, page, { path: '/', wanted: WELCOME, slowdown, touch }));
      if (run === 0) accessible.push(await accessibility(page));
      await context.close();

      await own.setViewportSize(size);
      again.push(await measure(browser, own, { path: chat, wanted: CHAT, slowdown, touch }));
      if (run === 0) accessible.push(await accessibility(own));
    }
    rows.push(row(`welcome, first visit, ${name}`, medians(welcome), curves, accessible[0]!));
    rows.push(row(`a chat, signed in, ${name}`, medians(again), curves, accessible[1]!));
  }
  print(
    `Lighthouse's measures, medians of ${RUNS} runs, network not throttled; target ≥ 95`,
    ['page', 'FCP', 'SI', 'LCP', 'TBT', 'CLS', 'performance', 'accessibility', ''],
    rows,
  );
});
