// Two browsers of one person: what is chosen in one holds in the other, at once and after signing in anew.
import { expect, test } from './fixtures';
import { choose, otherDevice } from './person';

test('what is chosen in one browser holds in the other', async ({ page, account, browser }) => {
  const look = (name: string) => page.locator(`html[data-theme="${name}"]`);
  await page.goto('/settings/appearance');
  const sent = await choose(page, 'Dark');
  await expect(look('dark')).toHaveCount(1);
  expect(sent).toContain('settings');
  expect(sent).not.toContain('dark');

  const other = await otherDevice(browser, account);
  await expect(other.page.locator('html[data-theme="dark"]')).toHaveCount(1);
  await choose(page, 'Light');
  await expect(other.page.locator('html[data-theme="light"]')).toHaveCount(1);
  await other.context.close();

  await choose(page, 'System');
});

test('of two tabs, the one that is left alone does not take back what was chosen in the other', async ({
  page,
}) => {
  const alone = await page.context().newPage();
  await alone.goto('/settings/language');
  await expect(alone.getByRole('heading', { name: 'Language', exact: true })).toBeVisible();
  await page.goto('/settings/language');
  for (const [name, heading] of [
    ['Deutsch', 'Sprache'],
    ['English', 'Language'],
  ] as const) {
    await choose(page, name);
    await expect(alone.getByRole('heading', { name: heading, exact: true })).toBeVisible();
    // As long as it takes to send what the other tab would make of it.
    await page.waitForTimeout(2_000);
    for (const tab of [page, alone])
      await expect(tab.getByRole('heading', { name: heading, exact: true })).toBeVisible();
  }
  await alone.close();
});
