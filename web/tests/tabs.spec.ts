// Two tabs of one browser agree; a session that ended goes on in place; a temporary chat leaves nothing behind.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import {
  answered,
  answers,
  chatShown,
  composer,
  rowOf,
  said,
  send,
  startChat,
  unique,
  type Account,
} from './person';

/** Ids of all chats that the server knows of this account. */
async function chatsAtServer(page: Page): Promise<string[]> {
  const reply = await page.request.get('/api/chats');
  expect(reply.status()).toBe(200);
  const { chats } = (await reply.json()) as { chats: { chat_id: string }[] };
  return chats.map((chat) => chat.chat_id).sort();
}

/** In the dialog that stands over the work when the session has ended. */
async function signInAgain(page: Page, account: Account): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Please sign in again' });
  await expect(dialog).toBeVisible();
  await fillSignIn(dialog, account);
  await expect(dialog).toBeHidden();
}

async function fillSignIn(where: Locator, account: Account): Promise<void> {
  await expect(where.getByLabel('E-mail')).toHaveValue(account.email);
  await where.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  await where.getByRole('button', { name: 'Continue' }).click();
  await where.getByRole('button', { name: 'Use a backup code' }).click();
  await where.getByLabel('Backup code').fill(account.backupCodes.pop()!);
  await where.getByRole('button', { name: 'Sign in' }).click();
}

/** As if the server had ended it, or the browser had dropped its cookie. */
async function forgetSession(page: Page): Promise<void> {
  await page.context().clearCookies();
}

test('what is locked in one tab is locked in the other, and opens with it', async ({ page, home }) => {
  const text = unique('Only for open eyes');
  await startChat(page, text);
  await answered(page);
  const second = await home.open();
  await second.goto(`/chat/${chatShown(page)}`);
  await expect(said(second).getByText(text)).toBeVisible();

  await page.getByRole('button', { name: 'Lock' }).click();
  for (const tab of [page, second]) {
    await expect(tab.getByRole('heading', { name: 'Your chats are locked' })).toBeVisible();
    await expect(tab.getByText(text)).toHaveCount(0);
  }
  await second.getByRole('textbox', { name: 'Password', exact: true }).fill(home.account.password);
  await second.getByRole('button', { name: 'Unlock' }).click();
  for (const tab of [page, second]) await expect(said(tab).getByText(text)).toBeVisible();
  await home.close(second);
});

test('a chat begun in one tab stands in the side bar of the other, and can be gone on with there', async ({
  page,
  home,
}) => {
  const second = await home.open();
  await second.goto('/');
  await expect(composer(second)).toBeVisible();
  const text = unique('Begun in the first tab');
  await startChat(page, text);
  await rowOf(second, chatShown(page)).click();
  await expect(said(second).getByText(text)).toBeVisible();
  await answered(second);
  const more = unique('Gone on in the second');
  await send(second, more);
  await expect(said(page).getByText(more)).toBeVisible();
  for (const tab of [page, second]) {
    await expect(answers(tab)).toHaveCount(2);
    await expect(answers(tab).nth(1)).toContainText('Gladly: here is an answer.');
    await expect(tab.getByText(/messages? waiting/)).toBeHidden();
  }
  await home.close(second);
});

test('a message to a session that ended leaves after signing in again in place', async ({
  page,
  account,
}) => {
  const before = unique('While signed in');
  await startChat(page, before);
  await expect(page.getByRole('list', { name: 'Ideas for what to ask next' })).toBeVisible();
  // The last thing that is asked for by itself, after the charge.
  await page.waitForResponse('**/api/wallet');
  await forgetSession(page);
  // Too long for the line that still stands, so it asks anew who is there.
  const text = `${unique('After the end')} ${'and so on '.repeat(2_000)}`.trim();
  await send(page, text);
  await expect(page.getByRole('dialog', { name: 'Please sign in again' })).toBeVisible();
  await expect(page.getByText(before), 'nowhere in the page').toHaveCount(0);
  await signInAgain(page, account);
  await expect(said(page).getByText(before)).toBeVisible();
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).nth(1)).toContainText('Gladly: here is an answer.');
  await expect(said(page).getByText(text)).toHaveCount(1);
  await expect(composer(page)).toHaveValue('');
});

