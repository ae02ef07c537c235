// Securing the account after somebody else had a device or a key of it: everything that opens it is made anew, and all others are out.
import type * as Crypto from '$lib/crypto';
import type { MasterKey, Opened, SecuredAccount, Touched } from '$lib/crypto';
import { fromBase64url } from '$lib/wire/base64url';
import { AppSettings, LeaseTaken, WrappedKeys } from '$lib/wire/http';
import { ApiError, api, type Api } from './api';
import { expectOwn } from './arriving';
import { ceremonies, type Ceremonies } from './ceremonies';
import { Secured } from './checked_answers';
import { described, openerOf } from './key_opener';
import type { Exclusively } from './rotation';
import { session, type Session } from './session.svelte';
import { seenRevision } from './shared_settings.svelte';
import { stageChats } from './staging';
import { stepUp, type StepUp } from './step_up.svelte';
import { unfinishedSecuring, type UnfinishedSecuring } from './unfinished_securing.svelte';

type WrappedMethod = WrappedKeys['methods'][number];
const TRIES = 5;

/** The account as it is before: proved to be its owner's, and with nobody else signed in. */
export interface Begun {
  wrapped: WrappedKeys;
  opened: Opened;
}

/** The account is secured, but why this browser couldn't see that and go on is told; `codes` are its new backup codes. */
export type LooksAgain = (codes: string[], error: unknown) => Promise<boolean>;

export interface SecuringParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  ceremonies: Pick<Ceremonies, 'derive'>;
  session: Pick<Session, 'expectNothingOlder' | 'keptKeys' | 'secured'>;
  stepUp: Pick<StepUp, 'run' | 'withMaster'>;
  exclusively: Exclusively;
  unfinished: Pick<UnfinishedSecuring, 'begin' | 'send'>;
  /** Of an app's settings the revision that this browser saw last: an older one isn't sealed anew. */
  seenRevision(account: string, app: string): number;
}

export class Securing {
  /** A device was said to be somebody else's: the offer is to be shown at once. */
  wanted = $state(false);
  /** How often all others were signed out here: who shows them looks again. */
  othersOut = $state(0);
  /** Chats whose keys are staged; null while none are being staged. */
  staged = $state<number | null>(null);

  constructor(private readonly parts: SecuringParts) {}

  /** Asks for a proof always; then everybody else is signed out. CryptoError if the keys aren't the account's present ones. */
  async begin(): Promise<Begun> {
    const { api, session, stepUp, unfinished } = this.parts;
    const crypto = await this.parts.crypto();
    const begun = await stepUp.withMaster(async ({ wrapped, opened, masterBytes }) => {
      await expectOwn({ ...opened, masterBytes }, wrapped, { crypto, session });
      return { wrapped, opened };
    });
    await api.delete(null, '/account/sessions');
    this.othersOut += 1;
    await unfinished.begin(begun.wrapped.account_id, begun.wrapped.signing.public_key);
    return begun;
  }

  /** Passkeys and security keys that open the account now; each is touched once more, or removed. */
  touchable({ wrapped }: Begun): WrappedMethod[] {
    return wrapped.methods.filter(({ kind }) => kind === 'passkey' || kind === 'security_key');
  }

  async touch({ wrapped }: Begun, method: WrappedMethod): Promise<Touched> {
    const it = await this.parts.crypto();
    const shown = await this.parts.ceremonies.derive(described([method]), await it.prfInput());
    return openerOf(shown, { crypto: it, wrapped });
  }

  /** Made here; nothing counts before `finish`, so that the recovery key can be saved first. */
  async make(
    { wrapped, opened }: Begun,
    password: string | null,
    touched: Touched[],
  ): Promise<SecuredAccount> {
    return (await this.parts.crypto()).secureAccount({ wrapped, opened, password, touched });
  }

  /** The new backup codes; none if the server's reply was lost. What breaks off is begun anew, or repeated as it is. */
  async finish(begun: Begun, made: SecuredAccount, isToLookAgain: LooksAgain): Promise<string[]> {
    const { exclusively } = this.parts;
    try {
      // Held for as long as it is asked: a tab that looked meanwhile would lock, and the codes would be gone from the screen.
      return await exclusively('sealmate-master-key', () => this.#finish(begun, made, isToLookAgain));
    } finally {
      this.staged = null;
    }
  }

  async #finish(begun: Begun, made: SecuredAccount, isToLookAgain: LooksAgain): Promise<string[]> {
    const codes = await this.#flip(begun, made).catch(async (error: unknown) => {
      // An answer that isn't to be believed is told, though all was replaced; another try finds that out.
      const toldWrongly = error instanceof ApiError && error.code === 'unexpected_answer' && !error.passing;
      if (toldWrongly || !(await this.#isDone(made))) throw error;
      return [];
    });
    await this.#goOn(begun.wrapped.account_id, made, (error) => isToLookAgain(codes, error));
    return codes;
  }

