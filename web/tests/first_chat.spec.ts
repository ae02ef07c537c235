// From nothing to an answer, as a new person meets the app.
import { answered, answers, send, startChat, unique } from './person';
import { expect, test } from './fixtures';

test('a new person signs up, asks, and reads the answer', async ({ page }) => {
  await startChat(page, unique('Hello there'));
  await expect(answers(page).last()).toContainText('Gladly: here is an answer.');
  await answered(page);
  await expect(page.getByRole('button', { name: /What about number 1\?/ })).toBeVisible();
});

test('a follow-up fills the input and is asked', async ({ page }) => {
  await startChat(page, unique('Hello again'));
  await page.getByRole('button', { name: /What about number 2\?/ }).click();
  await expect(page.getByRole('textbox', { name: 'Message', exact: true })).toHaveValue(
    'What about number 2?',
  );
  await send(page, unique('What about number 2?'));
  await expect(answers(page)).toHaveCount(2);
});
