// The master key turns in a browser and is followed in another, against a server in memory; a hostile one is told and not followed.
import * as crypto from '$lib/crypto';
import { makeAccountKeysWith } from '$lib/crypto/accounts';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { WrappedKeys } from '$lib/wire/http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Api } from './api';
import { MemoryKeyStore } from './key_store';
import { Turning } from './turning';

const ACCOUNT = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const CHATS = ['5d2cbd6f-0000-4000-8000-000000000001', '5d2cbd6f-0000-4000-8000-000000000002'];
const DUE = 1_000_000;
type Keys = { generation: number; envelope: string }[];
type Body = Record<string, unknown>;

let signedUp: { wrapped: WrappedKeys; opened: crypto.Opened };

beforeAll(async () => {
  const stretch = async (given: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await globalThis.crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));
  const { keys, opened } = await makeAccountKeysWith(stretch, {
    account: ACCOUNT,
    password: 'kelp forest at noon',
    kdfProfile: 1,
  });
  const methods = (['password', 'recovery'] as const).map((kind) => {
    const { method_id, secret, master, public: publicKey } = keys[kind];
    return {
      method_id,
      kind,
      secret,
      master,
      public: publicKey,
      salt: null,
      kdf_profile: null,
      credential_id: null,
      transports: null,
    };
  });
  const { signing, statement, manifest } = keys;
  signedUp = {
    opened,
    wrapped: { account_id: ACCOUNT, epoch: 1, methods, signing, statement, manifest, links: [] },
  };
});

/** What the server keeps of one account. `fails`: the request that is lost on its way. */
class Server {
  wrapped: WrappedKeys = structuredClone(signedUp.wrapped);
  chats = new Map<string, Keys>();
  due = DUE;
  asked: string[] = [];
  fails = '';
  onFlip: (() => Promise<void>) | null = null;
  #lease = { id: 0, account: {} as Body, ring: 0 };

  async begin(chat: string, master: crypto.MasterKey): Promise<void> {
    const { envelope } = await crypto.makeChatKey({ account: ACCOUNT, chat, master });
    this.chats.set(chat, [{ generation: 1, envelope: toBase64url(envelope) }]);
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const path = String(input).replace('/api', '');
    const name = `${init?.method ?? 'GET'} ${path.replace(/[0-9a-f-]{36}/, 'lease')}`;
    this.asked.push(name);
    if (this.fails === name) throw new TypeError('lost');
    const answer = await this.#answer(name, JSON.parse(String(init?.body ?? '{}')) as Body);
    if (answer === null) return new Response(null, { status: 204 });
    if (typeof answer !== 'string') return new Response(JSON.stringify(answer));
    const problem = { code: answer, title: '', status: 409, next_step: '' };
    return new Response(JSON.stringify(problem), { status: 409 });
  };

  async #answer(name: string, body: Body): Promise<object | string | null> {
    const lease_id = `00000000-0000-4000-8000-${String(this.#lease.id).padStart(12, '0')}`;
    if (name === 'GET /account/keys') return this.wrapped;
    if (name === 'GET /account') return this.#account();
    if (name === 'POST /account/manifest') {
      this.wrapped.manifest = body.manifest as WrappedKeys['manifest'];
      return null;
    }
    if (name === 'POST /account/rotation') {
      this.#lease.ring = this.chats.size;
      return { lease_id, epoch: this.wrapped.epoch, ring: this.#lease.ring, expires_at: 0 };
    }
    if (name === 'PUT /account/rotation/lease/staged') return this.#stage(body);
    if (name === 'GET /account/rotation/lease/staged') return this.#staged();
    if (name === 'POST /account/rotation/lease/flip') return this.#flip(body);
    return null;
  }

  #account(): object {
    const wallet = { available: 0, held: 0 };
    const { epoch } = this.wrapped;
    return {
      account_id: ACCOUNT,
      email: 'm@x.example',
      created_at: 0,
      epoch,
      rotation_due_at: this.due,
      backup_codes_left: 10,
      wallet,
    };
  }

  #stage(body: Body): null {
    if (body.account) this.#lease.account = body.account as Body;
    for (const { chat_id, keys } of (body.chats ?? []) as { chat_id: string; keys: Keys }[]) {
      const present = this.chats.get(chat_id)?.filter((key) => epochOf(key) === this.wrapped.epoch) ?? [];
      this.chats.set(chat_id, [...present, ...keys]);
    }
    return null;
  }

  #staged(): object {
    return { chats: [...this.chats].map(([chat_id, keys]) => ({ chat_id, keys })) };
  }

  async #flip(body: Body): Promise<object | string> {
    await this.onFlip?.();
    const epoch = this.wrapped.epoch + 1;
    const whole = [...this.chats.values()].every((keys) => keys.some((key) => epochOf(key) === epoch));
    if (body.ring !== this.chats.size || !whole) return 'keys_changed';
    const { methods, signing } = this.#lease.account as { methods: { method_id: string }[]; signing: string };
    const { statement, manifest, link } = body as Pick<WrappedKeys, 'statement' | 'manifest'> & {
      link: Pick<WrappedKeys['links'][0], 'forward' | 'device'>;
    };
    this.wrapped = {
      ...this.wrapped,
      epoch,
      statement,
      manifest,
      methods: this.wrapped.methods.map((each) => ({
        ...each,
        ...methods.find(({ method_id }) => method_id === each.method_id),
      })),
      signing: { ...this.wrapped.signing, private: signing },
      links: [...this.wrapped.links, { statement, ...link, former: null }],
    };
    this.due = DUE * 2;
    return { epoch, rotation_due_at: this.due };
  }
}

