// Registers the service worker and asks before a new version takes over: nobody's page changes under their hands.
import { dev } from '$app/environment';
import { goto } from '$app/navigation';
import { m } from '$lib/paraglide/messages';
import { toasts } from '$lib/state/toasts.svelte';
import { trustedScriptUrl } from '$lib/trusted';

/** Without a service worker the app runs all the same, only not offline. */
export async function keepForOffline(): Promise<void> {
  if (dev || !('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener(
    'message',
    (event: MessageEvent<{ kind?: string; path?: string } | null>) => {
      if (event.data?.kind === 'show' && event.data.path) void goto(event.data.path);
    },
  );
  try {
    const url = trustedScriptUrl('/service-worker.js');
    const registration = await serviceWorker.register(url, { updateViaCache: 'none' });
    offerUpdates(registration, serviceWorker);
  } catch (refused) {
    console.warn('The app is not kept for offline use.', refused);
  }
}

function offerUpdates(registration: ServiceWorkerRegistration, container: ServiceWorkerContainer): void {
  let shown: number | null = null;
  let asked = false;
  const offer = () => {
    // The very first version has nothing to replace.
    if (!registration.waiting || !container.controller || shown !== null) return;
    const run = () => {
      asked = true;
      registration.waiting?.postMessage('take over');
    };
    shown = toasts.show(m.app_update_ready(), { duration: 0, action: { label: m.app_reload(), run } });
  };
  offer();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', offer);
  });
  let hadOne = container.controller !== null;
  container.addEventListener('controllerchange', () => {
    const replaced = hadOne;
    hadOne = true;
    if (asked) location.reload();
    else if (replaced) offerReload(shown);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void registration.update().catch(() => undefined);
  });
}

/** Another tab has agreed: this one runs on with the version before until its person reloads. */
function offerReload(shown: number | null): void {
  if (shown !== null) toasts.dismiss(shown);
  const action = { label: m.app_reload(), run: () => location.reload() };
  toasts.show(m.app_update_ready(), { duration: 0, action });
}
