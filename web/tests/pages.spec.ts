// Every page, drawn in light, dark and on a small phone: nobody is kept out, nothing sticks out, nothing complains.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { looked } from './looks';
import { answered, answers, composer, chatShown, rowOf, said, signUp, startChat, unique } from './person';

// The longest file by far: both workers take of it.
test.describe.configure({ mode: 'parallel' });

/** Goes there, and waits until the side bar has loaded too. */
async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('link', { name: /\d credits?$/ })).toBeVisible();
  await expect(page.getByRole('status', { name: 'Loading chats' })).toHaveCount(0);
}

/** What the browser's console calls an error while the page is looked at. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const { url } = message.location();
    if (message.type() === 'error') complaints.push(`${message.text()} (${url})`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

test.describe('signed out', () => {
  let page: Page;
  let complaints: string[];
  test.beforeEach(async ({ browser }) => {
    page = await (await browser.newContext()).newPage();
    complaints = complaintsOf(page);
  });
  test.afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  test('the welcome', async ({}, info) => {
    await page.goto('/');
    await expect(page.getByRole('link', { name: 'Create an account' })).toBeVisible();
    await looked(page, 'welcome', info);
  });

  test('signing up, step by step', async ({}, info) => {
    test.slow();
    await signUp(page, (step) => looked(page, `signup-${step}`, info));
  });

  test('signing in: password, recovery key, code, backup code', async ({ account }, info) => {
    await page.goto('/login');
    await expect(page.getByLabel('E-mail')).toBeVisible();
    await looked(page, 'login', info);
    await page.getByRole('button', { name: 'Lost your password?' }).click();
    await looked(page, 'login-recovery', info);
    await page.getByRole('button', { name: 'Use the password after all' }).click();
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByLabel('Code from the authenticator')).toBeVisible();
    await looked(page, 'login-code', info);
    await page.getByRole('button', { name: 'Use a backup code' }).click();
    await looked(page, 'login-backup-code', info);
  });
});

test.describe('signed in', () => {
  let complaints: string[];
  test.beforeEach(({ page }) => {
    complaints = complaintsOf(page);
  });
  test.afterEach(() => {
    expect(complaints).toEqual([]);
  });

  test('a new chat, and a mate to begin with', async ({ page }, info) => {
    await visit(page, '/');
    await expect(composer(page)).toBeVisible();
    await looked(page, 'new-chat', info);
    await page.getByRole('button', { name: 'Nuo', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Why is the sky blue?' })).toBeVisible();
    await looked(page, 'new-chat-mate', info);
  });

  test('a temporary chat', async ({ page }, info) => {
    await visit(page, '/?temporary');
    await expect(page.getByText('Temporary chat: nothing is stored')).toBeVisible();
    await looked(page, 'temporary-chat', info);
  });

  test('a chat with everything an answer can hold', async ({ page }, info) => {
    await startChat(page, unique('A wave in markdown, please'));
    await answered(page);
    await expect(page.getByRole('list', { name: 'Ideas for what to ask next' })).toBeVisible();
    await page.getByRole('button', { name: 'What this answer cost' }).click();
    await looked(page, 'chat', info);
    await answers(page).last().scrollIntoViewIfNeeded();
    await page.getByRole('heading', { name: 'Waves' }).scrollIntoViewIfNeeded();
    await looked(page, 'chat-top', info);
  });

  test('a chat that was refused, one that failed, one taken back', async ({ page }, info) => {
    await startChat(page, unique('Something harmful'));
    await expect(said(page).getByText('Not answered', { exact: true })).toBeVisible();
    await looked(page, 'chat-refused', info);
    await startChat(page, unique('Somebody unavailable'));
    await expect(said(page).getByText('No answer came', { exact: true })).toBeVisible();
    await looked(page, 'chat-failed', info);
    await startChat(page, unique('To withhold'));
    await expect(said(page).getByText('This answer was taken back', { exact: true })).toBeVisible();
    await looked(page, 'chat-withheld', info);
  });

  test('the side bar: as a drawer, with a menu, searching', async ({ page }, info) => {
    await startChat(page, unique('For the side bar'));
    await answered(page);
    await rowOf(page, chatShown(page)).click({ button: 'right' });
    await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeVisible();
    await looked(page, 'side-bar-menu', info, { only: 'light' });
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Search chats' }).fill('gladly');
    await expect(
      page.getByRole('region', { name: 'Search results' }).getByRole('link').first(),
    ).toBeVisible();
    await looked(page, 'side-bar-search', info, { only: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('button', { name: 'Open side bar' }).click();
    await expect(page.getByRole('dialog', { name: 'Chats' })).toBeVisible();
    await looked(page, 'side-bar-drawer', info, { only: 'mobile' });
  });

  for (const section of ['appearance', 'language', 'account', 'usage', 'data', 'privacy', 'erase']) {
    test(`settings: ${section}`, async ({ page }, info) => {
      await visit(page, `/settings/${section}`);
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
      await expect(page.getByText('Loading …')).toHaveCount(0);
      await looked(page, `settings-${section}`, info);
    });
  }

  test('the commands and the shortcuts', async ({ page }, info) => {
    await visit(page, '/');
    await expect(composer(page)).toBeVisible();
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog', { name: 'Commands' })).toBeVisible();
    await looked(page, 'commands', info);
    await page.keyboard.press('Escape');
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await looked(page, 'shortcuts', info);
  });

  test('an address with nothing behind it', async ({ page }, info) => {
    await page.goto('/nothing/here');
    await expect(page.getByText('There is nothing here')).toBeVisible();
    await looked(page, 'not-found', info);
    // The framework logs it; that is no complaint about the page that is shown.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('Not found: /nothing/here')]);
  });

  test('the lock', async ({ page, account }, info) => {
    await visit(page, '/settings/account');
    await page.getByRole('main').getByRole('button', { name: 'Lock', exact: true }).click();
    const password = page.getByRole('textbox', { name: 'Password', exact: true });
    await expect(password).toBeVisible();
    await looked(page, 'locked', info);
    await password.fill(account.password);
    await page.getByRole('button', { name: 'Unlock', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Signed-in devices' })).toBeVisible();
  });
});
