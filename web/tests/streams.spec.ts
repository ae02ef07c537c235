// Answers as they stream: taken up after a reload or a fall of the line, stopped, asked again, and asked in other words.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { answered, answers, chatShown, composer, rowOf, send, said, startChat, unique } from './person';

const WORDS = 'the sea lies calm and grey below a wide northern sky'.split(' ');
/** What the model says to "slowly", word for word. */
const SLOWLY = Array.from({ length: 160 }, (_, at) => WORDS[at % WORDS.length]).join(' ');

/** The words of each answer, and nothing of what stands around them. */
function words(page: Page): Locator {
  return answers(page).locator('.markdown');
}

function stopButton(page: Page): Locator {
  return page.getByRole('button', { name: 'Stop answering' });
}

/** Some words are there, and more are to come. */
async function underWay(page: Page): Promise<void> {
  await expect(answers(page).last()).toContainText('wide northern sky the sea');
  await expect(stopButton(page)).toBeVisible();
}

/** Which of its versions a message shows, and the way to the others. */
function versions(page: Page, name: string): Locator {
  return page.getByRole('group', { name, exact: true });
}

test('an answer goes on after a reload, and no word is lost or doubled', async ({ page }) => {
  await startChat(page, unique('Tell me slowly'));
  await underWay(page);
  await page.reload();
  await answered(page);
  await expect(words(page)).toHaveText([SLOWLY]);
});

test('an answer goes on after the network was away', async ({ page }) => {
  await startChat(page, unique('Tell me slowly, through a tunnel'));
  await underWay(page);
  await page.context().setOffline(true);
  await expect(page.getByText('Offline', { exact: true })).toBeVisible();
  const waiting = said(page).getByText('Waiting for the connection.');
  await expect(waiting).toBeVisible();
  await page.context().setOffline(false);
  await expect(waiting).toBeHidden();
  await answered(page);
  await expect(words(page)).toHaveText([SLOWLY]);
});

test('a stopped answer is kept as far as it came, and says that it was stopped', async ({ page }) => {
  await startChat(page, unique('Tell me slowly, I may interrupt'));
  await underWay(page);
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press('Escape');
  const note = said(page).getByText('You stopped the answer here.');
  await expect(note).toBeVisible();
  await expect(stopButton(page)).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: /^Stopped$/ })).toBeAttached();
  const kept = (await words(page).innerText()).trim();
  expect(SLOWLY.startsWith(kept)).toBe(true);
  expect(kept.length).toBeLessThan(SLOWLY.length);
  await page.reload();
  await expect(note).toBeVisible();
  await expect(words(page)).toHaveText([kept]);
});

test('with its only message a chat goes, and comes back by one press', async ({ page }) => {
  const text = unique('Better not said');
  await startChat(page, text);
  await answered(page);
  const chat = chatShown(page);
  await page
    .getByRole('group', { name: 'What to do with your message' })
    .getByRole('button', { name: 'Delete' })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Delete this message?' });
  await expect(dialog).toContainText('the whole chat goes');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL('/');
  await expect(rowOf(page, chat)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(said(page).getByText(text)).toBeVisible();
  await expect(rowOf(page, chat)).toBeVisible();
});

test('asked again, both versions stay, each with what followed it', async ({ page }) => {
  await startChat(page, unique('Say it twice'));
  await answered(page);
  await page
    .getByRole('group', { name: 'What to do with the answer' })
    .getByRole('button', { name: 'Ask again' })
    .click();
  await expect(versions(page, 'Version 2 of 2')).toBeVisible();
  await answered(page);
  const next = unique('And then?');
  await send(page, next);
  await expect(answers(page)).toHaveCount(2);
  await answered(page);

  await versions(page, 'Version 2 of 2').getByRole('button', { name: 'Earlier version' }).click();
  await expect(versions(page, 'Version 1 of 2')).toBeVisible();
  await expect(said(page).getByText(next)).toBeHidden();
  await expect(answers(page)).toHaveCount(1);

  await versions(page, 'Version 1 of 2').getByRole('button', { name: 'Later version' }).click();
  await expect(said(page).getByText(next)).toBeVisible();
  await expect(answers(page)).toHaveCount(2);
});

test('a message in other words stands beside the first one, also after a reload', async ({ page }) => {
  const first = unique('Tell me of the moon');
  const second = unique('Tell me of the sun');
  await startChat(page, first);
  await answered(page);
  await page.getByRole('button', { name: 'Change and ask again' }).click();
  const field = page.getByRole('textbox', { name: 'Your message, changed' });
  await expect(field).toHaveValue(first);
  await field.fill(second);
  await field.press('Enter');
  await expect(said(page).getByText(second)).toBeVisible();
  await expect(said(page).getByText(first)).toBeHidden();
  await answered(page);

  await page.reload();
  await expect(said(page).getByText(second)).toBeVisible();
  await versions(page, 'Version 2 of 2').getByRole('button', { name: 'Earlier version' }).click();
  await expect(said(page).getByText(first)).toBeVisible();
  await expect(said(page).getByText(second)).toBeHidden();
  await expect(answers(page)).toHaveCount(1);

  await page.reload();
  await expect(said(page).getByText(first)).toBeVisible();
  await expect(versions(page, 'Version 1 of 2')).toBeVisible();
  await expect(said(page).getByText(second)).toBeHidden();
});
