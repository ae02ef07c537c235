// Who came in by the recovery key has perhaps lost the password: it is spoken of until a new one is set, or it is put away.
import { session, type Session } from './session.svelte';

export class LostPassword {
  /** A new one is to be asked for as soon as the settings are shown. */
  wanted = $state(false);

  #account = $state<string | null>(null);
  #session: Pick<Session, 'account'>;

  constructor(of: Pick<Session, 'account'>) {
    this.#session = of;
  }

  /** Of whoever is signed in now. */
  get suspected(): boolean {
    return this.#account !== null && this.#account === this.#session.account?.id;
  }

  suspect(account: string): void {
    this.#account = account;
  }

  settle(): void {
    this.#account = null;
  }
}

export const lostPassword = new LostPassword(session);
