// Puts `in_page.ts` beside the built app in its page, made of the app's own modules; nothing of it is ever shipped.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { build, type Rolldown } from 'vite';
import type * as InPage from './in_page';

const HERE = dirname(fileURLToPath(import.meta.url));

declare global {
  var besideApp: typeof InPage;
}

let made: Promise<string> | null = null;

/** Until the page is left; then it is to be put there again. */
export async function putBesideApp(page: Page): Promise<void> {
  await page.evaluate(await (made ??= bundle()));
}

async function bundle(): Promise<string> {
  const outputs = (await build({
    configFile: false,
    root: join(HERE, '..'),
    publicDir: false,
    logLevel: 'error',
    resolve: { alias: { $lib: join(HERE, '../src/lib') } },
    worker: { format: 'es' },
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: join(HERE, 'in_page.ts'), formats: ['iife'], name: 'inPage' },
    },
  })) as Rolldown.RolldownOutput[];
  const code = outputs[0]?.output[0].code;
  if (!code) throw new Error('nothing was bundled');
  return `${code}\n;globalThis.besideApp = inPage; undefined`;
}
