// The key to what a browser keeps of its own is the same through every turn of the master key.
import { toBase64url } from '$lib/wire/base64url';
import { describe, expect, test } from 'vitest';
import { seal } from './envelope';
import { derive, randomBytes } from './keys';
import { openLocal, sealLocal } from './local';
import { deviceKey, DEVICE_STORE, importMasterKey, type MasterKey } from './masters';
import { handOnStoreKey, openStoreKey, reachStoreKey, type StoreKey } from './store_keys';
import { reasonOf } from './testing/refusals';
import type { WrappedLink } from './wrapped';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const FIRST: StoreKey = { epoch: 1, sealed: null };

async function masters(): Promise<[MasterKey, MasterKey, MasterKey]> {
  const make = (epoch: number) => importMasterKey(randomBytes(32), epoch);
  return [await make(1), await make(2), await make(3)];
}

async function linkOf(old: MasterKey, master: MasterKey): Promise<WrappedLink> {
  const place = {
    namespace: 'device_link',
    account,
    scope: 'account',
    record: account,
    epoch: master.epoch,
    version: old.epoch,
  } as const;
  const device = toBase64url(await seal(master.key, place, await derive(old.key, DEVICE_STORE)));
  const statement = { epoch: master.epoch, commitment: '', previous: '', signature: '' };
  return { statement, device };
}

describe('a store key', () => {
  test('opens the same rows after two turns', async () => {
    const [one, two, three] = await masters();
    const row = await sealLocal(await deviceKey(one), 'drafts/1', { text: 'later' });
    const second = await handOnStoreKey({ account, old: one, master: two, kept: FIRST });
    const third = await handOnStoreKey({ account, old: two, master: three, kept: second });
    for (const [master, kept] of [
      [one, FIRST],
      [two, second],
      [three, third],
    ] as const) {
      const key = await openStoreKey(account, master, kept);
      expect(key.extractable).toBe(false);
      expect(await openLocal(key, 'drafts/1', row)).toEqual({ text: 'later' });
    }
  });

  test('is reached by a link from the epoch just before that leads nobody on any more, handed on or not', async () => {
    const [one, two, three] = await masters();
    const row = await sealLocal(await deviceKey(one), 'drafts/1', { text: 'later' });
    const second = await reachStoreKey({ account, link: await linkOf(one, two), master: two, kept: FIRST });
    const link = await linkOf(two, three);
    const third = await reachStoreKey({ account, link, master: three, kept: second });
    expect(await openLocal(await openStoreKey(account, three, third), 'drafts/1', row)).toEqual({
      text: 'later',
    });
    const tooFar = reachStoreKey({ account, link, master: three, kept: FIRST });
    expect(await reasonOf(tooFar)).toBe('link_missing');
  });

  test('opens with no other master key and for no other account', async () => {
    const [one, two] = await masters();
    const [, other] = await masters();
    const kept = await handOnStoreKey({ account, old: one, master: two, kept: FIRST });
    expect(await reasonOf(openStoreKey(account, other, kept))).toBe('not_authentic');
    expect(await reasonOf(openStoreKey('another', two, kept))).toBe('not_authentic');
    expect(await reasonOf(openStoreKey(account, one, kept))).toBe('wrong_epoch');
  });
});
