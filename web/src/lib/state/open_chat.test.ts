// One chat on the screen: the draft that is kept is what was written last, and the versions shown are those chosen last.
import { MemoryRows } from '$lib/storage/memory_rows';
import type { StoreName } from '$lib/storage/rows';
import { until } from '$lib/sync/testing/fake_clock';
import { World } from '$lib/sync/testing/fake_device';
import { describe, expect, it } from 'vitest';
import { OpenChat } from './open_chat.svelte';

/** A disk that takes its time to write, and none to delete. */
class SlowRows extends MemoryRows {
  override async put(store: StoreName, ...row: [key: string, value: unknown]): Promise<void> {
    if (store === 'drafts') await new Promise((resolve) => setTimeout(resolve, 20));
    await super.put(store, ...row);
  }
}

it('a draft that was sent does not come back', async () => {
  const world = await World.make();
  const sync = await world.tab(new SlowRows());
  const chat = new OpenChat(sync.makeId(), {}, () => undefined);
  chat.attach(sync);
  chat.draft = 'Hello';
  const saving = chat.saveDraft();
  await chat.send('Hello');
  await saving;
  expect(await sync.parts.store.draft(chat.id)).toBe('');
});

describe('the version that is shown', () => {
  const shown = (chat: OpenChat) => chat.path.map(({ text, branch }) => [text, branch.index, branch.count]);

  async function twoVersions() {
    const world = await World.make();
    const rows = new MemoryRows();
    const sync = await world.tab(rows);
    const chat = new OpenChat(sync.makeId(), {}, () => undefined);
    chat.attach(sync);
    await chat.send('Hello');
    await until(() => expect(chat.path[0]?.stage).toBe('answered'));
    await chat.edit(chat.path[0]!.id, 'Hello again');
    await until(() => expect(chat.path[0]?.stage).toBe('answered'));
    expect(shown(chat)).toEqual([['Hello again', 1, 2]]);
    /** The same chat after the page was loaded anew. */
    const reloaded = async () => {
      sync.stop();
      const again = new OpenChat(chat.id, {}, () => undefined);
      again.attach(await world.tab(rows));
      await until(() => expect(again.path.length).toBeGreaterThan(0));
      return again;
    };
    return { rows, sync, chat, reloaded };
  }

  it('is the one that was chosen, also after the page was loaded anew', async () => {
    const { chat, sync, reloaded } = await twoVersions();
    chat.showBranch(chat.path[0]!.id, -1);
    expect(shown(chat)).toEqual([['Hello', 0, 2]]);
    await until(async () => expect((await sync.parts.store.choices(chat.id)).size).toBe(1));
    expect(shown(await reloaded())).toEqual([['Hello', 0, 2]]);
  });

  it('is the newest where no older one was chosen, and then nothing is kept', async () => {
    const { rows, chat, sync, reloaded } = await twoVersions();
    chat.showBranch(chat.path[0]!.id, -1);
    await until(async () => expect((await sync.parts.store.choices(chat.id)).size).toBe(1));
    chat.showBranch(chat.path[0]!.id, 1);
    await until(async () => expect((await sync.parts.store.choices(chat.id)).size).toBe(0));
    expect((await rows.entries('meta')).filter(([place]) => place.includes(chat.id))).toEqual([]);
    expect(shown(await reloaded())).toEqual([['Hello again', 1, 2]]);
  });

  it('is one that is asked after an older one was chosen', async () => {
    const { chat, sync, reloaded } = await twoVersions();
    chat.showBranch(chat.path[0]!.id, -1);
    await until(async () => expect((await sync.parts.store.choices(chat.id)).size).toBe(1));
    await chat.edit(chat.path[0]!.id, 'A third time');
    await until(() => expect(chat.path[0]?.stage).toBe('answered'));
    expect(shown(await reloaded())).toEqual([['A third time', 2, 3]]);
  });

  it('is forgotten with the chat', async () => {
    const { rows, chat, sync } = await twoVersions();
    chat.showBranch(chat.path[0]!.id, -1);
    await until(async () => expect((await sync.parts.store.choices(chat.id)).size).toBe(1));
    await sync.forgetChat(chat.id);
    expect((await rows.entries('meta')).filter(([place]) => place.includes(chat.id))).toEqual([]);
  });
});
