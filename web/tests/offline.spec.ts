// Without a network: chats open and are read, locked ones unlock, and what is written leaves by itself later, in order and once.
import type { APIRequestContext, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { answered, answers, chatShown, composer, rowOf, said, send, startChat, unique } from './person';

interface Turn {
  turn_id: string;
  outcome: string | null;
  parent?: { turn_id: string } | null;
}

/** The app is in the browser and can come from there. */
async function kept(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state ?? 'none'))
    .toBe('activated');
}

async function goOffline(page: Page): Promise<void> {
  await page.context().setOffline(true);
  await expect(page.getByText('Offline', { exact: true })).toBeVisible();
}

async function charges(request: APIRequestContext): Promise<string[]> {
  const reply = await request.get('/api/wallet/ledger');
  const { rows } = (await reply.json()) as { rows: { kind: string; turn_id?: string }[] };
  return rows.flatMap((row) => (row.kind === 'charge' && row.turn_id ? [row.turn_id] : []));
}

async function turnsOf(request: APIRequestContext, chat: string): Promise<Turn[]> {
  const reply = await request.get(`/api/chats/${chat}/turns`);
  return ((await reply.json()) as { turns: Turn[] }).turns;
}

test.afterEach(async ({ page }) => {
  await page.context().setOffline(false);
});

test('the app opens without a network, and its chats are readable', async ({ page }) => {
  const [first, second] = [unique('Read me on the train'), unique('And me as well')];
  await startChat(page, first);
  await answered(page);
  const firstChat = chatShown(page);
  await startChat(page, second);
  await answered(page);
  await kept(page);

  await goOffline(page);
  await page.reload();
  await expect(said(page).getByText(second)).toBeVisible();
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
  await rowOf(page, firstChat).click();
  await expect(said(page).getByText(first)).toBeVisible();
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
});

test('locked, it unlocks without a network', async ({ page, account }) => {
  const text = unique('Behind the lock');
  await startChat(page, text);
  await answered(page);
  await kept(page);

  await goOffline(page);
  await page.getByRole('button', { name: 'Lock' }).click();
  const locked = page.getByRole('heading', { name: 'Your chats are locked' });
  await expect(locked).toBeVisible();
  await page.reload();
  await expect(locked).toBeVisible();
  await expect(page.getByText(text)).toHaveCount(0);

  const password = page.getByRole('textbox', { name: 'Password', exact: true });
  await password.fill('not the password at all');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(page.getByText("This password doesn't open your chats.")).toBeVisible();
  await password.fill(account.password);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(said(page).getByText(text)).toBeVisible();
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
});

test('a chat begun offline leaves in order and once, with a reload in between', async ({ page }) => {
  await page.goto('/');
  await expect(composer(page)).toBeVisible();
  await kept(page);
  const before = await charges(page.request);

  await goOffline(page);
  const [first, second] = [unique('Written in the tunnel'), unique('Written a little later')];
  await send(page, first);
  await expect(page).toHaveURL(/\/chat\//);
  await expect(page.getByText('1 message waiting')).toBeVisible();
  await page.reload();
  await expect(said(page).getByText(first)).toBeVisible();
  await send(page, second);
  for (const text of [first, second]) await expect(said(page).getByText(text)).toBeVisible();
  await expect(page.getByText('2 messages waiting')).toBeVisible();

  await page.context().setOffline(false);
  await expect(answers(page)).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Copy answer' })).toHaveCount(2);
  await expect(page.getByText(/messages? waiting/)).toBeHidden();
  const chat = chatShown(page);
  await expect
    .poll(async () => (await turnsOf(page.request, chat)).map((turn) => turn.outcome))
    .toEqual(['answered', 'answered']);
  const turns = await turnsOf(page.request, chat);
  expect(turns[1]!.parent?.turn_id).toBe(turns[0]!.turn_id);
  await expect
    .poll(async () => (await charges(page.request)).filter((turn) => !before.includes(turn)).sort())
    .toEqual(turns.map((turn) => turn.turn_id));
});

test('what was written offline can be taken back', async ({ page }) => {
  await startChat(page, unique('Sent in good time'));
  await answered(page);
  const chat = chatShown(page);
  await goOffline(page);
  const text = unique('Better not');
  await send(page, text);
  await said(page).getByRole('button', { name: 'Take back' }).click();
  await expect(said(page).getByText(text)).toBeHidden();
  await expect(composer(page)).toHaveValue(text);

  await page.context().setOffline(false);
  await expect(page.getByText('Offline', { exact: true })).toBeHidden();
  const other = unique('Rather this');
  await send(page, other);
  await expect(answers(page)).toHaveCount(2);
  expect(await turnsOf(page.request, chat)).toHaveLength(2);
  await expect(page.getByText(text)).toHaveCount(0);
});
