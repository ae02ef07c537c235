// Rotations in Node: the vectors that every implementation meets, and an account of this device's whose key turns.
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAccountKeysWith, unlock, type MadeAccount } from './accounts';
import { makeAppKey, openAppKey, openSettings, sealSettings, type AppKey } from './apps';
import type { Bytes } from './bytes';
import { importKey, randomBytes } from './keys';
import type { Stretch } from './passwords';
import { deriveRecovery, readRecoveryKey } from './recovery';
import { followLinks, nameMethods, turnMaster, verifyOwnManifest } from './rotation';
import { statementHash } from './statements';
import { readVectors } from './testing/read_vectors.js';
import { reasonOf } from './testing/refusals';
import { testRotation, type RotationVectors } from './testing/rotation_suite';
import { readStatement, type WrappedKeys } from './wrapped';

testRotation(JSON.parse((await readVectors('rotation_v1.json')) ?? '') as RotationVectors);

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const quickly: Stretch = async (given, salt) =>
  new Uint8Array(await crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));

let made: MadeAccount;
let before: WrappedKeys;
let signingPublicKey: Bytes;

beforeAll(async () => {
  made = await makeAccountKeysWith(quickly, { account, password: 'kelp forest at noon', kdfProfile: 1 });
  const { keys } = made;
  const methods = (['password', 'recovery'] as const).map((kind) => {
    const { method_id, secret, master, public: publicKey } = keys[kind];
    return { method_id, kind, secret, master, public: publicKey };
  });
  before = { account_id: account, epoch: 1, methods, signing: keys.signing, statement: keys.statement };
  ({ signingPublicKey } = made.opened);
});

/** As the server has it after the flip. */
async function turned(wrapped: WrappedKeys): Promise<WrappedKeys> {
  const next = await turnMaster({ wrapped, master: made.opened.master, signingPublicKey });
  const methods = wrapped.methods.map((method) => ({
    ...method,
    ...next.account.methods.find((each) => each.method_id === method.method_id),
  }));
  return {
    ...wrapped,
    epoch: 2,
    methods,
    signing: { ...wrapped.signing, private: next.account.signing },
    statement: next.statement,
    manifest: next.manifest,
    links: [{ statement: next.statement, ...next.link }],
  };
}

describe('a rotation', () => {
  test("can't be followed when its link leads nobody on any more", async () => {
    const after = await turned(before);
    const links = after.links!.map((link) => ({ ...link, forward: null }));
    const following = followLinks({
      wrapped: { ...after, links },
      master: made.opened.master,
      statement: await statementHash(account, readStatement(before.statement)),
      signingPublicKey,
    });
    expect(await reasonOf(following)).toBe('link_missing');
  });

  test('leaves every method able to open the next key, and is followed without one', async () => {
    const after = await turned(before);
    const recoveryKey = await readRecoveryKey(made.recoveryKey);
    const { kek } = await deriveRecovery({ account, recoveryKey });
    const opened = await unlock({ wrapped: after, kind: 'recovery', kek, lowestEpoch: 2 });
    const followed = await followLinks({
      wrapped: after,
      master: made.opened.master,
      statement: await statementHash(account, readStatement(before.statement)),
      signingPublicKey,
    });
    expect(followed.masterBytes).toEqual(opened.masterBytes);
    expect(opened.masterBytes).not.toEqual(made.masterBytes);
    await verifyOwnManifest(after, signingPublicKey);
  });

  test('seals nothing to a method that the account did not name', async () => {
    const manifest = await nameMethods({ wrapped: before, master: made.opened.master, signingPublicKey });
    const [first, second] = before.methods as [WrappedKeys['methods'][0], WrappedKeys['methods'][0]];
    const removed = { ...before, methods: [first], manifest: undefined };
    const named = await nameMethods({ wrapped: removed, master: made.opened.master, signingPublicKey });
    expect(await reasonOf(turned({ ...before, manifest: named }))).toBe('method_not_named');
    const swapped = [{ ...first, public: second.public }, second];
    expect(await reasonOf(turned({ ...before, manifest, methods: swapped }))).toBe('method_not_named');
    expect(await reasonOf(turned({ ...before, methods: swapped }))).toBe('not_authentic');
  });

  test('begins with what the server has now, or not at all', async () => {
    expect(await reasonOf(turned({ ...before, epoch: 2 }))).toBe('wrong_epoch');
    const other = await makeAccountKeysWith(quickly, { account, password: 'another', kdfProfile: 1 });
    expect(await reasonOf(turned({ ...before, signing: other.keys.signing }))).toBe('wrong_key');
  });

  test('hands the key of an app on, and gives another for one that nobody can open', async () => {
    const { master } = made.opened;
    const { key, envelope } = await makeAppKey({ account, app: 'web', master });
    const foreign = { epoch: 1, key: await importKey(randomBytes(32)) };
    const theirs = await makeAppKey({ account, app: 'planted', master: foreign });
    const apps = [
      { app: 'web', key: toBase64url(envelope) },
      { app: 'planted', key: toBase64url(theirs.envelope) },
    ];
    const next = await turnMaster({ wrapped: { ...before, apps }, master, signingPublicKey });
    const opened = async (app: string, sealedBy: AppKey) => {
      const wrap = next.account.apps.find((each) => each.app === app)!.key;
      const now = await openAppKey({ account, app, master: next.master, envelope: fromBase64url(wrap) });
      const settings = await sealSettings(sealedBy, { revision: 1, settings: { theme: 'dark' } });
      return openSettings(now, { revision: 1, envelope: settings });
    };
    expect(await opened('web', key)).toEqual({ theme: 'dark' });
    expect(await reasonOf(opened('planted', theirs.key))).toBe('wrong_key');
  });

  test('names a method that is about to come', async () => {
    const coming = {
      method_id: '5d2cbd6f-0000-4000-8000-000000000000',
      public: before.methods[0]?.public ?? '',
    };
    const manifest = await nameMethods({
      wrapped: before,
      master: made.opened.master,
      signingPublicKey,
      coming: [coming],
    });
    const [first] = before.methods as [WrappedKeys['methods'][0]];
    const methods = [...before.methods, { ...first, method_id: coming.method_id }];
    await verifyOwnManifest({ ...before, methods, manifest }, signingPublicKey);
    await verifyOwnManifest({ ...before, manifest }, signingPublicKey);
    expect(fromBase64url(manifest.previous)).toHaveLength(0);
  });
});
