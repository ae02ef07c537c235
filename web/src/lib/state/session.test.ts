// The session of one browser: open, locked, signed out or ended, through refreshes and across its tabs.
import type * as Crypto from '$lib/crypto';
import type { MasterKey, StoreKey } from '$lib/crypto';
import type { WrappedKeys } from '$lib/wire/http';
import { afterEach, describe, expect, it } from 'vitest';
import { Api } from './api';
import { MemoryKeyStore, type KeyStore } from './key_store';
import { Session, type SessionParts, type SignedIn } from './session.svelte';
import type { SessionNews } from './session_channel';
import type { TabStorage } from './kept_open';

const NOW = 1_000_000;
const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const text = (content: Uint8Array) => new TextDecoder().decode(content);
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Keys that open with the text they are named after. */
const crypto = {
  derivePassword: async ({ password }: { password: string }) => ({
    auth: bytes(`auth ${password}`),
    kek: password,
  }),
  readRecoveryKey: async (typed: string) => bytes(typed),
  deriveRecovery: async ({ recoveryKey }: { recoveryKey: Uint8Array }) => ({
    auth: recoveryKey,
    kek: text(recoveryKey),
  }),
  unlock: async (of: { wrapped: WrappedKeys; kind: string; kek: unknown; lowestEpoch: number }) => {
    const fail = (reason: string) => Object.assign(new Error(reason), { reason });
    if (of.wrapped.epoch < of.lowestEpoch) throw fail('epoch_rolled_back');
    if (of.wrapped.methods.find(({ kind }) => kind === of.kind)!.secret !== of.kek) throw fail('wrong_key');
    return {
      ...(await openedFor(of.wrapped.account_id)),
      masterBytes: bytes(`master of ${of.wrapped.account_id}`),
    };
  },
  importMasterKey: async (master: Uint8Array, epoch: number) => ({ epoch, key: text(master) }),
  handOnStoreKey: async (of: { old: MasterKey; master: MasterKey; kept: StoreKey }) => {
    if (of.kept.epoch !== of.old.epoch) throw new Error('wrong_epoch');
    return { epoch: of.master.epoch, sealed: bytes('handed on') };
  },
  openStoreKey: async (_: string, { key }: { key: unknown }) => `device key of ${key}`,
  sealLocal: async (key: unknown, name: string, content: unknown) =>
    bytes(JSON.stringify([key, name, content])),
  openLocal: async (key: unknown, name: string, sealed: Uint8Array) => {
    const [sealedUnder, sealedAs, content] = JSON.parse(text(sealed));
    if (sealedUnder !== key || sealedAs !== name) throw new Error('not authentic');
    return content as unknown;
  },
} as unknown as typeof Crypto;

const openedFor = async (account: string) => ({
  master: { epoch: 1, key: `master of ${account}` as unknown as CryptoKey },
  signingPublicKey: bytes('public'),
});

const NOTHING_MORE = { salt: null, kdf_profile: null, credential_id: null, transports: null };

function wrapped(account: string, epoch = 1): WrappedKeys {
  const method = (kind: 'password' | 'recovery', secret: string) =>
    ({ method_id: kind, kind, secret, master: '', public: '', ...NOTHING_MORE }) as const;
  return {
    account_id: account,
    epoch,
    methods: [method('password', `password of ${account}`), method('recovery', `recovery of ${account}`)],
    signing: { public_key: '', private: '' },
    statement: { epoch, commitment: '', previous: '', signature: '' },
    manifest: null,
    links: [],
  };
}

async function signedIn(account: string, sessionId = 's1', rotateAt = NOW + 999): Promise<SignedIn> {
  return {
    account: { id: account, email: `${account}@example.org` },
    session: {
      token: null,
      session_id: sessionId,
      account_id: account,
      rotate_at: rotateAt,
      expires_at: NOW + 9999,
    },
    wrapped: wrapped(account),
    salt: 'AAAA',
    kdfProfile: 1,
    opened: await openedFor(account),
    masterBytes: bytes(`master of ${account}`),
  };
}

