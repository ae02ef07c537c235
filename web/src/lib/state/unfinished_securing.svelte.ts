// That an account's securing was begun here and broke off: it outlives the page, so that nobody takes for done what isn't.
import { toBase64url } from '$lib/wire/base64url';
import { WrappedKeys } from '$lib/wire/http';
import { api, type Api } from './api';
import { openKeyStore, type BegunSecuring, type KeyStore } from './key_store';
import { session, type Session } from './session.svelte';

export interface UnfinishedParts {
  api: Pick<Api, 'get'>;
  keys(): Promise<KeyStore>;
  session: Pick<Session, 'account' | 'opened'>;
}

export class UnfinishedSecuring {
  /** What counts: what opened the account before, or what was made, though its backup codes weren't put away. Null: nothing is unfinished. */
  found = $state<'before' | 'made' | null>(null);

  #underWay = false;

  constructor(private readonly parts: UnfinishedParts) {}

  async begin(account: string, before: string): Promise<void> {
    this.#underWay = true;
    this.found = null;
    await this.#keep(account, { before, made: null });
  }

  /** From now on the server may have what was made. */
  async send(account: string, made: string): Promise<void> {
    const begun = await this.#begun(account);
    if (begun) await this.#keep(account, { ...begun, made });
  }

  /** Finished, or put off in so many words. */
  async settle(account: string): Promise<void> {
    this.found = null;
    await this.#keep(account, null);
  }

  /** Nobody is at it any more: what isn't settled is spoken of. */
  async leave(): Promise<void> {
    this.#underWay = false;
    await this.look();
  }

  async look(): Promise<void> {
    if (this.#underWay) return;
    const { account, opened } = this.parts.session;
    const begun = account && (await this.#begun(account.id));
    if (!begun || !opened) {
      this.found = null;
      return;
    }
    const mine = toBase64url(opened.signingPublicKey);
    if (mine === begun.made) this.found = 'made';
    else if (mine !== begun.before) await this.settle(account.id);
    else this.found = (await this.#stillCounts(begun)) ? 'before' : null;
  }

  /** False also while that can't be known: a browser that is behind asks for what opens the account now, and looks again then. */
  async #stillCounts({ before, made }: BegunSecuring): Promise<boolean> {
    if (made === null) return true;
    return this.parts.api.get(WrappedKeys, '/account/keys').then(
      ({ signing }) => signing.public_key === before,
      () => false,
    );
  }

  async #begun(account: string): Promise<BegunSecuring | undefined> {
    return (await (await this.parts.keys()).get('begun_securing'))?.[account];
  }

  async #keep(account: string, begun: BegunSecuring | null): Promise<void> {
    const keys = await this.parts.keys();
    const { [account]: _, ...others } = (await keys.get('begun_securing')) ?? {};
    await keys.put({ begun_securing: begun ? { ...others, [account]: begun } : others });
  }
}

let opening: Promise<KeyStore> | null = null;

export const unfinishedSecuring = new UnfinishedSecuring({
  api,
  session,
  keys: () => (opening ??= openKeyStore()),
});
