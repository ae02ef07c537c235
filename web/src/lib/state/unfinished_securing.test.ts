// Securing that broke off is spoken of after a reload, with what counts by then, and no longer than it is true.
import { toBase64url } from '$lib/wire/base64url';
import { beforeEach, expect, it } from 'vitest';
import { ApiError } from './api';
import { MemoryKeyStore } from './key_store';
import { UnfinishedSecuring, type UnfinishedParts } from './unfinished_securing.svelte';

const [OLD, NEW, OTHER] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [Key, Key, Key];
type Key = Uint8Array<ArrayBuffer>;

let keys: MemoryKeyStore;
let server: Key | null;
beforeEach(() => {
  keys = new MemoryKeyStore();
  server = OLD;
});

/** A page of lena's that was loaded anew, and opened by the master key that goes with `signing`. */
function page(signing: Key, account = 'lena'): UnfinishedSecuring {
  return new UnfinishedSecuring({
    keys: async () => keys,
    api: {
      get: async () => {
        if (server === null) throw new ApiError({ code: 'offline', status: 0 } as never);
        return { signing: { public_key: toBase64url(server) } };
      },
    } as unknown as UnfinishedParts['api'],
    session: {
      account: { id: account, email: '' },
      opened: { signingPublicKey: signing },
    } as UnfinishedParts['session'],
  });
}

async function found(signing: Key, account?: string) {
  const it = page(signing, account);
  await it.look();
  return it.found;
}

const begin = async () => {
  const it = page(OLD);
  await it.begin('lena', toBase64url(OLD));
  return it;
};

it('is spoken of after a reload, offline too: nothing was sent, so nothing is replaced', async () => {
  await begin();
  server = null;
  expect(await found(OLD)).toBe('before');
  expect(await found(OLD, 'somebody else')).toBeNull();
});

it('is not spoken of on the page where somebody is at it, until they leave it unsettled', async () => {
  const here = await begin();
  await here.look();
  expect(here.found).toBeNull();
  await here.leave();
  expect(here.found).toBe('before');
});

it('that was put off, or is finished, is not spoken of again', async () => {
  const here = await begin();
  await here.settle('lena');
  await here.leave();
  expect([here.found, await found(OLD)]).toEqual([null, null]);
});

it('that the server never got is told by what the server has', async () => {
  await (await begin()).send('lena', toBase64url(NEW));
  expect(await found(OLD)).toBe('before');
  server = null;
  expect(await found(OLD)).toBeNull();
});

it('that went through says nothing untrue before this browser has followed, and then that codes are missing', async () => {
  await (await begin()).send('lena', toBase64url(NEW));
  server = NEW;
  expect(await found(OLD)).toBeNull();
  expect(await found(NEW)).toBe('made');
});

it('is over once the account was secured elsewhere', async () => {
  await begin();
  expect(await found(OTHER)).toBeNull();
  expect(await found(OLD)).toBeNull();
});
