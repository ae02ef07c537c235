// The account's master key turns: this browser follows when another device turned it, and turns it itself when that is due. Quietly.
import type * as Crypto from '$lib/crypto';
import type { Opened, Pins } from '$lib/crypto';
import { AccountAnswer, Flipped, LeaseTaken, WrappedKeys } from '$lib/wire/http';
import { ApiError, type Api } from './api';
import type { KeyStore } from './key_store';
import type { Exclusively } from './rotation';
import type { Staging } from './staging';
import { UnreadableChats } from './unreadable_chats';

type Bytes = Uint8Array<ArrayBuffer>;
const LOOK_MS = 3_600_000;
const TRIES = 5;

export interface TurningParts {
  api: Api;
  keys: KeyStore;
  crypto(): Promise<typeof Crypto>;
  exclusively: Exclusively;
  /** Unix seconds. */
  now(): number;
  opened(): Opened | null;
  /** Another tab of this browser has gone on already; null if it hasn't. */
  keptAhead(): Promise<Opened | null>;
  /** Everything goes on with these keys. `masterBytes` are wiped by whoever takes them. */
  goOn(opened: Opened, masterBytes: Bytes | null, wrapped: WrappedKeys): Promise<void>;
  /** The account's keys as they are now, under the master key that is open; a way in may be another than before. */
  present(wrapped: WrappedKeys): Promise<void>;
  /** No link leads to the present keys: a way to unlock must open them. */
  unreachable(wrapped: WrappedKeys): Promise<void>;
  /** What the server gave can't be the account's own. */
  distrusted(reason: string): void;
  /** A chat's keys as this device keeps them. */
  keptKeys: Staging['keptKeys'];
  /** Why the key that is due isn't turned; null once it is, or another has turned it. */
  heldUp(by: UnreadableChats | null): void;
}

export class Turning {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(
    private readonly parts: TurningParts,
    private readonly account: string,
  ) {}

