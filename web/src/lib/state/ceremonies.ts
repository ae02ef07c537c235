// What the browser asks of authenticators. Their derived output comes apart from what is sent, and is never part of it.
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { browserAsks } from './browser_asks.svelte';
import { cancelled, noPasskeys, ofAuthenticator } from './passkey_errors';

type Bytes = Uint8Array<ArrayBuffer>;

/** The shapes of docs/protocol.md, and no field more. */
export interface Registration {
  credential_id: string;
  client_data: string;
  attestation: string;
  transports: string[];
}
export interface Assertion {
  credential_id: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  user_handle?: string;
}

interface Derived {
  credentialId: Bytes;
  /** Null if the authenticator derives none. */
  output: Bytes | null;
}
export interface Created extends Derived {
  registration: Registration;
}
export interface Shown extends Derived {
  assertion: Assertion;
}
export interface Described {
  id: string;
  transports: string[];
}

export interface Ceremonies {
  /** `options` as the server gave them. */
  create(options: unknown, input: Bytes): Promise<Created>;
  /** `autofill`: offered by the browser beside the e-mail field, until something is chosen or another ceremony begins. */
  show(options: unknown, input: Bytes, autofill?: boolean): Promise<Shown>;
  /** For the derived output alone: nothing is sent, so the challenge is anybody's. */
  derive(among: Described[], input: Bytes): Promise<Shown>;
  autofills(): Promise<boolean>;
  /** Whatever is asked for ends as if it had been cancelled in the browser. */
  stop(): void;
}

const library = () => import('@simplewebauthn/browser');

async function ready() {
  const webauthn = await library();
  if (!webauthn.browserSupportsWebAuthn()) throw noPasskeys();
  return webauthn;
}

async function create(options: unknown, input: Bytes): Promise<Created> {
  const { startRegistration } = await ready();
  const given = options as PublicKeyCredentialCreationOptionsJSON;
  const optionsJSON = { ...given, extensions: { prf: { eval: { first: input } } } };
  const made = await browserAsks.during(startRegistration({ optionsJSON })).catch(named);
  const { attestationObject, clientDataJSON, transports } = made.response;
  const registration = {
    credential_id: made.id,
    client_data: clientDataJSON,
    attestation: attestationObject,
    transports: transports ?? [],
  };
  return { registration, credentialId: fromBase64url(made.id), output: outputOf(made) };
}

async function show(options: unknown, input: Bytes, autofill = false): Promise<Shown> {
  const { startAuthentication } = await ready();
  const given = options as PublicKeyCredentialRequestOptionsJSON;
  const optionsJSON = { ...given, extensions: { prf: { eval: { first: input } } } };
  const asked = startAuthentication({
    optionsJSON,
    useBrowserAutofill: autofill,
    verifyBrowserAutofillInput: false,
  });
  const shown = await (autofill ? asked : browserAsks.during(asked)).catch(named);
  const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
  const assertion = {
    credential_id: shown.id,
    client_data: clientDataJSON,
    authenticator_data: authenticatorData,
    signature,
    ...(userHandle === undefined ? {} : { user_handle: userHandle }),
  };
  return { assertion, credentialId: fromBase64url(shown.id), output: outputOf(shown) };
}

async function derive(among: Described[], input: Bytes): Promise<Shown> {
  return show(
    {
      challenge: toBase64url(crypto.getRandomValues(new Uint8Array(32))),
      allowCredentials: among.map((each) => ({ type: 'public-key', ...each })),
      userVerification: 'required',
      timeout: 120_000,
    },
    input,
  );
}

async function autofills(): Promise<boolean> {
  return (await library()).browserSupportsWebAuthnAutofill();
}

function stop(): void {
  void library().then(({ WebAuthnAbortService }) => WebAuthnAbortService.cancelCeremony());
}

function outputOf(of: RegistrationResponseJSON | AuthenticationResponseJSON): Bytes | null {
  const first = of.clientExtensionResults.prf?.results?.first;
  if (!first) return null;
  return ArrayBuffer.isView(first)
    ? new Uint8Array(first.buffer.slice(first.byteOffset, first.byteOffset + first.byteLength) as ArrayBuffer)
    : new Uint8Array(first);
}

function named(error: unknown): never {
  throw ofAuthenticator(error) ?? cancelled();
}

export const ceremonies: Ceremonies = { create, show, derive, autofills, stop };
