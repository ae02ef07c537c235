// From the password to open chats, against Argon2id alone in the same page.
import type { Page } from '@playwright/test';
import { test } from '../tests/fixtures';
import { composer } from '../tests/person';
import { putBesideApp } from './beside_app';
import { median, ms, print, quantile, ratio } from './figures';

const ROUNDS = 8;

declare global {
  var unlocked: Promise<number>;
}

async function unlock(page: Page, password: string): Promise<number> {
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
  await page.evaluate(() => {
    let began = 0;
    addEventListener('submit', () => (began = performance.now()), { capture: true, once: true });
    globalThis.unlocked = new Promise((resolve) => {
      const look = () => {
        if (!document.querySelector('main textarea')) return requestAnimationFrame(look);
        return requestAnimationFrame(() => resolve(performance.now() - began));
      };
      look();
    });
  });
  await page.keyboard.press('Enter');
  return page.evaluate(() => unlocked);
}

test('unlock', async ({ page, account }) => {
  await page.goto('/');
  await composer(page).waitFor();
  await putBesideApp(page);
  const bare: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.getByRole('button', { name: 'Lock', exact: true }).click();
    const one = await page.evaluate(() => besideApp.stretch());
    const other = await unlock(page, account.password);
    if (round === 0) continue; // both have loaded and compiled what they need
    bare.push(one);
    whole.push(other);
  }
  const row = (name: string, values: number[]) => [name, ms(median(values)), ms(quantile(values, 0.95))];
  print(
    `unlock, ${whole.length} times`,
    ['', 'median', 'slowest'],
    [
      row('from the password to open chats', whole),
      row('Argon2id alone, 64 MiB × 3', bare),
      ['ratio', ratio(median(whole), median(bare)), ratio(quantile(whole, 0.95), quantile(bare, 0.95))],
    ],
  );
});
