// Who is signed in on this device and whether their keys are open; every tab of the browser follows the same state.
import type * as Crypto from '$lib/crypto';
import type { Opened } from '$lib/crypto';
import type { KeptChat } from '$lib/storage/kept';
import type { WrappedKeys } from '$lib/wire/http';
import { ApiError, api } from './api';
import { keysUnreadable, notSignedIn, otherAccount } from './auth_errors';
import type { Ceremonies } from './ceremonies';
import { DeviceKeys } from './device_keys';
import { described, openerOf } from './key_opener';
import { keyUnreadable } from './passkey_errors';
import { KeptOpen, tabStorage } from './kept_open';
import { DeviceAccounts, type Changed } from './device_accounts';
import { openKeyStore, type AccountName, type KeyStore, type KnownAccount } from './key_store';
import { findOneTimeSecrets, keepOneTimeSecrets, type OneTimeSecrets } from './one_time_secrets';
import { deriveProof, type PasswordSetting, type Secret } from './proofs';
import { Rotation, type Exclusively } from './rotation';
import { findStoreKey, handOn } from './store_key';
import { openSessionChannel, type SessionChannel, type SessionNews } from './session_channel';
import type { Phase, SessionParts, SignedIn } from './session_parts';
import { Turning } from './turning';
import { unlockOrFallBack } from './unlocking';
import type { UnreadableChats } from './unreadable_chats';
import { Waiting } from './waiting';

type Bytes = Uint8Array<ArrayBuffer>;
export type { OneTimeSecrets } from './one_time_secrets';
export type { Secret } from './proofs';
export type { Phase, SessionParts, SignedIn } from './session_parts';

type Opener = Pick<Crypto.Unlocking, 'kind' | 'method' | 'kek'>;

export class Session {
  phase = $state<Phase>('starting');
  account = $state.raw<AccountName | null>(null);
  opened = $state.raw<Opened | null>(null);
  deviceKey = $state.raw<CryptoKey | null>(null);
  /** The server has ended the session; work goes on once the person has signed in again. A browser that is locked knows it from before. */
  expired = $state(false);
  /** This device keeps nothing beyond the page, as in some private windows. */
  fleeting = $state(false);
  /** Still to be saved by the person. */
  unsaved = $state.raw<OneTimeSecrets | null>(null);
  staySignedIn = $state(false);
  /** Why what the server gave as this account's keys can't be its own; nothing more goes to it then. */
  distrusted = $state<string | null>(null);
  /** The key that is due can't be turned while these chats are there; all else goes on. */
  heldUp = $state.raw<UnreadableChats | null>(null);
  /** A way in opened the keys only by what it was before the last turns: it is to be replaced. */
  fellBack = $state(false);