const sessions: Session[] = [];
afterEach(async () => {
  // An open session looks at the clock from time to time.
  for (const session of sessions.splice(0)) if (session.phase === 'open') await session.lock();
});

/** One browser: its disk, its tabs, and the server it talks to. */
class Browser {
  keys: KeyStore = new MemoryKeyStore();
  erased: string[] = [];
  reloads = 0;
  requests: string[] = [];
  distrust: (reason: string) => void = () => undefined;
  answer: (path: string) => Response = () => new Response(null, { status: 204 });
  #hearing = new Set<(news: SessionNews) => void>();

  tab(storage = new Map<string, string>()) {
    let hear: (news: SessionNews) => void = () => undefined;
    const api = new Api(async (path) => {
      this.requests.push(path);
      return this.answer(path);
    });
    const tab: TabStorage = {
      getItem: (name) => storage.get(name) ?? null,
      setItem: (name, value) => void storage.set(name, value),
      removeItem: (name) => void storage.delete(name),
    };
    const parts: SessionParts = {
      api,
      openKeys: async () => this.keys,
      crypto: async () => crypto,
      channel: (listen) => {
        hear = listen;
        this.#hearing.add(listen);
        return { tell: (news) => this.#hearing.forEach((other) => other !== listen && other(news)) };
      },
      tab,
      exclusively: async (_, work) => work(),
      turning: ({ distrusted }) => {
        this.distrust = distrusted;
        return { start: async () => {}, stop: () => {}, look: async () => {} };
      },
      now: () => NOW,
      forgetAccount: async (account) => void this.erased.push(account),
      reload: () => void (this.reloads += 1),
      tabsAnswerMs: 5,
    };
    const session = new Session(parts);
    sessions.push(session);
    return { session, api, storage, closed: () => void this.#hearing.delete(hear) };
  }

  async signedInTab(account = 'mira', options = { staySignedIn: false }) {
    const tab = this.tab();
    await tab.session.begin(await signedIn(account), options);
    return tab;
  }
}
const secret = (account = 'mira') => ({ kind: 'password', text: `password of ${account}` }) as const;
const notSignedIn = () =>
  new Response(JSON.stringify({ code: 'not_signed_in', title: '', status: 401, next_step: '' }), {
    status: 401,
  });

describe('one tab', () => {
  it('begins signed out', async () => {
    const { session } = new Browser().tab();
    expect(session.phase).toBe('starting');
    await session.start();
    expect([session.phase, session.account, session.opened]).toEqual(['signed_out', null, null]);
  });

  it('is open after signing in, with a device key that follows from the master key', async () => {
    const { session } = await new Browser().signedInTab();
    expect(session.phase).toBe('open');
    expect(session.account).toEqual({ id: 'mira', email: 'mira@example.org' });
    expect(session.deviceKey).toBe('device key of master of mira');
  });

  it('leaves no master key behind in what was handed to it', async () => {
    const arrival = await signedIn('mira');
    await new Browser().tab().session.begin(arrival, { staySignedIn: false });
    expect(arrival.masterBytes.every((byte) => byte === 0)).toBe(true);
  });

  it('stays open through a refresh', async () => {
    const browser = new Browser();
    const { storage, closed } = await browser.signedInTab();
    closed();
    const { session } = browser.tab(storage);
    await session.start();
    expect([session.phase, session.deviceKey]).toEqual(['open', 'device key of master of mira']);
  });

  it.each([
    [false, 'locked'],
    [true, 'open'],
  ])('after all tabs were closed, with staying signed in %s, is %s', async (staySignedIn, phase) => {
    const browser = new Browser();
    (await browser.signedInTab('mira', { staySignedIn })).closed();
    const { session } = browser.tab();
    await session.start();
    expect(session.phase).toBe(phase);
  });

  it('keeps no usable key on the disk of someone who does not stay signed in', async () => {
    const browser = new Browser();
    await browser.signedInTab('noor', { staySignedIn: true });
    await browser.signedInTab('mira', { staySignedIn: false });
    expect(await browser.keys.get('kept_master')).toBeUndefined();
    const { sealed } = (await browser.keys.get('sealed_master'))!;
    expect(text(sealed)).not.toContain('master of mira');
  });
});

describe('locking', () => {
  it('forgets the keys, and the password opens them without the server', async () => {
    const browser = new Browser();
    const { session, storage } = await browser.signedInTab('mira', { staySignedIn: true });
    await session.lock();
    expect([session.phase, session.opened, session.deviceKey]).toEqual(['locked', null, null]);
    expect(await browser.keys.get('kept_master')).toBeUndefined();
    expect(storage.size).toBe(0);
    browser.answer = () => expect.fail('asked the server');
    await session.unlock(secret());
    expect(session.phase).toBe('open');
  });

  it('opens with the recovery key as well', async () => {
    const { session } = await new Browser().signedInTab();
    await session.lock();
    await session.unlock({ kind: 'recovery', text: 'recovery of mira' });
    expect(session.phase).toBe('open');
  });

  it('tells a wrong password from keys that were changed', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.lock();
    await expect(session.unlock({ kind: 'password', text: 'no' })).rejects.toMatchObject({
      code: 'wrong_password',
    });
    await browser.keys.put({ lowest_epochs: { mira: 2 } });
    await expect(session.unlock(secret())).rejects.toMatchObject({ code: 'epoch_rolled_back' });
    expect(session.phase).toBe('locked');
  });
});

describe('what the server gave', () => {
  it('is distrusted until the keys are opened anew', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    browser.distrust('epoch_forked');
    expect(session.distrusted).toBe('epoch_forked');
    await session.lock();
    expect(session.distrusted).toBeNull();
  });

  it('is not of an epoch below the one that was followed to', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    const nothing = new Uint8Array();
    const pins = { epoch: 2, statement: nothing, sequence: 0, manifest: nothing };
    await browser.keys.put({ pins: { mira: pins } });
    await session.lock();
    await expect(session.unlock(secret())).rejects.toMatchObject({ code: 'epoch_rolled_back' });
  });
});

