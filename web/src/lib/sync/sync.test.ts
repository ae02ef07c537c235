// The sync layer against a server in memory: what a person sees when lines fall, servers refuse and records are tampered with.
import { describe, expect, it } from 'vitest';
import { importMasterKey, readEpoch, rewrapChatKey } from '$lib/crypto';
import { MemoryRows } from '$lib/storage/memory_rows';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { until } from './testing/fake_clock';
import type { LiveChat } from './live_chat';
import type { Sync } from './sync';
import { withoutStream } from './turn';
import { ACCOUNT, say, shown, World } from './testing/fake_device';

const ANSWERED = 'answered';

async function ends(chat: LiveChat, path: [text: string, answer: string, stage: string][]): Promise<void> {
  await until(() => expect(shown(chat)).toEqual(path));
}

/** All that is known of the chat is on the device. */
async function isKept(sync: Sync, chat: LiveChat): Promise<void> {
  await until(async () => {
    const { turns } = await sync.parts.store.turns(chat.id);
    expect(turns).toEqual([...chat.state.turns.values()].map(withoutStream));
    expect(await sync.parts.store.chat(chat.id)).toEqual(chat.kept);
  });
}

async function opened(sync: Sync, id: string): Promise<LiveChat> {
  const chat = sync.open(id);
  await sync.show(chat);
  return chat;
}

async function chatting() {
  const world = await World.make();
  const rows = new MemoryRows();
  const sync = await world.tab(rows);
  const chat = sync.open(sync.makeId());
  await sync.show(chat);
  return { world, rows, sync, chat, server: world.server };
}

