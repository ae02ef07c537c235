// Two browsers of one person: what is done in one arrives in the other, which knows nothing but what the server keeps sealed.
import type { BrowserContext, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { answered, answers, chatShown, otherDevice, rowOf, said, send, startChat, unique } from './person';

const old = unique('Asked before the other browser came');
let oldChat: string;
let other: { context: BrowserContext; page: Page };

test.beforeAll(async ({ browser, home }) => {
  const page = await home.open();
  await startChat(page, old);
  await answered(page);
  oldChat = chatShown(page);
  await home.close(page);
  other = await otherDevice(browser, home.account);
});

test.afterAll(async () => {
  await other?.context.close();
});

/** A chat begun in one browser, and its row in both. */
async function inBoth(page: Page, text: string) {
  await startChat(page, unique(text));
  await answered(page);
  const id = chatShown(page);
  const [here, there] = [rowOf(page, id), rowOf(other.page, id)];
  await expect(there).toBeVisible();
  return { id, here, there };
}

test('a browser just signed in reads what was said before it came', async () => {
  await rowOf(other.page, oldChat).click();
  await expect(said(other.page).getByText(old)).toBeVisible();
  await expect(answers(other.page)).toContainText(['Gladly: here is an answer.']);
});

test('a message and its answer show in the other browser that has the chat open, both ways', async ({
  page,
}) => {
  const { id, there } = await inBoth(page, 'From here');
  await there.click();
  await expect(answers(other.page)).toHaveCount(1);

  const asked = unique('Tell me slowly, on both');
  await send(page, asked);
  await expect(said(other.page).getByText(asked)).toBeVisible();
  await expect(answers(other.page).nth(1)).toContainText('the sea lies calm');
  await expect(answers(page).nth(1)).toContainText('the sea lies calm');
  await expect(other.page.getByRole('button', { name: 'Copy answer' })).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Copy answer' })).toHaveCount(2);

  const back = unique('And from there');
  await send(other.page, back);
  await expect(said(page).getByText(back)).toBeVisible();
  await expect(answers(page)).toHaveCount(3);
  await expect(answers(page).nth(2)).toContainText('Gladly: here is an answer.');
  expect(chatShown(page)).toBe(id);
});

test('a new title arrives', async ({ page }) => {
  const { here, there } = await inBoth(page, 'To be named');
  const title = unique('Named by hand');
  await here.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  const field = page.getByRole('textbox', { name: 'New title' });
  await field.fill(title);
  await field.press('Enter');
  await expect(there).toContainText(title);
});

test('a pin arrives, and is taken off from there', async ({ page }) => {
  const { here, there } = await inBoth(page, 'To be pinned');
  await here.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Pin', exact: true }).click();
  await expect(other.page.getByRole('heading', { name: 'Pinned' })).toBeVisible();
  await there.click({ button: 'right' });
  await other.page.getByRole('menuitem', { name: 'Unpin' }).click();
  await here.click({ button: 'right' });
  await expect(page.getByRole('menuitem', { name: 'Pin', exact: true })).toBeVisible();
});

test('a deleted chat goes from the other browser too', async ({ page }) => {
  const { here, there } = await inBoth(page, 'To be deleted');
  await there.click();
  await expect(answers(other.page)).toHaveCount(1);
  await here.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(here).toBeHidden();
  // There only once it can no longer be brought back here.
  await expect(there).toBeHidden({ timeout: 45_000 });
  await expect(other.page.getByText("This chat doesn't exist, or was deleted.")).toBeVisible();
  await page.reload();
  await expect(rowOf(page, oldChat)).toBeVisible();
  await expect(here).toBeHidden();
});
