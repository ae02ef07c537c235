// What people and models get wrong: each is told plainly, costs nothing it should not, and loses nobody's words.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { answered, answers, composer, said, send, signIn, startChat, unique } from './person';

const EMOJI_AND_ARABIC = 'مرحبا بالعالم 👩‍👩‍👧‍👦🏳️‍🌈, שלום';

/** What is left to spend, as the settings say it. */
async function credits(page: Page): Promise<string> {
  await page.goto('/settings/usage');
  const available = page.locator('dl div').filter({ hasText: 'Available' }).locator('dd');
  await expect(available).toHaveText(/\d+ credits/);
  return available.innerText();
}

function notice(page: Page, title: string): Locator {
  return said(page).getByText(title, { exact: true });
}

test('a page whose first parts do not all arrive is loaded once more', async ({ browser }) => {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  let asked = 0;
  await page.route(/\/_app\/immutable\/nodes\/(?![01]\.)/, async (route) => {
    asked += 1;
    await (asked === 1 ? route.abort() : route.continue());
  });
  await page.goto('/login');
  await expect(page.getByLabel('E-mail')).toBeVisible();
  expect(asked).toBeGreaterThan(1);
  await context.close();
});

test.describe('signing in', () => {
  let page: Page;
  test.beforeEach(async ({ browser, account }) => {
    page = await (await browser.newContext()).newPage();
    await page.goto('/login');
    await page.getByLabel('E-mail').fill(account.email);
  });
  test.afterEach(() => page.context().close());

  test('a wrong password is refused, and the right one taken after it; then a wrong code', async ({
    account,
  }) => {
    const password = page.getByRole('textbox', { name: 'Password', exact: true });
    await password.fill('five calm herons wade');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText("E-mail and password don't match.")).toBeVisible();
    await expect(page.getByText('Check both, or use your recovery key.')).toBeVisible();
    await expect(page.getByLabel('E-mail')).toHaveValue(account.email);

    await password.fill(account.password);
    await page.getByRole('button', { name: 'Continue' }).click();
    const code = page.getByLabel('Code from the authenticator');
    await code.fill('000000');
    await expect(page.getByText("This code isn't right, or was used already.")).toBeVisible();
    await expect(code).toHaveAttribute('aria-invalid', 'true');
    await expect(composer(page)).toBeHidden();
  });

  test('a recovery key with a typing mistake is told from one that is right, whatever white space is in it', async ({
    account,
  }) => {
    await page.getByRole('button', { name: 'Lost your password?' }).click();
    const key = page.getByLabel('Recovery key');
    const swapped = account.recoveryKey.at(-1) === '7' ? '8' : '7';
    await key.fill(account.recoveryKey.slice(0, -1) + swapped);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('This recovery key has a typing mistake.')).toBeVisible();
    await key.fill(account.recoveryKey.replaceAll('-', '\n'));
    await key.press('Enter');
    await expect(page.getByLabel('Code from the authenticator')).toBeVisible();
  });
});

test('a clock that is off is told of before a code is typed, and spoils no chat', async ({
  browser,
  account,
}) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.clock.install({ time: Date.now() + 3 * 86_400_000 });
  await page.goto('/login');
  const told = page.getByRole('status').filter({ hasText: 'The clock of this device is 3 days fast' });
  await expect(told).toContainText('Codes of an authenticator on this device won’t be taken');
  await signIn(page, account);
  await expect(told).toBeVisible();
  await startChat(page, unique('Of the day after tomorrow'));
  await answered(page);
  await told.getByRole('button', { name: 'Dismiss' }).click();
  await send(page, unique('And one more'));
  await expect(answers(page)).toHaveCount(2);
  await answered(page);
  await expect(told).toHaveCount(0);
  await context.close();
});

test('100 KB in the input stay there; it says how much too long they are, and sends a part', async ({
  page,
}) => {
  const word = 'herring ';
  const pasted = word.repeat(12_800).trim();
  await page.goto('/');
  await composer(page).fill(pasted);
  const over = (pasted.length - 24_000).toLocaleString('en-GB');
  await expect(page.getByText(`${over} characters too long.`)).toBeVisible();
  await expect(page.getByRole('button', { name: `${over} characters too long` })).toBeDisabled();
  await composer(page).press('Enter');
  await expect(composer(page)).toHaveValue(pasted);

  await page.getByRole('button', { name: 'Send the first part of 5' }).click();
  await expect(page).toHaveURL(/\/chat\//);
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
  await expect(composer(page)).toHaveValue(/^herring [\s\S]*herring$/);
  const left = (await composer(page).inputValue()).length;
  expect(left).toBeGreaterThan(pasted.length - 24_001);
  expect(left).toBeLessThan(pasted.length);
});

test('right-to-left text and emoji arrive whole and read from the right', async ({ page }) => {
  const text = unique(EMOJI_AND_ARABIC);
  await startChat(page, text);
  await answered(page);
  await page.reload();
  const message = said(page).locator('[dir=auto]').filter({ hasText: text });
  await expect(message).toHaveCount(1);
  expect(await message.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
});

test('what could hurt someone is refused humanely and costs nothing', async ({ page }) => {
  const before = await credits(page);
  await startChat(page, unique('Something harmful'));
  await expect(notice(page, 'Not answered')).toBeVisible();
  await expect(said(page)).toContainText('please call your local emergency number');
  await expect(said(page)).toContainText('Nothing was charged');
  await page.getByRole('button', { name: 'Word it differently' }).click();
  await expect(page.getByRole('textbox', { name: 'Your message, changed' })).toHaveValue(/Something harmful/);
  expect(await credits(page)).toBe(before);
});

test('a model that cannot be reached is told so, costs nothing, and can be asked again', async ({ page }) => {
  const before = await credits(page);
  const text = unique('Somebody unavailable');
  await startChat(page, text);
  await expect(notice(page, 'No answer came')).toBeVisible();
  await expect(said(page)).toContainText('Nothing was charged');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible();
  await expect(notice(page, 'No answer came')).toBeVisible();
  expect(await credits(page)).toBe(before);
});

test('an answer that must not stay is taken back', async ({ page }) => {
  await startChat(page, unique('To withhold'));
  await expect(notice(page, 'This answer was taken back')).toBeVisible();
  await expect(answers(page)).toHaveCount(0);
  await page.reload();
  await expect(notice(page, 'This answer was taken back')).toBeVisible();
  await expect(answers(page)).toHaveCount(0);
});

test('an answer that could be misused stays, with a word of caution', async ({ page }) => {
  await startChat(page, unique('Something dubious'));
  await answered(page);
  await expect(answers(page)).toContainText('Gladly: here is an answer.');
  await expect(answers(page)).toContainText('Parts of this could be misused.');
});

test('an answer cut off in the middle is not left half', async ({ page }) => {
  await startChat(page, unique('To be cut short'));
  await expect(notice(page, 'No answer came')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
});

test('an empty message is not sent', async ({ page }) => {
  await page.goto('/');
  await composer(page).fill('  \n ');
  await expect(page.getByRole('button', { name: 'Write something first' })).toBeDisabled();
  await composer(page).press('Enter');
  await expect(page).toHaveURL('/');
  await send(page, unique('Now with words'));
  await expect(answers(page)).toHaveCount(1);
});
