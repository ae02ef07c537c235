// What a person does to one chat from the side bar, with the way back and the word when it did not work.
import { goto } from '$app/navigation';
import { describeLater } from '$lib/i18n/describe_later';
import { m } from '$lib/paraglide/messages';
import type { ChatsState, ChatSummary } from '$lib/state/model';
import { toasts } from '$lib/state/toasts.svelte';
import { problemOfError } from '$lib/sync/problems';

export const TITLE_LENGTH = 120;
export const FOLDER_LENGTH = 60;

type Changes = Pick<ChatsState, 'rename' | 'pin' | 'move' | 'remove' | 'restore'>;

export function titleOf(chat: ChatSummary): string {
  return chat.title?.trim() || m.sidebar_untitled();
}

/** One line, no longer than the side bar and its record can take; null if nothing is left of it. */
export function tidy(name: string, length: number): string | null {
  const line = name.replace(/\s+/g, ' ').trim();
  return line === '' ? null : [...line].slice(0, length).join('').trim();
}

export async function changing(change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (error) {
    const { sentence, nextStep } = await describeLater(problemOfError(error));
    toasts.show(`${sentence} ${nextStep}`, { kind: 'error' });
  }
}

/** Said, since a pinned chat stays on top: its folder shows once it is unpinned. */
export async function move(chat: ChatSummary, chats: Changes, folder: string | null): Promise<void> {
  await changing(chats.move(chat.id, folder));
  if (folder !== null && chat.pinned) toasts.show(m.sidebar_moved_pinned({ folder }));
}

/** Gone at once; until it is really deleted the toast brings it back. */
export function remove(chat: ChatSummary, chats: Changes, shown: string | undefined): void {
  chats.remove(chat.id);
  if (shown === chat.id) void goto('/');
  toasts.show(m.sidebar_deleted({ title: titleOf(chat) }), {
    action: { label: m.sidebar_undo(), run: () => bringBack(chat, chats, shown) },
  });
}

function bringBack(chat: ChatSummary, chats: Changes, shown: string | undefined): void {
  chats.restore(chat.id);
  if (shown === chat.id) void goto(`/chat/${chat.id}`);
}
