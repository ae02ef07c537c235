// Joins the settings that an account's devices share to the session: looked at when its keys open, after a change, and on word of another's.
import { untrack } from 'svelte';
import { api } from './api';
import { preferences } from './preferences.svelte';
import { exclusively, session } from './session.svelte';
import { APP, SettingsSync, type Seen } from './settings_sync';

const ENTRY = 'sealmate settings';
/** So that a person who tries one choice after the other sends the last. */
const CALM_MS = 800;

class SharedSettings {
  /** Why what the server gave as this account's settings can't be its own. */
  distrusted = $state<string | null>(null);
  #sync: SettingsSync | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Follows the session for as long as the page lives. */
  start(): void {
    preferences.onchange = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#sync?.look(), CALM_MS);
    };
    window.addEventListener('online', () => void this.#sync?.look());
    $effect.root(() => {
      $effect(() => {
        const { account } = session;
        if (session.phase === 'open' && session.opened && account) untrack(() => this.#look(account.id));
        else this.#end(session.phase === 'signed_out');
      });
    });
  }

  /** When its owner says so. Gives ApiError, CryptoError. */
  async beginAnew(): Promise<void> {
    await this.#sync?.beginAnew();
    this.distrusted = null;
  }

  heard(revision: number): void {
    this.#sync?.heard(revision);
  }

  #look(account: string): void {
    // After the keys were made anew there may be nothing wrong any more.
    this.distrusted = null;
    this.#sync ??= new SettingsSync(
      {
        api,
        exclusively,
        crypto: () => import('$lib/crypto'),
        opened: () => session.opened,
        seen: { read, write },
        own: () => {
          preferences.follow();
          return preferences.shared;
        },
        show: (settings) => preferences.take(settings),
        keysAhead: () => session.keysAhead(),
        distrusted: (reason) => (this.distrusted = reason),
      },
      account,
    );
    void this.#sync.look();
  }

  #end(signedOut: boolean): void {
    clearTimeout(this.#timer);
    this.#sync = null;
    this.distrusted = null;
    if (signedOut) forget();
  }
}

/** 0 if nothing was seen. */
export function seenRevision(account: string, app: string): number {
  const seen = read();
  return app === APP && seen?.account === account ? seen.revision : 0;
}

function read(): Seen | null {
  try {
    return JSON.parse(localStorage.getItem(ENTRY) ?? 'null') as Seen | null;
  } catch {
    return null;
  }
}

function write(seen: Seen): void {
  try {
    localStorage.setItem(ENTRY, JSON.stringify(seen));
  } catch {
    // A browser that keeps nothing takes what the account has at every opening.
  }
}

function forget(): void {
  try {
    localStorage.removeItem(ENTRY);
  } catch {
    // Nothing is kept in this browser.
  }
}

export const sharedSettings = new SharedSettings();
if (typeof window !== 'undefined') sharedSettings.start();
