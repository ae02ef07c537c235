// A browser in tests of the session: its disk, its tabs, and a server that says what it is told to; keys open with the text they are named after.
import type * as Crypto from '$lib/crypto';
import type { MasterKey, StoreKey } from '$lib/crypto';
import type { WrappedKeys } from '$lib/wire/http';
import { afterEach } from 'vitest';
import { Api } from '../api';
import { MemoryKeyStore, type KeyStore } from '../key_store';
import { Session, type SessionParts, type SignedIn } from '../session.svelte';
import type { SessionNews } from '../session_channel';
import type { TabStorage } from '../kept_open';

export const NOW = 1_000_000;
export const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
export const text = (content: Uint8Array) => new TextDecoder().decode(content);
export const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Keys that open with the text they are named after. */
export const crypto = {
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

export function wrapped(account: string, epoch = 1): WrappedKeys {
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
    apps: null,
  };
}

export async function signedIn(account: string, sessionId = 's1', rotateAt = NOW + 999): Promise<SignedIn> {
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
export class Browser {
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
      keptKeys: async () => [],
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
export const secret = (account = 'mira') => ({ kind: 'password', text: `password of ${account}` }) as const;
export const notSignedIn = () =>
  new Response(JSON.stringify({ code: 'not_signed_in', title: '', status: 401, next_step: '' }), {
    status: 401,
  });
