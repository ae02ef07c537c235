// That the index is built when it is wanted, follows what changes, and is gone when the keys are locked.
import { describe, expect, it } from 'vitest';
import type { ChatSummary, TurnView } from '$lib/state/model';
import { ChatIndex, type SearchableChat } from './chat_index';
import { ChatSearch } from './chat_search.svelte';
import type { IndexPort } from './index_port';

const summary = (id: string, fields: Partial<ChatSummary> = {}): ChatSummary => ({
  ...{ id, title: `Title ${id}`, folder: null, pinned: false, activeAt: 1, updatedAt: 1, mate: null },
  ...{ unread: false, busy: false, temporary: false, ...fields },
});

class FakeChats {
  list: ChatSummary[] = [];
  read: string[] = [];
  texts = new Map<string, string>();

  async *everything() {
    for (const one of this.list) {
      this.read.push(one.id);
      const turn = { id: `${one.id}-turn`, text: this.texts.get(one.id) ?? '', answer: '' } as TurnView;
      yield { summary: one, createdAt: 1, turns: [turn] };
    }
  }
}

class HereIndex implements IndexPort {
  index = new ChatIndex();
  put = (chats: SearchableChat[]) => chats.forEach((chat) => this.index.put(chat));
  remove = (ids: string[]) => ids.forEach((id) => this.index.remove(id));
  find = async (query: string) => this.index.find(query);
  end = () => void (this.index = new ChatIndex());
}

function searchOver(...ids: string[]) {
  const chats = new FakeChats();
  chats.list = ids.map((id) => summary(id));
  for (const id of ids) chats.texts.set(id, `words of ${id}`);
  const started: HereIndex[] = [];
  const search = new ChatSearch(chats, async () => {
    const index = new HereIndex();
    started.push(index);
    return index;
  });
  const found = async (query: string) => {
    await search.update();
    return (await search.find(query)).map((hit) => hit.chatId);
  };
  return { chats, search, started, found };
}

describe('the search', () => {
  it('finds what all chats hold, and starts nothing before it is asked', async () => {
    const ids = Array.from({ length: 25 }, (_, number) => `chat${number}`);
    const { found, started, search } = searchOver(...ids);
    expect(await search.find('  ')).toEqual([]);
    expect(started).toHaveLength(0);
    expect(await found('chat24')).toContain('chat24');
    expect(search.building).toBe(false);
  });

  it('reads again only when a chat changed', async () => {
    const { chats, found } = searchOver('a', 'b');
    await found('words');
    chats.read = [];
    await found('words');
    expect(chats.read).toEqual([]);
    chats.texts.set('b', 'zebra');
    chats.list = [summary('b', { activeAt: 2 }), summary('a')];
    expect(await found('zebra')).toEqual(['b']);
  });

  it('no longer finds the words of a message that was deleted', async () => {
    const { chats, found } = searchOver('a');
    chats.texts.set('a', 'zebra');
    await found('zebra');
    chats.texts.set('a', '');
    chats.list = [summary('a', { updatedAt: 2 })];
    expect(await found('zebra')).toEqual([]);
  });

  it('no longer finds a chat that is gone', async () => {
    const { chats, found } = searchOver('a', 'b');
    expect((await found('words')).sort()).toEqual(['a', 'b']);
    chats.list = [summary('a')];
    expect(await found('words')).toEqual(['a']);
  });

  it('forgets everything when it is locked, and builds anew afterwards', async () => {
    const { found, search, started } = searchOver('a');
    await found('words');
    await search.forget();
    expect(started[0]?.index.size).toBe(0);
    expect(await found('words')).toEqual(['a']);
    expect(started).toHaveLength(2);
  });
});
