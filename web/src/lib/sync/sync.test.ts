// The sync layer against a server in memory: what a person sees when lines fall and servers refuse.
import { describe, expect, it } from 'vitest';
import { MemoryRows } from '$lib/storage/memory_rows';
import type { LiveChat } from './live_chat';
import { ANSWERED, chatting, ends, isKept, opened } from './testing/chatting';
import { until } from './testing/fake_clock';
import { say, shown, World } from './testing/fake_device';

describe('a message', () => {
  it('is answered, titled, priced and kept', async () => {
    const { world, rows, sync, chat } = await chatting();
    await say(sync, chat, 'Hello');
    await ends(chat, [['Hello', 're Hello', ANSWERED]]);
    const row = { id: chat.id, title: 'About re Hello', mate: 'tavi', busy: false };
    await until(() => expect(sync.list.summaries()).toMatchObject([row]));
    await isKept(sync, chat);
    world.goOffline();
    world.wallet = null; // as in a page that was loaded anew
    const again = await world.tab(rows);
    expect(again.list.summaries()).toMatchObject([row]);
    expect(world.wallet).toEqual({ available: 10, held: 0 });
    await ends(await opened(again, chat.id), [['Hello', 're Hello', ANSWERED]]);
  });

  it('goes on from its parent, with the history of its branch', async () => {
    const { sync, chat, server } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    const second = await say(sync, chat, 'Two');
    await until(() => expect(server.asked).toHaveLength(2));
    expect(server.asked[1]).toMatchObject({
      turn_id: second,
      history: [
        { role: 'user', text: 'One' },
        { role: 'assistant', text: 're One' },
      ],
      parent: { turn_id: server.asked[0]?.turn_id },
    });
    expect(server.asked.map((each) => each.chat_key !== undefined)).toEqual([true, false]);
  });

  it('has an id that sorts after all others of its chat, however slow the clock', async () => {
    const { world, sync, chat } = await chatting();
    const first = await say(sync, chat, 'One');
    world.clock.now = () => 1_000_000;
    expect((await say(sync, chat, 'Two')) > first).toBe(true);
  });

  it.each(['empty', 'too long'])('that is %s is refused before anything is made of it', async (kind) => {
    const { sync, chat, server } = await chatting();
    const text = kind === 'empty' ? '  ' : 'x'.repeat(24_001);
    const code = kind === 'empty' ? 'empty_message' : 'message_too_long';
    await expect(say(sync, chat, text)).rejects.toMatchObject({ problem: { code } });
    expect([chat.state.turns.size, server.asked.length]).toEqual([0, 0]);
  });

  it('too large for the socket goes over HTTP', async () => {
    const { sync, chat, server } = await chatting();
    const text = '€'.repeat(15_000);
    await say(sync, chat, text);
    await ends(chat, [[text, 'posted', ANSWERED]]);
    expect(server.requests).toContain('POST /turns');
  });
});

describe('with no room left', () => {
  it('a new chat keeps its message on the way from the page that sent it to its own', async () => {
    const world = await World.make();
    const rows = new MemoryRows();
    rows.put = () => Promise.reject(new DOMException('', 'QuotaExceededError'));
    const sync = await world.tab(rows);
    const chat = await opened(sync, sync.makeId());
    const unwatch = chat.watch(() => {
      if (chat.state.turns.size === 0) return;
      unwatch();
      sync.hide(chat);
    });
    await say(sync, chat, 'Hello');
    await ends(await opened(sync, chat.id), [['Hello', 're Hello', ANSWERED]]);
  });
});

