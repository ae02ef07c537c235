// A browser that keeps nothing, has no room left, lost a part, or runs two versions: said on the page, and the chat goes on.
import { expect, test } from './fixtures';
import { answered, answers, chatShown, otherDevice, said, send, signIn, startChat, unique } from './person';

test('without IndexedDB one can sign in and chat, and is told what that means', async ({
  browser,
  account,
}) => {
  const context = await browser.newContext();
  await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'indexedDB'));
  const page = await context.newPage();
  await signIn(page, account);
  await expect(page.getByText('This browser keeps nothing on the device.')).toBeVisible();
  await send(page, unique('Kept nowhere here'));
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
  await context.close();
});

test('with no room left an answer is shown all the same, and it says so', async ({ browser, account }) => {
  const { context, page } = await otherDevice(browser, account);
  await page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('The disk is full.', 'QuotaExceededError');
    };
  });
  await send(page, unique('No room for this'));
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
  await expect(page.getByText('This device has no space left for your chats.')).toBeVisible();
  await page.getByRole('button', { name: 'Dismiss' }).first().click();
  await expect(page.getByText('This device has no space left for your chats.')).toBeHidden();
  await context.close();
});

test('what was damaged on the device is loaded again', async ({ browser, account }) => {
  // No tab beside it could write it anew.
  const { context, page } = await otherDevice(browser, account);
  const text = unique('Broken and whole again');
  await startChat(page, text);
  await answered(page);
  const chat = chatShown(page);
  await page.goto('/manifest.webmanifest');
  const damaged = await page.evaluate(async (chat) => {
    const opening = indexedDB.open('sealmate');
    const database = await new Promise<IDBDatabase>((resolve) => {
      opening.onsuccess = () => resolve(opening.result);
    });
    const transaction = database.transaction('turns', 'readwrite');
    let count = 0;
    transaction.objectStore('turns').openCursor().onsuccess = ({ target }) => {
      const cursor = (target as IDBRequest<IDBCursorWithValue | null>).result;
      if (!cursor) return;
      if (String(cursor.key).includes(chat)) {
        cursor.update(new Uint8Array(100));
        count += 1;
      }
      cursor.continue();
    };
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
    return count;
  }, chat);
  expect(damaged).toBeGreaterThan(0);
  await page.goto(`/chat/${chat}`);
  await expect(said(page).getByText(text)).toBeVisible();
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
  await expect(page.getByText('A part of what this browser had kept was damaged.')).toBeVisible();
  await context.close();
});

test('a tab whose database a newer version took over says so, and goes on', async ({ browser, account }) => {
  const { context, page } = await otherDevice(browser, account);
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const newer = indexedDB.open('sealmate', 99);
        newer.onsuccess = () => resolve(newer.result.close());
      }),
  );
  await expect(page.getByText('A newer Sealmate runs in another tab.')).toBeVisible();
  await startChat(page, unique('From the older tab'));
  await expect(answers(page)).toContainText(['Gladly: here is an answer.']);
  await context.close();
});
