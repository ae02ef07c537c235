// A new password or a new recovery key: made on this device, taken by the server, and then what this device knows follows.
import type * as Crypto from '$lib/crypto';
import { fromBase64url } from '$lib/wire/base64url';
import { WrappedKeys } from '$lib/wire/http';
import { ApiError, api, type Api } from './api';
import { samePassword } from './auth_errors';
import { nameComing, nameLeft } from './naming';
import { session, type Session } from './session.svelte';
import { stepUp, type Reopened, type StepUp } from './step_up.svelte';

/** As it is sent: envelopes and the proof. */
export type NewMethod = Crypto.AccountKeys['recovery'];

export interface ReplacingParts {
  api: Api;
  crypto(): Promise<
    Pick<typeof Crypto, 'derivePassword' | 'makePassword' | 'makeRecoveryKey' | 'nameMethods' | 'unlock'>
  >;
  session: Pick<Session, 'methodsChanged' | 'expectNothingOlder'>;
  stepUp: Pick<StepUp, 'run'>;
}

export class Replacing {
  #parts: ReplacingParts;

  constructor(parts: ReplacingParts) {
    this.#parts = parts;
  }

  /** All other sessions end with it. ApiError `same_password` for the one that there is. */
  async password(keys: Reopened, password: string): Promise<void> {
    if (await this.#opens(keys, password)) throw samePassword();
    const method = await (await this.#parts.crypto()).makePassword({ ...keys, password });
    await this.#send(keys, '/account/password', method);
  }

  async #opens({ account, wrapped }: Reopened, password: string): Promise<boolean> {
    const present = wrapped.methods.find(({ kind }) => kind === 'password');
    if (present?.salt == null || present.kdf_profile === null) return false;
    const { derivePassword, unlock } = await this.#parts.crypto();
    const { salt, kdf_profile: kdfProfile } = present;
    const { kek } = await derivePassword({ account, password, salt: fromBase64url(salt), kdfProfile });
    try {
      (await unlock({ wrapped, kind: 'password', kek, account })).masterBytes.fill(0);
      return true;
    } catch {
      return false;
    }
  }

  /** To be shown and saved; it counts once `recoveryKey` has sent it. */
  async makeRecoveryKey(keys: Reopened): Promise<{ method: NewMethod; recoveryKey: string }> {
    return (await this.#parts.crypto()).makeRecoveryKey(keys);
  }

  async recoveryKey(keys: Reopened, method: NewMethod): Promise<void> {
    await this.#send(keys, '/account/recovery-key', method);
  }

  /**
   * Named in the account's signed list first, so that no device takes it for one that the server planted. The proof may have run out
   * while the person was choosing or saving.
   */
  async #send({ opened }: Reopened, path: string, method: NewMethod): Promise<void> {
    const { api, crypto, session, stepUp } = this.#parts;
    const sent = stepUp.run(async () => {
      const naming = { api, crypto: await crypto(), session };
      await nameComing(naming, opened, method);
      await api.put(null, path, { method });
      // The one it replaced is off the list, so that nobody can bring it back.
      await nameLeft(naming, opened);
    });
    await sent.catch(async (error: unknown) => {
      // The reply may have been lost: what the server has now is what opens from now on.
      if (error instanceof ApiError && error.passing) await this.#refresh().catch(() => undefined);
      throw error;
    });
    await this.#refresh();
  }

  async #refresh(): Promise<void> {
    const wrapped = await this.#parts.api.get(WrappedKeys, '/account/keys');
    await this.#parts.session.methodsChanged({ wrapped });
  }
}

export const replacing = new Replacing({ api, session, stepUp, crypto: () => import('$lib/crypto') });
