// One chat on several devices and in several places of one: all show the same, and nobody overrules what another changed.
import { describe, expect, it, vi } from 'vitest';
import { ANSWERED, chatting, ends, isKept, opened } from './testing/chatting';
import { settle, until } from './testing/fake_clock';
import { say } from './testing/fake_device';

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

  it('that deletes a chat while this one reads what was changed before does not let it come back', async () => {
    const { world, rows, sync, chat } = await chatting();
    await say(sync, chat, 'One');
    await ends(chat, [['One', 're One', ANSWERED]]);
    await isKept(sync, chat);
    const other = await world.tab(rows);
    const kept = other.list.get(chat.id)!;
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const get = rows.get.bind(rows);
    const reading = vi.spyOn(rows, 'get').mockImplementation(async (...row) => {
      const read = await get(...row);
      await held;
      return read;
    });
    await sync.keep({ ...kept, unread: true });
    await until(() => expect(reading).toHaveBeenCalled());
    await sync.forgetChat(chat.id);
    expect(other.list.get(chat.id)).toBeNull();
    goOn();
    await settle();
    expect(other.list.summaries()).toEqual([]);
    await other.keep(kept);
    expect(await other.parts.store.chat(chat.id)).toBeNull();
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
