// The part of the app that shows turns, with all that reads markdown: not needed before there is a turn to show.

export const loadTurns = () => import('./TurnList.svelte');

/** In time for the first message, once everything else is done. */
export function loadTurnsSoon(): void {
  const load = () =>
    void loadTurns().catch(() => {
      // Offline and not kept: it is tried again when a turn is to be shown.
    });
  if ('requestIdleCallback' in window) requestIdleCallback(load, { timeout: 3_000 });
  else setTimeout(load, 1_000);
}
