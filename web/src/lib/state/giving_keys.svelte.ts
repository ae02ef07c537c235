// A new device is given this account's keys: invited by a code, compared by six digits, and only then trusted.
import type * as Crypto from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { PairingShown, PairingStarted } from '$lib/wire/http';
import { ApiError, api, type Api } from './api';
import { notSignedIn } from './auth_errors';
import { PairingTampered, pairingTrouble, type PairingTrouble } from './pairing_errors';
import { session, type Session } from './session.svelte';
import { stepUp, type Reopened, type StepUp } from './step_up.svelte';

type Bytes = Uint8Array<ArrayBuffer>;
const LOOK_MS = 1_500;

export interface GivingParts {
  api: Api;
  crypto(): Promise<typeof Crypto>;
  session: Pick<Session, 'account' | 'opened' | 'expectNothingOlder'>;
  stepUp: Pick<StepUp, 'run' | 'withMaster'>;
  /** Where the link leads. */
  origin: string;
  wait(ms: number): Promise<void>;
}

export class GivingKeys {
  step = $state<'starting' | 'inviting' | 'comparing' | 'giving' | 'done' | 'over'>('starting');
  /** Typed or scanned on the new device. Of the link, what stands after the # never reaches a server. */
  invitation = $state.raw<{ text: string; link: string } | null>(null);
  /** As the new device calls itself. */
  device = $state('');
  /** Both devices must show this very one. */
  code = $state('');
  confirming = $state(false);
  trouble = $state.raw<PairingTrouble | null>(null);

  #parts: GivingParts;
  #at = '';
  #agreed: { device: Crypto.JoiningDevice; transcript: Crypto.Transcript } | null = null;
  #stopped = false;

  constructor(parts: GivingParts) {
    this.#parts = parts;
  }

  /** From the invitation until the codes are to be compared. */
  async start(): Promise<void> {
    await this.#try(async () => {
      const it = await this.#parts.crypto();
      const invitation = await it.makeInvitation();
      this.#at = `/account/pairings/${invitation.pairingId}`;
      await this.#parts.api.post(PairingStarted, '/account/pairings', { pairing_id: invitation.pairingId });
      const { text } = invitation;
      this.invitation = { text, link: `${this.#parts.origin}/login#pair=${text}` };
      this.step = 'inviting';
      await this.#meet(it, invitation);
    });
  }

  /** The person has seen the same code on both. Asks for a fresh proof, then seals the keys to the device that joined. */
  async confirm(): Promise<void> {
    const agreed = this.#agreed;
    if (agreed === null || this.confirming || this.step !== 'comparing') return;
    this.trouble = null;
    this.confirming = true;
    await this.#try(async () => {
      const { api, stepUp } = this.#parts;
      await stepUp.withMaster(async (keys) => {
        const sealed = toBase64url(await this.#seal(keys, agreed));
        await stepUp.run(() => api.put(null, `${this.#at}/sealed`, { sealed }));
      });
      this.step = 'giving';
      await this.#until(({ finished }) => finished || null);
      if (!this.#stopped) this.step = 'done';
    });
    this.confirming = false;
  }

  /** The codes differ, or the person would rather not. Nothing was given. */
  async refuse(): Promise<void> {
    this.#stopped = true;
    if (this.step === 'done' || this.step === 'over') return;
    this.step = 'over';
    if (this.#at) await this.#parts.api.delete(null, this.#at).catch(() => null);
  }

  async #meet(it: typeof Crypto, invitation: Crypto.Invitation): Promise<void> {
    const { account, opened } = this.#parts.session;
    if (account === null || opened === null) throw notSignedIn();
    const joined = await this.#until((shown) => shown.joined ?? null);
    if (joined === null) return;
    const device: Crypto.JoiningDevice = {
      name: joined.device,
      publicKey: fromBase64url(joined.public_key),
      commitment: fromBase64url(joined.commitment),
    };
    const giverNonce = it.makeNonce();
    await this.#parts.api.put(null, `${this.#at}/nonce`, { nonce: toBase64url(giverNonce) });
    const revealed = await this.#until(({ joined: now, nonce }) => {
      if (JSON.stringify(now) !== JSON.stringify(joined)) throw new PairingTampered('device_changed');
      return nonce ?? null;
    });
    if (revealed === null) return;
    const transcript = await it.agree(invitation, {
      account: account.id,
      signingPublicKey: opened.signingPublicKey,
      device,
      giverNonce,
      joinerNonce: fromBase64url(revealed),
    });
    this.#agreed = { device, transcript };
    this.code = await it.codeOf(transcript);
    this.device = joined.device;
    this.step = 'comparing';
  }

  /** With what this device has seen of the account, so that the new one can be shown nothing older. */
  async #seal(
    keys: Reopened,
    agreed: { device: Crypto.JoiningDevice; transcript: Crypto.Transcript },
  ): Promise<Bytes> {
    const it = await this.#parts.crypto();
    const { wrapped, opened, masterBytes } = keys;
    const publicKey = opened.signingPublicKey;
    await this.#parts.session.expectNothingOlder(wrapped, publicKey);
    await it.verifyOwnManifest(wrapped, publicKey);
    const pins = await it.advancePins(it.NO_PINS, {
      account: keys.account,
      statement: it.readStatement(wrapped.statement),
      manifest: wrapped.manifest ? it.readManifest(wrapped.manifest) : null,
      publicKey,
    });
    return it.sealKeys({ masterBytes, pins, ...agreed });
  }

  /** What `found` finds in the mailbox; null once it was refused. A network that is gone for a while ends nothing. */
  async #until<T>(found: (shown: PairingShown) => T | null): Promise<T | null> {
    const { api, wait } = this.#parts;
    while (!this.#stopped) {
      const shown = await api.get(PairingShown, this.#at).catch((error: unknown) => {
        if (error instanceof ApiError && error.passing) return null;
        throw error;
      });
      const seen = shown && found(shown);
      if (seen !== null) return seen;
      await wait(LOOK_MS);
    }
    return null;
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The person would rather not prove that it is them: the code still stands there to be confirmed.
      if (this.#stopped || (error instanceof ApiError && error.code === 'not_proved')) return;
      this.trouble = pairingTrouble(error);
      if (this.step === 'comparing' && error instanceof ApiError && error.passing) return;
      await this.refuse();
    }
  }
}

export function startGivingKeys(): GivingKeys {
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return new GivingKeys({
    api,
    session,
    stepUp,
    wait,
    crypto: () => import('$lib/crypto'),
    origin: location.origin,
  });
}