  #parts: SessionParts;
  #keys!: KeyStore;
  #kept!: KeptOpen;
  #accounts!: DeviceAccounts;
  #channel!: SessionChannel;
  #known: KnownAccount | null = null;
  #deviceKeys: DeviceKeys;
  #rotation: Rotation | null = null;
  #turning: ReturnType<SessionParts['turning']> | null = null;
  #starting: Promise<void> | null = null;
  #relogin = new Waiting();
  #tabs = new Waiting();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#deviceKeys = new DeviceKeys(() => this.start().then(() => this.#keys), parts.exclusively);
    parts.api.whenExpired(() => this.#signedInAgain());
    parts.api.whenDue(async () => this.#rotation?.renew());
    parts.api.signBy(async (account, signed) => {
      const id = account ?? this.account?.id;
      if (id === undefined) throw notSignedIn();
      return this.#deviceKeys.prove(id, signed);
    });
  }

  /** Safe to call more than once. */
  start(): Promise<void> {
    return (this.#starting ??= this.#start());
  }

  /** After signing up or in. */
  async begin(
    signedIn: SignedIn,
    options: { staySignedIn: boolean; unsaved?: OneTimeSecrets },
  ): Promise<void> {
    const { opened, masterBytes } = signedIn;
    await this.start();
    this.#take(await this.#accounts.remember(signedIn, options.staySignedIn));
    await this.#keep(opened, masterBytes);
    await this.#open(opened, options.unsaved);
    this.fleeting = !this.#keys.lasting;
    this.#relogin.done();
    this.#tellOpened();
    this.#channel.tell({ kind: 'renewed' });
  }

  /** After signing in again in place, when the session had ended. ApiError `other_account`. */
  async renew(signedIn: SignedIn): Promise<void> {
    if (signedIn.account.id !== this.account?.id) throw otherAccount();
    const { opened, masterBytes, wrapped } = signedIn;
    if (this.opened === null) return this.begin(signedIn, { staySignedIn: this.staySignedIn });
    try {
      this.#take(await this.#accounts.remember(signedIn, this.staySignedIn));
      // Turned meanwhile: no link may lead there any more, for this session was not there to ask for one.
      if (opened.master.epoch > this.opened.master.epoch) await this.#goOn(opened, masterBytes, wrapped);
      else await this.#keep(opened, masterBytes);
    } finally {
      masterBytes.fill(0);
    }
    await this.#renewed();
    this.#tellOpened();
    this.#channel.tell({ kind: 'renewed' });
  }

  /** Works offline. ApiError `wrong_password` or `wrong_recovery_key`; of what can't be trusted the reason. */
  async unlock(secret: Secret): Promise<void> {
    const { kind } = secret;
    const opener = async (crypto: typeof Crypto, known: KnownAccount) => {
      const { kek } = await deriveProof(crypto, secret, passwordSetting(known));
      return { kind, kek };
    };
    await this.#openBy(opener, (error) => keysUnreadable(error, kind));
  }

  /** By a passkey or security key, from what this device keeps: offline too. ApiError of passkey_errors.ts; of what can't be trusted the reason. */
  async unlockByKey(by: Pick<Ceremonies, 'derive'>): Promise<void> {
    const opener = async (crypto: typeof Crypto, { wrapped }: KnownAccount) => {
      const shown = await by.derive(described(wrapped.methods), await crypto.prfInput());
      return openerOf(shown, { crypto, wrapped });
    };
    await this.#openBy(opener, keyUnreadable);
  }

  /** Of the account that is known here, with what `opener` finds; what keeps it shut is told by `inWords`. */
  async #openBy(
    opener: (crypto: typeof Crypto, known: KnownAccount) => Promise<Opener>,
    inWords: (error: unknown) => ApiError,
  ): Promise<void> {
    const known = this.#known;
    if (known === null) throw notSignedIn();
    const { api } = this.#parts;
    const crypto = await this.#parts.crypto();
    const fellBack = () => void (this.fellBack = true);
    try {
      const lowestEpoch = await this.lowestEpoch(known.id);
      const of = { ...(await opener(crypto, known)), wrapped: known.wrapped, lowestEpoch };
      const { masterBytes, ...opened } = await unlockOrFallBack({ api, crypto, fellBack }, of);
      await this.#keep(opened, masterBytes);
      await this.#open(opened);
    } catch (error) {
      throw inWords(error);
    }
    this.#tellOpened();
  }

  /** Whether a passkey or a security key opens the keys of who is signed in here, as far as this device knows. */
  opensByKey(): boolean {
    return described(this.#known?.wrapped.methods ?? []).length > 0;
  }

  opensByPassword(): boolean {
    return this.#known?.wrapped.methods.some(({ kind }) => kind === 'password') ?? false;
  }

  async lock(): Promise<void> {
    await this.#kept.forget();
    this.#close('locked');
    this.#channel.tell({ kind: 'locked' });
  }

  /** Holds here at once, offline too; the server is told as soon as it can be reached. */
  async logout(options: { erase: boolean } = { erase: false }): Promise<void> {
    await this.#kept.forget();
    const leaving = this.account?.id;
    this.#close('signed_out');
    await this.#accounts.leave(options.erase);
    if (options.erase && leaving !== undefined) await this.#deviceKeys.forget(leaving);
    this.#channel.tell({ kind: 'signed_out' });
    await this.#accounts.settleLogout(this.#parts.api);
  }

  /** The proof for the server, and the key that opens the unlock method. */
  async proofOf(secret: Secret): Promise<Crypto.Proof> {
    if (this.#known === null) throw notSignedIn();
    try {
      return await deriveProof(await this.#parts.crypto(), secret, passwordSetting(this.#known));
    } catch (error) {
      throw keysUnreadable(error, secret.kind);
    }
  }

  /** The ways in were changed here: every tab works with what an unlock needs from now on. */
  async methodsChanged(changed: Changed): Promise<void> {
    const known = await this.#accounts.change(changed);
    if (known === null || known.id !== this.#known?.id) return;
    this.#take(known);
    this.#channel.tell({ kind: 'renewed' });
  }

  /** Everything that opens the account was replaced here; what this browser keeps of it goes on under the new keys. */
  async secured(opened: Opened, masterBytes: Bytes, wrapped: WrappedKeys): Promise<void> {
    await this.#goOn(opened, masterBytes, wrapped);
    await this.methodsChanged({ wrapped });
    this.keysAhead();
  }

  /** A choice for this device. Turned off, the password is asked for when the page is opened the next time. */
  async stay(staySignedIn: boolean): Promise<void> {
    if (this.account === null || this.opened === null) throw notSignedIn();
    if (staySignedIn === this.staySignedIn) return;
    this.staySignedIn = staySignedIn;
    await this.#accounts.choose(staySignedIn);
    if (staySignedIn) await this.#kept.keepForGood(this.account.id, this.opened);
    else await this.#kept.forget();
  }

  async secretsSaved(): Promise<void> {
    this.unsaved = null;
    await this.#keys.put({ unsaved_secrets: undefined });
  }

  /** Other accounts whose sealed chats are on this device, and that nobody has decided about. */
  async othersHere(account: string): Promise<AccountName[]> {
    await this.start();
    return (await this.#accounts.others(account)).filter((each) => !each.accepted);
  }

  async eraseOther(account: string): Promise<void> {
    await this.start();
    await this.#accounts.eraseOther(account);
    await this.#deviceKeys.forget(account);
  }

  /** CryptoError `epoch_rolled_back`, `manifest_missing` and the like: the server shows less than this device has seen. */
  async expectNothingOlder(wrapped: Crypto.WrappedKeys, publicKey: Bytes): Promise<void> {
    await this.pinsAfter(wrapped, publicKey);
  }

  /** What is to be remembered once these keys were seen. CryptoError as of `expectNothingOlder`. */
  async pinsAfter(wrapped: Crypto.WrappedKeys, publicKey: Bytes): Promise<Crypto.Pins> {
    await this.start();
    return this.#accounts.pinsAfter(await this.#parts.crypto(), wrapped, publicKey);
  }

  async lowestEpoch(account: string): Promise<number> {
    await this.start();
    return this.#accounts.lowestEpoch(account);
  }

  async #start(): Promise<void> {
    this.#keys = await this.#parts.openKeys();
    this.fleeting = !this.#keys.lasting;
    this.#accounts = new DeviceAccounts(this.#keys, this.#parts.forgetAccount);
    this.#kept = new KeptOpen(this.#keys, this.#parts.tab, async (bytes, epoch) =>
      (await this.#parts.crypto()).importMasterKey(bytes, epoch),
    );
    this.#channel = this.#parts.channel((news) => void this.#hear(news));
    await this.#restore();
    void this.#accounts.settleLogout(this.#parts.api);
  }

  async #restore(): Promise<void> {
    const known = await this.#accounts.known();
    if (known === null) {
      this.phase = 'signed_out';
      return;
    }
    this.#take(known);
    this.expired = known.ended ?? false;
    try {
      const opened = (await this.#kept.find(known.id)) ?? (await this.#askTabs(known));
      if (opened) return await this.#open(opened);
    } catch {
      // What was kept can't be used: the password opens it, or says what is wrong.
    }
    this.phase = 'locked';
  }

  async #askTabs(known: KnownAccount): Promise<Opened | null> {
    if (known.staySignedIn) return null;
    const answered = this.#tabs.wait(this.#parts.tabsAnswerMs);
    this.#channel.tell({ kind: 'secret_wanted', account: known.id });
    return await answered.then(
      () => this.#kept.find(known.id),
      () => null,
    );
  }

  async #hear(news: SessionNews): Promise<void> {
    if (news.kind === 'locked' && this.phase === 'open') this.#close('locked');
    if (news.kind === 'signed_out' && this.phase !== 'starting') this.#close('signed_out');
    if (news.kind === 'renewed' && this.#known !== null) await this.#renewed();
    if (news.kind === 'secret_wanted' && this.phase === 'open' && news.account === this.account?.id) {
      this.#tellOpened();
    }
    if (news.kind === 'opened') await this.#openedElsewhere(news.account, news.tabSecret);
  }

  async #openedElsewhere(account: string, tabSecret: string | null): Promise<void> {
    if (this.account !== null && this.account.id !== account) return this.#parts.reload();
    if (tabSecret !== null) this.#kept.takeTabSecret(tabSecret);
    if (this.phase === 'starting') this.#tabs.done();
    else if (this.phase !== 'open') await this.#restore();
    else this.keysAhead();
  }

  async #open(opened: Opened, unsaved?: OneTimeSecrets): Promise<void> {
    this.#parts.api.expectSigning();
    const crypto = await this.#parts.crypto();
    const { api, exclusively, now } = this.#parts;
    const account = this.account!.id;
    const deviceKey = await findStoreKey({ ...this.#parts, keys: this.#keys }, account, opened.master);
    const where = { crypto, keys: this.#keys, account, deviceKey };
    if (unsaved) await keepOneTimeSecrets(unsaved, where);
    this.unsaved = unsaved ?? (await findOneTimeSecrets(where));
    this.deviceKey = deviceKey;
    this.distrusted = null;
    // What is here can be read without a network; the next call finds out whether the session has ended.
    this.expired = false;
    this.heldUp = null;
    this.opened = opened;
    this.phase = 'open';
    this.#rotation?.stop();
    const ended = async () => {
      if (!(await this.#renewedElsewhere())) await this.#forgetOpen();
    };
    this.#rotation = new Rotation({ api, keys: this.#keys, exclusively, now, ended }, account);
    void this.#rotation.start();
    this.#turning?.stop();
    this.#turning = this.#makeTurning(account);
    void this.#turning.start();
  }

  /** A chat's keys as this device keeps them, whatever the server has now. */
  async keptKeys(chat: string): Promise<KeptChat['keys']> {
    const { account, deviceKey } = this;
    return account && deviceKey ? this.#parts.keptKeys(account.id, deviceKey, chat) : [];
  }

  /** The server has something under a master key that isn't open here. */
  keysAhead(): void {
    void this.#turning?.look();
  }

  #makeTurning(account: string): ReturnType<SessionParts['turning']> {
    const { api, crypto, exclusively, now } = this.#parts;
    return this.#parts.turning(
      {
        api,
        crypto,
        exclusively,
        now,
        keys: this.#keys,
        opened: () => this.opened,
        keptAhead: async () => {
          const kept = await this.#kept.find(account);
          return kept && kept.master.epoch > (this.opened?.master.epoch ?? 0) ? kept : null;
        },
        goOn: (opened, masterBytes, wrapped) => this.#goOn(opened, masterBytes, wrapped),
        present: async (wrapped) => {
          const known = JSON.stringify(this.#known?.wrapped.methods);
          if (known !== JSON.stringify(wrapped.methods)) await this.methodsChanged({ wrapped });
        },
        unreachable: async (wrapped) => {
          await this.methodsChanged({ wrapped });
          await this.lock();
        },
        distrusted: (reason) => (this.distrusted = reason),
        keptKeys: (chat) => this.keptKeys(chat),
        heldUp: (by) => (this.heldUp = by),
      },
      account,
    );
  }

  /** The master key was turned. What is kept here comes open with the new one before anything is forgotten of the old. */
  async #goOn(opened: Opened, masterBytes: Bytes | null, wrapped: WrappedKeys): Promise<void> {
    const old = this.opened;
    if (this.phase !== 'open' || old === null || this.account === null) return;
    const { id: account } = this.account;
    if (masterBytes) {
      const handed = await handOn({ ...this.#parts, keys: this.#keys }, account, old.master, opened.master);
      await this.#keep(opened, masterBytes);
      await this.#keys.put({ store_keys: handed });
      const known = await this.#accounts.change({ wrapped });
      if (known) this.#known = known;
      this.#tellOpened();
    }
    this.opened = opened;
  }

  #close(phase: 'locked' | 'signed_out'): void {
    this.#rotation?.stop();
    this.#turning?.stop();
    this.opened = null;
    this.deviceKey = null;
    this.unsaved = null;
    this.distrusted = null;
    this.heldUp = null;
    this.fellBack = false;
    this.phase = phase;
    if (phase === 'locked') return;
    this.account = null;
    this.#known = null;
    this.expired = false;
    this.#relogin.fail(notSignedIn());
  }

  #take(known: KnownAccount): void {
    this.#known = known;
    this.account = { id: known.id, email: known.email };
    this.staySignedIn = known.staySignedIn;
  }

  async #keep(opened: Opened, masterBytes: Bytes): Promise<void> {
    const account = this.account!.id;
    if (this.staySignedIn) await this.#kept.keepForGood(account, opened);
    else await this.#kept.keepWhileOpen(account, opened, masterBytes);
    masterBytes.fill(0);
  }

  #tellOpened(): void {
    this.#channel.tell({ kind: 'opened', account: this.account!.id, tabSecret: this.#kept.tabSecret });
  }

  /** For calls whose session has ended: they go on when the person has signed in again, here or in another tab. */
  async #signedInAgain(): Promise<void> {
    if (this.#known === null) throw notSignedIn();
    if (await this.#renewedElsewhere()) return;
    await Promise.all([this.#relogin.wait(), this.#forgetOpen()]);
  }

  /** Another tab has signed in again, and this one goes on with that. */
  async #renewedElsewhere(): Promise<boolean> {
    const stored = await this.#accounts.known();
    if (!stored || stored.id !== this.#known?.id || stored.sessionId === this.#known.sessionId) return false;
    this.#known = stored;
    return true;
  }

  /** What opens here goes with the session: once the page is left, whoever holds this browser needs a way in. */
  async #forgetOpen(): Promise<void> {
    this.expired = true;
    await this.#kept.forget();
    await this.#accounts.ended();
  }

  async #renewed(): Promise<void> {
    const stored = await this.#accounts.known();
    if (stored?.id !== this.#known?.id) return;
    if (stored) this.#take(stored);
    this.expired = false;
    this.#relogin.done();
    void this.#rotation?.start();
  }
}

function passwordSetting({ id, salt, kdfProfile }: KnownAccount): PasswordSetting {
  return { account: id, salt, kdfProfile };
}

/** Without Web Locks the work just runs: the server answers two rotations at once alike. */
export const exclusively: Exclusively = async (name, work) =>
  globalThis.navigator?.locks ? navigator.locks.request(name, work) : work();

export const session = new Session({
  api,
  openKeys: openKeyStore,
  crypto: () => import('$lib/crypto'),
  channel: openSessionChannel,
  tab: tabStorage(),
  exclusively,
  turning: (parts, account) => new Turning(parts, account),
  now: () => Math.floor(Date.now() / 1000),
  forgetAccount: async (account) => (await import('$lib/storage/database')).forgetAccount(account),
  keptKeys: async (account, deviceKey, chat) => {
    const [{ rows }, { LocalStore }] = await Promise.all([
      import('$lib/storage/database'),
      import('$lib/storage/local_store'),
    ]);
    return (await new LocalStore(rows, deviceKey, account).chat(chat))?.keys ?? [];
  },
  reload: () => location.reload(),
  tabsAnswerMs: 150,
});
