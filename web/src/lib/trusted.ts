// The one way a script URL becomes trusted: workers and the service worker may only be code of this very app.

interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptUrlPolicy;
}

/** What the build writes: hashed chunks, and the service worker. No route that could serve what people wrote. */
const BUILT = /^\/(?:_app\/immutable\/[\w./-]+\.js|service-worker\.js)$/;

/** `anyPath` is for the dev server, which serves modules under the paths of their sources. */
export function ownScriptUrl(url: string, page: string, anyPath: boolean): string {
  const script = new URL(url, page);
  const own = new URL(page);
  // A blob: URL has its maker's origin too, so the scheme is compared as well.
  const sameOrigin = script.protocol === own.protocol && script.origin === own.origin;
  const sameApp = anyPath || (BUILT.test(script.pathname) && script.search === '' && script.username === '');
  if (!sameOrigin || !sameApp) throw new TypeError('This script is not part of the app.');
  return script.href;
}

let policy: ScriptUrlPolicy | undefined;

function scriptUrls(): ScriptUrlPolicy {
  if (policy) return policy;
  const rules = {
    createScriptURL: (url: string) => ownScriptUrl(url, globalThis.location.href, import.meta.env.DEV),
  };
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  policy = trustedTypes ? trustedTypes.createPolicy('sealmate', rules) : rules;
  return policy;
}

/** For `new Worker(…)` and `serviceWorker.register(…)`; where Trusted Types are absent it is the checked text itself. */
export function trustedScriptUrl(url: string | URL): string {
  // The DOM's types ask for text; a browser with Trusted Types insists on what the policy made.
  return scriptUrls().createScriptURL(String(url)) as string;
}