describe('staying signed in', () => {
  it('can be turned on without the password', async () => {
    const browser = new Browser();
    const { session, closed } = await browser.signedInTab();
    await session.stay(true);
    closed();
    const next = browser.tab();
    await next.session.start();
    expect(next.session.phase).toBe('open');
  });

  it('turned off, asks for the password the next time', async () => {
    const browser = new Browser();
    const { session, storage, closed } = await browser.signedInTab('mira', { staySignedIn: true });
    await session.stay(false);
    expect(session.phase).toBe('open');
    closed();
    const next = browser.tab(storage);
    await next.session.start();
    expect(next.session.phase).toBe('locked');
  });
});

describe('several tabs', () => {
  it('a new tab gets the keys from an open one', async () => {
    const browser = new Browser();
    await browser.signedInTab();
    const { session } = browser.tab();
    await session.start();
    expect(session.phase).toBe('open');
  });

  it('lock, unlock and sign out together', async () => {
    const browser = new Browser();
    const one = await browser.signedInTab();
    const two = browser.tab();
    await two.session.start();
    await one.session.lock();
    expect(two.session.phase).toBe('locked');
    await two.session.unlock(secret());
    await expect.poll(() => one.session.phase).toBe('open');
    await one.session.logout({ erase: false });
    expect([two.session.phase, two.session.account]).toEqual(['signed_out', null]);
  });

  it('sign in together', async () => {
    const browser = new Browser();
    const waiting = browser.tab();
    await waiting.session.start();
    await browser.signedInTab();
    await expect.poll(() => waiting.session.phase).toBe('open');
  });

  it('begin anew if one of them signs in as somebody else', async () => {
    const browser = new Browser();
    await browser.signedInTab('mira');
    const other = browser.tab();
    await other.session.begin(await signedIn('noor'), { staySignedIn: false });
    expect(browser.reloads).toBe(1);
  });
});

