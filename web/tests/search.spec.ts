// Finding again what was said: a word of an answer leads to the very place in a long chat, on this device alone.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { answered, answers, chatShown, composer, said, send, startChat, unique } from './person';

/** Its first answer speaks of waves; a long one after it pushes that out of sight. */
async function longChat(page: Page): Promise<string> {
  await startChat(page, unique('First in markdown'));
  await answered(page);
  await send(page, unique('And now an essay'));
  await expect(answers(page).last()).toContainText('the sea lies calm');
  await expect(page.getByRole('list', { name: 'Ideas for what to ask next' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Waves' })).not.toBeInViewport();
  return chatShown(page);
}

function field(page: Page) {
  return page.getByRole('textbox', { name: 'Search chats' });
}

test('a word of an answer is found, and a press goes to it', async ({ page }) => {
  const chat = await longChat(page);
  await page.goto('/');
  await field(page).fill('frequency');
  const hit = page
    .getByRole('region', { name: 'Search results' })
    .locator(`a[href^="/chat/${chat}#"]`)
    .first();
  await expect(hit.locator('mark').first()).toHaveText('frequency');
  await hit.click();
  await expect(page).toHaveURL(new RegExp(`/chat/${chat}#`));
  await expect(said(page).getByText('First in markdown')).toBeInViewport();
  await expect(page.getByRole('heading', { name: 'Waves' })).toBeInViewport();

  await send(page, unique('Back at the end'));
  await expect(answers(page).last()).toContainText('Gladly');
  await expect(answers(page).last()).toBeInViewport();
});

test('the commands find it too', async ({ page }) => {
  const word = `harbour${Date.now()}`;
  await startChat(page, word);
  await answered(page);
  const chat = chatShown(page);
  await page.goto('/');
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Commands' });
  await palette.getByRole('combobox').fill(word);
  await palette.getByRole('option').filter({ hasText: word }).click();
  await expect(page).toHaveURL(new RegExp(`/chat/${chat}#`));
});

test('what stands nowhere is not found, and the words are not sent anywhere', async ({ page }) => {
  const asked: string[] = [];
  await page.goto('/');
  page.on('request', (request) => asked.push(`${request.url()} ${request.postData() ?? ''}`));
  await field(page).fill('zyzzyva');
  await expect(page.getByText('Nothing found for “zyzzyva”')).toBeVisible();
  expect(asked.filter((request) => request.includes('zyzzyva'))).toEqual([]);
  await field(page).press('Escape');
  await expect(field(page)).toHaveValue('');
});
