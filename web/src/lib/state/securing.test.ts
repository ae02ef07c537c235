// An account is secured against a server in memory: whatever breaks off leaves all as it was, and is finished when it is tried again.
import * as crypto from '$lib/crypto';
import { secureAccountWith } from '$lib/crypto/securing';
import { toBase64url } from '$lib/wire/base64url';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Api, ApiError } from './api';
import { Securing, type LooksAgain, type SecuringParts } from './securing.svelte';
import {
  ACCOUNT,
  AccountServer,
  CHATS,
  methodOf,
  quickly,
  signUp,
  type SignedUp,
} from './testing/account_server';

const PASSWORD = 'two slow ferries at dawn';
const CODES = Array.from({ length: 10 }, (_, number) => `code ${number}`);
const CREDENTIAL = new Uint8Array(16).fill(5);
const [LEASE, STAGED, SECURE] = ['/account/rotation', '/account/rotation/lease/staged', '/secure'];
const FINISH = `POST ${LEASE}/lease${SECURE}`;

let signedUp: SignedUp;
beforeAll(async () => void (signedUp = await signUp()));

let server: AccountServer;
const kept = new Map<string, { generation: number; envelope: string }[]>();
beforeEach(async () => {
  kept.clear();
  server = new AccountServer(signedUp);
  for (const chat of CHATS) await server.begin(chat, signedUp.opened.master);
});

/** A browser that is open; `fetch` may lose what it asks for. */
function browser(fetch: AccountServer['fetch'] = server.fetch) {
  const went: number[] = [];
  const proofs: string[] = [];
  const noted: string[] = [];
  const parts: SecuringParts = {
    api: new Api(fetch),
    crypto: async () => ({ ...crypto, secureAccount: (of) => secureAccountWith(quickly, of) }),
    ceremonies: {
      derive: async () => ({
        assertion: { credential_id: '', client_data: '', authenticator_data: '', signature: '' },
        credentialId: CREDENTIAL,
        output: new Uint8Array(32).fill(6),
      }),
    },
    session: {
      expectNothingOlder: async () => undefined,
      keptKeys: async (chat) => kept.get(chat) ?? [],
      secured: async (opened, masterBytes, wrapped) => {
        expect(wrapped.epoch).toBe(opened.master.epoch);
        expect(masterBytes.some((byte) => byte !== 0)).toBe(true);
        went.push(opened.master.epoch);
      },
    },
    stepUp: {
      run: async (action) => {
        try {
          return await action();
        } catch (error) {
          if (!(error instanceof ApiError && error.code === 'step_up_needed')) throw error;
        }
        proofs.push('in between');
        server.proved = true;
        return action();
      },
      withMaster: async (action) => {
        proofs.push('at the beginning');
        const { wrapped } = server;
        const masterBytes = new Uint8Array(32);
        return action({ account: ACCOUNT, wrapped, opened: signedUp.opened, masterBytes });
      },
    },
    exclusively: async (_, work) => work(),
    unfinished: {
      begin: async (_, before) => void noted.push(before),
      send: async (_, made) => void noted.push(made),
    },
    seenRevision: () => 0,
  };
  return { securing: new Securing(parts), parts, went, proofs, noted };
}

async function begun(fetch?: AccountServer['fetch']) {
  const here = browser(fetch);
  const begun = await here.securing.begin();
  const made = await here.securing.make(begun, PASSWORD, []);
  const finish = (isToLookAgain: LooksAgain = async () => false) =>
    here.securing.finish(begun, made, isToLookAgain);
  return { ...here, begun, made, finish };
}

const count = (request: string) => server.asked.filter((each) => each === request).length;