function epochOf(key: { envelope: string }): number {
  return crypto.readEpoch(fromBase64url(key.envelope));
}

class Browser {
  opened: crypto.Opened = signedUp.opened;
  keys = new MemoryKeyStore();
  went: number[] = [];
  present: number[] = [];
  distrusted: string[] = [];
  unreachable = 0;
  turning: Turning;

  constructor(server: Server, now = DUE) {
    this.turning = new Turning(
      {
        api: new Api(server.fetch),
        keys: this.keys,
        crypto: async () => crypto,
        exclusively: async (_, work) => work(),
        now: () => now,
        opened: () => this.opened,
        keptAhead: async () => null,
        goOn: async (opened, masterBytes) => {
          expect(masterBytes).toHaveLength(32);
          this.opened = opened;
          this.went.push(opened.master.epoch);
        },
        present: async (wrapped) => void this.present.push(wrapped.epoch),
        unreachable: async () => void (this.unreachable += 1),
        distrusted: (reason) => void this.distrusted.push(reason),
      },
      ACCOUNT,
    );
  }

  async opens(server: Server): Promise<number> {
    const { master } = this.opened;
    let count = 0;
    for (const [chat, keys] of server.chats) {
      const mine = keys.find((key) => epochOf(key) === master.epoch);
      const envelope = fromBase64url(mine?.envelope ?? '');
      await crypto.openChatKey({ account: ACCOUNT, chat, generation: 1, master, envelope });
      count += 1;
    }
    return count;
  }
}

let server: Server;
beforeEach(async () => {
  server = new Server();
  for (const chat of CHATS) await server.begin(chat, signedUp.opened.master);
});

describe('a key that is due', () => {
  it('turns, and every chat opens with the new one', async () => {
    const browser = new Browser(server);
    await browser.turning.look();
    expect([browser.went, browser.distrusted]).toEqual([[2], []]);
    expect(await browser.opens(server)).toBe(2);
    expect(server.asked.at(-1)).toBe('POST /account/keys/acknowledged');
    await browser.turning.look();
    expect(browser.went).toEqual([2]);
  });

  it('stays as it is before its time', async () => {
    const browser = new Browser(server, DUE - 1);
    await browser.turning.look();
    expect(server.asked).toEqual(['GET /account/keys', 'GET /account']);
  });

  it('gives an account from before there were manifests its first, and remembers it', async () => {
    server.wrapped.manifest = null;
    const browser = new Browser(server, DUE - 1);
    await browser.turning.look();
    expect(server.wrapped.manifest).toMatchObject({ sequence: 1, epoch: 1 });
    expect((await browser.keys.get('pins'))?.[ACCOUNT]?.sequence).toBe(1);
    server.wrapped.manifest = null;
    await browser.turning.look();
    expect(browser.distrusted).toEqual(['manifest_missing']);
    expect(server.wrapped.manifest).toBeNull();
  });

  it('takes in a chat that is begun meanwhile', async () => {
    const browser = new Browser(server);
    server.onFlip = async () => {
      server.onFlip = null;
      await server.begin('5d2cbd6f-0000-4000-8000-000000000003', signedUp.opened.master);
    };
    await browser.turning.look();
    expect(await browser.opens(server)).toBe(3);
  });

  it.each([
    'POST /account/rotation',
    'PUT /account/rotation/lease/staged',
    'GET /account/rotation/lease/staged',
    'POST /account/rotation/lease/flip',
    'POST /account/keys/acknowledged',
  ])('that breaks off at %s is turned the next time', async (request) => {
    const browser = new Browser(server);
    server.fails = request;
    await browser.turning.look();
    expect(await browser.opens(server)).toBe(2);
    server.fails = '';
    await browser.turning.look();
    expect(browser.opened.master.epoch).toBe(2);
    expect([await browser.opens(server), browser.distrusted]).toEqual([2, []]);
  });
});

describe('another browser', () => {
  it('follows without a word, also over several turns', async () => {
    const [first, second] = [new Browser(server), new Browser(server, 0)];
    await second.turning.look();
    for (const due of [0, 0]) {
      server.due = due;
      await first.turning.look();
    }
    await second.turning.look();
    expect(second.went).toEqual([3]);
    expect(await second.opens(server)).toBe(2);
  });

  it('is told where no link leads', async () => {
    await new Browser(server).turning.look();
    server.wrapped.links = [];
    const second = new Browser(server, 0);
    await second.keys.put({ account: { wrapped: signedUp.wrapped } as never });
    await second.turning.look();
    expect([second.unreachable, second.went, second.distrusted]).toEqual([1, [], []]);
  });

  it.each<[string, string, (wrapped: WrappedKeys, before: WrappedKeys) => object]>([
    ['an older epoch', 'epoch_rolled_back', (_, before) => before],
    ['no manifest', 'manifest_missing', () => ({ manifest: null })],
    ['another account', 'wrong_account', () => ({ account_id: CHATS[0] })],
    [
      'a method that nobody named',
      'method_not_named',
      ({ methods }) => ({ methods: [...methods, { ...methods[0], method_id: CHATS[0] }] }),
    ],
    [
      'another statement of this epoch',
      'epoch_forked',
      ({ statement }, before) => ({ statement: { ...statement, commitment: before.statement.commitment } }),
    ],
  ])('does not go on with %s', async (_, reason, lie) => {
    const browser = new Browser(server);
    const before = structuredClone(server.wrapped);
    await browser.turning.look();
    server.wrapped = { ...server.wrapped, ...lie(server.wrapped, before) };
    await browser.turning.look();
    expect([browser.distrusted, browser.went]).toEqual([[reason], [2]]);
  });
});
