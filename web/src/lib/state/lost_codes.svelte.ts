// Whose backup codes were lost with the reply that had them: the server has ten of them, and nobody else has any.
import { tabStorage, type TabStorage } from './kept_open';

const NAME = 'sealmate.lost_codes';

export class LostCodes {
  /** New ones are to be made as soon as the settings are shown. */
  wanted = $state(false);

  #account = $state<string | null>(null);
  #tab: TabStorage;

  /** Outlives a page that is loaded anew, as what it is about does. */
  constructor(tab: TabStorage) {
    this.#tab = tab;
    this.#account = tab?.getItem(NAME) ?? null;
  }

  of(account: string | undefined): boolean {
    return this.#account !== null && this.#account === account;
  }

  remember(account: string): void {
    this.#account = account;
    this.#tab?.setItem(NAME, account);
  }

  /** There are new ones. */
  settle(): void {
    this.#account = null;
    this.#tab?.removeItem(NAME);
  }
}

export const lostCodes = new LostCodes(tabStorage());
