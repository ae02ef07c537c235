// Two browsers of one person, told apart by their keys: the new one is asked about, shut out, and known again when it comes back.
import { expect, test } from './fixtures';
import { looked } from './looks';
import {
  answered,
  answers,
  chatShown,
  choose,
  composer,
  otherDevice,
  prove,
  rowOf,
  said,
  saveRecoveryKey,
  send,
  signIn,
  startChat,
  unique,
} from './person';

const asked = 'A new device signed in to your account';

test('a new browser is asked about, and shut out if it is nobody’s', async ({
  page,
  browser,
  account,
}, info) => {
  await page.goto('/');
  await expect(composer(page)).toBeVisible();
  const other = await otherDevice(browser, account);

  await test.step('the question stands at once, and again after a reload', async () => {
    await expect(page.getByText(asked)).toBeVisible();
    await page.reload();
    await expect(page.getByText(asked)).toBeVisible();
    await expect(other.page.getByText(asked)).toBeHidden();
    await looked(page, 'new-device', info);
  });

  await test.step('not mine: it is signed out within seconds, and its line falls', async () => {
    await page.getByRole('button', { name: "This wasn't me" }).click();
    await expect(page.getByText(asked)).toBeHidden();
    await expect(page.getByRole('dialog', { name: 'Is it you?' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(other.page.getByRole('dialog')).toBeVisible({ timeout: 30_000 });
    await expect(page).toHaveURL(/\/settings\/account/);
  });

  await test.step('it is new again when it comes back; mine: it is asked about no more', async () => {
    await other.context.clearCookies();
    await other.page.evaluate(() =>
      indexedDB.databases().then((all) => all.map(({ name }) => indexedDB.deleteDatabase(name!))),
    );
    await signIn(other.page, account);
    await expect(page.getByText(asked)).toBeVisible();
    await page.getByRole('button', { name: 'That was me' }).click();
    await expect(page.getByText(asked)).toBeHidden();
    await page.reload();
    await expect(composer(page).or(page.getByRole('heading', { name: 'Signed-in devices' }))).toBeVisible();
    await expect(page.getByText(asked)).toBeHidden();
  });

  await test.step('all others are signed out by one press', async () => {
    await page.goto('/settings/account');
    await page.getByRole('button', { name: 'Sign out all others' }).scrollIntoViewIfNeeded();
    await looked(page, 'devices', info);
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    await expect(page.getByText('All other devices are signed out.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Sign out all others' })).toBeHidden();
    await expect(other.page.getByRole('dialog')).toBeVisible({ timeout: 30_000 });
  });
  await other.context.close();
});

test('a cookie that was copied opens no line and is not renewed', async ({ page, browser }) => {
  await page.goto('/');
  await expect(composer(page)).toBeVisible();
  const cookies = await page.context().cookies();
  const thief = await browser.newContext();
  await thief.addCookies(cookies);
  const origin = new URL(page.url()).origin;
  for (const path of ['/api/auth/ticket', '/api/auth/session/rotate']) {
    const reply = await thief.request.post(`${origin}${path}`, { headers: { origin } });
    expect(((await reply.json()) as { code: string }).code).toBe('device_proof_needed');
  }
  await thief.close();
});

test('after a stranger the account is secured: everything that opened it is new, and every chat stays', async ({
  page,
  browser,
  account,
}, info) => {
  const text = unique('Said before the stranger came');
  await page.goto('/settings/appearance');
  await choose(page, 'Dark');
  await startChat(page, text);
  await answered(page);
  const chat = chatShown(page);
  const before = await otherDevice(browser, account);
  const stranger = await otherDevice(browser, account);
  const password = 'two slow ferries at dawn';

  await test.step('not mine leads on to securing, after a proof', async () => {
    await page.getByRole('button', { name: "This wasn't me" }).click();
    await prove(page, account);
    await expect(page.getByRole('heading', { name: 'Secure your account' })).toBeVisible();
    // What stands behind says so, too.
    await expect(page.locator('#content li').filter({ hasText: 'This device' })).toHaveCount(1);
    await expect(page.locator('#content').getByText('End session', { exact: true })).toHaveCount(0);
    await looked(page, 'secure-password', info);
  });

  await test.step('a reload in the middle of it doesn’t pass for done', async () => {
    await page.reload();
    const notice = page.getByRole('status').filter({ hasText: "Your account isn't secured yet" });
    await expect(notice).toContainText('nothing has been replaced');
    await looked(page, 'secure-broken-off', info);
    await notice.getByRole('button', { name: 'Secure the account' }).click();
    await prove(page, account);
    await expect(page.getByRole('heading', { name: 'Secure your account' })).toBeVisible();
    await expect(notice).toHaveCount(0);
    await expect(page.getByText(asked)).toBeVisible();
  });

  await test.step('a new password and a new recovery key, which must be saved first', async () => {
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: /password/i }).fill(password);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await saveRecoveryKey(page);
    await expect(page.getByTestId('backup-codes')).toBeVisible({ timeout: 60_000 });
    await looked(page, 'secure-codes', info);
    account.password = password;
    account.backupCodes.splice(0);
    account.backupCodes.push(...(await page.getByTestId('backup-codes').locator('code').allInnerTexts()));
    await page.getByRole('button', { name: 'I have saved them' }).click();
  });

  await test.step('what is over is asked about no more', async () => {
    await expect(page.getByText(asked)).toBeHidden();
    await page.reload();
    await expect(rowOf(page, chat)).toBeVisible();
    await expect(page.getByText(asked)).toBeHidden();
    await expect(page.getByText(/isn't secured yet|codes are still missing/)).toBeHidden();
  });

  await test.step('this browser goes on, with what was said and what is said now', async () => {
    await rowOf(page, chat).click();
    await expect(said(page).getByText(text)).toBeVisible();
    await send(page, unique('Said after'));
    await expect(answers(page)).toHaveCount(2);
    await answered(page);
  });

  await test.step('another browser signs in with what is new, and reads both', async () => {
    const other = await otherDevice(browser, account);
    await rowOf(other.page, chat).click();
    await expect(said(other.page).getByText(text)).toBeVisible();
    await expect(answers(other.page)).toHaveCount(2);
    await expect(other.page.locator('html[data-theme="dark"]')).toHaveCount(1);
    await page.goto('/settings/appearance');
    await choose(page, 'Light');
    await expect(other.page.locator('html[data-theme="light"]')).toHaveCount(1);
    await other.context.close();
  });
  await stranger.context.close();
  await before.context.close();
});
