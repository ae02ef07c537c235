// Where a hit is to be seen: the chat, and in it the turn that the page scrolls to.
import type { Hit } from './chat_index';

export function placeOf({ chatId, turnId }: Hit): string {
  return turnId === null ? `/chat/${chatId}` : `/chat/${chatId}#${turnId}`;
}
