// The one search of the app, over the chats of whoever is signed in, for the side bar and the palette; locking makes it forget.
import { goto } from '$app/navigation';
import { m } from '$lib/paraglide/messages';
import { chats } from '$lib/state/chats.svelte';
import { commands, type Command } from '$lib/state/commands.svelte';
import { session } from '$lib/state/session.svelte';
import type { Hit } from './chat_index';
import { ChatSearch } from './chat_search.svelte';
import { placeOf } from './places';

export const search = new ChatSearch(chats, async () => (await import('./index_port')).startIndexWorker());

$effect.root(() => {
  $effect(() => {
    if (session.phase !== 'open') void search.forget();
  });
});

commands.addSource(async (query) => {
  if (session.phase !== 'open') return [];
  await search.update();
  const hits = await search.find(query);
  return hits.flatMap((hit) => asCommand(hit));
});

function asCommand(hit: Hit): Command[] {
  const chat = chats.list.find(({ id }) => id === hit.chatId);
  if (chat === undefined) return [];
  const run = () => goto(placeOf(hit));
  const label = chat.title ?? m.app_untitled();
  const { mate } = chat;
  if (hit.turnId === null)
    return [{ id: `chat ${chat.id}`, label, section: m.app_section_chats(), mate, run }];
  const detail = hit.snippet.map((piece) => piece.text).join('');
  return [{ id: `turn ${hit.turnId}`, label, section: m.app_section_found(), mate, detail, run }];
}
