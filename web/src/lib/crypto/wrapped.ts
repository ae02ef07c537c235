// An account's keys as they travel: AccountKeys and WrappedKeys of docs/protocol.md, bytes as base64url.

interface Envelopes {
  method_id: string;
  secret: string;
  master: string;
  public: string;
}

export interface WrappedMethod extends Envelopes {
  kind: 'password' | 'recovery';
}

/** What login gets back. */
export interface WrappedKeys {
  account_id: string;
  epoch: number;
  methods: WrappedMethod[];
  signing: { public_key: string; private: string };
  statement: { epoch: number; commitment: string; previous: string; signature: string };
}

/** What signup sends. */
export interface AccountKeys {
  password: Envelopes & { auth: string; salt: string; kdf_profile: number };
  recovery: Envelopes & { auth: string };
  signing: WrappedKeys['signing'];
  statement: WrappedKeys['statement'];
}
