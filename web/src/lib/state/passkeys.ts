// The ways into the account as its owner keeps them: seen, added, tried, named, removed.
import type * as Crypto from '$lib/crypto';
import { CeremonyOptions, MethodList, MethodListed, WrappedKeys } from '$lib/wire/http';
import { ApiError, api, type Api } from './api';
import { notSignedIn } from './auth_errors';
import { ceremonies, type Ceremonies } from './ceremonies';
import { described, openerOf, outputOf } from './key_opener';
import { keyUnreadable, noKeyMade, unknownPasskey } from './passkey_errors';
import { nameComing, nameLeft } from './naming';
import { session, type Session } from './session.svelte';
import { stepUp, type StepUp } from './step_up.svelte';

type Kind = Crypto.CredentialKind;

export interface PasskeyParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  ceremonies: Ceremonies;
  session: Pick<Session, 'account' | 'opened' | 'lowestEpoch' | 'methodsChanged' | 'expectNothingOlder'>;
  stepUp: Pick<StepUp, 'run' | 'withMaster'>;
}

export class Passkeys {
  #parts: PasskeyParts;

  constructor(parts: PasskeyParts) {
    this.#parts = parts;
  }

  async list(): Promise<MethodListed[]> {
    return (await this.#parts.api.get(MethodList, '/account/methods')).methods;
  }

  /** What was added may be less than hoped for: a security key that derives no key is a second factor only. */
  async add(kind: Kind, name: string): Promise<MethodListed> {
    const { api, crypto, stepUp } = this.#parts;
    const it = await crypto();
    const added = await stepUp.withMaster(async ({ account, wrapped, opened, masterBytes }) => {
      const started = await stepUp.run(() => api.post(CeremonyOptions, '/account/methods/options', { kind }));
      const made = await this.#parts.ceremonies.create(started.options, await it.prfInput());
      const output = await outputOf(made, this.#parts.ceremonies, await it.prfInput());
      if (output === null && kind === 'passkey') throw noKeyMade();
      const body = {
        challenge_id: started.challenge_id,
        kind,
        name: name.trim(),
        registration: made.registration,
      };
      if (output === null) {
        const unlocksNothing = { ...body, method_id: it.makeUuid4() };
        return stepUp.run(() => api.post(MethodListed, '/account/methods', unlocksNothing));
      }
      const kek = await it.derivePasskey({ account, credentialId: made.credentialId, output });
      output.fill(0);
      const method = await it.addMethod({ wrapped, kind, kek, opened, masterBytes });
      const { method_id, ...keys } = method;
      // In the account's signed list first, so that no device takes it for one that the server planted.
      await nameComing({ api, crypto: it, session: this.#parts.session }, opened, method);
      return stepUp.run(() => api.post(MethodListed, '/account/methods', { ...body, method_id, keys }));
    });
    await this.#refresh();
    return added;
  }

  async rename(methodId: string, name: string): Promise<void> {
    const { api, stepUp } = this.#parts;
    await stepUp.run(() => api.put(null, `/account/methods/${methodId}`, { name: name.trim() }));
  }

  async remove(methodId: string): Promise<void> {
    const { api, crypto, session, stepUp } = this.#parts;
    await stepUp.run(() => api.delete(null, `/account/methods/${methodId}`)).catch(unlessGone);
    if (session.opened) await nameLeft({ api, crypto: await crypto(), session }, session.opened);
    await this.#refresh();
  }

  /** Really opens the account's keys with this one, as the server holds them now. */
  async test(methodId: string): Promise<void> {
    const { api, crypto, ceremonies, session } = this.#parts;
    const account = session.account?.id;
    if (account === undefined) throw notSignedIn();
    const wrapped = await api.get(WrappedKeys, '/account/keys');
    const method = wrapped.methods.find((each) => each.method_id === methodId);
    if (!method) throw unknownPasskey();
    const it = await crypto();
    const opener = await openerOf(await ceremonies.derive(described([method]), await it.prfInput()), {
      crypto: it,
      wrapped,
    });
    const lowestEpoch = await session.lowestEpoch(account);
    const opened = await it.unlock({ ...opener, wrapped, lowestEpoch, account }).catch((error: unknown) => {
      throw keyUnreadable(error);
    });
    opened.masterBytes.fill(0);
  }

  /** So that this device, offline too, opens with what opens the account now. */
  async #refresh(): Promise<void> {
    const wrapped = await this.#parts.api.get(WrappedKeys, '/account/keys');
    await this.#parts.session.methodsChanged({ wrapped });
  }
}

/** The reply to removing it was lost: what comes after it is still to be done. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'method_not_found')) throw error;
}

export const passkeys = new Passkeys({
  api,
  crypto: () => import('$lib/crypto'),
  ceremonies,
  session,
  stepUp,
});
