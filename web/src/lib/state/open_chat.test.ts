// The draft of a chat: what was written last is what is kept, however long the keeping takes.
import { MemoryRows } from '$lib/storage/memory_rows';
import type { StoreName } from '$lib/storage/rows';
import { World } from '$lib/sync/testing/fake_device';
import { expect, it } from 'vitest';
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
