// What a browser keeps: sealed, in order, and honest about what it can't keep or read any more.
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { deviceKey, importMasterKey } from '$lib/crypto';
import { applyToTurn, newTurn, type TurnState } from '$lib/sync/turn';
import { onTrouble, openOrMakeDo, type StorageTrouble } from './database';
import { openDisk } from './disk_rows';
import type { Errand, KeptChat } from './kept';
import { LocalStore } from './local_store';
import { MemoryRows } from './memory_rows';
import type { Rows } from './rows';

const CHAT: KeptChat = {
  id: 'chat-1',
  createdAt: 1,
  activeAt: 2,
  updatedAt: 3,
  pulledAt: null,
  stored: true,
  generation: 1,
  keys: [{ generation: 1, envelope: 'sealed' }],
  title: 'Quarterly numbers',
  details: null,
  revision: 0,
  mate: 'tavi',
  unread: false,
};
const asked = (text: string): TurnState => ({ ...newTurn('turn-1', 'chat-1'), known: true, text });

let troubles: StorageTrouble[] = [];
let names = 0;
onTrouble((trouble) => troubles.push(trouble));
beforeEach(() => (troubles = []));

const ignored = { overtaken: () => undefined, lost: () => undefined };
const newName = (): string => `test-${(names += 1)}`;

async function storeOn(rows: Rows, account = 'anna'): Promise<LocalStore> {
  const master = await importMasterKey(new Uint8Array(32).fill(account.length), 1);
  return new LocalStore(rows, await deviceKey(master), account);
}

describe.each([
  ['on disk', () => openDisk(ignored, newName())],
  ['in memory', () => Promise.resolve(new MemoryRows())],
])('what is kept %s', (_where, openRows) => {
  it('comes back as it was', async () => {
    const rows = await openRows();
    const store = await storeOn(rows);
    const errand: Errand = { id: 'e-1', kind: 'ask', chatId: 'chat-1', turnId: 'turn-1' };
    await Promise.all([
      store.putChat(CHAT),
      store.putTurn(asked('How much?')),
      store.putDraft('chat-1', 'And then'),
      store.putErrand(errand),
      store.putMeta('watermark', 7),
    ]);
    const again = await storeOn(rows);
    expect(await again.chats()).toEqual([CHAT]);
    expect(await again.turns('chat-1')).toEqual({ turns: [asked('How much?')], whole: true });
    expect(await again.draft('chat-1')).toBe('And then');
    expect(await again.errands()).toEqual([errand]);
    expect(await again.meta('watermark')).toBe(7);
  });

  it('shows no word of it to who reads the rows', async () => {
    const rows = await openRows();
    const store = await storeOn(rows);
    await store.putChat(CHAT);
    await store.putTurn(asked('How much?'));
    const bytes = [...(await rows.entries('chats')), ...(await rows.entries('turns'))].map(([, row]) =>
      new TextDecoder().decode((row as { sealed: Uint8Array }).sealed),
    );
    expect(bytes.join()).not.toMatch(/Quarterly|How much/);
  });

  it('is one account’s alone', async () => {
    const rows = await openRows();
    await (await storeOn(rows, 'anna')).putChat(CHAT);
    expect(await (await storeOn(rows, 'berta')).chats()).toEqual([]);
  });

  it('goes with its chat', async () => {
    const store = await storeOn(await openRows());
    await store.putChat(CHAT);
    void store.putTurn(asked('How much?'));
    await store.putDraft('chat-1', 'And then');
    await store.deleteChat('chat-1');
    expect([await store.chats(), (await store.turns('chat-1')).turns, await store.draft('chat-1')]).toEqual([
      [],
      [],
      '',
    ]);
  });

  it('ends with the last of many writes', async () => {
    const store = await storeOn(await openRows());
    await Promise.all(
      Array.from({ length: 50 }, (_, activeAt) =>
        store.putChat({ ...CHAT, activeAt, title: 'x'.repeat(5000 - activeAt * 100) }),
      ),
    );
    expect((await store.chats())[0]?.activeAt).toBe(49);
  });

  it('is not overwritten by a tab that knows less', async () => {
    const store = await storeOn(await openRows());
    const ids = { turnId: 'turn-1', chatId: 'chat-1' };
    const answer = {
      text: 'Hi',
      mate: 'tavi',
      model: 'm',
      finish: 'complete',
      answeredAt: 5,
      hash: 'h',
    } as const;
    const answered = applyToTurn(asked('How much?'), { ...ids, type: 'finished', answer });
    await store.putTurn(answered);
    await store.putTurn(asked('How much?'));
    expect((await store.turns('chat-1')).turns[0]?.answer).toEqual(answer);
  });

  it('that is damaged is dropped, and said to be', async () => {
    const rows = await openRows();
    const store = await storeOn(rows);
    await store.putChat(CHAT);
    await store.putTurn(asked('How much?'));
    for (const name of ['chats', 'turns'] as const) {
      for (const [key] of await rows.entries(name)) await rows.put(name, key, 'nonsense');
    }
    expect(await store.chats()).toEqual([]);
    expect(await store.turns('chat-1')).toEqual({ turns: [], whole: false });
    expect(await rows.entries('turns')).toEqual([]);
    expect(troubles).toContain('storage_repaired');
  });

  it('does not open in another’s place', async () => {
    const rows = await openRows();
    const store = await storeOn(rows);
    await store.putChat(CHAT);
    const [[, row] = []] = await rows.entries('chats');
    await rows.put('chats', 'anna/chat-2', row);
    expect((await store.chats()).map(({ id }) => id)).toEqual(['chat-1']);
  });
});

describe('a device that can not keep anything', () => {
  class Full extends MemoryRows {
    override put(): Promise<void> {
      return Promise.reject(new DOMException('full', 'QuotaExceededError'));
    }
  }

  it('says that it is full, and does not fail', async () => {
    const store = await storeOn(new Full());
    await store.putChat(CHAT);
    expect(await store.putErrand({ id: 'e', kind: 'remove', chatId: 'c', due: 0 })).toBe(false);
    expect(troubles).toEqual(['storage_full', 'storage_full']);
  });

  it('goes on in memory where a newer app has its database', async () => {
    const name = newName();
    await new Promise((resolve) => (indexedDB.open(name, 99).onsuccess = resolve));
    const rows = await openOrMakeDo(name);
    await rows.put('meta', 'a', 1);
    expect([await rows.get('meta', 'a'), troubles]).toEqual([1, ['newer_version']]);
  });
});
