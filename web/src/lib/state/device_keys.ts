// This browser's own signing key, one an account: no script can read it, and its proofs (DPoP, RFC 9449) are good for one request each.
import { toBase64url } from '$lib/wire/base64url';
import type { KeyStore } from './key_store';
import type { Exclusively } from './rotation';

/** The request that is signed, with the server's nonce or the id of a sign-in's step. */
export interface Signed {
  method: string;
  path: string;
  nonce: string;
}

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export class DeviceKeys {
  #keys: () => Promise<KeyStore>;
  #exclusively: Exclusively;
  #origin: string;

  constructor(
    keys: () => Promise<KeyStore>,
    exclusively: Exclusively,
    origin = globalThis.location?.origin ?? 'null',
  ) {
    this.#origin = origin;
    this.#keys = keys;
    this.#exclusively = exclusively;
  }

  /** The proof that travels as the header `DPoP`. */
  async prove(account: string, { method, path, nonce }: Signed): Promise<string> {
    const { privateKey, publicKey } = await this.#of(account);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      htu: `${this.#origin}/api${path}`,
      iat: Math.floor(Date.now() / 1000),
      nonce,
    };
    const signed = `${part(header)}.${part(claims)}`;
    const signature = await crypto.subtle.sign(ES256, privateKey, new TextEncoder().encode(signed));
    return `${signed}.${toBase64url(new Uint8Array(signature))}`;
  }

  /** Its next sign-in is that of a new device. */
  async forget(account: string): Promise<void> {
    const keys = await this.#keys();
    const { [account]: _, ...others } = (await keys.get('device_keys')) ?? {};
    await keys.put({ device_keys: others });
  }

  /** Two tabs that sign in at once must not make two. */
  #of(account: string): Promise<CryptoKeyPair> {
    return this.#exclusively('sealmate-device-key', async () => {
      const keys = await this.#keys();
      const all = (await keys.get('device_keys')) ?? {};
      const known = all[account];
      if (known) return known;
      const made = (await crypto.subtle.generateKey(ES256, false, ['sign', 'verify'])) as CryptoKeyPair;
      await keys.put({ device_keys: { ...all, [account]: made } });
      return made;
    });
  }
}

function part(content: object): string {
  return toBase64url(new TextEncoder().encode(JSON.stringify(content)));
}
