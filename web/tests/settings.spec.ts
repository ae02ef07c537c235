// The settings do what they say: they stay, speak German, show devices and bookings, and end an account for good.
import { expect, test } from './fixtures';
import { answered, choose, composer, otherDevice, signUp, startChat, unique } from './person';
import { totp } from './totp';

test('dark stays dark', async ({ page }) => {
  await page.goto('/settings/appearance');
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await choose(page, 'Dark');
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  await expect.poll(paper).not.toBe(light);
  const dark = await paper();
  await page.reload();
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  expect(await paper()).toBe(dark);
  await choose(page, 'System');
  await expect.poll(paper).toBe(light);
});

test('larger text stays larger', async ({ page }) => {
  await page.goto('/settings/appearance');
  const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const normal = await size();
  await choose(page, 'Largest');
  await expect.poll(size).toBeGreaterThan(normal);
  await page.reload();
  await expect(page.getByRole('radio', { name: 'Largest' })).toBeChecked();
  expect(await size()).toBeGreaterThan(normal);
  await choose(page, 'Normal');
  await expect.poll(size).toBe(normal);
});

test('German from the next word on, and after a reload', async ({ page }) => {
  await page.goto('/settings/language');
  await choose(page, 'Deutsch');
  await expect(page.getByRole('navigation', { name: 'Bereiche der Einstellungen' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.reload();
  await page.getByRole('link', { name: 'Konto', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Angemeldete Geräte' })).toBeVisible();
  await page.locator('a[href="/"]', { hasText: 'Neuer Chat' }).click();
  await expect(page.getByRole('textbox', { name: 'Nachricht', exact: true })).toBeVisible();
  await page.goto('/settings/language');
  await choose(page, 'English');
  await expect(page.getByRole('heading', { name: 'Language', exact: true })).toBeVisible();
});

test('another device is listed, and ending its session signs it out', async ({ page, browser, account }) => {
  const other = await otherDevice(browser, account);
  await page.goto('/settings/account');
  const devices = page.getByRole('region', { name: 'Signed-in devices' });
  await expect(devices.getByRole('listitem').filter({ hasText: 'This device' })).toHaveCount(1);
  const newest = devices.getByRole('button', { name: /^End the session of/ }).first();
  await newest.click();
  await expect(page.getByText(/^The session of .+ is over\.$/)).toBeVisible();

  const signIn = other.page.getByRole('dialog', { name: 'Please sign in again' });
  await expect(signIn).toBeVisible();
  // What was written there can't be read behind it.
  const behind = await signIn.evaluate((dialog) => getComputedStyle(dialog, '::backdrop').backgroundColor);
  expect(behind, 'without alpha').toMatch(/^(rgb|lab|oklch)\([^/]+\)$/);
  // Nor after the page is opened anew.
  await other.page.goto('/settings/account');
  await expect(other.page.getByRole('heading', { name: 'Please sign in again', level: 1 })).toBeVisible();
  await page.reload();
  await expect(devices).toBeVisible();
  await other.context.close();
});

test('the bookings show what was received and what each answer took', async ({ page }) => {
  await startChat(page, unique('To be booked'));
  await answered(page);
  await page.goto('/settings/usage');
  const bookings = page.getByRole('region', { name: 'Bookings' });
  const rows = bookings.getByRole('row');
  await expect(rows.nth(1)).toContainText('Answer, scripted');
  await expect(rows.nth(1)).toContainText(/-\d|−\d/);
  const more = bookings.getByRole('button', { name: 'Show older' });
  while (await more.isVisible()) await more.click();
  await expect(rows.filter({ hasText: 'Credits received' })).toContainText('+1,000');
});

test('an account is erased, after proof that it is its owner who wants it', async ({ browser }) => {
  test.slow();
  const context = await browser.newContext();
  const page = await context.newPage();
  const account = await signUp(page);
  await page.goto('/settings/erase');
  const erase = page.getByRole('button', { name: 'Erase account for ever' });
  await page.getByLabel(/^Type .+ to confirm/).fill('someone@example.com');
  await erase.click();
  await expect(page.getByText('This is not the e-mail of this account.')).toBeVisible();

  await page.getByLabel(/^Type .+ to confirm/).fill(account.email);
  await erase.click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  // The code of this half minute was used for signing up.
  await dialog.getByLabel('Code from the authenticator').fill(totp(account.secret, Date.now() + 30_000));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  // How far it is, told to who has the id; the receipt follows in some minutes.
  await expect(page.getByRole('heading', { name: 'Your account is being erased' })).toBeVisible();
  await expect(page.getByRole('definition').first()).toHaveText(/\d/);
  await expect(page.getByRole('link', { name: 'Create your account' })).toBeVisible();

  await page.goto('/login');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText("E-mail and password don't match.")).toBeVisible();
  await expect(composer(page)).toBeHidden();
  await context.close();
});
