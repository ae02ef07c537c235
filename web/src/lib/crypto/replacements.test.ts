// A new password and a new recovery key open the account's master key, and nothing else about it changes.
import { fromBase64url } from '$lib/wire/base64url';
import { beforeAll, expect, test } from 'vitest';
import { makeAccountKeysWith, unlock, type MadeAccount } from './accounts';
import { randomBytes } from './keys';
import { derivePasswordWith, type Stretch } from './passwords';
import { deriveRecovery, readRecoveryKey } from './recovery';
import { makePasswordWith, makeRecoveryKey, type OpenAccount } from './replacements';
import { reasonOf } from './testing/refusals';
import type { WrappedKeys } from './wrapped';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const kdfProfile = 1;
const [old, next] = ['kelp forest at noon', 'six grey seals at dusk'];

/** As bound to password and salt as the real one, without its second of work. */
const quickly: Stretch = async (given, salt) =>
  new Uint8Array(await crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));

let made: MadeAccount;
let open: OpenAccount;

/** The account as the server would give it, with one method in the place of the other of its kind. */
function stored(changed: Partial<MadeAccount['keys']>): WrappedKeys {
  const keys = { ...made.keys, ...changed };
  const method = (kind: 'password' | 'recovery') => {
    const { method_id, secret, master, public: publicKey } = keys[kind];
    return { method_id, kind, secret, master, public: publicKey };
  };
  const methods = [method('password'), method('recovery')];
  return { account_id: account, epoch: 1, methods, signing: keys.signing, statement: keys.statement };
}

beforeAll(async () => {
  made = await makeAccountKeysWith(quickly, { account, password: old, kdfProfile });
  open = { account, opened: made.opened, masterBytes: made.masterBytes };
});

test('the new password opens, the old one does not', async () => {
  const password = await makePasswordWith(quickly, { ...open, password: next });
  const wrapped = stored({ password });
  const salt = fromBase64url(password.salt);
  const kekOf = async (typed: string) =>
    (await derivePasswordWith(quickly, { account, password: typed, salt, kdfProfile })).kek;
  const opened = await unlock({ wrapped, kind: 'password', kek: await kekOf(next), account });
  expect(opened.masterBytes).toEqual(made.masterBytes);
  expect(await reasonOf(unlock({ wrapped, kind: 'password', kek: await kekOf(old) }))).toBe('wrong_key');
  expect(password.method_id).not.toBe(made.keys.password.method_id);
  expect(password.salt).not.toBe(made.keys.password.salt);
});

test('the new recovery key opens, the old one does not', async () => {
  const { method, recoveryKey } = await makeRecoveryKey(open);
  const wrapped = stored({ recovery: method });
  const kekOf = async (text: string) =>
    (await deriveRecovery({ account, recoveryKey: await readRecoveryKey(text) })).kek;
  const opened = await unlock({ wrapped, kind: 'recovery', kek: await kekOf(recoveryKey) });
  expect(opened.masterBytes).toEqual(made.masterBytes);
  const before = unlock({ wrapped, kind: 'recovery', kek: await kekOf(made.recoveryKey) });
  expect(await reasonOf(before)).toBe('wrong_key');
});

test('nothing is made of bytes that are not the master key', async () => {
  const masterBytes = randomBytes(32);
  expect(await reasonOf(makeRecoveryKey({ ...open, masterBytes }))).not.toBeNull();
});
