// Chats when the account's master key was turned, here, elsewhere, or while nobody was signed in.
import { describe, expect, it } from 'vitest';
import { importMasterKey, readEpoch, rewrapChatKey } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { ANSWERED, chatting, ends, isKept, opened } from './testing/chatting';
import { until } from './testing/fake_clock';
import { ACCOUNT, say, shown } from './testing/fake_device';

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

  describe('while nobody was signed in here', () => {
    /** Two messages that were never sent, and the browser after the next sign-in. */
    async function signedInLater() {
      const { world, rows, sync, chat, server } = await chatting();
      world.goOffline();
      await say(sync, chat, 'Keep me');
      await say(sync, chat, 'And me');
      await isKept(sync, chat);
      sync.stop();
      world.master = server.master = await next();
      const again = await world.tab(rows);
      return { world, rows, sync, chat, server, again };
    }

    it('lets a chat go out that was never sent: under a new key, each message bound to the one before', async () => {
      const { world, chat, server, again } = await signedInLater();
      const there = await opened(again, chat.id);
      world.comeBack(again);
      await ends(there, [
        ['Keep me', 're Keep me', ANSWERED],
        ['And me', 're And me', ANSWERED],
      ]);
      const { keys } = server.chats.get(chat.id)!;
      expect(keys.map(({ envelope }) => readEpoch(fromBase64url(envelope)))).toEqual([2]);
      await until(() => expect(again.outbox.errands).toEqual([]));
      // As a device reads it that has nothing of it.
      await ends(await opened(await world.tab(), chat.id), [
        ['Keep me', 're Keep me', ANSWERED],
        ['And me', 're And me', ANSWERED],
      ]);
      expect(world.failures).toEqual([]);
    });

    it('takes the key that the server has, if the first message had got there after all', async () => {
      const { world, rows, sync, chat, server } = await chatting();
      server.silent = true;
      await say(sync, chat, 'Keep me');
      await until(() => expect(server.asked).toHaveLength(1));
      world.goOffline();
      await say(sync, chat, 'And me');
      await isKept(sync, chat);
      sync.stop();
      const [stored, master] = [server.chats.get(chat.id)!, await next()];
      const envelope = fromBase64url(stored.keys[0]!.envelope);
      const of = { account: ACCOUNT, chat: chat.id, generation: 1, old: world.master, master, envelope };
      const wrap = { generation: 1, envelope: toBase64url(await rewrapChatKey(of)) };
      server.chats.set(chat.id, { ...stored, keys: [wrap] });
      world.master = server.master = master;
      server.silent = false;
      const again = await world.tab(rows);
      const there = await opened(again, chat.id);
      world.comeBack(again);
      await ends(there, [
        ['Keep me', 're Keep me', ANSWERED],
        ['And me', 're And me', ANSWERED],
      ]);
      expect(there.state.turns.get(server.asked[0]!.turn_id)?.messageHash).toBe(
        chat.state.turns.get(server.asked[0]!.turn_id)?.messageHash,
      );
      expect(server.chats.get(chat.id)?.keys).toEqual([wrap]);
    });

    it('a second tab goes on with what the first has made anew', async () => {
      const { world, rows, chat, server, again } = await signedInLater();
      const second = await world.tab(rows);
      const there = await opened(second, chat.id);
      server.refusals.push(null, { code: 'insufficient_credits', status: 402 });
      world.comeBack(again);
      await until(() => expect(shown(there).map(([, , stage]) => stage)).toEqual([ANSWERED, 'failed']));
      again.stop();
      world.comeBack(second);
      const turnId = [...there.state.turns.keys()].sort()[1]!;
      await there.takeNow([{ type: 'requeued', turnId, chatId: chat.id }]);
      await second.errand({ kind: 'ask', chatId: chat.id, turnId });
      await ends(there, [
        ['Keep me', 're Keep me', ANSWERED],
        ['And me', 're And me', ANSWERED],
      ]);
    });
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