test('what is being written stays through a reload and signing in again', async ({ page, account }) => {
  await startChat(page, unique('Another chat'));
  await answered(page);
  const elsewhere = chatShown(page);
  await startChat(page, unique('Before a pause'));
  await answered(page);
  const here = chatShown(page);
  const text = unique('Half a thought, and then the other half');
  await composer(page).fill(text);
  await rowOf(page, elsewhere).click();
  await expect(composer(page)).toHaveValue('');
  await rowOf(page, here).click();
  await expect(composer(page)).toHaveValue(text);

  await forgetSession(page);
  await page.reload();
  await signInAgain(page, account);
  await expect(composer(page)).toHaveValue(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(answers(page)).toHaveCount(2);
  await expect(said(page).getByText(text)).toBeVisible();
  await expect(composer(page)).toHaveValue('');
});

test('a browser whose session was ended opens nothing after a reload, and is signed in to where it is locked', async ({
  page,
  account,
}) => {
  const text = unique('Not for who finds this browser');
  await startChat(page, text);
  await answered(page);
  await forgetSession(page);
  await page.reload();
  await expect(page.getByRole('dialog', { name: 'Please sign in again' })).toBeVisible();
  await page.route('**/api/**', (route) => route.abort());
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Please sign in again' })).toBeVisible();
  await expect(page.getByText(text)).toHaveCount(0);

  await page.getByRole('button', { name: 'No network? Read what is kept here' }).click();
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(said(page).getByText(text)).toBeVisible();

  await page.unroute('**/api/**');
  await page.getByRole('button', { name: 'Lock' }).click();
  await page.getByRole('button', { name: 'Sign in again' }).click();
  await fillSignIn(page.getByRole('main'), account);
  await expect(said(page).getByText(text)).toBeVisible();
  await send(page, unique('Gone on'));
  await expect(answers(page)).toHaveCount(2);
  await page.reload();
  await expect(said(page).getByText(text)).toBeVisible();
});

test('a temporary chat is answered and leaves no trace', async ({ page }) => {
  await startChat(page, unique('This one stays'));
  await answered(page);
  const kept = chatShown(page);
  const before = await chatsAtServer(page);

  await page.getByRole('link', { name: 'Temporary chat: nothing of it is stored' }).click();
  await expect(page.getByRole('note')).toContainText('Temporary chat: nothing is stored');
  const secret = unique('Between us');
  await send(page, secret);
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
  await answered(page);
  await send(page, unique('Still between us'));
  await expect(answers(page)).toHaveCount(2);
  await answered(page);
  const rows = page.getByRole('navigation', { name: 'Chats and search' }).locator('a[href^="/chat/"]');
  const shown = await rows.count();

  await page.reload();
  await expect(rowOf(page, kept)).toBeVisible();
  await expect(page.getByText(secret)).toHaveCount(0);
  await expect(rows).toHaveCount(shown);
  expect(await chatsAtServer(page)).toEqual(before);
});

test('a temporary chat that is being answered is not left by mistake', async ({ page }) => {
  await startChat(page, unique('This one stays'));
  await answered(page);
  const kept = chatShown(page);
  await page.getByRole('link', { name: 'Temporary chat: nothing of it is stored' }).click();
  const secret = unique('Tell me slowly, between us');
  await send(page, secret);
  await expect(page.getByRole('button', { name: 'Stop answering' })).toBeVisible();

  const asked = page.getByRole('dialog', { name: 'Leave the temporary chat?' });
  await rowOf(page, kept).click();
  await expect(asked).toBeVisible();
  await asked.getByRole('button', { name: 'Stay' }).click();
  await expect(asked).toBeHidden();
  await expect(said(page).getByText(secret)).toBeVisible();

  let beforeUnload = 0;
  page.once('dialog', (dialog) => {
    beforeUnload += dialog.type() === 'beforeunload' ? 1 : 0;
    void dialog.dismiss();
  });
  await page.evaluate(() => setTimeout(() => location.reload()));
  await expect.poll(() => beforeUnload).toBe(1);
  await expect(said(page).getByText(secret)).toBeVisible();

  await rowOf(page, kept).click();
  await asked.getByRole('button', { name: 'Leave' }).click();
  await expect(page).toHaveURL(`/chat/${kept}`);
  await expect(page.getByText(secret)).toHaveCount(0);
});

test('an address of no chat of this account says so, and leads on', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const nobodys = '019a0000-0000-7000-8000-00000000aaaa';
  await page.goto(`/chat/${nobodys}`);
  await expect(page.getByText('There is no such chat in your account.')).toBeVisible();
  await expect(composer(page)).toHaveCount(0);
  await page.getByRole('button', { name: 'Start a new chat' }).click();
  await expect(composer(page)).toBeVisible();

  asked.length = 0;
  await page.reload();
  await expect(composer(page)).toBeVisible();
  await expect.poll(() => asked).toContain('/api/wallet');
  expect(asked.filter((path) => path.startsWith('/api/chats/'))).toEqual([]);
});
