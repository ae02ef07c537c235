// A person who chats on one device or more, in tests: what is said, what becomes of it, and what is kept.
import { expect } from 'vitest';
import { MemoryRows } from '$lib/storage/memory_rows';
import type { LiveChat } from '../live_chat';
import type { Sync } from '../sync';
import { withoutStream } from '../turn';
import { until } from './fake_clock';
import { shown, World } from './fake_device';

export const ANSWERED = 'answered';

export async function ends(
  chat: LiveChat,
  path: [text: string, answer: string, stage: string][],
): Promise<void> {
  await until(() => expect(shown(chat)).toEqual(path));
}

/** All that is known of the chat is on the device. */
export async function isKept(sync: Sync, chat: LiveChat): Promise<void> {
  await until(async () => {
    const { turns } = await sync.parts.store.turns(chat.id);
    expect(turns).toEqual([...chat.state.turns.values()].map(withoutStream));
    expect(await sync.parts.store.chat(chat.id)).toEqual(chat.kept);
  });
}

export async function opened(sync: Sync, id: string): Promise<LiveChat> {
  const chat = sync.open(id);
  await sync.show(chat);
  return chat;
}

/** A new chat, shown and still empty. */
export async function chatting() {
  const world = await World.make();
  const rows = new MemoryRows();
  const sync = await world.tab(rows);
  const chat = sync.open(sync.makeId());
  await sync.show(chat);
  return { world, rows, sync, chat, server: world.server };
}
