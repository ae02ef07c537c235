// A new browser signs in with the help of one that is signed in: by link, by typed code, refused, and after another came first.
import type { Browser, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { looked } from './looks';
import { answered, answers, chatShown, composer, rowOf, said, startChat, unique, prove } from './person';

async function invite(page: Page): Promise<string> {
  await page.goto('/settings/account');
  await page.getByRole('button', { name: 'Add a device' }).click();
  await expect(page.getByRole('img', { name: 'QR code with the link for the new device' })).toBeVisible();
  return page.getByTestId('pairing-code').innerText();
}

async function freshPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  return context.newPage();
}

const codeAt = (page: Page) => page.getByTestId('compare-code').innerText();

test('a link from the one opens the other, once the codes were compared and the proof was given', async ({
  browser,
  home,
}, info) => {
  const page = await home.open();
  const text = unique('Said before the other browser came');
  await startChat(page, text);
  await answered(page);
  const chat = chatShown(page);
  const code = await invite(page);
  await looked(page, 'pairing-code', info);

  const other = await freshPage(browser);
  await other.goto(`/login#pair=${code}`);
  await expect(other.getByLabel('Code from the other device')).toHaveValue(code);
  expect(new URL(other.url()).hash).toBe('');
  await looked(other, 'pairing-typed', info);
  await other.getByRole('button', { name: 'Continue' }).click();

  await expect(page.getByTestId('compare-code')).toBeVisible();
  await expect(other.getByTestId('compare-code')).toBeVisible();
  expect(await codeAt(other)).toBe(await codeAt(page));
  await looked(page, 'pairing-compare-there', info);
  await looked(other, 'pairing-compare-here', info);
  await page.getByRole('button', { name: 'Yes, the same code' }).click();
  await prove(page, home.account);
  await expect(other.getByText(`You are signed in as ${home.account.email}.`)).toBeVisible();
  await looked(other, 'pairing-arrived', info);
  await other.getByRole('button', { name: 'Yes, stay signed in' }).click();
  await expect(composer(other)).toBeVisible();
  await rowOf(other, chat).click();
  await expect(answers(other)).toHaveCount(1);
  await expect(said(other).getByText(text)).toBeVisible();

  await expect(page.getByText(/was added\.$/)).toBeVisible();
  await looked(page, 'pairing-added', info);
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await expect(page.getByText(/^Chromium on|^Chrome on/)).toHaveCount(2);

  // It opens by the account's own ways from now on.
  await other.goto('/settings/account');
  await other.getByRole('button', { name: 'Lock', exact: true }).first().click();
  await other.getByRole('textbox', { name: 'Password', exact: true }).fill(home.account.password);
  await other.getByRole('button', { name: 'Unlock' }).click();
  await expect(other.getByRole('heading', { name: 'Devices' })).toBeVisible();
  await other.context().close();
  await home.close(page);
});

test('a code that is refused opens nothing, and one that was used by another says so', async ({
  browser,
  home,
}, info) => {
  const page = await home.open();
  const code = await invite(page);
  const [thief, other] = [await freshPage(browser), await freshPage(browser)];
  await thief.goto('/login');
  await thief.getByRole('button', { name: 'With another device' }).click();
  await thief.getByLabel('Code from the other device').fill('2222-3333-4444-5555');
  await thief.getByRole('button', { name: 'Continue' }).click();
  await expect(thief.getByText('Compare it with what the device that is signed in shows')).toBeVisible();
  await expect(thief.getByLabel('Code from the other device')).toBeFocused();
  await expect(thief.getByLabel('Code from the other device')).toHaveValue('2222-3333-4444-5555');
  for (const each of [thief, other]) {
    await each.goto('/login');
    await each.getByRole('button', { name: 'With another device' }).click();
    await each.getByLabel('Code from the other device').fill(code.toLowerCase());
    await each.getByRole('button', { name: 'Continue' }).click();
    if (each === thief) await expect(thief.getByTestId('compare-code')).toBeVisible();
  }
  await expect(other.getByText('Another device has used this code already.')).toBeVisible();
  await page.getByRole('button', { name: 'No, it differs' }).click();
  await expect(page.getByText('No device was added.')).toBeVisible();
  await looked(page, 'pairing-refused', info);
  await expect(
    thief.getByText('This code for adding a device is not known, or good no longer.'),
  ).toBeVisible();
  await expect(composer(thief)).toHaveCount(0);
  await thief.context().close();
  await other.context().close();
  await home.close(page);
});
