// What a browser keeps of its own outlives a turn of the master key that it was signed out for.
import * as crypto from '$lib/crypto';
import { seal } from '$lib/crypto/envelope';
import { derive, randomBytes } from '$lib/crypto/keys';
import { deviceKey, DEVICE_STORE } from '$lib/crypto/masters';
import { toBase64url } from '$lib/wire/base64url';
import { expect, it } from 'vitest';
import { Api } from './api';
import { MemoryKeyStore } from './key_store';
import { findStoreKey } from './store_key';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';

it('is opened by signing in, when all who were signed in have followed already', async () => {
  const old = await crypto.importMasterKey(randomBytes(32), 1);
  const master = await crypto.importMasterKey(randomBytes(32), 2);
  const row = await crypto.sealLocal(await deviceKey(old), 'drafts/1', { text: 'later' });
  const place = { namespace: 'device_link', account, scope: 'account', record: account } as const;
  const envelope = await seal(
    master.key,
    { ...place, epoch: 2, version: 1 },
    await derive(old.key, DEVICE_STORE),
  );
  const statement = { epoch: 2, commitment: '', previous: '', signature: '' };
  const wrapped = {
    account_id: account,
    epoch: 2,
    methods: [],
    signing: { public_key: '', private: '' },
    statement,
    links: [{ statement, device: toBase64url(envelope), former: null }],
  };
  const keys = new MemoryKeyStore();
  await keys.put({ store_keys: { [account]: { epoch: 1, sealed: null } } });
  const forgotten: string[] = [];
  const parts = {
    api: new Api(async () => new Response(JSON.stringify(wrapped))),
    keys,
    crypto: async () => crypto,
    keptKeys: async () => [],
    forgetAccount: async (id: string) => void forgotten.push(id),
  };
  const key = await findStoreKey(parts, account, master);
  expect(await crypto.openLocal(key, 'drafts/1', row)).toEqual({ text: 'later' });
  expect(forgotten).toEqual([]);
});
