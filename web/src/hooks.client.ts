// A page whose first parts don't all arrive is loaded once more: a browser holds on to the failure for as long as the page lives.
const TRIED = 'sealmate-loaded-again';
/** Later a part that doesn't come has a place of its own on the page, which says so and what can be done. */
const FIRST_MS = 10_000;

addEventListener('vite:preloadError', () => {
  if (performance.now() > FIRST_MS || !navigator.onLine) return;
  try {
    if (Date.now() - Number(sessionStorage.getItem(TRIED)) < 60_000) return;
    sessionStorage.setItem(TRIED, String(Date.now()));
  } catch {
    return; // Without a memory it could go round for ever.
  }
  location.reload();
});
