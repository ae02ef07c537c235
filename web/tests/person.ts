// What a person does in the app, by what is written on the screen.
import { randomBytes } from 'node:crypto';
import { expect, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { totp } from './totp';

export interface Account {
  email: string;
  password: string;
  secret: string;
  recoveryKey: string;
  /** Unused ones; an authenticator's code works once in half a minute, so devices after the first take these. */
  backupCodes: string[];
}

/** Words that stand in no other message. */
export function unique(text: string): string {
  return `${text} (${randomBytes(4).toString('hex')})`;
}

/** `at` is called on every screen of it, before what it asks for is given. */
export async function signUp(
  page: Page,
  at = async (_step: string) => {},
  email = newEmail(),
): Promise<Account> {
  await confirmEmail(page, at, email);
  const password = 'four calm herons wade';
  await page.getByRole('button', { name: 'With a password and an authenticator' }).click();
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
  await at('password');
  await page.getByRole('button', { name: 'Continue' }).click();
  const secret = await page
    .locator('code')
    .filter({ hasText: /^[A-Z2-7 ]{20,}$/ })
    .innerText();
  await at('authenticator');
  await page.getByLabel('Code that the app shows now').fill(totp(secret));
  return { email, password, secret, ...(await saveSecrets(page, at)) };
}

/** Where there is an authenticator that makes passkeys. */
export async function signUpByPasskey(page: Page): Promise<Omit<Account, 'password' | 'secret'>> {
  const at = async () => {};
  const email = newEmail();
  await confirmEmail(page, at, email);
  await page.getByRole('button', { name: 'With a passkey' }).click();
  return { email, ...(await saveSecrets(page, at)) };
}

function newEmail(): string {
  return `ada-${randomBytes(5).toString('hex')}@example.com`;
}

async function confirmEmail(page: Page, at: (step: string) => Promise<void>, email: string): Promise<void> {
  await page.goto('/signup');
  await expect(page.getByLabel('E-mail')).toBeVisible();
  await at('email');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Send the code' }).click();
  const fillIn = page.getByRole('button', { name: 'Fill in the code' });
  await expect(fillIn).toBeVisible();
  await at('mail-code');
  await fillIn.click();
  await expect(page.getByRole('button', { name: 'With a passkey' })).toBeVisible();
  await at('way');
}

async function saveSecrets(
  page: Page,
  at: (step: string) => Promise<void>,
): Promise<Pick<Account, 'recoveryKey' | 'backupCodes'>> {
  await expect(page.getByTestId('backup-codes')).toBeVisible({ timeout: 30_000 });
  const backupCodes = await page.getByTestId('backup-codes').locator('code').allInnerTexts();
  const recoveryKey = await saveRecoveryKey(page, at);
  const yes = page.getByRole('button', { name: 'Yes, stay signed in' });
  await expect(yes).toBeVisible();
  await at('stay');
  await yes.click();
  await expect(composer(page)).toBeVisible();
  return { recoveryKey, backupCodes };
}

/** The key that is shown, of which one group is typed back. */
export async function saveRecoveryKey(page: Page, at = async (_step: string) => {}): Promise<string> {
  const key = page.getByTestId('recovery-key');
  await expect(key).toBeVisible({ timeout: 30_000 });
  const groups = (await key.locator('.group').allInnerTexts()).map((group) => group.trim());
  await at('save');
  await page.getByRole('button', { name: 'I have saved them' }).click();
  const asked = page.getByLabel(/^Group \d+ of 14/);
  await expect(asked).toBeVisible();
  await at('check');
  const question = await page
    .getByText(/^Group \d+ of 14/)
    .first()
    .innerText();
  await asked.fill(groups[Number(/\d+/.exec(question)![0]) - 1]!);
  await page.getByRole('button', { name: 'Continue' }).click();
  return groups.join('-');
}

export async function signIn(page: Page, account: Account, { stay = true } = {}): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  if (stay) await page.getByLabel('Stay signed in').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Use a backup code' }).click();
  await page.getByLabel('Backup code').fill(account.backupCodes.pop()!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(composer(page)).toBeVisible({ timeout: 30_000 });
}

/** Answers the question in place; a backup code, since an authenticator's counts once in half a minute. */
export async function prove(page: Page, account: Account): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  await dialog.getByRole('button', { name: 'Use a backup code' }).click();
  await dialog.getByLabel('Backup code').fill(account.backupCodes.pop()!);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(dialog).toBeHidden({ timeout: 30_000 });
}

/** Another browser of the same person. */
export async function otherDevice(
  browser: Browser,
  account: Account,
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  await signIn(page, account);
  return { context, page };
}

/** A setting by what is written beside it, and that it was sent for this person's other devices: what the request says. */
export async function choose(page: Page, name: string): Promise<string> {
  const sent = page.context().waitForEvent('response', (each) => {
    return each.url().endsWith('/apps/web/settings') && each.request().method() === 'PUT' && each.ok();
  });
  await page.getByText(name, { exact: true }).click();
  return (await sent).request().postData() ?? '';
}

export function composer(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Message', exact: true });
}

export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

export async function startChat(page: Page, text: string): Promise<void> {
  await page.goto('/');
  await send(page, text);
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
}

export function answers(page: Page): Locator {
  return page.getByTestId('answer');
}

/** An answer is whole once it can be asked again. */
export async function answered(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Copy answer' }).last()).toBeVisible();
}

/** The id in the address of the chat that is shown. */
export function chatShown(page: Page): string {
  return /\/chat\/([0-9a-f-]{36})/.exec(page.url())![1]!;
}

/** A chat's row in the side bar. */
export function rowOf(page: Page, chat: string): Locator {
  return page.getByRole('navigation', { name: 'Chats and search' }).locator(`a[href="/chat/${chat}"]`);
}

/** What was said in the chat that is shown, messages and answers. */
export function said(page: Page): Locator {
  return page.getByRole('region', { name: 'Messages' });
}
