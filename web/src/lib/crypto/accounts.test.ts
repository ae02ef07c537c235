// An account made on this device opens by its password and its recovery key, and in no other way.
import { fromBase64url } from '$lib/wire/base64url';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAccountKeysWith, unlock, type MadeAccount } from './accounts';
import type { ByPassword } from './wrapped';
import { NAMESPACES } from './envelope';
import { randomBytes } from './keys';
import { deviceKey } from './masters';
import { derivePasswordWith, type Stretch } from './passwords';
import { deriveRecovery, readRecoveryKey } from './recovery';
import { sealLocal, openLocal } from './local';
import { reasonOf } from './testing/refusals';
import type { WrappedKeys } from './wrapped';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const password = 'kelp forest at noon';
const kdfProfile = 1;

/** As bound to password and salt as the real one, without its second of work. */
const quickly: Stretch = async (given, salt) =>
  new Uint8Array(await crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));

let made: MadeAccount<ByPassword>;
let wrapped: WrappedKeys;

function asStored({ keys }: MadeAccount): WrappedKeys {
  const method = (kind: 'password' | 'recovery') => {
    const { method_id, secret, master, public: publicKey } = keys[kind];
    return { method_id, kind, secret, master, public: publicKey };
  };
  const methods = [method('password'), method('recovery')];
  return { account_id: account, epoch: 1, methods, signing: keys.signing, statement: keys.statement };
}

async function kekOf(typed: string, salt = fromBase64url(made.keys.password.salt)): Promise<CryptoKey> {
  return (await derivePasswordWith(quickly, { account, password: typed, salt, kdfProfile })).kek;
}

beforeAll(async () => {
  made = await makeAccountKeysWith(quickly, { account, password, kdfProfile });
  wrapped = asStored(made);
});

describe('a new account', () => {
  test('opens by its password', async () => {
    const opened = await unlock({ wrapped, kind: 'password', kek: await kekOf(password), lowestEpoch: 1 });
    expect(opened.masterBytes).toEqual(made.masterBytes);
    expect(opened.signingPublicKey).toEqual(made.opened.signingPublicKey);
  });

  test('opens by its recovery key, as it was written down', async () => {
    const recoveryKey = await readRecoveryKey(made.recoveryKey.toLowerCase().replaceAll('-', ' '));
    const { kek, auth } = await deriveRecovery({ account, recoveryKey });
    expect(auth).toEqual(fromBase64url(made.keys.recovery.auth));
    const opened = await unlock({ wrapped, kind: 'recovery', kek });
    expect(opened.masterBytes).toEqual(made.masterBytes);
  });

  test('gives the very device key that signing up gave', async () => {
    const opened = await unlock({ wrapped, kind: 'password', kek: await kekOf(password) });
    const row = await sealLocal(await deviceKey(made.opened.master), 'drafts/1', { text: 'later' });
    expect(await openLocal(await deviceKey(opened.master), 'drafts/1', row)).toEqual({ text: 'later' });
  });

  test('holds keys no script can read', async () => {
    const { key } = made.opened.master;
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
    expect((await deviceKey(made.opened.master)).extractable).toBe(false);
    expect((await kekOf(password)).extractable).toBe(false);
  });

  test('sends nothing that is secret', () => {
    const sent = JSON.stringify(made.keys);
    expect(sent).not.toContain(password);
    expect(Object.keys(made.keys).sort()).toEqual([
      'manifest',
      'password',
      'recovery',
      'signing',
      'statement',
    ]);
    expect(fromBase64url(made.keys.signing.private)[6]).toBe(NAMESPACES.signing_key);
  });
});

describe('it stays closed', () => {
  test.each(['kelp forest at noon ', 'Kelp forest at noon', 'x'])('to the password %j', async (typed) => {
    expect(await reasonOf(unlock({ wrapped, kind: 'password', kek: await kekOf(typed) }))).toBe('wrong_key');
  });

  test('to the right password with another salt', async () => {
    const kek = await kekOf(password, randomBytes(16));
    expect(await reasonOf(unlock({ wrapped, kind: 'password', kek }))).toBe('wrong_key');
  });

  test('to a password that is no text, or empty', async () => {
    expect(await reasonOf(kekOf('half a pair \ud83d'))).toBe('password_not_text');
    expect(await reasonOf(kekOf(''))).toBe('password_empty');
  });

  test('where an epoch was seen that is higher', async () => {
    const attempt = unlock({ wrapped, kind: 'password', kek: await kekOf(password), lowestEpoch: 2 });
    expect(await reasonOf(attempt)).toBe('epoch_rolled_back');
  });

  test('where a field is no base64url or a number is none', async () => {
    const kek = await kekOf(password);
    const bent: WrappedKeys[] = [
      { ...wrapped, signing: { ...wrapped.signing, private: '=' } },
      { ...wrapped, statement: { ...wrapped.statement, signature: 'A' } },
      { ...wrapped, methods: wrapped.methods.map((method) => ({ ...method, secret: 'ä' })) },
    ];
    for (const each of bent) {
      expect(await reasonOf(unlock({ wrapped: each, kind: 'password', kek }))).toBe('bad_content');
    }
    const noNumber = { ...wrapped, epoch: 1.5 };
    expect(await reasonOf(unlock({ wrapped: noNumber, kind: 'password', kek }))).toBe('not_a_number');
  });

  test('with a bit flipped in any part of what the server keeps', { timeout: 60_000 }, async () => {
    const kek = await kekOf(password);
    for (const each of bentAccounts(wrapped)) {
      expect(await reasonOf(unlock({ wrapped: each, kind: 'password', kek, account }))).not.toBe('');
    }
  });
});

/** Every byte text of the account with one character changed, at seven places each. */
function* bentAccounts(honest: WrappedKeys): Generator<WrappedKeys> {
  const bend = (text: string, place: number) => {
    const at = Math.floor(((text.length - 2) * place) / 6);
    return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  };
  const [first, second] = honest.methods as [WrappedKeys['methods'][0], WrappedKeys['methods'][0]];
  for (let place = 0; place < 7; place += 1) {
    for (const part of ['secret', 'master', 'public'] as const) {
      yield { ...honest, methods: [{ ...first, [part]: bend(first[part], place) }, second] };
    }
    for (const part of ['public_key', 'private'] as const) {
      yield { ...honest, signing: { ...honest.signing, [part]: bend(honest.signing[part], place) } };
    }
    for (const part of ['commitment', 'signature'] as const) {
      yield { ...honest, statement: { ...honest.statement, [part]: bend(honest.statement[part], place) } };
    }
  }
  yield { ...honest, statement: { ...honest.statement, previous: 'AAAA' } };
}