describe('signing out', () => {
  it('holds here though the server cannot be told, which happens at the next start', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    browser.answer = () => {
      throw new TypeError('offline');
    };
    await session.logout({ erase: false });
    expect([session.phase, await browser.keys.get('account')]).toEqual(['signed_out', undefined]);
    browser.answer = () => new Response(null, { status: 204 });
    browser.requests = [];
    await browser.tab().session.start();
    await settled();
    expect(browser.requests).toEqual(['/api/auth/logout']);
    await expect.poll(() => browser.keys.get('logout_owed')).toBeUndefined();
  });

  it('erases what is kept here if that is wanted', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: true });
    expect([browser.erased, await session.othersHere('noor')]).toEqual([['mira'], []]);
  });

  it('asks the next one what to do with what was left, once', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: false });
    expect(browser.erased).toEqual([]);
    expect(await session.othersHere('mira')).toEqual([]);
    expect(await session.othersHere('noor')).toMatchObject([{ id: 'mira', email: 'mira@example.org' }]);
    await session.begin(await signedIn('noor'), { staySignedIn: false }); // kept apart
    expect(await session.othersHere('noor')).toEqual([]);
    expect(browser.erased).toEqual([]);
  });

  it('lets the next one erase it', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: false });
    await session.eraseOther('mira');
    expect([browser.erased, await session.othersHere('noor')]).toEqual([['mira'], []]);
  });

  it('never forgets how high an epoch was seen', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: true });
    expect(await session.lowestEpoch('mira')).toBe(1);
  });
});

describe('an ended session', () => {
  const AnyAnswer = null;

  it('asks to sign in again, and what waited goes on', async () => {
    const browser = new Browser();
    const { session, api } = await browser.signedInTab();
    browser.answer = notSignedIn;
    const call = api.post(AnyAnswer, '/things');
    await expect.poll(() => session.expired).toBe(true);
    expect(session.phase).toBe('open'); // the work stays where it is
    browser.answer = () => new Response(null, { status: 204 });
    await session.renew(await signedIn('mira', 's2'));
    expect([await call, session.expired]).toEqual([null, false]);
  });

  it('goes on in every tab', async () => {
    const browser = new Browser();
    const one = await browser.signedInTab();
    const two = browser.tab();
    await two.session.start();
    browser.answer = notSignedIn;
    const call = two.api.post(AnyAnswer, '/things');
    await expect.poll(() => two.session.expired).toBe(true);
    browser.answer = () => new Response(null, { status: 204 });
    await one.session.renew(await signedIn('mira', 's2'));
    expect([await call, two.session.expired]).toEqual([null, false]);
  });

  it('whose key was turned meanwhile goes on with the new one, and with what is kept here', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    const { deviceKey } = session;
    const arrival = await signedIn('mira', 's2');
    const next = { epoch: 2, key: 'next master of mira' as unknown as CryptoKey };
    const masterBytes = bytes('next master of mira');
    await session.renew({
      ...arrival,
      opened: { ...arrival.opened, master: next },
      masterBytes,
      wrapped: wrapped('mira', 2),
    });
    expect(session.opened?.master).toEqual(next);
    expect([session.phase, session.deviceKey]).toEqual(['open', deviceKey]);
    expect((await browser.keys.get('store_keys'))?.mira).toEqual({ epoch: 2, sealed: bytes('handed on') });
    expect((await browser.keys.get('account'))?.wrapped.epoch).toBe(2);
    expect(masterBytes.every((byte) => byte === 0)).toBe(true);
  });

  it('takes nobody else', async () => {
    const { session } = await new Browser().signedInTab();
    await expect(session.renew(await signedIn('noor'))).rejects.toMatchObject({ code: 'other_account' });
  });

  it('fails what waits when the person signs out instead', async () => {
    const browser = new Browser();
    const { session, api } = await browser.signedInTab();
    browser.answer = notSignedIn;
    const call = api.post(AnyAnswer, '/things');
    await expect.poll(() => session.expired).toBe(true);
    const failed = expect(call).rejects.toMatchObject({ code: 'not_signed_in' });
    await session.logout({ erase: false });
    await failed;
  });
});

