// Apps of an account that is secured, against a server in memory: they go on under new keys, whatever happens meanwhile, and a lie ends it.
import * as crypto from '$lib/crypto';
import type { Json } from '$lib/crypto/content';
import { secureAccountWith } from '$lib/crypto/securing';
import { reasonOf } from '$lib/crypto/testing/refusals';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { WrappedKeys } from '$lib/wire/http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Api } from './api';
import { Securing, type Begun, type SecuringParts } from './securing.svelte';
import { ACCOUNT, methodOf, quickly, signUp } from './testing/account_server';

const DARK = { theme: 'dark' };
type Stored = { app: string; revision: number; key: string; settings: string };
type Body = crypto.SecuredAccount['body'] & { ring: number; apps: Stored[] };

let begun: Begun;
let made: crypto.SecuredAccount;

beforeAll(async () => {
  begun = await signUp();
  made = await secureAccountWith(quickly, { ...begun, password: 'six grey seals at dusk', touched: [] });
});

async function sealedApp(revision: number, settings: Json, key?: crypto.AppKey): Promise<Stored> {
  const fresh = await crypto.makeAppKey({ account: ACCOUNT, app: 'web', master: begun.opened.master });
  const sealed = await crypto.sealSettings(key ?? fresh.key, { revision, settings });
  return { app: 'web', revision, key: toBase64url(fresh.envelope), settings: toBase64url(sealed) };
}

/** What the server keeps of one account without chats. */
class Server {
  app: Stored | null = null;
  sent: Body[] = [];
  done: Body | null = null;
  /** Happens before the next try to secure is looked at. */
  meanwhile: (() => Promise<void>) | null = null;

  readonly fetch = async (path: string, init: RequestInit): Promise<Response> => {
    const name = `${init.method ?? 'GET'} ${path.replace(/[0-9a-f-]{36}/, 'lease').replace('/api', '')}`;
    const answer = await this.#answer(name, JSON.parse(String(init.body ?? '{}')));
    if (typeof answer !== 'string') return new Response(JSON.stringify(answer));
    const problem = { code: answer, title: '', status: 409, next_step: '' };
    return new Response(JSON.stringify(problem), { status: 409 });
  };

  async #answer(name: string, body: Body): Promise<object | string> {
    const lease_id = '00000000-0000-4000-8000-000000000001';
    switch (name) {
      case 'POST /account/rotation':
        return { lease_id, epoch: 1, ring: 1, expires_at: 0 };
      case 'GET /account/rotation/lease/staged':
        return { chats: [], account: null, cursor: null };
      case 'POST /account/rotation/lease/secure':
        return this.#secure(body);
      case 'GET /account/keys':
        return this.#wrapped();
      default:
        return name === 'GET /apps/web/settings' && this.app ? this.app : 'not_found';
    }
  }

  async #secure(body: Body): Promise<object | string> {
    const { meanwhile } = this;
    this.meanwhile = null;
    await meanwhile?.();
    this.sent.push(body);
    if (body.apps[0]?.revision !== this.app?.revision) return 'keys_changed';
    this.done = body;
    if (this.app) this.app = { ...body.apps[0]!, revision: this.app.revision + 1 };
    return { epoch: 2, rotation_due_at: 0, backup_codes: [...'0123456789'] };
  }

  #wrapped(): WrappedKeys {
    const apps = this.app ? [{ app: 'web', key: this.app.key }] : null;
    if (!this.done) return { ...begun.wrapped, apps };
    const { password, recovery, signing, statement, manifest } = this.done;
    const methods = [methodOf('password', password!), methodOf('recovery', recovery)];
    return { ...begun.wrapped, apps, epoch: 2, methods, signing, statement, manifest };
  }
}

let server: Server;
let seen: number;
let went: number[];
let securing: Securing;
beforeEach(() => {
  server = new Server();
  [seen, went] = [0, []];
  securing = new Securing({
    api: new Api(server.fetch),
    crypto: async () => crypto,
    session: {
      expectNothingOlder: async () => undefined,
      keptKeys: async () => [],
      secured: async (opened: crypto.Opened) => void went.push(opened.master.epoch),
    },
    stepUp: { run: <T>(action: () => Promise<T>) => action() },
    exclusively: <T>(_: string, work: () => Promise<T>) => work(),
    unfinished: { begin: async () => undefined, send: async () => undefined },
    seenRevision: () => seen,
  } as unknown as SecuringParts);
});

const finish = () =>
  securing.finish(begun, { ...made, masterBytes: made.masterBytes.slice() }, () => Promise.resolve(false));

/** What the app keeps now, as a device opens it that has the new master key and nothing else. */
async function settings(): Promise<Json> {
  const { revision, key, settings: sealed } = server.app!;
  const { master } = made.opened;
  const opened = await crypto.openAppKey({
    account: ACCOUNT,
    app: 'web',
    master,
    envelope: fromBase64url(key),
  });
  return crypto.openSettings(opened, { revision, envelope: fromBase64url(sealed) });
}

describe('an app of a secured account', () => {
  it('keeps its settings, under a key that nobody had before', async () => {
    server.app = await sealedApp(3, DARK);
    const { key, settings: sealed } = server.app;
    const old = await crypto.openAppKey({
      account: ACCOUNT,
      app: 'web',
      master: begun.opened.master,
      envelope: fromBase64url(key),
    });
    await finish();
    expect(await settings()).toEqual(DARK);
    expect(server.app.revision).toBe(4);
    const envelope = fromBase64url(server.app.settings);
    expect(await reasonOf(crypto.openSettings(old, { revision: 4, envelope }))).toBe('wrong_key');
    expect(server.app.settings).not.toBe(sealed);
  });

  it('keeps what was chosen while it was secured, and what began meanwhile', async () => {
    server.meanwhile = async () => {
      server.app = await sealedApp(1, DARK);
    };
    await finish();
    expect(await settings()).toEqual(DARK);
    expect(server.sent).toHaveLength(2);
    server.done = null;
    server.app = await sealedApp(5, DARK);
    server.meanwhile = async () => {
      server.app = await sealedApp(6, { theme: 'light' });
    };
    await finish();
    expect([await settings(), server.app.revision]).toEqual([{ theme: 'light' }, 7]);
  });

  it('begins without settings where somebody left some that do not open', async () => {
    const stranger = await crypto.makeAppKey({ account: ACCOUNT, app: 'web', master: begun.opened.master });
    server.app = await sealedApp(2, DARK, stranger.key);
    await finish();
    expect([await settings(), server.app.revision]).toEqual([{}, 3]);
  });
});

describe('an account stays as it is', () => {
  it('if the server gives settings older than this browser has seen', async () => {
    server.app = await sealedApp(2, DARK);
    seen = 3;
    expect(await reasonOf(finish())).toBe('settings_rolled_back');
    expect([server.sent, went]).toEqual([[], []]);
  });

  it('if the server withholds what it says there is', async () => {
    server.app = { ...(await sealedApp(2, DARK)), settings: null as unknown as string };
    expect(await reasonOf(finish())).toBe('bad_content');
    expect([server.sent, went]).toEqual([[], []]);
  });
});