describe('securing', () => {
  it('begins with a proof, and then nobody else is signed in', async () => {
    const { proofs } = await begun();
    expect([proofs, server.asked]).toEqual([['at the beginning'], ['DELETE /account/sessions']]);
  });

  it('is noted before anything is made, and once more before what was made can count', async () => {
    const { finish, made, noted } = await begun();
    const before = signedUp.wrapped.signing.public_key;
    expect(noted).toEqual([before]);
    server.onFlip = async () => void expect(noted).toEqual([before, made.body.signing.public_key]);
    await finish();
    expect(count(FINISH)).toBe(1);
  });

  it('does not begin while the others can’t be signed out', async () => {
    server.fails = 'DELETE /account/sessions';
    await expect(browser().securing.begin()).rejects.toMatchObject({ code: 'offline' });
  });

  it('ends with new codes, and with a new key beside the old one for every chat', async () => {
    const { securing, finish, made, went } = await begun();
    server.onFlip = async () => expect(securing.staged).toBe(2);
    expect(await finish()).toEqual(CODES);
    expect(await server.opened(made.opened.master)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect([went, server.wrapped.epoch, securing.staged]).toEqual([[2], 2, null]);
    expect(server.wrapped.methods.map(({ kind }) => kind)).toEqual(['password', 'recovery']);
  });

  it('asks once more for a proof where the first is too old for the server', async () => {
    const { finish, proofs } = await begun();
    server.proved = false;
    expect(await finish()).toEqual(CODES);
    expect(proofs).toEqual(['at the beginning', 'in between']);
  });

  it('keeps a passkey that is touched, and no other', async () => {
    const password = signedUp.wrapped.methods[0]!;
    const keys = [CREDENTIAL, new Uint8Array(16).fill(9)].map((id, at) =>
      methodOf('passkey', { ...password, method_id: CHATS[at]! }, toBase64url(id)),
    );
    server.wrapped = {
      ...signedUp.wrapped,
      methods: [...signedUp.wrapped.methods, ...keys],
      manifest: null,
    };
    server.wrapped.manifest = await crypto.nameMethods({ wrapped: server.wrapped, ...signedUp.opened });
    const { securing } = browser();
    const begun = await securing.begin();
    expect(securing.touchable(begun)).toEqual(keys);
    const touched = await securing.touch(begun, keys[0]!);
    const made = await securing.make(begun, null, [touched]);
    await securing.finish(begun, made, async () => false);
    const { wrapped } = server;
    expect(wrapped.methods.map(({ kind }) => kind)).toEqual(['recovery', 'passkey']);
    const opened = await crypto.unlock({ wrapped, kind: 'passkey', kek: touched.kek, account: ACCOUNT });
    expect(opened.master.epoch).toBe(2);
  });
});

describe('what comes between', () => {
  it('a chat that is begun meanwhile is taken in', async () => {
    const { finish, made } = await begun();
    server.onFlip = async () => {
      server.onFlip = null;
      await server.begin('5d2cbd6f-0000-4000-8000-000000000003', signedUp.opened.master);
    };
    expect(await finish()).toEqual(CODES);
    expect(await server.opened(made.opened.master)).toEqual(Array(3).fill([1, 2]));
  });

  it('without end is given up some time, and nothing is other than before', async () => {
    const { finish, went } = await begun();
    server.onFlip = async () =>
      server.begin(`5d2cbd6f-0000-4000-8000-0000000001${count(FINISH)}0`, signedUp.opened.master);
    await expect(finish()).rejects.toMatchObject({ code: 'keys_changed' });
    expect([count(FINISH), went, server.wrapped.epoch]).toEqual([6, [], 1]);
  });

  it('keys that somebody staged and that don’t open are staged anew', async () => {
    const { finish, made } = await begun();
    const master = await crypto.importMasterKey(new Uint8Array(32).fill(9), 2);
    for (const [chat, keys] of server.chats) {
      for (const generation of [1, 2]) {
        const { envelope } = await crypto.makeChatKey({ account: ACCOUNT, chat, master, generation });
        keys.push({ generation, envelope: toBase64url(envelope) });
      }
    }
    expect(await finish()).toEqual(CODES);
    expect(await server.opened(made.opened.master)).toEqual(Array(2).fill([1, 2]));
  });

  it('keys that were staged and came to nothing are staged again before they count', async () => {
    const { finish, made } = await begun();
    server.onReadBack = async () => {
      server.onReadBack = null;
      await server.spoilStaged(CHATS[1]!);
    };
    expect(await finish()).toEqual(CODES);
    expect(await server.opened(made.opened.master)).toEqual(Array(2).fill([1, 2]));
  });

  it('somebody else’s new keys are not taken for its own', async () => {
    const { finish, went } = await begun();
    server.wrapped = { ...server.wrapped, epoch: 2, statement: { ...server.wrapped.statement, epoch: 2 } };
    await expect(finish()).rejects.toMatchObject({ code: 'wrong_epoch' });
    expect(went).toEqual([]);
  });
});

describe('cut off', () => {
  it.each([`POST ${LEASE}`, `GET ${STAGED}`, `PUT ${STAGED}`, FINISH])(
    'at %s it leaves all as it was, and the same is done on another try',
    async (request) => {
      const { securing, finish, made, went } = await begun();
      server.fails = request;
      await expect(finish()).rejects.toMatchObject({ code: 'offline' });
      expect([server.wrapped, went, securing.staged]).toEqual([signedUp.wrapped, [], null]);
      expect(await server.opened(signedUp.opened.master)).toEqual([[1], [1]]);
      server.fails = '';
      expect(await finish()).toEqual(CODES);
      expect(await server.opened(made.opened.master)).toEqual(Array(2).fill([1, 2]));
      expect(went).toEqual([2]);
    },
  );

  it('in the middle of the chats it stages all of them under the next lease', async () => {
    server.page = 1;
    let puts = 0;
    const { finish, made } = await begun(async (input, init) => {
      if (init?.method === 'PUT' && (puts += 1) === 2) throw new TypeError('lost');
      return server.fetch(input, init);
    });
    await expect(finish()).rejects.toMatchObject({ code: 'offline' });
    expect(await finish()).toEqual(CODES);
    expect(count(`PUT ${STAGED}`)).toBe(3);
    expect(await server.opened(made.opened.master)).toEqual(Array(2).fill([1, 2]));
  });

  it('after the page is gone, keys made anew take the place of those that were staged', async () => {
    const before = await begun();
    server.fails = FINISH;
    await expect(before.finish()).rejects.toMatchObject({ code: 'offline' });
    server.fails = '';
    const { finish, made } = await begun();
    expect(await finish()).toEqual(CODES);
    expect(await server.opened(made.opened.master)).toEqual(Array(2).fill([1, 2]));
  });
});

describe('a reply that is lost', () => {
  beforeEach(() => {
    server.fails = FINISH;
    server.replyLost = true;
  });

  it('is found out about: this browser goes on, though without the codes', async () => {
    const { finish, made, went } = await begun();
    expect(await finish()).toEqual([]);
    expect([went, server.wrapped.statement]).toEqual([[2], made.body.statement]);
  });

  it('with all that follows it, is found out about on another try, and nothing is done twice', async () => {
    let away = false;
    const { finish, made, went } = await begun(async (input, init) => {
      if (away) throw new TypeError('away');
      away = String(input).endsWith(SECURE);
      return server.fetch(input, init);
    });
    await expect(finish()).rejects.toMatchObject({ code: 'offline' });
    expect(went).toEqual([]);
    away = false;
    expect(await finish()).toEqual([]);
    expect([went, count(FINISH)]).toEqual([[2], 1]);
    expect(await server.opened(made.opened.master)).toEqual(Array(2).fill([1, 2]));
  });
});

describe('a chat whose key opens nowhere', () => {
  it('is none while this browser keeps its key: the server gets it back', async () => {
    const { finish, made } = await begun();
    kept.set(CHATS[1]!, server.chats.get(CHATS[1]!)!);
    server.chats.set(CHATS[1]!, []);
    expect(await finish()).toEqual(CODES);
    expect(await server.opened(made.opened.master)).toEqual(Array(2).fill([1, 2]));
  });

  it('is named, and nothing is replaced; without it the same goes on', async () => {
    const { finish, made, went, securing } = await begun();
    server.chats.set(CHATS[1]!, server.chats.get(CHATS[0]!)!);
    await expect(finish()).rejects.toMatchObject({ reason: 'not_authentic', chats: [CHATS[1]] });
    expect([server.wrapped, went, count(FINISH), securing.staged]).toEqual([signedUp.wrapped, [], 0, null]);
    server.chats.delete(CHATS[1]!);
    expect(await finish()).toEqual(CODES);
    expect(await server.opened(made.opened.master)).toEqual([[1, 2]]);
  });
});

describe('backup codes that are not ten different ones', () => {
  it.each([[[]], [CODES.slice(1)], [[...CODES.slice(1), 'code 1']]])('%j are not shown', async (codes) => {
    server.codes = codes;
    const { finish, went } = await begun();
    await expect(finish()).rejects.toMatchObject({ code: 'unexpected_answer' });
    expect([went, count(FINISH)]).toEqual([[], 1]);
    // All was replaced: what is tried again goes on from there, and the codes are to be made anew.
    expect(await finish()).toEqual([]);
    expect([went, count(FINISH)]).toEqual([[2], 1]);
  });
});

describe('once the account is secured', () => {
  const asked: string[][] = [];
  beforeEach(() => {
    asked.length = 0;
    server.onFlip = async () => void (server.fails = 'GET /account/keys');
  });

  it('a network that is gone takes no codes away, and what is missing is done on another try', async () => {
    const { finish, made, went } = await begun();
    const codes = await finish(async (codes, error) => {
      expect(error).toMatchObject({ code: 'offline' });
      if (asked.push(codes) === 2) server.fails = '';
      return true;
    });
    expect([codes, asked, went, count(FINISH)]).toEqual([CODES, [CODES, CODES], [2], 1]);
    expect(made.masterBytes.every((byte) => byte === 0)).toBe(true);
  });

  it('a browser that can’t go on just now does on another try', async () => {
    server.onFlip = null;
    const { finish, parts, went } = await begun();
    const { secured } = parts.session;
    parts.session.secured = async (_, masterBytes) => {
      parts.session.secured = secured;
      masterBytes.fill(0);
      throw new Error('no room');
    };
    expect(await finish(async () => true)).toEqual(CODES);
    expect(went).toEqual([2]);
  });

  it('whoever lets it be has seen the codes, and this browser keeps the keys that it had', async () => {
    const { finish, went } = await begun();
    await expect(finish(async (codes) => asked.push(codes) < 0)).rejects.toMatchObject({ code: 'offline' });
    expect([asked, went, server.wrapped.epoch]).toEqual([[CODES], [], 2]);
  });

  it('a lie is told at once', async () => {
    server.onFlip = null;
    const { finish, went } = await begun(async (input, init) => {
      const said = await server.fetch(input, init);
      if (!String(input).endsWith(SECURE)) return said;
      server.wrapped = signedUp.wrapped;
      return said;
    });
    const reason = finish(async (codes) => asked.push(codes) > 0).catch(
      ({ reason }: { reason: string }) => reason,
    );
    expect([await reason, asked, went]).toEqual(['epoch_rolled_back', [], []]);
  });
});
