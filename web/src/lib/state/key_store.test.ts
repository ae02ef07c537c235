// The keys' database: kept on disk, in memory where that fails, and never in the way of signing in.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { deleteDB, openDB } from 'idb';
import { beforeEach, expect, it } from 'vitest';
import { openKeyStore } from './key_store';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

it('keeps, replaces and removes, and finds it again', async () => {
  const keys = await openKeyStore();
  await keys.put({ lowest_epochs: { a: 1 }, logout_owed: true });
  await keys.put({ lowest_epochs: { a: 2 }, logout_owed: undefined });
  const again = await openKeyStore();
  expect(await again.get('lowest_epochs')).toEqual({ a: 2 });
  expect(await again.get('logout_owed')).toBeUndefined();
  expect(again.lasting).toBe(true);
});

it('keeps a key that no script can read out', async () => {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(32), 'HKDF', false, ['deriveBits']);
  const keys = await openKeyStore();
  await keys.put({ kept_master: { account: 'a', epoch: 1, key, signingPublicKey: new Uint8Array(32) } });
  expect((await keys.get('kept_master'))?.key.extractable).toBe(false);
});

it('works in memory where the browser keeps nothing', async () => {
  Reflect.deleteProperty(globalThis, 'indexedDB');
  const keys = await openKeyStore();
  await keys.put({ logout_owed: true });
  expect([await keys.get('logout_owed'), keys.lasting]).toEqual([true, false]);
});

it('goes on in memory when the disk refuses', async () => {
  const keys = await openKeyStore();
  await keys.put({ lowest_epochs: { a: 1 } });
  const uncloneable = { a: (() => 1) as unknown as number };
  await keys.put({ lowest_epochs: uncloneable });
  expect([await keys.get('lowest_epochs'), keys.lasting]).toEqual([uncloneable, false]);
  await keys.put({ lowest_epochs: { a: 3 } });
  expect(keys.lasting).toBe(true);
  expect(await (await openKeyStore()).get('lowest_epochs')).toEqual({ a: 3 });
});

it('makes a database without its store anew', async () => {
  (await openDB('sealmate-keys', 1)).close();
  const keys = await openKeyStore();
  expect(keys.lasting).toBe(true);
});

it('leaves the database of a newer app alone', async () => {
  (await openDB('sealmate-keys', 7)).close();
  expect((await openKeyStore()).lasting).toBe(false);
  const newer = await openDB('sealmate-keys');
  expect(newer.version).toBe(7);
  newer.close();
  await deleteDB('sealmate-keys');
});
