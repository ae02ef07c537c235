// The web app's settings, the same on all of the account's devices: one record, sealed here; what was changed here goes over what came.
import type * as Crypto from '$lib/crypto';
import type { AppKey, MasterKey, Opened } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { AppSettings } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import type { Exclusively } from './rotation';

/** By their names in the record. What this version doesn't know stays as it is. */
export type Settings = Readonly<Record<string, unknown>>;

/** The record as this device saw it last: what is other here was changed here. */
export interface Seen {
  account: string;
  revision: number;
  settings: Settings;
}

export interface SettingsSyncParts {
  api: Pick<Api, 'getOnce' | 'put'>;
  crypto(): Promise<typeof Crypto>;
  exclusively: Exclusively;
  opened(): Opened | null;
  seen: { read(): Seen | null; write(seen: Seen): void };
  /** As they are here. */
  own(): Settings;
  show(settings: Settings): void;
  /** The server has the app's key under a master key that isn't open here. */
  keysAhead(): void;
  /** What the server gave can't be the account's own; nothing here was changed by it. */
  distrusted(reason: string): void;
}

export const APP = 'web';
const PATH = `/apps/${APP}/settings`;
const CONFLICTS = 4;

export class SettingsSync {
  #looking: Promise<void> | null = null;
  #again = false;
  /** As they were here before anything was known of the account's: what is chosen during the first look counts. */
  readonly #first: Settings;

  constructor(
    private readonly parts: SettingsSyncParts,
    private readonly account: string,
  ) {
    this.#first = parts.own();
  }

  /** Takes what other devices changed and gives what was changed here; one tab at a time, and once more if asked meanwhile. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#work().finally(() => (this.#looking = null));
    return this.#looking;
  }

  /** Another device's word that there is a later one; an echo of this one's own needs no look. */
  heard(revision: number): void {
    const seen = this.parts.seen.read();
    if (seen?.account !== this.account || revision > seen.revision) void this.look();
  }

  /**
   * In the place of settings that don't open: those of this device, under another key. ApiError; CryptoError `settings_rolled_back` where the
   * server gives older ones than were seen, which must not pass for new.
   */
  async beginAnew(): Promise<void> {
    await this.parts.exclusively('sealmate-settings', async () => {
      const { api, own, seen } = this.parts;
      const { master } = this.#opened();
      const stored = await api.getOnce(AppSettings, PATH);
      await this.#expectNoneOlder(stored);
      const [revision, settings] = [stored.revision + 1, own()];
      await api.put(AppSettings, PATH, await this.#sealed(null, master, { revision, settings }));
      seen.write({ account: this.account, revision, settings });
    });
  }

  async #work(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.parts.exclusively('sealmate-settings', () => this.#exchange());
      } catch (error) {
        await this.#failed(error);
        return;
      }
    }
  }

  async #exchange(): Promise<void> {
    for (let tries = 0; tries < CONFLICTS; tries += 1) {
      const { api, own, seen, show } = this.parts;
      const { account } = this;
      // What was open before the server was asked: meanwhile the key may turn, and what comes be under the one before.
      const { master } = this.#opened();
      const stored = await api.getOnce(AppSettings, PATH);
      const before = this.#before();
      const { settings, key } = await this.#open(stored, master);
      const mine = changed(before?.settings ?? this.#first, own());
      show({ ...settings, ...mine });
      const here = own();
      // What was changed here stays other than what was seen, until the server has it.
      const theirs = Object.keys(mine).map((name) => [
        name,
        name in settings ? settings[name] : (before?.settings ?? this.#first)[name],
      ]);
      const unchanged = { ...here, ...Object.fromEntries(theirs) };
      seen.write({ account, revision: stored.revision, settings: unchanged });
      if (Object.keys(changed(unchanged, here)).length === 0) return;
      const revision = stored.revision + 1;
      const sealed = await this.#sealed(key, master, { revision, settings: { ...settings, ...mine } });
      try {
        await api.put(AppSettings, PATH, sealed);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'settings_conflict')) throw error;
        continue;
      }
      return seen.write({ account, revision, settings: here });
    }
  }

  async #open(stored: AppSettings, master: MasterKey): Promise<{ settings: Settings; key: AppKey | null }> {
    const it = await this.parts.crypto();
    const { account } = this;
    await this.#expectNoneOlder(stored);
    if (stored.key === null || stored.settings === null) {
      if (stored.revision > 0) throw new it.CryptoError('bad_content');
      return { settings: {}, key: null };
    }
    const envelope = fromBase64url(stored.key);
    if (it.readEpoch(envelope) > master.epoch) throw new Behind();
    const key = await it.openAppKey({ account, app: APP, master, envelope });
    const { revision } = stored;
    const settings = await it.openSettings(key, { revision, envelope: fromBase64url(stored.settings) });
    return { settings, key };
  }

  async #expectNoneOlder({ revision }: AppSettings): Promise<void> {
    const { CryptoError } = await this.parts.crypto();
    if (revision < (this.#before()?.revision ?? 0)) throw new CryptoError('settings_rolled_back');
  }

  #before(): Seen | null {
    const seen = this.parts.seen.read();
    return seen?.account === this.account ? seen : null;
  }

  /** As it is sent. Where there is no key that opens, it brings one. */
  async #sealed(
    key: AppKey | null,
    master: MasterKey,
    of: { revision: number; settings: Settings },
  ): Promise<{ revision: number; settings: string; key?: string }> {
    const it = await this.parts.crypto();
    const made = key ? null : await it.makeAppKey({ account: this.account, app: APP, master });
    const settings = toBase64url(await it.sealSettings(key ?? made!.key, of));
    return { revision: of.revision - 1, settings, ...(made && { key: toBase64url(made.envelope) }) };
  }

  #opened(): Opened {
    const opened = this.parts.opened();
    if (!opened) throw new Behind();
    return opened;
  }

  async #failed(error: unknown): Promise<void> {
    const { CryptoError } = await this.parts.crypto();
    const turned = error instanceof ApiError && error.code === 'wrong_epoch';
    if (error instanceof Behind || turned) this.parts.keysAhead();
    else if (error instanceof CryptoError && !error.ofTheBrowser) this.parts.distrusted(error.reason);
    // Offline or signed out: what was changed here goes with the next look.
    else if (!(error instanceof ApiError || error instanceof CryptoError)) throw error;
  }
}

class Behind extends Error {}

/** What is other than it was. */
function changed(before: Settings, now: Settings): Settings {
  const other = ([name, value]: [string, unknown]) =>
    name in before && JSON.stringify(value) !== JSON.stringify(before[name]);
  return Object.fromEntries(Object.entries(now).filter(other));
}
