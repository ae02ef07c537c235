// How this person wants the app to look and speak on this device; kept here and never sent.
import { baseLocale, isLocale, overwriteGetLocale, setLocale, type Locale } from '$lib/paraglide/runtime';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const TEXT_SIZES = ['small', 'normal', 'large', 'largest'] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

/** static/look.js reads the same entry before the first paint. */
const ENTRY = 'sealmate look';

interface Kept {
  theme: Theme;
  textSize: TextSize;
  sideBar: boolean;
  singleKeys: boolean;
  enterSends: boolean;
  notifications: boolean;
}

const defaults: Kept = {
  theme: 'system',
  textSize: 'normal',
  sideBar: true,
  singleKeys: true,
  enterSends: true,
  notifications: false,
};

class Preferences {
  #kept = $state<Kept>({ ...defaults });
  #language = $state<Locale>(baseLocale);

  /** Reads what is kept, follows the other tabs, and makes every message follow the language at once. */
  start(): void {
    this.#kept = read();
    this.#language = firstLanguage();
    overwriteGetLocale(() => this.#language);
    this.#show();
    window.addEventListener('storage', (event) => {
      if (event.key !== ENTRY && event.key !== null) return;
      this.#kept = read();
      this.#show();
    });
  }

  get theme(): Theme {
    return this.#kept.theme;
  }
  set theme(theme: Theme) {
    this.#change({ theme });
  }

  get textSize(): TextSize {
    return this.#kept.textSize;
  }
  set textSize(textSize: TextSize) {
    this.#change({ textSize });
  }

  /** Whether the side bar is open on a wide screen. */
  get sideBar(): boolean {
    return this.#kept.sideBar;
  }
  set sideBar(sideBar: boolean) {
    this.#change({ sideBar });
  }

  /** Shortcuts of a single key can be turned off: dictation would press them. */
  get singleKeys(): boolean {
    return this.#kept.singleKeys;
  }
  set singleKeys(singleKeys: boolean) {
    this.#change({ singleKeys });
  }

  /** Else Enter begins a new line, and only Ctrl or ⌘ with it sends. */
  get enterSends(): boolean {
    return this.#kept.enterSends;
  }
  set enterSends(enterSends: boolean) {
    this.#change({ enterSends });
  }

  /** Wanted here and allowed by the browser. */
  get notifications(): boolean {
    return this.#kept.notifications && 'Notification' in window && Notification.permission === 'granted';
  }

  /** Asks the browser if need be; answers whether they are on now. Call it only from a press on the setting. */
  async setNotifications(wanted: boolean): Promise<boolean> {
    if (wanted && 'Notification' in window) await Notification.requestPermission();
    this.#change({ notifications: wanted });
    return this.notifications;
  }

  get language(): Locale {
    return this.#language;
  }
  set language(language: Locale) {
    this.#language = language;
    void setLocale(language, { reload: false });
    this.#show();
  }

  #change(part: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...part };
    try {
      localStorage.setItem(ENTRY, JSON.stringify(this.#kept));
    } catch {
      // A browser that keeps nothing shows it until the page is closed.
    }
    this.#show();
  }

  #show(): void {
    const root = document.documentElement;
    root.lang = this.#language;
    if (this.theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = this.theme;
    if (this.textSize === 'normal') delete root.dataset.textSize;
    else root.dataset.textSize = this.textSize;
  }
}

function read(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(ENTRY) ?? '{}') as Partial<Kept>;
    return {
      theme: THEMES.find((theme) => theme === kept.theme) ?? defaults.theme,
      textSize: TEXT_SIZES.find((size) => size === kept.textSize) ?? defaults.textSize,
      sideBar: kept.sideBar ?? defaults.sideBar,
      singleKeys: kept.singleKeys ?? defaults.singleKeys,
      enterSends: kept.enterSends ?? defaults.enterSends,
      notifications: kept.notifications ?? defaults.notifications,
    };
  } catch {
    return { ...defaults };
  }
}

/** The one chosen before, else the first of the browser's that we speak. */
function firstLanguage(): Locale {
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem('PARAGLIDE_LOCALE');
  } catch {
    // Nothing is kept in this browser.
  }
  const wanted = [chosen, ...navigator.languages].map((tag) => tag?.split('-')[0]?.toLowerCase());
  return wanted.find((tag): tag is Locale => isLocale(tag)) ?? baseLocale;
}

export const preferences = new Preferences();