  /** Looks now, and again from time to time, until stopped. */
  async start(): Promise<void> {
    clearTimeout(this.#timer);
    await this.look();
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Coalesced; one tab at a time. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { exclusively, distrusted, heldUp } = this.parts;
    try {
      await exclusively('sealmate-master-key', () => this.#goOn());
      heldUp(null);
    } catch (error) {
      if (error instanceof UnreadableChats) return heldUp(error);
      const { CryptoError } = await this.parts.crypto();
      if (error instanceof CryptoError && !error.ofTheBrowser) distrusted(error.reason);
      // Offline, signed out, or another device is at it: looked at again later.
      else if (!(error instanceof ApiError || error instanceof CryptoError)) throw error;
    }
  }

  async #goOn(): Promise<void> {
    const { api, now, keptAhead, goOn } = this.parts;
    const ahead = await keptAhead();
    const wrapped = await api.get(WrappedKeys, '/account/keys');
    if (ahead && !this.#stopped) await goOn(ahead, null, wrapped);
    const opened = await this.#follow(wrapped);
    if (!opened || this.#stopped) return;
    if (!wrapped.manifest) await this.#signFirst(wrapped, opened);
    const { rotation_due_at: due } = await api.get(AccountAnswer, '/account');
    if (due <= now()) await this.#turn(wrapped, opened);
  }

  /** The keys of the present epoch, checked against all that was seen; null if they can't be reached. */
  async #follow(wrapped: WrappedKeys): Promise<Opened | null> {
    const { crypto, opened: openedNow, goOn, unreachable } = this.parts;
    const it = await crypto();
    const opened = openedNow();
    if (!opened || this.#stopped) return null;
    const { signingPublicKey } = opened;
    if (wrapped.account_id !== this.account) throw new it.CryptoError('wrong_account');
    const pins = await this.#pins();
    const seen = pins.epoch === opened.master.epoch && pins.statement.length > 0;
    const statement = seen ? pins.statement : await this.#statementOf(opened, wrapped);
    let followed;
    try {
      followed = await it.followLinks({ wrapped, master: opened.master, statement, signingPublicKey });
    } catch (error) {
      if (!(error instanceof it.CryptoError && error.reason === 'link_missing')) throw error;
      await unreachable(wrapped);
      return null;
    }
    await it.verifyOwnManifest(wrapped, signingPublicKey);
    await this.#pin(pins, wrapped, signingPublicKey);
    const { master, masterBytes } = followed;
    if (master.epoch === opened.master.epoch) {
      await this.parts.present(wrapped);
      return opened;
    }
    const next = { master, signingPublicKey };
    await goOn(next, masterBytes, wrapped);
    await this.#acknowledge(master.epoch);
    return next;
  }

  /** An account from before there were manifests gets its first from whichever device is the next online. */
  async #signFirst(wrapped: WrappedKeys, { master, signingPublicKey }: Opened): Promise<void> {
    const { nameMethods } = await this.parts.crypto();
    const manifest = await nameMethods({ wrapped, master, signingPublicKey });
    await this.parts.api.post(null, '/account/manifest', { manifest });
    wrapped.manifest = manifest;
    await this.#pin(await this.#pins(), wrapped, signingPublicKey);
  }

  /** Steps 1 to 4 of docs/decisions/0013-rotation.md. What breaks off is begun anew the next time. */
  async #turn(wrapped: WrappedKeys, opened: Opened): Promise<void> {
    const { api, crypto } = this.parts;
    const [it, { stageChats }] = await Promise.all([crypto(), import('./staging')]);
    const { master: old, signingPublicKey } = opened;
    const turned = await it.turnMaster({ wrapped, master: old, signingPublicKey });
    const take = (more: object) =>
      api.post(LeaseTaken, '/account/rotation', { expected_epoch: old.epoch, ...more });
    // What counts is what the link gives in the end.
    turned.masterBytes.fill(0);
    let lease = await take({});
    const at = `/account/rotation/${lease.lease_id}`;
    await api.put(null, `${at}/staged`, { account: turned.account });
    const mine = new Set<string>();
    for (let tries = 0; !this.#stopped; tries += 1) {
      await stageChats({
        api,
        crypto: it,
        account: this.account,
        at,
        mine,
        old,
        master: turned.master,
        beside: turned.account,
        keptKeys: this.parts.keptKeys,
      });
      const { statement, manifest, link } = turned;
      try {
        await api.post(Flipped, `${at}/flip`, { ring: lease.ring, statement, manifest, link });
        break;
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'keys_changed') || tries >= TRIES) throw error;
        lease = await take({ lease_id: lease.lease_id });
      }
    }
    if (this.#stopped) return;
    // As every other device does: what the server has now is what counts.
    await this.#follow(await api.get(WrappedKeys, '/account/keys'));
  }

  /** Not yet pinned, as right after signing in: the statement of the own epoch is in what the server gives. */
  async #statementOf(opened: Opened, wrapped: WrappedKeys): Promise<Bytes> {
    const it = await this.parts.crypto();
    const { epoch } = opened.master;
    const known = (await this.parts.keys.get('account'))?.wrapped;
    const own = [known?.statement, wrapped.statement, ...(wrapped.links ?? []).map((link) => link.statement)];
    const found = own.find((each) => each?.epoch === epoch);
    if (!found) throw new it.CryptoError('link_missing');
    return it.statementHash(this.account, it.readStatement(found));
  }

  async #pins(): Promise<Pins> {
    const { NO_PINS } = await this.parts.crypto();
    return (await this.parts.keys.get('pins'))?.[this.account] ?? NO_PINS;
  }

  async #pin(pins: Pins, wrapped: WrappedKeys, publicKey: Bytes): Promise<void> {
    const it = await this.parts.crypto();
    const advanced = await it.advancePins(pins, {
      account: this.account,
      statement: it.readStatement(wrapped.statement),
      manifest: wrapped.manifest ? it.readManifest(wrapped.manifest) : null,
      publicKey,
    });
    const all = (await this.parts.keys.get('pins')) ?? {};
    await this.parts.keys.put({ pins: { ...all, [this.account]: advanced } });
  }

  async #acknowledge(epoch: number): Promise<void> {
    try {
      await this.parts.api.post(null, '/account/keys/acknowledged', { epoch });
    } catch (error) {
      // The link then stays until its time is up.
      if (!(error instanceof ApiError)) throw error;
    }
  }
}
