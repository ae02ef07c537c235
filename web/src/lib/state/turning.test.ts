// The master key turns in a browser and is followed in another, against a server in memory; a hostile one is told and not followed.
import * as crypto from '$lib/crypto';
import type { WrappedKeys } from '$lib/wire/http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Api } from './api';
import { MemoryKeyStore } from './key_store';
import { ACCOUNT, AccountServer, CHATS, DUE, signUp, type SignedUp } from './testing/account_server';
import { Turning } from './turning';

let signedUp: SignedUp;
beforeAll(async () => void (signedUp = await signUp()));

class Browser {
  opened: crypto.Opened = signedUp.opened;
  keys = new MemoryKeyStore();
  went: number[] = [];
  present: number[] = [];
  distrusted: string[] = [];
  unreachable = 0;
  kept = new Map<string, { generation: number; envelope: string }[]>();
  heldUp: (string | undefined)[] = [];
  evidence = '';
  turning: Turning;

  constructor(server: AccountServer, now = DUE) {
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
        keptKeys: async (chat) => this.kept.get(chat) ?? [],
        heldUp: (by) => {
          this.heldUp.push(by?.reason, ...(by?.chats ?? []));
          this.evidence = by?.evidence ?? '';
        },
      },
      ACCOUNT,
    );
  }

  /** How many chats open with the keys this browser has. */
  async opens(server: AccountServer): Promise<number> {
    const opened = await server.opened(this.opened.master);
    return opened.filter((generations) => generations.length > 0).length;
  }
}

let server: AccountServer;
beforeEach(async () => {
  server = new AccountServer(signedUp);
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

  it('has staged keys that came to nothing staged again before they count', async () => {
    const browser = new Browser(server);
    server.onReadBack = async () => {
      server.onReadBack = null;
      await server.spoilStaged(CHATS[0]!);
    };
    await browser.turning.look();
    expect([browser.went, await browser.opens(server)]).toEqual([[2], 2]);
  });

  it.each([
    ['is gone', 'no_such_generation', () => []],
    ['is no envelope any more', 'no_such_generation', () => [{ generation: 1, envelope: 'AAAA' }]],
    ['is no text of bytes', 'no_such_generation', () => [{ generation: 1, envelope: '?' }]],
    ['is another chat’s', 'not_authentic', () => server.chats.get(CHATS[1]!)!],
  ])('waits where a chat’s key %s, and turns by itself once it is back', async (_, reason, damaged) => {
    const browser = new Browser(server);
    const whole = server.chats.get(CHATS[0]!)!;
    server.chats.set(CHATS[0]!, damaged());
    await browser.turning.look();
    expect([browser.heldUp, browser.distrusted, browser.went]).toEqual([[reason, CHATS[0]], [], []]);
    expect(
      server.asked.filter((request) => request.includes('flip') || request.startsWith('DELETE')),
    ).toEqual([]);
    // The server had only kept it back: nothing was given up meanwhile.
    server.chats.set(CHATS[0]!, whole);
    await browser.turning.look();
    expect([browser.heldUp.at(-1), browser.went, await browser.opens(server)]).toEqual([undefined, [2], 2]);
  });

  it.each([
    ['is gone', () => []],
    ['is no envelope any more', () => [{ generation: 1, envelope: 'AAAA' }]],
    ['is another chat’s', () => server.chats.get(CHATS[1]!)!],
  ])('has a chat’s key that %s replaced by the one that this browser keeps', async (_, damaged) => {
    const [browser, other] = [new Browser(server), new Browser(server, 0)];
    browser.kept.set(CHATS[0]!, server.chats.get(CHATS[0]!)!);
    server.chats.set(CHATS[0]!, damaged());
    await other.turning.look();
    await browser.turning.look();
    expect([browser.went, browser.heldUp, browser.distrusted]).toEqual([[2], [undefined], []]);
    await other.turning.look();
    expect([await browser.opens(server), await other.opens(server)]).toEqual([2, 2]);
  });

  it('hands on no key that is kept here and doesn’t open either', async () => {
    const browser = new Browser(server);
    browser.kept.set(CHATS[0]!, server.chats.get(CHATS[1]!)!);
    server.chats.set(CHATS[0]!, []);
    await browser.turning.look();
    expect([browser.went, browser.heldUp]).toEqual([[], ['not_authentic', CHATS[0]]]);
  });

  it('names every chat that holds it up, and turns without those that were deleted', async () => {
    const browser = new Browser(server);
    for (const chat of CHATS) server.chats.set(chat, []);
    await browser.turning.look();
    expect(browser.heldUp).toEqual(['no_such_generation', ...CHATS]);
    server.chats.clear();
    await browser.turning.look();
    expect(browser.went).toEqual([2]);
  });

  it('stages nothing of a page with a chat that holds it up, and keeps what the server sent', async () => {
    const browser = new Browser(server);
    server.chats.set(CHATS[1]!, []);
    await browser.turning.look();
    expect(server.chats.get(CHATS[0]!)).toHaveLength(1);
    expect(JSON.parse(browser.evidence)).toMatchObject({
      code: 'no_such_generation',
      answers: expect.arrayContaining([
        { request: expect.stringMatching(/^GET .*\/staged$/), answer: expect.anything() },
      ]),
    });
  });

  it('is not turned while what was staged does not stay', async () => {
    const browser = new Browser(server);
    server.onReadBack = () => server.spoilStaged(CHATS[0]!);
    await browser.turning.look();
    expect([browser.went, browser.distrusted]).toEqual([[], ['no_such_generation']]);
    expect(server.asked).not.toContain('POST /account/rotation/lease/flip');
    expect(await browser.opens(server)).toBe(2);
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
