// Calls back before the next paint; where nothing is painted, as in a hidden tab, soon after all the same.

const SOON = 100;

export function nextFrame(callback: () => void): void {
  let called = false;
  const once = (): void => {
    if (called) return;
    called = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    callback();
  };
  const timer = setTimeout(once, SOON);
  const frame = requestAnimationFrame(once);
}
