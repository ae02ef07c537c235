// Chats when the account's master key was turned, here, elsewhere, or while nobody was signed in.
import { describe, expect, it } from 'vitest';
import { importMasterKey, readEpoch, rewrapChatKey } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { ANSWERED, chatting, ends, isKept, opened } from './testing/chatting';
import { until } from './testing/fake_clock';
import { ACCOUNT, say } from './testing/fake_device';

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
