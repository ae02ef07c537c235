// A whole visit without a mouse: from the welcome to an answer, and to everything else that the keyboard opens.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { answered, answers, composer, startChat, unique } from './person';

/** Presses Tab until this has the focus, as someone does who sees where it is. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('No Tab leads there.');
}

async function enter(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

test('from the welcome to an answer', async ({ browser, account }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto('/');
  await enter(page, page.getByRole('link', { name: 'Sign in' }).first());

  await expect(page.getByLabel('E-mail')).toBeFocused();
  await page.keyboard.type(account.email);
  await tabTo(page, page.getByRole('textbox', { name: 'Password', exact: true }));
  await page.keyboard.type(account.password);
  await tabTo(page, page.getByLabel('Stay signed in'));
  await page.keyboard.press('Space');
  await expect(page.getByLabel('Stay signed in')).toBeChecked();
  await enter(page, page.getByRole('button', { name: 'Continue' }));

  await expect(page.getByLabel('Code from the authenticator')).toBeFocused();
  await enter(page, page.getByRole('button', { name: 'Use a backup code' }));
  await expect(page.getByLabel('Backup code')).toBeFocused();
  await page.keyboard.type(account.backupCodes.pop()!);
  await page.keyboard.press('Enter');

  await expect(composer(page)).toBeFocused({ timeout: 30_000 });
  await page.keyboard.type('Hello by');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type(unique('the keyboard'));
  await page.keyboard.press('Enter');
  await expect(answers(page)).toContainText('Gladly: here is an answer.');
  await answered(page);

  await enter(page, page.getByRole('button', { name: 'What about number 3?' }));
  await expect(composer(page)).toBeFocused();
  await expect(composer(page)).toHaveValue('What about number 3?');
  await page.keyboard.press('Enter');
  await expect(answers(page)).toHaveCount(2);
  await context.close();
});

test('a new chat, and back by the side bar', async ({ page }) => {
  await startChat(page, unique('To come back to'));
  await answered(page);
  const chat = new URL(page.url()).pathname;
  await page.keyboard.press('Control+Shift+O');
  await expect(page).toHaveURL('/');
  await expect(composer(page)).toBeFocused();

  const rows = page.getByRole('navigation', { name: 'Chats and search' });
  await enter(page, rows.locator(`a[href="${chat}"]`));
  await expect(page).toHaveURL(chat);
  await expect(answers(page)).toHaveCount(1);
});

test('the commands: found by a word, run by Enter, left by Escape', async ({ page }) => {
  await page.goto('/');
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Commands' });
  await expect(palette.getByRole('combobox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();

  await page.keyboard.press('Control+k');
  await expect(palette.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('settings');
  await expect(palette.getByRole('option', { name: /^Settings/, selected: true })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/settings/appearance');
});

test('what is asked for again in the moment it closes comes again', async ({ page }) => {
  await page.goto('/');
  await expect(composer(page)).toBeFocused();
  for (const [key, ctrlKey, name] of [
    ['k', true, 'Commands'],
    ['?', false, 'Shortcuts'],
  ] as const) {
    const dialog = page.getByRole('dialog', { name });
    await composer(page).blur();
    await page.keyboard.press(ctrlKey ? `Control+${key}` : key);
    await expect(dialog).toBeVisible();
    await page.evaluate(
      async (press) => {
        // The browser says that it closed in a task of its own, after this one.
        document.querySelector<HTMLDialogElement>('dialog[open]')?.requestClose();
        await Promise.resolve();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { ...press, bubbles: true }));
      },
      { key, ctrlKey },
    );
    await page.waitForTimeout(500);
    await expect(dialog).toBeVisible();
    if (name === 'Shortcuts') await expect(dialog).toContainText('Stop answering');
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  }
});

test('settings, a choice in them, and the sheet of shortcuts', async ({ page }) => {
  await page.goto('/');
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press('Control+,');
  const sections = page.getByRole('navigation', { name: 'Sections of the settings' });
  await expect(sections).toBeVisible();
  await tabTo(page, page.getByRole('radio', { name: 'Normal' }));
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Large', exact: true })).toBeChecked();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('radio', { name: 'Normal' })).toBeChecked();

  await page.keyboard.press('Escape');
  await tabTo(page, page.getByRole('switch', { name: 'Shortcuts of a single key' }));
  const single = page.getByRole('switch', { name: 'Shortcuts of a single key' });
  await page.keyboard.press('Space');
  await expect(single).not.toBeChecked();
  await page.keyboard.press('Space');
  await expect(single).toBeChecked();
});

test('the first Tab leads past the side bar', async ({ page }) => {
  await page.goto('/settings/privacy');
  await expect(page.getByRole('heading', { name: 'Visible to the server' })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Appearance' })).toBeFocused();
});