describe('a message', () => {
  it('is answered, titled, priced and kept', async () => {
    const { world, rows, sync, chat } = await chatting();
    await say(sync, chat, 'Hello');
    await ends(chat, [['Hello', 're Hello', ANSWERED]]);
    const row = { id: chat.id, title: 'About re Hello', mate: 'tavi', busy: false };
    await until(() => expect(sync.list.summaries()).toMatchObject([row]));
    await isKept(sync, chat);
    world.goOffline();
    const again = await world.tab(rows);
    expect(again.list.summaries()).toMatchObject([row]);
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

describe('a turn that runs', () => {
  async function running() {
    const all = await chatting();
    all.server.slow = true;
    const turnId = await say(all.sync, all.chat, 'Hello');
    await ends(all.chat, [['Hello', '', 'accepted']]);
    const resumes = () => all.server.actions.filter(({ action }) => action === 'resume');
    return { ...all, turnId, resumes, ids: { turn_id: turnId, chat_id: all.chat.id } };
  }

  it('is resumed when a delta is missing', async () => {
    const { chat, server, turnId, ids, resumes } = await running();
    server.tell({ ...ids, type: 'answer_extended', attempt: 1, seq: 2, delta: 'b' });
    await until(() => expect(resumes()).toEqual([{ action: 'resume', turn_id: turnId, attempt: 1, seq: 0 }]));
    server.tell({ ...ids, type: 'answer_extended', attempt: 1, seq: 1, delta: 'a' });
    await ends(chat, [['Hello', 'ab', 'answering']]);
  });

  it('is resumed after a fall, and when nothing is heard for long', async () => {
    const { world, server, resumes } = await running();
    server.cut();
    await world.clock.pass(300);
    await until(() => expect(resumes()).toHaveLength(1));
    await world.clock.pass(31_000);
    await until(() => expect(resumes()).toHaveLength(2));
  });

  it('whose end was never told is found in storage', async () => {
    const { world, chat, server, turnId } = await running();
    server.untold = (event) => event.type !== 'suggestions_made';
    await server.answer(turnId, 'lost');
    await world.clock.pass(9000);
    await ends(chat, [['Hello', 'lost', ANSWERED]]);
  });

  it('is taken up again by a page that was loaded anew', async () => {
    const { world, rows, sync, chat, resumes, turnId } = await running();
    await isKept(sync, chat);
    sync.stop();
    await opened(await world.tab(rows), chat.id);
    await until(() =>
      expect(resumes()).toContainEqual({ action: 'resume', turn_id: turnId, attempt: 0, seq: 0 }),
    );
  });
});

describe('another device', () => {
  it('shows the same, and what is asked there shows here', async () => {
    const { world, sync, chat } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    const other = await world.tab();
    const there = await opened(other, chat.id);
    await say(other, there, 'Two');
    for (const each of [there, chat]) {
      await ends(each, [
        ['One', 're One', ANSWERED],
        ['Two', 're Two', ANSWERED],
      ]);
    }
  });

  it('that deletes a turn or the chat takes it from here too', async () => {
    const { world, sync, chat, server } = await chatting();
    const turnId = await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    const other = await world.tab();
    await other.errand({ kind: 'remove_turn', chatId: chat.id, turnId });
    await until(() => expect(server.turns.get(turnId)?.outcome).toBe('deleted'));
    server.tell({ type: 'chat_changed', chat_id: chat.id, updated_at: 2000 });
    await ends(chat, []);
    await other.errand({ kind: 'remove', chatId: chat.id, due: 0 });
    await until(() => expect(server.chats.get(chat.id)?.deleted).toBe(true));
    server.tell({ type: 'chat_changed', chat_id: chat.id, updated_at: 2001 });
    await until(() => expect([sync.list.summaries(), chat.gone]).toEqual([[], true]));
  });

  it('that changed the details meanwhile is not overruled in what was not changed here', async () => {
    const { world, sync, chat, server } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    await until(() => expect(sync.list.summaries()).toMatchObject([{ title: 'About re One' }]));
    const other = await world.tab();
    await other.errand({ kind: 'details', chatId: chat.id, change: { folder: 'Work' } });
    await until(() => expect(server.chats.get(chat.id)?.revision).toBe(1));
    await sync.errand({ kind: 'details', chatId: chat.id, change: { title: 'Mine' } });
    expect(sync.list.summaries()).toMatchObject([{ title: 'Mine' }]);
    await until(() => expect(sync.list.summaries()).toMatchObject([{ title: 'Mine', folder: 'Work' }]));
    expect(world.failures).toEqual([]);
  });
});

describe('a chat in memory', () => {
  it('stays the same for all as long as somebody works on it, and is forgotten after', async () => {
    const { sync, chat } = await chatting();
    await say(sync, chat, 'Hello');
    await ends(chat, [['Hello', 're Hello', ANSWERED]]);
    await until(() => expect(sync.outbox.errands).toEqual([]));
    await sync.show(null);
    let goOn = (): void => undefined;
    const slow = new Promise<void>((resolve) => (goOn = resolve));
    const working = sync.holding(chat, () => slow);
    sync.release(chat);
    expect(sync.open(chat.id)).toBe(chat);
    goOn();
    await working;
    expect(sync.live(chat.id)).toBeNull();
  });

  it('that nobody needed any more does not take the one with it that was opened after', async () => {
    const { sync, chat } = await chatting();
    await sync.show(null);
    sync.release(chat);
    const after = sync.open(chat.id);
    after.watch(() => undefined);
    sync.release(chat);
    expect(sync.live(chat.id)).toBe(after);
  });
});

describe('a master key that was turned', () => {
  const next = () => importMasterKey(new Uint8Array(32).fill(8), 2);

  it('opens what is only under it, once it is here', async () => {
    const { world, sync, chat, server } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    await until(() => expect(sync.list.summaries()).toMatchObject([{ title: 'About re One' }]));
    const [stored, master] = [server.chats.get(chat.id)!, await next()];
    const envelope = fromBase64url(stored.keys[0]!.envelope);
    const of = { account: ACCOUNT, chat: chat.id, generation: 1, old: world.master, master, envelope };
    const wrap = { generation: 1, envelope: toBase64url(await rewrapChatKey(of)) };
    server.chats.set(chat.id, { ...stored, keys: [wrap], updated_at: 3000 });
    server.tell({ type: 'chat_changed', chat_id: chat.id, updated_at: 3000 });
    await until(() => expect(world.ahead).toBeGreaterThan(0));
    expect(sync.list.get(chat.id)?.keys).not.toEqual([wrap]);
    server.master = master;
    await sync.turnTo(master);
    await until(() => expect(sync.list.get(chat.id)?.keys).toEqual([wrap]));
    await say(sync, chat, 'Two');
    await ends(chat, [
      ['One', 're One', ANSWERED],
      ['Two', 're Two', ANSWERED],
    ]);
    expect(world.failures).toEqual([]);
  });

  it('while nobody was signed in here is met by signing in: what was kept can be gone on with', async () => {
    const { world, rows, sync, chat, server } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    await until(() => expect(sync.list.summaries()).toMatchObject([{ title: 'About re One' }]));
    await isKept(sync, chat);
    await sync.refresh.chats();
    sync.stop();
    const [stored, master] = [server.chats.get(chat.id)!, await next()];
    const envelope = fromBase64url(stored.keys[0]!.envelope);
    const of = { account: ACCOUNT, chat: chat.id, generation: 1, old: world.master, master, envelope };
    const wrap = { generation: 1, envelope: toBase64url(await rewrapChatKey(of)) };
    server.chats.set(chat.id, { ...stored, keys: [wrap] });
    await sync.parts.store.putMeta('watermark', stored.updated_at + 1);
    world.master = server.master = master;
    const again = await world.tab(rows);
    expect(await again.parts.store.meta('watermark')).toBe(stored.updated_at);
    await until(() => expect(again.list.get(chat.id)?.keys).toEqual([wrap]));
    const there = await opened(again, chat.id);
    await say(again, there, 'Two');
    await ends(there, [
      ['One', 're One', ANSWERED],
      ['Two', 're Two', ANSWERED],
    ]);
  });

  it('is followed though a key of one chat cannot be read', async () => {
    const { world, rows, sync, chat } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    await isKept(sync, chat);
    const damaged = { ...chat.kept!, id: sync.makeId(), keys: [{ generation: 1, envelope: 'AAAA' }] };
    await sync.parts.store.putChat(damaged);
    sync.stop();
    const again = await world.tab(rows);
    await again.turnTo(await next());
    expect(again.list.summaries().map(({ id }) => id)).toContain(chat.id);
    await ends(await opened(again, chat.id), [['One', 're One', ANSWERED]]);
  });

  it('says of a message that no key here opens that it did not go, for another try', async () => {
    const { world, rows, sync, chat } = await chatting();
    world.goOffline();
    await say(sync, chat, 'Keep me');
    await isKept(sync, chat);
    sync.stop();
    world.master = await next();
    const again = await world.tab(rows);
    world.comeBack(again);
    const there = await opened(again, chat.id);
    await ends(there, [['Keep me', '', 'failed']]);
    await until(() => expect(again.outbox.errands).toEqual([]));
    const [turn] = there.state.turns.values();
    expect(turn?.sending).not.toBe('queued');
  });

  it('is what a chat goes under that waited to be sent', async () => {
    const { world, sync, chat, server } = await chatting();
    world.goOffline();
    await say(sync, chat, 'One');
    const master = await next();
    server.master = master;
    await sync.turnTo(master);
    world.comeBack(sync);
    await ends(chat, [['One', 're One', ANSWERED]]);
    expect(readEpoch(fromBase64url(server.asked[0]!.chat_key!))).toBe(2);
  });
});

describe('a hostile server', () => {
  async function twoTurns() {
    const all = await chatting();
    const first = await say(all.sync, all.chat, 'One');
    await ends(all.chat, [['One', 're One', ANSWERED]]);
    await say(all.sync, all.chat, 'Two');
    await until(() => expect(shown(all.chat).at(-1)).toEqual(['Two', 're Two', ANSWERED]));
    const kept = all.server.turns.get(first);
    if (!kept) throw new Error('no turn');
    /** As a device sees them that meets the chat for the first time. */
    const stages = async () => {
      const fresh = await all.world.tab();
      const there = await opened(fresh, all.chat.id);
      fresh.stop();
      return shown(there).map(([text, , stage]) => [text, stage]);
    };
    return { ...all, first, kept, stages };
  }

  it('can not swap an answer unnoticed: the next turn shows it', async () => {
    const { server, first, stages } = await twoTurns();
    await server.answer(first, 'another answer');
    expect(await stages()).toEqual([
      ['One', ANSWERED],
      ['Two', 'unreadable'],
    ]);
  });

  it('can not drop a turn', async () => {
    const { server, first, stages } = await twoTurns();
    server.turns.delete(first);
    expect(await stages()).toEqual([['Two', 'unreadable']]);
  });

  it('can not change a record', async () => {
    const { server, first, kept, stages } = await twoTurns();
    server.turns.set(first, { ...kept, message: toBase64url(new Uint8Array(200)) });
    expect((await stages())[0]).toEqual(['', 'unreadable']);
  });

  it('can not keep an answer back', async () => {
    const { server, first, kept, stages } = await twoTurns();
    server.turns.set(first, { ...kept, answer: null });
    expect((await stages())[0]).toEqual(['One', 'unreadable']);
  });

  it('can not hand out another key for a chat that was made here', async () => {
    const stranger = await chatting();
    await say(stranger.sync, stranger.chat, 'Elsewhere');
    await ends(stranger.chat, [['Elsewhere', 're Elsewhere', ANSWERED]]);
    const { sync, chat, server } = await chatting();
    server.foreignKeys = stranger.server.chats.get(stranger.chat.id)?.keys ?? [];
    await say(sync, chat, 'One');
    await until(() => expect(chat.problem?.code).toBe('key_replaced'));
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
