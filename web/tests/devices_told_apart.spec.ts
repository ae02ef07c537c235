// Two browsers of one person, told apart by their keys: the new one is asked about, shut out, and known again when it comes back.
import { expect, test } from './fixtures';
import { composer, otherDevice, signIn } from './person';

const asked = 'A new device signed in to your account';

test('a new browser is asked about, and shut out if it is nobody’s', async ({ page, browser, account }) => {
  await page.goto('/');
  await expect(composer(page)).toBeVisible();
  const other = await otherDevice(browser, account);

  await test.step('the question stands at once, and again after a reload', async () => {
    await expect(page.getByText(asked)).toBeVisible();
    await page.reload();
    await expect(page.getByText(asked)).toBeVisible();
    await expect(other.page.getByText(asked)).toBeHidden();
  });

  await test.step('not mine: it is signed out within seconds, and its line falls', async () => {
    await page.getByRole('button', { name: "This wasn't me" }).click();
    await expect(page.getByText(asked)).toBeHidden();
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
