// What JavaScript a browser fetches before the first screen stands, and what waits until it is wanted.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { test } from '../tests/fixtures';
import { answered, startChat, unique } from '../tests/person';
import { watchFor, whenAllAppeared, type Wanted } from './appearing';
import { kb, print } from './figures';

const WEB = join(dirname(fileURLToPath(import.meta.url)), '..');
const BUILD = join(WEB, 'build');
/** Which source a chunk was made for; there after a build, and only for names. */
const MANIFEST = join(WEB, '.svelte-kit/release/output/client/.vite/manifest.json');
const TARGET = 150 * 1024;
const SHOWN = 12;
/** Milliseconds without anything fetched, after which nothing more comes by itself. */
const QUIET = 4000;

const WELCOME: Wanted = { screen: ['h1', ''] };
const NEW_CHAT: Wanted = { screen: ['main textarea', ''] };
const CHAT: Wanted = { screen: ['[data-testid="answer"] .markdown', 'Gladly'] };

interface Fetched {
  first: string[];
  /** In spare time, once the screen stands. */
  later: string[];
}

/** Paths of the scripts that the page asked for, before and after what is wanted was on the screen. */
async function scriptsOf(page: Page, path: string, wanted: Wanted): Promise<Fetched> {
  await watchFor(page, wanted);
  await page.goto(path);
  const { screen } = await whenAllAppeared(page, wanted);
  await page.waitForFunction(
    (quiet) => performance.now() - performance.getEntriesByType('resource').at(-1)!.startTime > quiet,
    QUIET,
  );
  const asked = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name, startTime }) => ({ name, at: startTime })),
  );
  const scripts = asked.filter(({ name }) => name.endsWith('.js'));
  const paths = (some: typeof scripts) => [...new Set(some.map(({ name }) => new URL(name).pathname))];
  const first = paths(scripts.filter(({ at }) => at <= screen!));
  return { first, later: paths(scripts).filter((script) => !first.includes(script)) };
}

/** By path: what gzip makes of each script of the build. */
function built(): Map<string, number> {
  const files = readdirSync(BUILD, { recursive: true, encoding: 'utf8' });
  const scripts = files.filter((file) => file.endsWith('.js') && file !== 'service-worker.js');
  return new Map(scripts.map((file) => [`/${file}`, gzipSync(readFileSync(join(BUILD, file))).length]));
}

function sources(): Map<string, string> {
  if (!existsSync(MANIFEST)) return new Map();
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<
    string,
    { file: string; src?: string }
  >;
  const short = (src: string) => src.replace(/^.*(node_modules|lib|generated\/[^/]*)\//, '');
  return new Map(Object.values(manifest).map(({ file, src }) => [`/${file}`, short(src ?? '')]));
}

test('initial JavaScript', async ({ browser, baseURL, home, page }) => {
  await startChat(page, unique('Hello there'));
  await answered(page);
  const { pathname } = new URL(page.url());
  const stranger = await browser.newContext({ baseURL: baseURL!, serviceWorkers: 'block' });
  const own = [await home.open(), await home.open()] as const;
  const screens = {
    'welcome, signed out': await scriptsOf(await stranger.newPage(), '/', WELCOME),
    'new chat, signed in': await scriptsOf(own[0], '/', NEW_CHAT),
    'a chat, signed in': await scriptsOf(own[1], pathname, CHAT),
  };
  await stranger.close();
  for (const each of own) await home.close(each);
  const [sizes, names] = [built(), sources()];
  const total = (scripts: string[]) => scripts.reduce((sum, script) => sum + (sizes.get(script) ?? 0), 0);
  const largest = (scripts: Iterable<string>) =>
    [...scripts]
      .sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0))
      .slice(0, SHOWN)
      .map((script) => [script, names.get(script) ?? '', kb(sizes.get(script) ?? 0)]);
  print(
    `initial JavaScript, gzip; target ≤ ${kb(TARGET)}`,
    ['screen', 'files', 'before it stands', 'target', 'in spare time'],
    Object.entries(screens).map(([name, { first, later }]) => [
      name,
      String(first.length),
      kb(total(first)),
      total(first) <= TARGET ? 'met' : 'missed',
      kb(total(later)),
    ]),
  );
  print(
    'largest before a chat stands',
    ['file', 'made for', 'gzip'],
    largest(screens['a chat, signed in'].first),
  );
  const early = new Set(Object.values(screens).flatMap(({ first, later }) => [...first, ...later]));
  const wanted = [...sizes.keys()].filter((script) => !early.has(script));
  print('largest of what waits until it is wanted', ['file', 'made for', 'gzip'], largest(wanted));
});
