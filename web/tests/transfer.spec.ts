// Taking all chats along and bringing them back: a ZIP that can be read, an import that doubles nothing, broken files refused.
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { expect, test } from './fixtures';
import { answered, answers, chatShown, rowOf, said, startChat, unique } from './person';

interface Exported {
  format: string;
  chats: { title: string; turns: { text: string; answer: string | null }[] }[];
}

async function exported(
  page: Page,
): Promise<{ zip: Buffer; files: Record<string, Uint8Array>; content: Exported }> {
  await page.goto('/settings/data');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export chats' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^sealmate-\d{4}-\d{2}-\d{2}\.zip$/);
  const zip = await readFile(await file.path());
  const files = unzipSync(zip);
  return { zip, files, content: JSON.parse(strFromU8(files['chats.json']!)) as Exported };
}

async function choose(page: Page, buffer: Buffer | Uint8Array): Promise<void> {
  const file = { name: 'sealmate.zip', mimeType: 'application/zip', buffer: Buffer.from(buffer) };
  await page.getByLabel('Choose a ZIP').setInputFiles(file);
}

async function bringIn(page: Page, zip: Buffer | Uint8Array): Promise<void> {
  await choose(page, zip);
  await page.getByRole('button', { name: 'Import them' }).click();
}

test('an exported chat comes back after it was deleted, and a second time nothing is doubled', async ({
  page,
}) => {
  test.slow();
  const text = unique('To be taken along, in markdown');
  await startChat(page, text);
  await answered(page);
  const id = chatShown(page);
  const { zip, files, content } = await exported(page);

  const chat = content.chats.find(({ turns }) => turns.some((turn) => turn.text === text))!;
  expect(content.format).toBe('sealmate-export/1');
  expect(chat.turns).toHaveLength(1);
  expect(chat.turns[0]!.answer).toContain('# Waves');
  const readable = Object.entries(files).filter(([name]) => name.endsWith('.md'));
  expect(readable).toHaveLength(content.chats.length);
  expect(readable.filter(([, bytes]) => strFromU8(bytes).includes(text))).toHaveLength(1);

  await rowOf(page, id).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(undo).toBeVisible();
  // Until then it could be brought back, and the import would rightly find it here.
  await expect(undo).toBeHidden({ timeout: 45_000 });

  await bringIn(page, zip);
  await expect(page.getByText('1 chat imported.')).toBeVisible({ timeout: 60_000 });
  await bringIn(page, zip);
  const all = content.chats.length;
  await expect(
    page.getByText(`0 chats imported. ${all} ${all === 1 ? 'was' : 'were'} here already.`),
  ).toBeVisible({
    timeout: 60_000,
  });

  await page.getByRole('textbox', { name: 'Search chats' }).fill(/\((\w+)\)/.exec(text)![1]!);
  await page.getByRole('region', { name: 'Search results' }).getByRole('link').first().click();
  await expect(page).toHaveURL(/\/chat\//);
  expect(chatShown(page)).not.toBe(id);
  await page.reload();
  await expect(said(page).getByText(text)).toBeVisible();
  await expect(answers(page).getByRole('heading', { name: 'Waves' })).toBeVisible();
});

test('a file that is no export is refused, with what to do', async ({ page }) => {
  await page.goto('/settings/data');
  const refusals: [string, Uint8Array, string][] = [
    ['no ZIP', strToU8('hello'), 'This file is not a ZIP.'],
    ['another ZIP', zipSync({ 'photo.txt': strToU8('x') }), 'There is no chats.json in this ZIP.'],
    ['no JSON', zipSync({ 'chats.json': strToU8('{"format": "sealma') }), 'it was changed or cut off'],
    [
      'a later version',
      zipSync({ 'chats.json': strToU8('{"format": "sealmate-export/9"}') }),
      'not an export that this version knows',
    ],
  ];
  for (const [what, bytes, told] of refusals) {
    await test.step(what, async () => {
      await choose(page, bytes);
      const alert = page.getByRole('alert').filter({ hasText: 'This file cannot be imported' });
      await expect(alert).toContainText(told);
      await expect(page.getByRole('button', { name: 'Import them' })).toBeHidden();
    });
  }
});

test('a ZIP with flipped bytes in it is refused', async ({ page }) => {
  const content = { format: 'sealmate-export/1', exported_at: 0, chats: [] };
  const zip = Buffer.from(zipSync({ 'chats.json': strToU8(JSON.stringify(content).repeat(20)) }));
  for (let at = 45; at < 65; at++) zip[at] = zip[at]! ^ 0xff;
  await page.goto('/settings/data');
  await choose(page, zip);
  await expect(page.getByRole('alert')).toContainText('This ZIP is damaged.');
});
