// Chromium's virtual authenticators: the one in a device, keys one plugs in, with and without a derived key.
import type { CDPSession, Page } from '@playwright/test';

export interface Kind {
  transport: 'internal' | 'usb';
  prf: boolean;
  /** Nobody touches it: it waits for ever. */
  untouched?: boolean;
}

export class Authenticators {
  #cdp: CDPSession;

  private constructor(cdp: CDPSession) {
    this.#cdp = cdp;
  }

  static async of(page: Page): Promise<Authenticators> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    return new Authenticators(cdp);
  }

  async add({ transport, prf, untouched = false }: Kind): Promise<string> {
    const { authenticatorId } = await this.#cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport,
        hasResidentKey: true,
        hasUserVerification: true,
        hasPrf: prf,
        isUserVerified: true,
        automaticPresenceSimulation: !untouched,
      },
    });
    return authenticatorId;
  }

  async remove(authenticatorId: string): Promise<void> {
    await this.#cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
  }

  /** Whoever is asked says no, or who they are can't be verified. */
  async refuse(authenticatorId: string): Promise<void> {
    await this.#cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  }

  async credentials(authenticatorId: string) {
    return (await this.#cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  }
}
