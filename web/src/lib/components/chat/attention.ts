// Finds out which chats have got an answer that its reader has not seen come.
import type { ChatSummary } from '$lib/state/model';

type Seen = Pick<ChatSummary, 'id' | 'unread' | 'busy' | 'mate'>;

/** `shown`: the chat on the screen, which is never unread but may have been answered while nobody looked. */
export function newlyAnswered(before: readonly Seen[], now: readonly Seen[], shown: string | null): Seen[] {
  const known = new Map(before.map((chat) => [chat.id, chat]));
  return now.filter((chat) => {
    const earlier = known.get(chat.id);
    if (earlier === undefined) return false;
    return chat.id === shown ? earlier.busy && !chat.busy : chat.unread && !earlier.unread;
  });
}

const MARK = '● ';

export function markTitle(title: string): string {
  return title.startsWith(MARK) ? title : MARK + title;
}

export function unmarkTitle(title: string): string {
  return title.startsWith(MARK) ? title.slice(MARK.length) : title;
}