  /** By what the server has now. A lie is never looked at twice. */
  async #goOn(
    account: string,
    made: SecuredAccount,
    isToLookAgain: (error: unknown) => Promise<boolean>,
  ): Promise<void> {
    const { CryptoError } = await this.parts.crypto();
    for (;;) {
      try {
        const wrapped = await this.#expectMade(account, made);
        await this.parts.session.secured(made.opened, made.masterBytes.slice(), wrapped);
        made.masterBytes.fill(0);
        return;
      } catch (error) {
        const lie = error instanceof CryptoError && !error.ofTheBrowser;
        if (lie || !(await isToLookAgain(error))) throw error;
      }
    }
  }

  /** Steps 1 to 4 of docs/decisions/0013-rotation.md, without a link. */
  async #flip({ wrapped, opened }: Begun, made: SecuredAccount): Promise<string[]> {
    const { api, session, stepUp, unfinished } = this.parts;
    const crypto = await this.parts.crypto();
    const account = wrapped.account_id;
    const take = (more: object) =>
      api.post(LeaseTaken, '/account/rotation', { expected_epoch: wrapped.epoch, ...more });
    let lease = await take({});
    const at = `/account/rotation/${lease.lease_id}`;
    const keys = { old: opened.master, master: made.opened.master, further: 1 };
    const mine = new Set<string>();
    const keptKeys = (chat: string) => session.keptKeys(chat);
    const told = (chats: number) => (this.staged = chats);
    for (let tries = 0; ; tries += 1) {
      await stageChats({ api, crypto, account, at, mine, ...keys, keptKeys, told });
      try {
        const body = { ring: lease.ring, ...made.body, apps: await this.#renewApps(wrapped, keys) };
        await unfinished.send(account, made.body.signing.public_key);
        return (await stepUp.run(() => api.post(Secured, `${at}/secure`, body))).backup_codes;
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'keys_changed') || tries >= TRIES) throw error;
        lease = await take({ lease_id: lease.lease_id });
      }
    }
  }

  /** As they are now: a setting may have been chosen, and an app begun, since the account was opened. */
  async #renewApps({ account_id: account }: WrappedKeys, keys: { old: MasterKey; master: MasterKey }) {
    const { api, seenRevision } = this.parts;
    const it = await this.parts.crypto();
    const { apps } = await api.get(WrappedKeys, '/account/keys');
    const renewed = (apps ?? []).map(async ({ app }) => {
      const now = await api.get(AppSettings, `/apps/${encodeURIComponent(app)}/settings`);
      if (now.revision < seenRevision(account, app)) throw new it.CryptoError('settings_rolled_back');
      if (now.key === null || now.settings === null) throw new it.CryptoError('bad_content');
      const { revision } = now;
      const stored = { revision, key: fromBase64url(now.key), settings: fromBase64url(now.settings) };
      return it.renewApp({ account, app, ...keys, stored });
    });
    return Promise.all(renewed);
  }

  /** What the server has from now on is what was made here. CryptoError. */
  async #expectMade(account: string, { opened, masterBytes }: SecuredAccount): Promise<WrappedKeys> {
    const { api, session } = this.parts;
    const crypto = await this.parts.crypto();
    const wrapped = await api.get(WrappedKeys, '/account/keys');
    const { master, signingPublicKey } = opened;
    const of = { wrapped, account, masterBytes: masterBytes.slice(), signingPublicKey };
    const proved = await crypto.acceptMaster({ ...of, lowestEpoch: master.epoch });
    await expectOwn(proved, wrapped, { crypto, session });
    proved.masterBytes.fill(0);
    return wrapped;
  }

  /** The reply may have been lost: what the server has now is what counts. */
  async #isDone(made: SecuredAccount): Promise<boolean> {
    try {
      const { statement } = await this.parts.api.get(WrappedKeys, '/account/keys');
      return statement.signature === made.body.statement.signature;
    } catch {
      return false;
    }
  }
}

const exclusively: Exclusively = async (name, work) =>
  globalThis.navigator?.locks ? navigator.locks.request(name, work) : work();

export const securing = new Securing({
  api,
  ceremonies,
  session,
  stepUp,
  exclusively,
  unfinished: unfinishedSecuring,
  seenRevision,
  crypto: () => import('$lib/crypto'),
});
