// The same visit with the embedded model: what comes is not known beforehand, that something sensible comes is.
import { expect, test } from './fixtures';
import { answers, startChat, unique } from './person';

test('the embedded model reads a question, chooses who answers, and answers', async ({ page }) => {
  test.setTimeout(600_000);
  await startChat(page, unique('In one short sentence: what colour is the sea?'));
  const answer = answers(page).last();
  await expect(answer).toBeVisible({ timeout: 300_000 });
  await expect(page.getByRole('button', { name: 'Copy answer' })).toBeVisible({ timeout: 300_000 });
  expect((await answer.innerText()).length).toBeGreaterThan(10);
  await expect(answer.locator('strong').first()).toHaveText(/^(Basi|Kodo|Lexo|Lingo|Nuo|Penna|Sana|Tavi)$/);
  await page.getByRole('button', { name: 'What this answer cost' }).click();
  await expect(page.getByText(/^\d+ tokens?$/).first()).toBeVisible();
});
