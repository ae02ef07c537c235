// The master key turns in one browser: what was there stays readable and goes on, here, in a browser that was away, and in a new one.
import { expect, test } from './fixtures';
import type { Page } from '@playwright/test';
import {
  answered,
  answers,
  chatShown,
  composer,
  otherDevice,
  rowOf,
  said,
  saveRecoveryKey,
  send,
  signIn,
  startChat,
  unique,
} from './person';

/** Loads the page as if the time had come; the server says so through the line between. */
async function turn(page: Page): Promise<void> {
  await page.route('**/api/account', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), rotation_due_at: 0 } });
  });
  const flipped = page.waitForResponse((response) => response.url().endsWith('/flip'));
  const acknowledged = page.waitForResponse((response) => response.url().endsWith('/keys/acknowledged'));
  await page.reload();
  expect((await flipped).status()).toBe(200);
  expect((await acknowledged).status()).toBe(204);
  await page.unroute('**/api/account');
}

async function epochOf(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const response = await fetch('/api/account');
    return ((await response.json()) as { epoch: number }).epoch;
  });
}

test('a key that turns stops nothing, in no browser', async ({ browser, home }) => {
  test.setTimeout(180_000);
  const page = await home.open();
  const other = await otherDevice(browser, home.account);
  const first = unique('Before the key turned');
  await startChat(page, first);
  await answered(page);
  const chat = chatShown(page);
  const before = await epochOf(page);
  await turn(page);
  await turn(page);
  expect(await epochOf(page)).toBe(before + 2);
  await expect(said(page).getByText(first)).toBeVisible();
  await send(page, unique('After it turned'));
  await expect(answers(page)).toHaveCount(2);
  await answered(page);
  await startChat(page, unique('A new chat under the new key'));
  await answered(page);
  const later = chatShown(page);

  // Was open all the time, and has the key of before; a new chat shows it that there is another.
  await rowOf(other.page, later).click();
  await answered(other.page);
  await rowOf(other.page, chat).click();
  await expect(answers(other.page)).toHaveCount(2);
  await expect(said(other.page).getByText(first)).toBeVisible();
  await send(other.page, unique('From the other browser'));
  await expect(answers(other.page)).toHaveCount(3);
  await other.page.reload();
  await expect(composer(other.page)).toBeVisible();
  await expect(said(other.page).getByText(first)).toBeVisible();
  await other.context.close();

  const fresh = await otherDevice(browser, home.account);
  await rowOf(fresh.page, chat).click();
  await expect(answers(fresh.page)).toHaveCount(3);
  await fresh.context.close();
  await home.close(page);
});

test('a draft survives that was only here, though its key is that of before', async ({ home }) => {
  test.setTimeout(120_000);
  const page = await home.open();
  await page.goto('/');
  const draft = unique('Half a thought');
  await composer(page).fill(draft);
  await page.waitForTimeout(1_500);
  await turn(page);
  await page.reload();
  await expect(composer(page)).toHaveValue(draft);
  await home.close(page);
});

test('keys that cannot be the own ones are said to be so, and not followed', async ({ home }) => {
  const page = await home.open();
  await page.goto('/');
  await turn(page);
  await page.route('**/api/account/keys', async (route) => {
    const response = await route.fetch();
    const keys = await response.json();
    const [method] = keys.methods;
    const planted = { ...method, method_id: '5d2cbd6f-0000-4000-8000-000000000000' };
    await route.fulfill({ response, json: { ...keys, methods: [...keys.methods, planted] } });
  });
  await page.reload();
  await expect(page.getByText('method_not_named')).toBeVisible();
  await home.close(page);
});

type Chat = { chat_id: string; keys: { envelope: string }[] };

/** A server that has lost the key that this chat has now, and says that the account's key is due while its epoch is `before`. */
async function lose(page: Page, damaged: string, before: number): Promise<void> {
  const lost = new Set<string>();
  const without = (chat: Chat) => {
    if (chat.chat_id !== damaged) return chat;
    if (lost.size === 0) for (const { envelope } of chat.keys) lost.add(envelope);
    return { ...chat, keys: chat.keys.filter(({ envelope }) => !lost.has(envelope)) };
  };
  await page.route(/\/api\/(chats|account\/rotation\/[^/]+\/staged)(\?.*)?$/, async (route) => {
    if (route.request().method() !== 'GET') return route.continue();
    const response = await route.fetch();
    const told = (await response.json()) as { chats: Chat[] };
    await route.fulfill({ response, json: { ...told, chats: told.chats.map(without) } });
  });
  await page.route(`**/api/chats/${damaged}`, async (route) => {
    if (route.request().method() !== 'GET') return route.continue();
    const response = await route.fetch();
    await route.fulfill({ response, json: without((await response.json()) as Chat) });
  });
  await page.route('**/api/account', async (route) => {
    const response = await route.fetch();
    const account = (await response.json()) as { epoch: number };
    const due = account.epoch === before ? { rotation_due_at: 0 } : {};
    await route.fulfill({ response, json: { ...account, ...due } });
  });
}

