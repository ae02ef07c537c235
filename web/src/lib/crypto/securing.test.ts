// An account that was secured: what opened it opens nothing, what was chosen does, and a device's pins take exactly this step.
import { fromBase64url } from '$lib/wire/base64url';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAccountKeysWith, unlock, type MadeAccount } from './accounts';
import { randomBytes } from './keys';
import { derivePasskey } from './passkeys';
import { derivePasswordWith, type Stretch } from './passwords';
import { advance, NO_PINS } from './pins';
import { deriveRecovery, readRecoveryKey } from './recovery';
import { followLinks, nameMethods, verifyOwnManifest } from './rotation';
import { secureAccountWith, type SecuredAccount } from './securing';
import { statementHash } from './statements';
import { reasonOf } from './testing/refusals';
import { readManifest, readStatement, type WrappedKeys } from './wrapped';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const password = 'six grey seals at dusk';
const quickly: Stretch = async (given, salt) =>
  new Uint8Array(await crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));

let made: MadeAccount;
let wrapped: WrappedKeys;
let kek: CryptoKey;
let secured: SecuredAccount;

/** As the server gives it from then on. */
function after({ body }: SecuredAccount): WrappedKeys {
  const passkey = { ...body.credentials[0]!, kind: 'passkey' as const };
  const methods = [
    { ...body.password!, kind: 'password' as const },
    { ...body.recovery, kind: 'recovery' as const },
    passkey,
  ];
  const { signing, statement, manifest } = body;
  return { account_id: account, epoch: statement.epoch, methods, signing, statement, manifest, links: [] };
}

beforeAll(async () => {
  made = await makeAccountKeysWith(quickly, { account, password: 'kelp forest at noon', kdfProfile: 1 });
  const method = (kind: 'password' | 'recovery') => ({ ...made.keys[kind], kind });
  const { signing, statement } = made.keys;
  const methods = [method('password'), method('recovery')];
  wrapped = { account_id: account, epoch: 1, methods, signing, statement };
  wrapped.manifest = await nameMethods({ wrapped, ...made.opened });
  kek = await derivePasskey({ account, credentialId: randomBytes(16), output: randomBytes(32) });
  const touched = [{ method: 'old-passkey', kind: 'passkey' as const, kek }];
  secured = await secureAccountWith(quickly, { wrapped, opened: made.opened, password, touched });
});

describe('a secured account', () => {
  test('opens by the new password, the new recovery key and the touched passkey', async () => {
    const now = after(secured);
    const salt = fromBase64url(secured.body.password!.salt);
    const byPassword = await derivePasswordWith(quickly, { account, password, salt, kdfProfile: 1 });
    const byRecovery = await deriveRecovery({
      account,
      recoveryKey: await readRecoveryKey(secured.recoveryKey),
    });
    for (const [kind, by] of [
      ['password', byPassword.kek],
      ['recovery', byRecovery.kek],
      ['passkey', kek],
    ] as const) {
      const opened = await unlock({ wrapped: now, kind, kek: by, account });
      expect(opened.masterBytes).toEqual(secured.masterBytes);
      expect(opened.signingPublicKey).toEqual(secured.opened.signingPublicKey);
    }
    expect(secured.opened.signingPublicKey).not.toEqual(made.opened.signingPublicKey);
    expect(secured.masterBytes).not.toEqual(made.masterBytes);
  });

  test('opens by nothing of before, and no link leads there', async () => {
    const now = after(secured);
    const old = await deriveRecovery({ account, recoveryKey: await readRecoveryKey(made.recoveryKey) });
    expect(await reasonOf(unlock({ wrapped: now, kind: 'recovery', kek: old.kek }))).toBe('wrong_key');
    const statement = await statementHash(account, readStatement(wrapped.statement));
    const followed = followLinks({ wrapped: now, ...made.opened, statement });
    expect(await reasonOf(followed)).toBe('link_missing');
  });

  test('has a list that names all that opens it, signed by the new key', async () => {
    await verifyOwnManifest(after(secured), secured.opened.signingPublicKey);
    const byOld = verifyOwnManifest(after(secured), made.opened.signingPublicKey);
    expect(await reasonOf(byOld)).toBe('bad_signature');
  });
});

describe('what a device remembers', () => {
  const seen = (of: WrappedKeys, publicKey: Uint8Array<ArrayBuffer>) => ({
    account,
    statement: readStatement(of.statement),
    manifest: readManifest(of.manifest!),
    publicKey,
  });

  test('takes this step', async () => {
    const pins = await advance(NO_PINS, seen(wrapped, made.opened.signingPublicKey));
    const then = await advance(pins, seen(after(secured), secured.opened.signingPublicKey));
    expect([then.epoch, then.sequence]).toEqual([2, 2]);
    expect(await reasonOf(advance(then, seen(wrapped, made.opened.signingPublicKey)))).toBe(
      'epoch_rolled_back',
    );
  });

  test('takes no next epoch that does not follow the one it saw', async () => {
    const pins = await advance(NO_PINS, seen(wrapped, made.opened.signingPublicKey));
    const elsewhere = { ...pins, statement: randomBytes(32) };
    const step = seen(after(secured), secured.opened.signingPublicKey);
    expect(await reasonOf(advance(elsewhere, step))).toBe('epoch_forked');
    expect(await reasonOf(advance({ ...pins, manifest: randomBytes(32) }, step))).toBe('manifest_forked');
  });
});

test('without a touched key and with no password there is nothing beside the recovery key', async () => {
  const alone = await secureAccountWith(quickly, {
    wrapped,
    opened: made.opened,
    password: null,
    touched: [],
  });
  expect(alone.body.credentials).toEqual([]);
  expect(alone.body.password).toBeUndefined();
});
