// Chats at a server that swaps, drops and withholds what it keeps: none of it goes unnoticed.
import { describe, expect, it } from 'vitest';
import { toBase64url } from '$lib/wire/base64url';
import { ANSWERED, chatting, ends, opened } from './testing/chatting';
import { until } from './testing/fake_clock';
import { say, shown } from './testing/fake_device';

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

describe('a chat whose key opens nowhere', () => {
  async function damaged() {
    const all = await chatting();
    await say(all.sync, all.chat, 'Hello');
    await ends(all.chat, [['Hello', 're Hello', ANSWERED]]);
    const { id } = all.chat;
    const row = all.server.chats.get(id)!;
    all.server.chats.set(id, {
      ...row,
      keys: [{ generation: 1, envelope: toBase64url(new Uint8Array(200)) }],
    });
    return { ...all, id, fresh: await all.world.tab() };
  }

  it('stands in the list of a new device, and can be deleted from there', async () => {
    const { server, id, fresh } = await damaged();
    expect(fresh.list.summaries().map((chat) => [chat.id, chat.title])).toEqual([[id, null]]);
    await fresh.errand({ kind: 'remove', chatId: id, due: 0 });
    await until(() => expect([server.chats.get(id)?.deleted, fresh.list.summaries()]).toEqual([true, []]));
  });

  it('can be given up at once, also while it is shown, with what waits to be sent in it', async () => {
    const { world, server, id, fresh } = await damaged();
    const there = await opened(fresh, id);
    expect(shown(there).map(([, , stage]) => stage)).toEqual(['unreadable']);
    await fresh.errand({ kind: 'details', chatId: id, change: { pinned: true } });
    await fresh.errands.removeNow(id);
    expect([server.chats.get(id)?.deleted, there.gone, fresh.list.summaries()]).toEqual([true, true, []]);
    await world.clock.pass(10_000);
    expect(fresh.outbox.errands).toEqual([]);
  });

  it('stays where the server can’t be reached', async () => {
    const { world, server, id, fresh } = await damaged();
    world.goOffline();
    await expect(fresh.errands.removeNow(id)).rejects.toMatchObject({ code: 'offline' });
    expect([server.chats.get(id)?.deleted, fresh.list.summaries().length]).toEqual([false, 1]);
  });
});