describe('without a network', () => {
  it('messages wait and leave in order, once, when it comes back', async () => {
    const { world, sync, chat, server } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    world.goOffline();
    await say(sync, chat, 'Two');
    await say(sync, chat, 'Three');
    expect(shown(chat).map(([, , stage]) => stage)).toEqual([ANSWERED, 'queued', 'queued']);
    world.comeBack(sync);
    await ends(chat, [
      ['One', 're One', ANSWERED],
      ['Two', 're Two', ANSWERED],
      ['Three', 're Three', ANSWERED],
    ]);
    expect(server.asked.map((each) => each.message)).toEqual(['One', 'Two', 'Three']);
    await until(() => expect(sync.outbox.errands).toEqual([]));
  });

  it('a chat that was open before the list was read can be gone on with', async () => {
    const { world, rows, sync, chat } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    await isKept(sync, chat);
    sync.stop();
    world.goOffline();
    let early: LiveChat | undefined;
    const again = await world.tab(rows, (tab) => void (early = tab.open(chat.id)));
    await again.show(early!);
    await say(again, early!, 'Two');
    await ends(early!, [
      ['One', 're One', ANSWERED],
      ['Two', '', 'queued'],
    ]);
  });

  it('messages outlive the page', async () => {
    const { world, rows, sync, chat, server } = await chatting();
    world.goOffline();
    await say(sync, chat, 'Keep me');
    sync.stop();
    const again = await world.tab(rows);
    const reopened = await opened(again, chat.id);
    await ends(reopened, [['Keep me', '', 'queued']]);
    world.comeBack(again);
    await ends(reopened, [['Keep me', 're Keep me', ANSWERED]]);
    expect(server.asked).toHaveLength(1);
  });

  it('a line that falls before the server says so asks again with the same sealed message', async () => {
    const { world, sync, chat, server } = await chatting();
    server.silent = true;
    await say(sync, chat, 'Hello');
    await until(() => expect(server.asked).toHaveLength(1));
    server.silent = false;
    server.cut();
    await world.clock.pass(300);
    await ends(chat, [['Hello', 're Hello', ANSWERED]]);
    expect(server.asked).toHaveLength(2);
    expect(server.asked[1]?.record).toBe(server.asked[0]?.record);
    expect(server.turns.size).toBe(1);
  });

  it('one of two tabs empties the outbox', async () => {
    const { world, rows, sync, chat, server } = await chatting();
    const other = await world.tab(rows);
    world.goOffline();
    await say(sync, chat, 'Once');
    await until(() => expect(other.outbox.errands).toHaveLength(1));
    world.comeBack(sync, other);
    await ends(chat, [['Once', 're Once', ANSWERED]]);
    await ends(await opened(other, chat.id), [['Once', 're Once', ANSWERED]]);
    expect(server.asked).toHaveLength(1);
    await until(() => expect([...sync.outbox.errands, ...other.outbox.errands]).toEqual([]));
  });

  it('a tab that has not yet heard of the message sends it all the same', async () => {
    const { world, rows, sync, chat, server } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    const other = await world.tab(rows);
    const there = await opened(other, chat.id);
    world.goOffline();
    const turnId = await say(sync, chat, 'Two');
    await until(() => expect(there.state.turns.has(turnId)).toBe(true));
    there.forget(turnId);
    sync.stop();
    world.comeBack(other);
    await until(() => expect(server.asked.map((each) => each.turn_id)).toContain(turnId));
    await until(() => expect(other.outbox.errands).toEqual([]));
  });
});

describe('a refusal', () => {
  it('keeps the words, and the same sealed message goes on another try', async () => {
    const { sync, chat, server } = await chatting();
    server.refusals.push({ code: 'insufficient_credits', status: 402 });
    const turnId = await say(sync, chat, 'Dear');
    await ends(chat, [['Dear', '', 'failed']]);
    await chat.takeNow([{ type: 'requeued', turnId, chatId: chat.id }]);
    await sync.errand({ kind: 'ask', chatId: chat.id, turnId });
    await ends(chat, [['Dear', 're Dear', ANSWERED]]);
    expect(server.asked[1]?.record).toBe(server.asked[0]?.record);
  });

  it('that passes is waited for', async () => {
    const { world, sync, chat, server } = await chatting();
    server.refusals.push({ code: 'too_many_tries', status: 429, retry_after: 20 });
    await say(sync, chat, 'Patience');
    await until(() => expect(world.clock.waits).toContain(20_000));
    await world.clock.pass(19_000);
    expect(shown(chat)).toEqual([['Patience', '', 'queued']]);
    await world.clock.pass(1000);
    await ends(chat, [['Patience', 're Patience', ANSWERED]]);
  });

  it('of a fault is tried again some times, then told', async () => {
    const { world, sync, chat, server } = await chatting();
    for (let n = 0; n < 5; n += 1) server.refusals.push({ code: 'internal', status: 500 });
    await say(sync, chat, 'Hello');
    for (let n = 1; n < 5; n += 1) {
      await until(() => expect(world.clock.waits).toContain(3000 * n));
      await world.clock.pass(3000 * n);
    }
    await ends(chat, [['Hello', '', 'failed']]);
    expect(server.asked).toHaveLength(5);
  });
});

it('a damaged row is dropped and pulled again', async () => {
  const { world, rows, sync, chat } = await chatting();
  await say(sync, chat, 'One');
  await ends(chat, [['One', 're One', ANSWERED]]);
  await isKept(sync, chat);
  sync.stop();
  for (const [key] of await rows.entries('turns')) {
    await rows.put('turns', key, { rank: 4, sealed: new Uint8Array(64) });
  }
  await ends(await opened(await world.tab(rows), chat.id), [['One', 're One', ANSWERED]]);
});
