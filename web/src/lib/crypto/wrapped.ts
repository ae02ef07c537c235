// An account's keys as they travel: AccountKeys and WrappedKeys of docs/protocol.md, bytes as base64url; read and written.
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { Bytes } from './bytes';
import { CryptoError } from './errors';
import type { Manifest } from './manifests';
import type { MethodKind } from './methods';
import type { EpochStatement } from './statements';

export interface Envelopes {
  method_id: string;
  secret: string;
  master: string;
  public: string;
}

export interface WrappedMethod extends Envelopes {
  kind: MethodKind;
  /** Of a password. */
  salt?: string | null;
  kdf_profile?: number | null;
  /** Of a passkey or security key. */
  credential_id?: string | null;
  transports?: string[] | null;
}

interface WrappedStatement {
  epoch: number;
  commitment: string;
  previous: string;
  signature: string;
}

export interface SignedManifest {
  sequence: number;
  epoch: number;
  previous: string;
  methods: { method_id: string; public_hash: string }[];
  signature: string;
}

/** Leads from the epoch before `statement.epoch` to it, if there is `forward`. `former`: the methods as they were in the epoch before. */
export interface WrappedLink {
  statement: WrappedStatement;
  forward?: string | null | undefined;
  device: string;
  former?: readonly { method_id: string; master: string; public: string }[] | null | undefined;
}

/** What login gets back. `links`: from earlier epochs to this one, the oldest first. */
export interface WrappedKeys {
  account_id: string;
  epoch: number;
  methods: WrappedMethod[];
  signing: { public_key: string; private: string };
  statement: WrappedStatement;
  manifest?: SignedManifest | null | undefined;
  links?: readonly WrappedLink[] | undefined;
  /** Apps' keys under the master key. */
  apps?: readonly { app: string; key: string }[] | null | undefined;
}

export interface ByPassword {
  password: Envelopes & { auth: string; salt: string; kdf_profile: number };
}
export interface ByPasskey {
  passkey: Envelopes;
}

/** What signup sends: what opens it, and the recovery key. */
export type AccountKeys<First = ByPassword> = First & {
  recovery: Envelopes & { auth: string };
  signing: WrappedKeys['signing'];
  statement: WrappedKeys['statement'];
  manifest: SignedManifest;
};

export function readStatement(statement: WrappedStatement): EpochStatement {
  return {
    epoch: statement.epoch,
    commitment: readBytes(statement.commitment),
    previous: readBytes(statement.previous),
    signature: readBytes(statement.signature),
  };
}

export function writeStatement(statement: EpochStatement): WrappedStatement {
  return {
    epoch: statement.epoch,
    commitment: toBase64url(statement.commitment),
    previous: toBase64url(statement.previous),
    signature: toBase64url(statement.signature),
  };
}

export function readManifest(manifest: SignedManifest): Manifest {
  return {
    sequence: manifest.sequence,
    epoch: manifest.epoch,
    previous: readBytes(manifest.previous),
    methods: manifest.methods.map((each) => ({
      id: each.method_id,
      publicHash: readBytes(each.public_hash),
    })),
    signature: readBytes(manifest.signature),
  };
}

export function writeManifest(manifest: Manifest): SignedManifest {
  return {
    sequence: manifest.sequence,
    epoch: manifest.epoch,
    previous: toBase64url(manifest.previous),
    methods: manifest.methods.map((each) => ({
      method_id: each.id,
      public_hash: toBase64url(each.publicHash),
    })),
    signature: toBase64url(manifest.signature),
  };
}

export function readBytes(text: string): Bytes {
  try {
    return fromBase64url(text);
  } catch {
    throw new CryptoError('bad_content');
  }
}
