// What the device tells of itself: the network came back, it woke from sleep, the page is shown or hidden.

/** Milliseconds by which a tick may be late before the device must have slept. */
const TICK = 10_000;
const LATE = 30_000;
/** A page hidden for longer may have lost its line without hearing of it. */
const LONG_HIDDEN = 60_000;

export interface DeviceListener {
  woke(): void;
  shown(): void;
  hidden(): void;
}

export function watchDevice(listener: DeviceListener): void {
  let hiddenAt: number | null = null;
  let tickedAt = Date.now();
  window.addEventListener('online', () => listener.woke());
  window.addEventListener('offline', () => listener.woke());
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) listener.woke();
  });
  window.addEventListener('pagehide', () => listener.hidden());
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      hiddenAt = Date.now();
      listener.hidden();
    } else if (hiddenAt !== null && Date.now() - hiddenAt > LONG_HIDDEN) {
      listener.woke();
    } else {
      listener.shown();
    }
  });
  setInterval(() => {
    const late = Date.now() - tickedAt - TICK;
    tickedAt = Date.now();
    if (late > LATE && !document.hidden) listener.woke();
  }, TICK);
}
