// An account that is used in both clients: what the terminal makes of its keys, the web app opens.
import { expect, test } from './fixtures';
import {
  answered,
  answers,
  chatShown,
  choose,
  otherDevice,
  rowOf,
  said,
  send,
  startChat,
  unique,
} from './person';
import { Terminal } from './terminal';

test('an account that the terminal secured is read in the web app, and goes on', async ({
  page,
  browser,
  account,
}, info) => {
  const text = unique('Said before the terminal secured it');
  await page.goto('/settings/appearance');
  await choose(page, 'Dark');
  await startChat(page, text);
  await answered(page);
  const chat = chatShown(page);
  const terminal = new Terminal(new URL(page.url()).origin, info.outputPath('terminal'));
  const password = 'two slow ferries at dusk';
  const code = () => account.backupCodes.pop()!;

  await test.step('in the terminal everything that opens it is made anew', async () => {
    const old = () => account.password;
    await terminal.run(['login', '--email', account.email], { password: [old], totp_code: [code] });
    await terminal.run(['secure'], {
      password: [old, () => password],
      totp_code: [code],
      recovery_key_part: [terminal.partOfRecoveryKey],
    });
    account.password = password;
    account.backupCodes.splice(0);
    account.backupCodes.push(...(terminal.told.get('backup_codes')?.codes as string[]));
  });

  await test.step('this browser is signed out', async () => {
    await expect(page.getByRole('dialog')).toBeVisible({ timeout: 30_000 });
  });

  await test.step('another one signs in with what is new, reads all of it, and goes on', async () => {
    const other = await otherDevice(browser, account);
    await rowOf(other.page, chat).click();
    await expect(said(other.page).getByText(text)).toBeVisible();
    await expect(other.page.locator('html[data-theme="dark"]')).toHaveCount(1);
    await send(other.page, unique('Said after'));
    await expect(answers(other.page)).toHaveCount(2);
    await answered(other.page);
    await other.context.close();
  });
});