test('a chat key that the server lost is put back by a browser that keeps it', async ({ home }) => {
  test.setTimeout(120_000);
  const page = await home.open();
  const words = unique('Its key is kept here');
  await startChat(page, words);
  await answered(page);
  const before = await epochOf(page);
  await lose(page, chatShown(page), before);
  const flipped = page.waitForResponse((response) => response.url().endsWith('/flip'));
  await page.reload();
  expect((await flipped).status()).toBe(200);
  await expect(said(page).getByText(words)).toBeVisible();
  await page.unrouteAll({ behavior: 'wait' });
  await page.reload();
  await send(page, unique('And it goes on'));
  await expect(answers(page)).toHaveCount(2);
  await answered(page);
  await home.close(page);
});

test('a chat whose key opens nowhere is named, and once it is deleted the key turns by itself', async ({
  browser,
  home,
}) => {
  test.setTimeout(120_000);
  const first = await home.open();
  await startChat(first, unique('This one stays'));
  await answered(first);
  const kept = chatShown(first);
  await startChat(first, unique('This one is damaged'));
  await answered(first);
  const damaged = chatShown(first);
  const before = await epochOf(first);
  await home.close(first);

  const context = await browser.newContext();
  const page = await context.newPage();
  await lose(page, damaged, before);
  await signIn(page, home.account);
  const notice = page.getByRole('status').filter({ hasText: "can't be renewed" });
  await expect(notice).toContainText('no_such_generation');
  await expect(rowOf(page, kept)).toBeVisible();
  await expect(rowOf(page, damaged)).toBeVisible();
  expect(await epochOf(page)).toBe(before);

  const saving = page.waitForEvent('download');
  await notice.getByRole('button', { name: 'Save what the server sent' }).click();
  expect((await saving).suggestedFilename()).toBe('sealmate-evidence-no_such_generation.json');
  await notice.getByRole('button', { name: 'Delete this chat' }).click();
  await expect(notice.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await notice.getByRole('button', { name: 'Keep it' }).click();
  await notice.getByRole('button', { name: 'Delete this chat' }).click();
  await expect(notice).toContainText('Deleting it is for good');
  const flipped = page.waitForResponse((response) => response.url().endsWith('/flip'));
  await notice.getByRole('button', { name: 'Delete for good' }).click();
  expect((await flipped).status()).toBe(200);
  await expect(notice).toBeHidden();
  await expect(rowOf(page, damaged)).toBeHidden();
  expect(await epochOf(page)).toBe(before + 1);
  await rowOf(page, kept).click();
  await send(page, unique('And it goes on'));
  await expect(answers(page)).toHaveCount(2);
  await context.close();
});

test('securing the account names a chat whose key opens nowhere, and goes on once it is deleted', async ({
  browser,
  home,
}) => {
  test.setTimeout(180_000);
  const { account } = home;
  const first = await home.open();
  await startChat(first, unique('This one stays, too'));
  await answered(first);
  const kept = chatShown(first);
  await startChat(first, unique('This one is damaged, too'));
  await answered(first);
  const damaged = chatShown(first);
  const before = await epochOf(first);
  await home.close(first);

  const context = await browser.newContext();
  const page = await context.newPage();
  await lose(page, damaged, 0);
  await signIn(page, account);
  await page.goto('/settings/account');
  await page.getByRole('button', { name: 'Secure the account' }).click();
  const proof = page.getByRole('dialog', { name: 'Is it you?' });
  await proof.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  await proof.getByRole('button', { name: 'Use a backup code' }).click();
  await proof.getByLabel('Backup code').fill(account.backupCodes.pop()!);
  await proof.getByRole('button', { name: 'Confirm' }).click();
  const dialog = page.getByRole('dialog', { name: 'Secure your account' });
  const password = 'two slow ferries at dawn';
  await dialog.getByRole('textbox', { name: /password/i }).fill(password);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await saveRecoveryKey(page);
  await expect(dialog).toContainText('no_such_generation');
  expect(await epochOf(page)).toBe(before);
  await dialog.getByRole('button', { name: 'Delete this chat' }).click();
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  const codes = page.getByTestId('backup-codes');
  await expect(codes).toBeVisible({ timeout: 60_000 });
  account.password = password;
  account.backupCodes.splice(0);
  account.backupCodes.push(...(await codes.locator('code').allInnerTexts()));
  await page.getByRole('button', { name: 'I have saved them' }).click();
  expect(await epochOf(page)).toBe(before + 1);
  await rowOf(page, kept).click();
  await send(page, unique('And it goes on, secured'));
  await expect(answers(page)).toHaveCount(2);
  await context.close();
});
