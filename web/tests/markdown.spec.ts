// A rich and hostile answer: drawn in full where it is harmless, shown as text where it is not, and nobody is told who reads it.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { answered, answers, startChat, unique } from './person';

/** Asks for the answer with a table, code, a formula, a tracker, HTML and a link that runs code. */
async function rich(page: Page) {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await startChat(page, unique('Something in markdown'));
  await answered(page);
  return { answer: answers(page).last(), asked };
}

test('headings, a table, code and formulas are drawn', async ({ page }) => {
  const { answer } = await rich(page);
  await expect(answer.getByRole('heading', { name: 'Waves' })).toBeVisible();
  await expect(answer.getByRole('row')).toHaveCount(3);
  await expect(answer.getByRole('columnheader')).toHaveText(['wave', 'speed']);
  await expect(answer.getByRole('row').nth(2).getByRole('cell')).toHaveText(['light', '299 792 458 m/s']);
  await expect(answer.locator('em')).toHaveText('length');
  await expect(answer.locator('strong').filter({ hasText: 'speed' })).toBeVisible();
  await expect(answer.locator('math')).toHaveCount(3);
  await expect(answer.locator('math').first()).toContainText('λ');
  const code = answer.getByRole('group', { name: 'python, code' });
  await expect(code).toContainText('return length * frequency');
  await expect(code.locator('.keyword').first()).toHaveText('def');
});

test('code is copied as it was written', async ({ page }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const { answer } = await rich(page);
  await answer.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(answer.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe('def speed(length: float, frequency: float) -> float:\n    return length * frequency');
});

test('nothing in it is loaded, run, or takes the page over', async ({ page, baseURL }) => {
  const { answer, asked } = await rich(page);
  const title = await page.title();
  await expect(answer).toContainText(`<img src=x onerror="document.title='broken'">`);
  await expect(answer.getByText('click')).toBeVisible();
  await expect(answer.locator('img')).toHaveCount(0);
  await expect(answer.locator('a[href^="javascript:" i]')).toHaveCount(0);
  await answer.getByText('click').click();
  await page.reload();
  await expect(answer.getByRole('heading', { name: 'Waves' })).toBeVisible();

  expect(title).toMatch(/ · Sealmate$/);
  await expect(page).toHaveTitle(title);
  const own = new URL(baseURL!).host;
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((url) => /^(https?|wss?):/.test(url) && new URL(url).host !== own)).toEqual([]);
});

test('links say where they lead, and a picture is one of them', async ({ page }) => {
  const { answer } = await rich(page);
  const sea = answer.getByRole('link', { name: 'the sea' });
  await expect(sea).toHaveAttribute('href', 'https://example.org/sea');
  await expect(sea).toHaveAttribute('rel', /noopener.*noreferrer/);
  await expect(answer).toContainText('(example.org)');
  const picture = answer.getByRole('link', { name: 'Picture, not loaded: a tracker' });
  await expect(picture).toContainText('evil.example');
  await expect(picture).toHaveAttribute('href', 'https://evil.example/pixel.png?data=secret');
});