describe('rotation', () => {
  const rotated = (account: string) =>
    new Response(
      JSON.stringify({
        session: { session_id: 's1', account_id: account, rotate_at: NOW + 500, expires_at: NOW + 900 },
      }),
    );

  it('renews the cookie when it is due, once for all tabs', async () => {
    const browser = new Browser();
    browser.answer = () => rotated('mira');
    const { session } = browser.tab();
    await session.begin(await signedIn('mira', 's1', NOW - 1), { staySignedIn: false });
    await expect.poll(async () => (await browser.keys.get('account'))?.rotateAt).toBe(NOW + 500);
    await browser.tab().session.start();
    await settled();
    expect(browser.requests.filter((path) => path !== '/api/auth/nonce')).toEqual([
      '/api/auth/session/rotate',
    ]);
  });

  it('leaves a cookie alone that is not due', async () => {
    const browser = new Browser();
    await browser.signedInTab();
    await settled();
    expect(browser.requests).toEqual(['/api/auth/nonce']);
  });

  it('notices that the session has ended', async () => {
    const browser = new Browser();
    browser.answer = notSignedIn;
    const { session } = browser.tab();
    await session.begin(await signedIn('mira', 's1', NOW - 1), { staySignedIn: false });
    await expect.poll(() => session.expired).toBe(true);
  });
});

describe('the secrets shown once', () => {
  const unsaved = { recoveryKey: 'AAAA-BBBB', backupCodes: ['11111-22222'] };

  it('outlive a refresh, sealed, until they are saved', async () => {
    const browser = new Browser();
    const first = browser.tab();
    await first.session.begin(await signedIn('mira'), { staySignedIn: false, unsaved });
    first.closed();
    const again = browser.tab(first.storage);
    await again.session.start();
    expect(again.session.unsaved).toEqual(unsaved);
    await again.session.secretsSaved();
    expect([again.session.unsaved, await browser.keys.get('unsaved_secrets')]).toEqual([null, undefined]);
  });

  it('are not there for another account', async () => {
    const browser = new Browser();
    await browser.tab().session.begin(await signedIn('mira'), { staySignedIn: false, unsaved });
    const other = browser.tab();
    await other.session.begin(await signedIn('noor'), { staySignedIn: false });
    expect(other.session.unsaved).toBeNull();
  });
});

it('proves the person again for what asks for it', async () => {
  const { session } = await new Browser().signedInTab();
  const { auth } = await session.proofOf(secret());
  expect(new TextDecoder().decode(auth)).toBe('auth password of mira');
});

it('opens in every tab with the password that was chosen in one of them, and with no other', async () => {
  const browser = new Browser();
  const { session: one, storage } = await browser.signedInTab();
  const { session: other } = browser.tab(new Map(storage));
  await other.start();
  const changed = wrapped('mira');
  changed.methods[0]!.secret = 'another password';
  changed.methods[0]!.salt = 'BBBB';
  changed.methods[0]!.kdf_profile = 1;
  await one.methodsChanged({ wrapped: changed });
  expect((await browser.keys.get('account'))?.salt).toBe('BBBB');
  await settled();
  await one.lock();
  for (const session of [one, other]) {
    await expect(session.unlock(secret())).rejects.toMatchObject({ code: 'wrong_password' });
  }
  await other.unlock({ kind: 'password', text: 'another password' });
  expect(other.phase).toBe('open');
});
