// A chat of a file becomes one of the account: whole, whatever the server and the network do meanwhile, or not at all.
import { describe, expect, it } from 'vitest';
import type { ImportedChat } from '$lib/state/model';
import { importChat, inParts, type SealedTurn } from './importing';
import { shown, World } from './testing/fake_device';

function chatOf(count: number): ImportedChat {
  const idAt = (at: number) => `01900000-0000-7000-8000-${String(at).padStart(12, '0')}`;
  const turns = Array.from({ length: count }, (_, at) => ({
    id: idAt(at),
    parentId: at === 0 ? null : idAt(at - 1),
    createdAt: 1000 + at,
    text: `Question ${at}`,
    answer: `Answer ${at}`,
    mate: 'tavi',
    model: 'm',
    finish: 'complete' as const,
    answeredAt: 1001 + at,
  }));
  return { title: 'From a file', folder: null, pinned: false, createdAt: 1000, activeAt: 2000, turns };
}

async function device() {
  const world = await World.make();
  const waited: number[] = [];
  const wait = (seconds: number) => Promise.resolve(void waited.push(seconds));
  return { sync: await world.tab(), server: world.server, waited, wait };
}

const BUSY = { code: 'too_many_requests', status: 429, retry_after: 40 };

describe('importing a chat', () => {
  it('brings every turn, in parts that the server takes', async () => {
    const { sync, server, wait } = await device();
    await importChat(sync, chatOf(45), wait);
    expect(server.imported).toEqual([20, 20, 5]);
    const [summary] = sync.list.summaries();
    expect(summary).toMatchObject({ title: 'From a file' });
    const chat = sync.open(summary!.id);
    await sync.show(chat);
    expect(shown(chat)).toEqual(
      Array.from({ length: 45 }, (_, at) => [`Question ${at}`, `Answer ${at}`, 'answered']),
    );
  });

  it('waits as long as the server says, and sends only what it has not taken', async () => {
    const { sync, server, waited, wait } = await device();
    server.refusals.push(BUSY, BUSY);
    await importChat(sync, chatOf(25), wait);
    expect(waited).toEqual([40, 40]);
    expect(server.imported).toEqual([20, 5]);
    expect(server.chats.size).toBe(1);
  });

  it('leaves nothing behind when the person has had enough, or a part is refused', async () => {
    for (const refusal of [BUSY, { code: 'invalid_request', status: 400 }]) {
      const { sync, server } = await device();
      const chat = chatOf(25);
      const importing = importChat(sync, chat, () => Promise.reject(new Error('enough')));
      server.refusals.push(null, refusal);
      await expect(importing).rejects.toThrow();
      expect([...server.chats.values()].map((each) => each.deleted)).toEqual([true]);
    }
  });
});

describe('an import that broke off without a network', () => {
  it('leaves nothing behind as soon as the server can be reached', async () => {
    const { sync, server } = await device();
    const enough = () => {
      server.online = false;
      return Promise.reject(new Error('enough'));
    };
    const importing = importChat(sync, chatOf(25), enough);
    server.refusals.push(null, BUSY);
    await expect(importing).rejects.toThrow();
    expect([...server.chats.values()].map((each) => each.deleted)).toEqual([false]);
    server.online = true;
    await sync.outbox.drain();
    expect([...server.chats.values()].map((each) => each.deleted)).toEqual([true]);
    expect(sync.outbox.errands).toEqual([]);
  });
});

describe('a part', () => {
  const turn = (message: string): SealedTurn => ({
    turn_id: 't',
    created_at: 1,
    outcome: 'answered',
    message,
  });

  it('stays below what a request may hold, and nothing is left out', () => {
    const large = Array.from({ length: 30 }, (_, at) => turn('x'.repeat(100_000 + at)));
    const parts = inParts(large);
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(2 * 1024 * 1024);
    expect(parts.flat()).toEqual(large);
  });

  it('is there for a chat without turns', () => {
    expect(inParts([])).toEqual([[]]);
  });
});
