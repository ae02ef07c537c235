// Keeps the app itself, and never a word of anyone's: with it the page opens without a network.
/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
/// <reference types="@sveltejs/kit" />
import { build, files, version } from '$service-worker';

const worker = globalThis.self as unknown as ServiceWorkerGlobalScope;

/** The page that every address of the app is served with. */
const SHELL = '/';
const ASSETS = new Set([...build, ...files, SHELL]);
const CACHE = `sealmate ${version} ${fingerprint([...ASSETS])}`;
/** What is answered by the server alone; nothing of it may ever lie in a cache. */
const SERVER = ['/api', '/ws', '/mail'];

worker.addEventListener('install', (event) => {
  // No skipWaiting here: the version that runs stays until the person has agreed to reload.
  event.waitUntil(fill());
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldVersions().then(() => worker.clients.claim()));
});

worker.addEventListener('message', (event) => {
  if (event.data === 'take over') void worker.skipWaiting();
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin || isServers(url.pathname)) return;
  if (request.mode === 'navigate') event.respondWith(shell(request));
  else if (ASSETS.has(url.pathname) || url.pathname.startsWith('/_app/immutable/')) {
    event.respondWith(asset(request));
  }
});

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const path = (event.notification.data as { path?: string } | null)?.path ?? SHELL;
  event.waitUntil(show(path));
});

function isServers(path: string): boolean {
  return SERVER.some((root) => path === root || path.startsWith(`${root}/`));
}

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  // `reload`: past the browser's own cache, or an old page would be kept under the new version.
  await cache.addAll([...ASSETS].map((path) => new Request(path, { cache: 'reload' })));
}

/** The version before this one is kept: a tab that still runs it may yet load a part of it. */
async function forgetOldVersions(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith('sealmate ') && name !== CACHE);
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
}

async function shell(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(SHELL)) ?? fetch(request);
}

async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? (await caches.match(request)) ?? fetch(request);
}

async function show(path: string): Promise<void> {
  const [open] = await worker.clients.matchAll({ type: 'window' });
  if (!open) {
    await worker.clients.openWindow(path);
    return;
  }
  await open.focus();
  open.postMessage({ kind: 'show', path });
}

/** Two builds of one version number are still two caches. */
function fingerprint(paths: string[]): string {
  let sum = 0;
  for (const letter of paths.join()) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0;
  return sum.toString(36);
}
