// The id of the chat that is about to begin in this tab: kept across reloads, so that its draft is found again.

const ENTRY = 'sealmate new chat';

let current: string | null = null;

/** The same until it is forgotten. */
export function newChatId(make: () => string): string {
  current ??= kept() ?? make();
  keep(current);
  return current;
}

/** Its first message was sent: the next new chat is another. */
export function forgetNewChat(): void {
  current = null;
  keep(null);
}

function kept(): string | null {
  try {
    return sessionStorage.getItem(ENTRY);
  } catch {
    return null;
  }
}

function keep(id: string | null): void {
  try {
    if (id === null) sessionStorage.removeItem(ENTRY);
    else sessionStorage.setItem(ENTRY, id);
  } catch {
    // A browser that keeps nothing forgets the draft with the page.
  }
}
