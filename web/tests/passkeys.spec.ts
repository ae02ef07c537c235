// Passkeys and security keys in a real browser, with virtual authenticators: added, used for all they are good for, removed.
import { expect, test, type Page } from '@playwright/test';
import { Authenticators, type Kind } from './authenticators';
import { looked } from './looks';
import {
  answered,
  chatShown,
  composer,
  otherDevice,
  said,
  saveRecoveryKey,
  signUp,
  signUpByPasskey,
  startChat,
  unique,
  type Account,
} from './person';

const INTERNAL: Kind = { transport: 'internal', prf: true };
const USB: Kind = { transport: 'usb', prf: true };
const USB_WITHOUT: Kind = { transport: 'usb', prf: false };

const ways = (page: Page) => page.getByTestId('ways-in').getByRole('listitem');

/** Password and a backup code, where the app asks for a fresh proof. */
async function prove(page: Page, account: Account) {
  const dialog = page.locator('dialog[open]').last();
  const password = dialog.getByRole('textbox', { name: 'Password', exact: true });
  await expect(password).toBeVisible();
  await password.fill(account.password);
  await dialog.getByRole('button', { name: 'Use a backup code' }).click();
  await dialog.getByLabel('Backup code').fill(account.backupCodes.pop()!);
  await dialog.locator('button[type=submit]').click();
}

