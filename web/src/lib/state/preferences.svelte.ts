// How this person wants the app to look, speak and behave; kept here, and sealed for their other devices.
import { baseLocale, isLocale, overwriteGetLocale, setLocale, type Locale } from '$lib/paraglide/runtime';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const TEXT_SIZES = ['small', 'normal', 'large', 'largest'] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

/** static/look.js reads the same entry before the first paint. */
const ENTRY = 'sealmate look';
/** Where paraglide keeps its own. */
const LANGUAGE = 'PARAGLIDE_LOCALE';

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

/** By their names in the record that all devices share: where the side bar stands is of this one alone. */
const SHARED = {
  theme: 'theme',
  text_size: 'textSize',
  single_keys: 'singleKeys',
  enter_sends: 'enterSends',
  notifications: 'notifications',
} as const satisfies Record<string, keyof Kept>;

class Preferences {
  /** Called when the person has changed one here. */
  onchange: (() => void) | null = null;
  #kept = $state<Kept>({ ...defaults });
  #language = $state<Locale>(baseLocale);

  /** Reads what is kept, follows the other tabs, and makes every message follow the language at once. */
  start(): void {
    this.#kept = read(defaults);
    this.#language = firstLanguage();
    overwriteGetLocale(() => this.#language);
    this.#show();
    window.addEventListener('storage', (event) => {
      if (event.key === ENTRY || event.key === LANGUAGE || event.key === null) this.follow();
    });
  }

  /** As this browser's tabs have it now: the word of another tab's choice may still be under way. */
  follow(): void {
    this.#kept = read(this.#kept);
    this.#language = keptLanguage() ?? this.#language;
    this.#show();
  }

  /** What all devices of an account share, by its names in the record. */
  get shared(): Record<string, unknown> {
    const kept = Object.entries(SHARED).map(([name, own]) => [name, this.#kept[own]]);
    return { ...Object.fromEntries(kept), language: this.#language };
  }

  /** As it was chosen on another device; what isn't known here, or makes no sense, is left out. */
  take(shared: Readonly<Record<string, unknown>>): void {
    const chosen = Object.entries(SHARED).map(([name, own]) => [own, shared[name]]);
    this.#keep(valid({ ...this.#kept, ...Object.fromEntries(chosen) }, this.#kept));
    const { language } = shared;
    if (typeof language === 'string' && isLocale(language) && language !== this.#language)
      this.#speak(language);
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
    this.#speak(language);
    this.onchange?.();
  }

  #speak(language: Locale): void {
    this.#language = language;
    void setLocale(language, { reload: false });
    this.#show();
  }

  #change(part: Partial<Kept>): void {
    this.#keep({ ...this.#kept, ...part });
    this.onchange?.();
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
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

function read(otherwise: Kept): Kept {
  try {
    return valid(JSON.parse(localStorage.getItem(ENTRY) ?? '{}') as Partial<Kept>, otherwise);
  } catch {
    return { ...otherwise };
  }
}

/** With `otherwise` for what is missing or isn't one of the choices. */
function valid(given: Partial<Record<keyof Kept, unknown>>, otherwise: Kept): Kept {
  const flag = (name: 'sideBar' | 'singleKeys' | 'enterSends' | 'notifications'): boolean => {
    const value = given[name];
    return typeof value === 'boolean' ? value : otherwise[name];
  };
  return {
    theme: THEMES.find((theme) => theme === given.theme) ?? otherwise.theme,
    textSize: TEXT_SIZES.find((size) => size === given.textSize) ?? otherwise.textSize,
    sideBar: flag('sideBar'),
    singleKeys: flag('singleKeys'),
    enterSends: flag('enterSends'),
    notifications: flag('notifications'),
  };
}

/** The one chosen before, else the first of the browser's that we speak. */
function firstLanguage(): Locale {
  const wanted = navigator.languages.map((tag) => tag.split('-')[0]?.toLowerCase());
  return keptLanguage() ?? wanted.find((tag): tag is Locale => isLocale(tag)) ?? baseLocale;
}

function keptLanguage(): Locale | null {
  try {
    const chosen = localStorage.getItem(LANGUAGE);
    return isLocale(chosen) ? chosen : null;
  } catch {
    return null; // Nothing is kept in this browser.
  }
}

export const preferences = new Preferences();
