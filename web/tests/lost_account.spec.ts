// Everything is lost: a code by mail, a waiting time that whoever is signed in may stop, and then the end of the account.
import type { Browser, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { looked } from './looks';
import { signIn, signUp, type Account } from './person';

/** Where nobody is signed in. */
async function newcomer(browser: Browser, baseURL: string): Promise<Page> {
  const context = await browser.newContext({ baseURL, locale: 'en-GB' });
  context.setDefaultTimeout(20_000);
  return context.newPage();
}

/** As far as how it stands. */
async function ask(page: Page, email: string): Promise<void> {
  await page.goto('/login');
  await page.getByRole('link', { name: 'I have lost everything that opens my account' }).click();
  await expect(page.getByText('Have you tried everything?')).toBeVisible();
  await expect(page.getByLabel('E-mail')).toBeFocused();
  expect(await page.evaluate(() => scrollY), 'what is to be read first is in sight').toBe(0);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Send the code' }).click();
  const fillIn = page.getByRole('button', { name: 'Fill in the code' });
  await expect(fillIn).toBeVisible();
  await page.reload();
  await fillIn.click();
}

async function begin(page: Page, email: string): Promise<void> {
  await ask(page, email);
  await expect(page.getByText('All credits, bought ones too')).toBeVisible();
  await page.getByRole('button', { name: 'Begin the waiting time' }).click();
  await expect(page.getByText('The waiting time runs until')).toBeVisible();
}

/** A waiting time is 20 seconds here. Whoever comes then makes the last warnings go out, and waits some seconds more. */
async function finish(page: Page, account: Account): Promise<void> {
  await page.waitForTimeout(21_000);
  await ask(page, account.email);
  await expect(page.getByText('The waiting time runs until')).toBeVisible();
  await page.waitForTimeout(5000);
  await page.getByRole('button', { name: 'Look again' }).click();
  await expect(page.getByRole('heading', { name: 'The waiting time is over' })).toBeVisible();
  const erase = page.getByRole('button', { name: 'Erase the account for ever' });
  await page.getByLabel(/^Type .+ to confirm/).fill('someone@example.com');
  await erase.click();
  await expect(page.getByText('This is not the address you gave before.')).toBeVisible();
  await page.getByLabel(/^Type .+ to confirm/).fill(account.email);
  await erase.click();
  await expect(page.getByRole('heading', { name: 'The account is gone' })).toBeVisible();
}

test('an account whose every way in is lost ends after warnings, unless somebody gets in', async ({
  browser,
  baseURL,
}, info) => {
  test.slow(); // it waits out two times of waiting
  const [page, elsewhere, third] = [
    await newcomer(browser, baseURL!),
    await newcomer(browser, baseURL!),
    await newcomer(browser, baseURL!),
  ];
  const account = await signUp(page);

  await elsewhere.setViewportSize({ width: 320, height: 640 });
  await begin(elsewhere, account.email);
  await looked(elsewhere, 'lost-waiting', info);
  // Coming back to the page that was open all along is enough.
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByText('Somebody wants this account erased')).toBeVisible();
  await looked(page, 'lost-notice', info);
  await page.getByRole('button', { name: 'Stop it' }).click();
  await expect(page.getByText('Stopped. Your account stays as it is.')).toBeVisible();
  await expect(page.getByText('Somebody wants this account erased')).toHaveCount(0);
  await elsewhere.getByRole('button', { name: 'Look again' }).click();
  await looked(elsewhere, 'lost-standing', info);
  await elsewhere.getByRole('button', { name: 'Begin the waiting time' }).click();

  await signIn(third, account);
  await elsewhere.getByRole('button', { name: 'Look again' }).click();
  await elsewhere.getByRole('button', { name: 'Begin the waiting time' }).click();

  await finish(elsewhere, account);
  await looked(elsewhere, 'lost-gone', info);
  await elsewhere.getByRole('link', { name: 'See the receipt' }).click();
  await expect(elsewhere.getByText('Ways in, with their keys')).toBeVisible();
  await looked(elsewhere, 'receipt', info);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Please sign in again' })).toBeVisible();

  const anew = await newcomer(browser, baseURL!);
  const told = anew.getByText('This account starts without credits');
  await signUp(anew, async (step) => expect(told).toHaveCount(step === 'stay' ? 1 : 0), account.email);
});

test('an address without an account is told so by mail alone', async ({ browser, baseURL }, info) => {
  const page = await newcomer(browser, baseURL!);
  await page.goto('/lost');
  await expect(page.getByLabel('E-mail')).toBeVisible();
  await looked(page, 'lost', info);
  await page.getByLabel('E-mail').fill('nobody-at-all@example.com');
  await page.getByRole('button', { name: 'Send the code' }).click();
  await expect(page.getByText('If nobody-at-all@example.com has an account')).toBeVisible();
  await expect(page.getByText('The mail has no code')).toBeVisible();
});
