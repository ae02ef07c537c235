// The part of the app that shows turns, with all that reads markdown: not needed before there is a turn to show.
import type { OpenedChat } from '$lib/state/model';

export const loadTurns = () => import('./TurnList.svelte');

/** What shows this chat's turns, its last answer read already: a slow device hears keys between the one and the other. */
export async function turnsOf(
  chat: OpenedChat,
  closed: AbortSignal,
): Promise<Awaited<ReturnType<typeof loadTurns>>['default']> {
  const { default: TurnList, readAhead } = await loadTurns();
  const last = chat.path.at(-1);
  if (last?.stage === 'answered') await readAhead(last.answer, closed);
  return TurnList;
}

/** In time for the first message, once everything else is done. */
export function loadTurnsSoon(): void {
  const load = () =>
    void loadTurns().catch(() => {
      // Offline and not kept: it is tried again when a turn is to be shown.
    });
  if ('requestIdleCallback' in window) requestIdleCallback(load, { timeout: 3_000 });
  else setTimeout(load, 1_000);
}
