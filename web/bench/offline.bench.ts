// Opening the app without a network: a thousand chats of twenty messages against none.
import type { Page } from '@playwright/test';
import { test } from '../tests/fixtures';
import { watchFor, whenAllAppeared, type Wanted } from './appearing';
import { putBesideApp } from './beside_app';
import { ms, print, quantile, ratio } from './figures';

const CHATS = 1000;
const TURNS = 20;
const OPENINGS = 20;

const FULL: Wanted = {
  list: ['nav a[href^="/chat/"]', 'the sea'],
  readable: ['[data-testid="answer"]', `Answer ${TURNS} of ${TURNS}.`],
};
/** As far as an empty account has something for either. */
const EMPTY: Wanted = { list: ['nav p', 'No chats yet'], readable: ['main h1', 'on your mind'] };

interface Openings {
  list: number[];
  readable: number[];
}

async function refill(page: Page, chats: number): Promise<string> {
  await putBesideApp(page);
  return page.evaluate(([count, turns]) => besideApp.fill(count, turns), [chats, TURNS] as const);
}

async function openings(page: Page, path: string, wanted: Wanted): Promise<Openings> {
  const taken: Openings = { list: [], readable: [] };
  await watchFor(page, wanted);
  for (let opening = 0; opening <= OPENINGS; opening += 1) {
    await page.goto('about:blank');
    await page.goto(path);
    const { list, readable } = await whenAllAppeared(page, wanted);
    if (opening === 0) continue; // the browser's own caches are cold
    taken.list.push(list!);
    taken.readable.push(readable!);
  }
  return taken;
}

function row(name: string, values: number[], empty: number[]): string[] {
  const both = [0.5, 0.95].map((share) => [quantile(values, share), quantile(empty, share)] as const);
  return [name, ...both.flatMap(([value, of]) => [ms(value), ms(of), ratio(value, of)])];
}

test('offline open', async ({ page, home }) => {
  await page.goto('/');
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const context = page.context();
  await context.setOffline(true);
  await refill(page, 0);
  const empty = await home.open();
  const none = await openings(empty, '/', EMPTY);
  await home.close(empty);
  const newest = await refill(page, CHATS);
  const full = await home.open();
  const all = await openings(full, `/chat/${newest}`, FULL);
  await home.close(full);
  await refill(page, 0);
  await context.setOffline(false);
  print(
    `offline open, ${CHATS} chats × ${TURNS} messages with their answers, ${OPENINGS} openings`,
    ['from navigation to', 'p50', 'empty', 'ratio', 'p95', 'empty', 'ratio'],
    [
      row('side bar shows chats', all.list, none.list),
      row('last chat readable', all.readable, none.readable),
    ],
  );
});