async function add(page: Page, kind: 'passkey' | 'security key', name: string, account: Account | null) {
  await page.goto('/settings/ways');
  await expect(ways(page).first()).toBeVisible();
  await page.getByRole('button', { name: `Add a ${kind}` }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Continue' }).click();
  if (account) await prove(page, account);
}

async function lock(page: Page) {
  await page.goto('/settings/account');
  await page.locator('#content').getByRole('button', { name: 'Lock' }).click();
  await expect(page.getByRole('heading', { name: 'Your chats are locked' })).toBeVisible();
}

async function signOut(page: Page) {
  await page.goto('/settings/account');
  await page.locator('#content').getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.locator('dialog[open]').getByRole('button', { name: 'Sign out' }).click();
  await expect(page).not.toHaveURL(/settings/);
}

/** A page loaded anew is locked, unless its person stays signed in. */
async function unlockIfLocked(page: Page) {
  const unlock = page.getByRole('button', { name: 'Unlock with your passkey' });
  await expect(unlock.or(ways(page).first()).first()).toBeVisible();
  if (await unlock.isVisible()) await unlock.click();
}

const remove = async (page: Page, name: string) => {
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await page.locator('dialog[open]').getByRole('button', { name: 'Remove', exact: true }).click();
};

test.beforeEach(({ page }) => page.setDefaultTimeout(20_000));

test('a passkey opens the chats, without a network too, and proves who it is', async ({ page, context }) => {
  const account = await signUp(page);
  const devices = await Authenticators.of(page);
  const phone = await devices.add(INTERNAL);
  const text = unique('Said before there was a passkey');
  await startChat(page, text);
  await answered(page);
  const chat = chatShown(page);

  await test.step('it is added after a proof, and tried', async () => {
    await add(page, 'passkey', 'My phone', account);
    await expect(page.getByText('My phone opens your chats from now on.')).toBeVisible();
    await expect(ways(page)).toHaveCount(3);
    expect(await devices.credentials(phone)).toHaveLength(1);
    await page.getByRole('button', { name: 'Test My phone' }).click();
    await expect(page.getByText('It works: My phone has just opened your keys.')).toBeVisible();
  });

  await test.step('it unlocks without any network', async () => {
    await lock(page);
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Unlock with your passkey' }).click();
    await expect(page.getByRole('heading', { name: 'Your chats are locked' })).toBeHidden();
    await context.setOffline(false);
  });

  await test.step('named anew, it is listed so', async () => {
    await page.goto('/settings/ways');
    await page.getByRole('button', { name: 'Rename My phone' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Old phone');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(ways(page).filter({ hasText: 'Old phone' })).toHaveCount(1);
  });

  await test.step('signing in is one press, and what it derives is never sent', async () => {
    await signOut(page);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    await page.goto('/login');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(composer(page)).toBeVisible();
    await page.goto(`/chat/${chat}`);
    await expect(said(page).getByText(text)).toBeVisible();
    expect(sent.some((body) => body.includes('authenticator_data'))).toBe(true);
    expect(sent.filter((body) => /prf|extension/i.test(body))).toEqual([]);
  });

  await test.step('it proves who it is, and removed, it opens nothing any more', async () => {
    await page.goto('/settings/ways');
    await unlockIfLocked(page);
    await remove(page, 'Old phone');
    await page.getByRole('button', { name: 'Prove it with a passkey' }).click();
    await expect(page.getByText('Old phone opens nothing any more.')).toBeVisible();
    await expect(ways(page)).toHaveCount(2);
    await signOut(page);
    await page.goto('/login');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(page.getByText("This passkey isn't known here.")).toBeVisible();
  });
});

test('someone signs up with a passkey alone, and the recovery key takes a backup code', async ({ page }) => {
  const devices = await Authenticators.of(page);
  const phone = await devices.add(INTERNAL);
  const { email, recoveryKey, backupCodes } = await signUpByPasskey(page);
  await page.goto('/settings/ways');
  await expect(ways(page)).toHaveCount(2);
  await expect(ways(page).filter({ hasText: 'Password' })).toHaveCount(0);
  await signOut(page);
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(composer(page)).toBeVisible();

  await lock(page);
  await expect(page.getByRole('textbox', { name: 'Password', exact: true })).toHaveCount(0);
  await page.getByRole('button', { name: 'Unlock with your passkey' }).click();
  await expect(page.getByRole('heading', { name: 'Your chats are locked' })).toBeHidden();

  await signOut(page);
  await devices.remove(phone); // Chromium's virtual one would answer to what the e-mail field offers
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Lost your password?' }).click();
  await page.getByRole('textbox', { name: 'Recovery key' }).fill(recoveryKey);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('button', { name: 'Use the authenticator' })).toHaveCount(0);
  await page.getByLabel('Backup code').fill(backupCodes.pop()!);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(composer(page)).toBeVisible();
});

test('without a password, a passkey is proof enough to erase the account', async ({ page }) => {
  await (await Authenticators.of(page)).add(INTERNAL);
  const { email } = await signUpByPasskey(page);
  await page.goto('/settings/erase');
  await page.getByLabel(`Type ${email} to confirm`).fill(email);
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Erase account for ever' }).click();
  await page.getByRole('button', { name: 'Prove it with a passkey' }).click();
  await expect(page.getByRole('heading', { name: 'Your account is being erased' })).toBeVisible();
});

test('a security key that derives a key unlocks; one that derives none is a second factor', async ({
  page,
}) => {
  const account = await signUp(page);
  const devices = await Authenticators.of(page);
  const better = await devices.add(USB);
  await add(page, 'security key', 'Blue key', account);
  await expect(page.getByText('Blue key opens your chats from now on.')).toBeVisible();
  await devices.remove(better);

  await devices.add(USB_WITHOUT);
  await add(page, 'security key', 'Old key', account);
  await expect(page.getByText('Old key gives no key to open your chats.')).toBeVisible();
  await expect(ways(page).filter({ hasText: 'Old key' })).toContainText('second factor only');
  await expect(page.getByRole('button', { name: 'Test Old key' })).toHaveCount(0);

  await signOut(page);
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Use my security key' }).click();
  await expect(composer(page)).toBeVisible();
});

test('when the account is secured, the passkey that is touched once more stays, and the lost key goes', async ({
  page,
}, info) => {
  const account = await signUp(page);
  const text = unique('Said before somebody else was in');
  await startChat(page, text);
  await answered(page);
  const chat = chatShown(page);
  const devices = await Authenticators.of(page);
  const lost = await devices.add(USB);
  await add(page, 'security key', 'Lost key', account);
  await expect(page.getByText('Lost key opens your chats from now on.')).toBeVisible();
  await devices.remove(lost);
  await devices.add(INTERNAL);
  await add(page, 'passkey', 'My phone', account);
  await expect(page.getByText('My phone opens your chats from now on.')).toBeVisible();

  await test.step('touched once more, and no password asked for but the new one', async () => {
    await page.goto('/settings/account');
    await page.getByRole('button', { name: 'Secure the account' }).click();
    await page.getByRole('button', { name: 'Prove it with a passkey' }).click();
    await page.getByRole('button', { name: 'Touch My phone now' }).click();
    const dialog = page.getByRole('dialog', { name: 'Secure your account' });
    await expect(dialog.getByText('Stays')).toBeVisible();
    await expect(dialog.getByText('Will be removed')).toHaveCount(1);
    await looked(page, 'secure-keys', info);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByRole('textbox', { name: /password/i }).fill('two slow ferries at dawn');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await saveRecoveryKey(page);
    await expect(page.getByTestId('backup-codes')).toBeVisible({ timeout: 60_000 });
    await page.getByRole('button', { name: 'I have saved them' }).click();
  });

  await test.step('the list names it, and the other is gone', async () => {
    await page.goto('/settings/ways');
    await expect(ways(page).filter({ hasText: 'My phone' })).toHaveCount(1);
    await expect(ways(page).filter({ hasText: 'Lost key' })).toHaveCount(0);
  });

  await test.step('it signs in, and opens what was said before', async () => {
    await signOut(page);
    await page.goto('/login');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(composer(page)).toBeVisible();
    await page.goto(`/chat/${chat}`);
    await expect(said(page).getByText(text)).toBeVisible();
  });
});

test('a passkey that derives no key is refused in clear words, and nothing is stored', async ({ page }) => {
  const account = await signUp(page);
  const devices = await Authenticators.of(page);
  await devices.add({ transport: 'internal', prf: false });
  await add(page, 'passkey', 'Phone', account);
  await expect(page.getByText('it gives no key that could open your chats')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.reload();
  await expect(ways(page)).toHaveCount(2);
});

test('a ceremony that is cancelled stores nothing and says what to do next', async ({ page }) => {
  const account = await signUp(page);
  const devices = await Authenticators.of(page);
  await devices.refuse(await devices.add(INTERNAL));
  await add(page, 'passkey', 'Phone', account);
  await expect(page.getByText('That was cancelled, or it took too long.')).toBeVisible();
  await expect(page.getByText('Try again, or take another way.')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.reload();
  await expect(ways(page)).toHaveCount(2);
});

test('whoever has no key at hand gives up in the page itself', async ({ page }) => {
  await (await Authenticators.of(page)).add({ ...USB, untouched: true });
  await page.goto('/login');
  const byPasskey = page.getByRole('button', { name: 'Sign in with a passkey' });
  await byPasskey.click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('That was cancelled, or it took too long.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  await expect(byPasskey).toBeEnabled();
});

test('each device has its own passkey, and the last ways in stay', async ({ page, browser }) => {
  const account = await signUp(page);
  await (await Authenticators.of(page)).add(INTERNAL);
  await add(page, 'passkey', 'First', account);
  await expect(page.getByText('First opens your chats from now on.')).toBeVisible();

  const there = await otherDevice(browser, account);
  await (await Authenticators.of(there.page)).add(INTERNAL);
  await add(there.page, 'passkey', 'Second', account);
  await expect(there.page.getByText('Second opens your chats from now on.')).toBeVisible();
  await expect(ways(there.page)).toHaveCount(4);
  await signOut(there.page);
  await there.page.goto('/login');
  await there.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(composer(there.page)).toBeVisible();
  await there.context.close();

  await page.goto('/settings/ways');
  for (const name of ['Password', 'Second']) {
    await remove(page, name);
    const proof = page.getByRole('button', { name: 'Prove it with a passkey' });
    const gone = page.getByText(`${name} opens nothing any more.`);
    await expect(proof.or(gone).first()).toBeVisible();
    if (await proof.isVisible()) await proof.click();
    await expect(gone).toBeVisible();
  }
  await expect(page.getByRole('button', { name: 'Remove First' })).toBeDisabled();
  await expect(page.getByText('It has to stay: it is the only one besides the recovery key.')).toBeVisible();
});
