// What opens an account is renewed: after a proof that is asked for in place, the old ends and the new one opens.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { composer, signUp, type Account, prove } from './person';
import { totp } from './totp';

interface Own {
  page: Page;
  account: Account;
  /** Another browser, where nobody is signed in. */
  elsewhere: Page;
}

/** A person of one's own: what is renewed here would be missed by others. */
const own = test.extend<{ own: Own }>({
  own: async ({ browser }, use, info) => {
    const options = { baseURL: info.project.use.baseURL!, locale: 'en-GB' };
    const [here, there] = [await browser.newContext(options), await browser.newContext(options)];
    for (const context of [here, there]) context.setDefaultTimeout(20_000);
    const page = await here.newPage();
    const account = await signUp(page);
    await page.goto('/settings/account');
    await use({ page, account, elsewhere: await there.newPage() });
    await here.close();
    await there.close();
  },
});
own.slow();

const access = (page: Page): Locator => page.getByRole('region', { name: 'Codes and keys' });

/** As far as the code that is asked for. */
async function begin(page: Page, email: string, password: string): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function enterBackupCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Backup code').fill(code);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

own('whoever would rather not prove it changes nothing', async ({ own: { page } }) => {
  await access(page).getByRole('button', { name: 'Make new codes' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(access(page)).toContainText('10 of ten are left');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

own('a slip in the proof is told, and the next try counts', async ({ own: { page, account } }) => {
  await access(page).getByRole('button', { name: 'Make new codes' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByRole('textbox', { name: 'Password', exact: true }).fill('four calm herons swim');
  await dialog.getByLabel('Code from the authenticator').fill('000000');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(dialog.getByText("This password doesn't open your chats.")).toBeVisible({ timeout: 30_000 });
  await prove(page, account);
  await expect(page.getByRole('dialog', { name: 'Your new backup codes' })).toBeVisible();
});

own('new backup codes: the old ones are void', async ({ own: { page, account, elsewhere } }) => {
  await access(page).getByRole('button', { name: 'Make new codes' }).click();
  await prove(page, account);
  const dialog = page.getByRole('dialog', { name: 'Your new backup codes' });
  await expect(dialog).toBeVisible();
  const codes = await dialog.getByTestId('backup-codes').locator('code').allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  await expect(dialog.getByRole('button', { name: 'Download' })).toBeVisible();
  await dialog.getByRole('button', { name: 'I have saved them' }).click();
  await expect(dialog).toBeHidden();
  await expect(access(page)).toContainText('10 of ten are left');

  await begin(elsewhere, account.email, account.password);
  await elsewhere.getByRole('button', { name: 'Use a backup code' }).click();
  await enterBackupCode(elsewhere, account.backupCodes[0]!);
  await expect(elsewhere.getByText("This code isn't right, or was used already.")).toBeVisible();
  await enterBackupCode(elsewhere, codes[0]!);
  await expect(composer(elsewhere)).toBeVisible({ timeout: 30_000 });
  await page.reload();
  await expect(access(page)).toContainText('9 of ten are left');
});

own('a new authenticator takes over from the old', async ({ own: { page, account, elsewhere } }) => {
  await access(page).getByRole('button', { name: 'Connect one' }).click();
  await prove(page, account);
  const dialog = page.getByRole('dialog', { name: 'Connect an authenticator' });
  const secret = await dialog
    .locator('code')
    .filter({ hasText: /^[A-Z2-7 ]{20,}$/ })
    .innerText();
  await dialog.getByLabel('Code that the app shows now').fill(totp(secret));
  await expect(page.getByText('From now on the codes of this authenticator count.')).toBeVisible();
  await expect(dialog).toBeHidden();

  await begin(elsewhere, account.email, account.password);
  // The next half minute's: the present one was shown when it took over, and the next is good already.
  await elsewhere.getByLabel('Code from the authenticator').fill(totp(account.secret, Date.now() + 30_000));
  await expect(elsewhere.getByText("This code isn't right, or was used already.")).toBeVisible();
  await elsewhere.getByLabel('Code from the authenticator').fill(totp(secret, Date.now() + 30_000));
  await expect(composer(elsewhere)).toBeVisible({ timeout: 30_000 });
});

own('a changed password signs other devices out, and only the new one opens', async ({ own }) => {
  const { page, account, elsewhere } = own;
  await begin(elsewhere, account.email, account.password);
  await elsewhere.getByRole('button', { name: 'Use a backup code' }).click();
  await enterBackupCode(elsewhere, account.backupCodes.pop()!);
  await expect(composer(elsewhere)).toBeVisible({ timeout: 30_000 });

  await access(page).getByRole('button', { name: 'Change password' }).click();
  await prove(page, account);
  const dialog = page.getByRole('dialog', { name: 'Choose another password' });
  const field = dialog.getByRole('textbox', { name: 'New password' });
  await field.fill('password1');
  await dialog.getByRole('button', { name: 'Change it' }).click();
  await expect(dialog.getByText(/among the first that anybody would try/)).toBeVisible();
  await field.fill('six grey seals at dusk');
  await dialog.getByRole('button', { name: 'Change it' }).click();
  await expect(page.getByText('Your password is changed.')).toBeVisible({ timeout: 30_000 });
  await expect(dialog).toBeHidden();

  const again = elsewhere.getByRole('dialog', { name: 'Please sign in again' });
  await expect(again).toBeVisible();

  await page.getByRole('button', { name: 'Lock' }).first().click();
  const unlock = page.getByRole('textbox', { name: 'Password', exact: true });
  await unlock.fill(account.password);
  await unlock.press('Enter');
  await expect(page.getByText("This password doesn't open your chats.")).toBeVisible({ timeout: 30_000 });
  await unlock.fill('six grey seals at dusk');
  await unlock.press('Enter');
  await expect(access(page)).toBeVisible({ timeout: 30_000 });

  await again.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  await again.getByRole('button', { name: 'Continue' }).click();
  await expect(again.getByText("E-mail and password don't match.")).toBeVisible({ timeout: 30_000 });
  await again.getByRole('textbox', { name: 'Password', exact: true }).fill('six grey seals at dusk');
  await again.getByRole('button', { name: 'Continue' }).click();
  await again.getByRole('button', { name: 'Use a backup code' }).click();
  await again.getByLabel('Backup code').fill(account.backupCodes.pop()!);
  await again.getByRole('button', { name: 'Sign in' }).click();
  await expect(again).toBeHidden({ timeout: 30_000 });
});

own('a new recovery key counts once it is saved, and opens the account', async ({ own }) => {
  const { page, account, elsewhere } = own;
  await access(page).getByRole('button', { name: 'Make a new one' }).click();
  await prove(page, account);
  const dialog = page.getByRole('dialog', { name: 'Your new recovery key' });
  const shown = dialog.getByTestId('recovery-key');
  await expect(shown).toBeVisible();
  const groups = (await shown.locator('.group').allInnerTexts()).map((each) => each.trim());
  const copied = await shown.evaluate((key) => {
    getSelection()!.selectAllChildren(key);
    return getSelection()!.toString();
  });
  expect(copied.trim(), 'who selects it copies one line').toBe(groups.join(' '));
  expect(groups.join('-')).not.toBe(account.recoveryKey);
  await dialog.getByRole('button', { name: 'I have saved them' }).click();
  const asked = dialog.getByLabel(/^Group \d+ of 14/);
  const label = await dialog
    .getByText(/^Group \d+ of 14/)
    .first()
    .innerText();
  await asked.fill(groups[Number(/\d+/.exec(label)![0]) - 1]!);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Your new recovery key counts from now on.')).toBeVisible({ timeout: 30_000 });

  await elsewhere.goto('/login');
  await elsewhere.getByLabel('E-mail').fill(account.email);
  await elsewhere.getByRole('button', { name: 'Lost your password?' }).click();
  const key = elsewhere.getByRole('textbox', { name: 'Recovery key' });
  await key.fill(account.recoveryKey);
  await elsewhere.getByRole('button', { name: 'Continue' }).click();
  await expect(elsewhere.getByText("E-mail and recovery key don't match.")).toBeVisible();
  await key.fill(groups.join('-'));
  await elsewhere.getByRole('button', { name: 'Continue' }).click();
  await elsewhere.getByRole('button', { name: 'Use a backup code' }).click();
  await enterBackupCode(elsewhere, account.backupCodes.pop()!);
  await expect(composer(elsewhere)).toBeVisible({ timeout: 30_000 });

  // Whoever needs the recovery key is led to a new password, proved by that same key.
  const lost = elsewhere.getByText('You signed in with your recovery key');
  await elsewhere.getByRole('button', { name: 'Set a new password' }).click();
  const proof = elsewhere.getByRole('dialog', { name: 'Is it you?' });
  await proof.getByRole('textbox', { name: 'Recovery key' }).fill(groups.join('-'));
  await proof.getByRole('button', { name: 'Use a backup code' }).click();
  await proof.getByLabel('Backup code').fill(account.backupCodes.pop()!);
  await proof.getByRole('button', { name: 'Confirm' }).click();
  await expect(lost).toBeVisible();
  const another = elsewhere.getByRole('dialog').getByLabel('New password', { exact: true });
  await another.fill('nine loud geese land');
  await elsewhere.getByRole('dialog').getByRole('button', { name: 'Change it' }).click();
  await expect(lost).toHaveCount(0);
});

own('a changed e-mail address: codes from both ends, then only the new one signs in', async ({ own }) => {
  const { page, account, elsewhere } = own;
  const email = account.email.replace('ada-', 'countess-');
  await page
    .getByRole('region', { name: 'Account', exact: true })
    .getByRole('button', { name: 'Change' })
    .click();
  const dialog = page.getByRole('dialog', { name: /^Change your e.mail address$/ });
  await dialog.getByLabel('New e-mail address').fill(email);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await prove(page, account);
  await dialog.getByLabel(`Code sent to ${email}`, { exact: true }).fill('000000');
  await dialog.getByLabel('the present address').fill('000000');
  await dialog.getByRole('button', { name: 'Change the address' }).click();
  await expect(dialog.getByText("This isn't the code we sent.")).toBeVisible();
  await dialog.getByRole('button', { name: 'Fill in the code' }).click();
  await expect(dialog.getByLabel('the present address')).not.toHaveValue('000000');
  await dialog.getByRole('button', { name: 'Change the address' }).click();
  await expect(page.getByText('Your address is changed.')).toBeVisible();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'Account', exact: true })).toContainText(email);

  await begin(elsewhere, account.email, account.password);
  await expect(elsewhere.getByText("E-mail and password don't match.")).toBeVisible({ timeout: 30_000 });
  await begin(elsewhere, email, account.password);
  await elsewhere.getByRole('button', { name: 'Use a backup code' }).click();
  await enterBackupCode(elsewhere, account.backupCodes.pop()!);
  await expect(composer(elsewhere)).toBeVisible({ timeout: 30_000 });
});
