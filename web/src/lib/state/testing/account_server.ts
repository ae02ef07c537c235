// One account as its server keeps it, in memory, with the requests that turn its master key or secure it; for tests.
import * as crypto from '$lib/crypto';
import { makeAccountKeysWith } from '$lib/crypto/accounts';
import type { Stretch } from '$lib/crypto/passwords';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { WrappedKeys } from '$lib/wire/http';

export const ACCOUNT = '0b55061d-82e6-719b-819e-371ff8a1ee82';
export const CHATS = ['5d2cbd6f-0000-4000-8000-000000000001', '5d2cbd6f-0000-4000-8000-000000000002'];
export const DUE = 1_000_000;
type Method = WrappedKeys['methods'][0];
type Keys = { generation: number; envelope: string }[];
type Body = Record<string, unknown>;

export interface SignedUp {
  wrapped: WrappedKeys;
  opened: crypto.Opened;
}

/** Weak, and as quick as tests want it. */
export const quickly: Stretch = async (given, salt) =>
  new Uint8Array(await globalThis.crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));

export async function signUp(): Promise<SignedUp> {
  const { keys, opened } = await makeAccountKeysWith(quickly, {
    account: ACCOUNT,
    password: 'kelp forest at noon',
    kdfProfile: 1,
  });
  const methods = (['password', 'recovery'] as const).map((kind) => methodOf(kind, keys[kind]));
  const { signing, statement, manifest } = keys;
  return {
    opened,
    wrapped: { account_id: ACCOUNT, epoch: 1, methods, signing, statement, manifest, links: [], apps: null },
  };
}

/** As the server gives it; of a credential it knows the id besides. */
export function methodOf(
  kind: Method['kind'],
  made: Pick<Method, 'method_id' | 'secret' | 'master' | 'public'>,
  credential_id: string | null = null,
): Method {
  const { method_id, secret, master, public: publicKey } = made;
  const nothingMore = { salt: null, kdf_profile: null, transports: null };
  return { method_id, kind, secret, master, public: publicKey, ...nothingMore, credential_id };
}

export class AccountServer {
  wrapped: WrappedKeys;
  chats = new Map<string, Keys>();
  due = DUE;
  asked: string[] = [];
  /** The request that is lost on its way; with `replyLost` what it asks for is done all the same. */
  fails = '';
  replyLost = false;
  /** How many chats a page of staged keys has. */
  page = 100;
  /** Whether the session has proved lately who it is. */
  proved = true;
  codes = Array.from({ length: 10 }, (_, number) => `code ${number}`);
  onFlip: (() => Promise<void>) | null = null;
  /** Before what was staged is read back. */
  onReadBack: (() => Promise<void>) | null = null;
  #account: Body | null = null;
  #leases = 0;
  /** By chat the lease that staged it: what another left doesn't count. */
  #stagedBy = new Map<string, number>();

  constructor(signedUp: SignedUp) {
    this.wrapped = structuredClone(signedUp.wrapped);
  }

  async begin(chat: string, master: crypto.MasterKey): Promise<void> {
    const { envelope } = await crypto.makeChatKey({ account: ACCOUNT, chat, master });
    this.chats.set(chat, [{ generation: 1, envelope: toBase64url(envelope) }]);
  }

  /** What is staged of a chat is now under a key that nobody has. */
  async spoilStaged(chat: string): Promise<void> {
    const epoch = this.wrapped.epoch + 1;
    const master = await crypto.importMasterKey(new Uint8Array(32).fill(9), epoch);
    const spoilt = (this.chats.get(chat) ?? []).map(async (key) => {
      if (epochOf(key) !== epoch) return key;
      const { envelope } = await crypto.makeChatKey({
        account: ACCOUNT,
        chat,
        master,
        generation: key.generation,
      });
      return { ...key, envelope: toBase64url(envelope) };
    });
    this.chats.set(chat, await Promise.all(spoilt));
  }

  /** The generations of each chat that open with this master key; CryptoError for what doesn't. */
  async opened(master: crypto.MasterKey): Promise<number[][]> {
    const all = [...this.chats].map(async ([chat, keys]) => {
      const mine = keys.filter((key) => epochOf(key) === master.epoch);
      for (const { generation, envelope } of mine) {
        const sealed = fromBase64url(envelope);
        await crypto.openChatKey({ account: ACCOUNT, chat, generation, master, envelope: sealed });
      }
      return mine.map(({ generation }) => generation).sort();
    });
    return Promise.all(all);
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const path = String(input).replace('/api', '');
    const name = `${init?.method ?? 'GET'} ${path.replace(/[0-9a-f-]{36}/, 'lease').replace(/\?.*/, '')}`;
    this.asked.push(name);
    const lost = this.fails === name;
    if (lost && !this.replyLost) throw new TypeError('lost');
    const answer = await this.#answer(name, path, JSON.parse(String(init?.body ?? '{}')) as Body);
    if (lost) throw new TypeError('reply lost');
    if (answer === null) return new Response(null, { status: 204 });
    if (typeof answer !== 'string') return new Response(JSON.stringify(answer));
    const problem = { code: answer, title: '', status: 409, next_step: '' };
    return new Response(JSON.stringify(problem), { status: 409 });
  };

  async #answer(name: string, path: string, body: Body): Promise<object | string | null> {
    switch (name) {
      case 'GET /account/keys':
        return this.wrapped;
      case 'GET /account':
        return this.#accountAnswer();
      case 'POST /account/manifest':
        this.wrapped.manifest = body.manifest as WrappedKeys['manifest'];
        return null;
      case 'POST /account/rotation':
        return this.#lease(body);
      case 'PUT /account/rotation/lease/staged':
        return this.#stage(body);
      case 'GET /account/rotation/lease/staged':
        if (this.#stagedBy.size > 0) await this.onReadBack?.();
        return this.#staged(path);
      case 'POST /account/rotation/lease/flip':
        return this.#flip(body);
      case 'POST /account/rotation/lease/secure':
        return this.#secure(body);
      default:
        return null;
    }
  }

  #accountAnswer(): object {
    const { epoch } = this.wrapped;
    const wallet = { available: 0, held: 0 };
    const plain = { account_id: ACCOUNT, email: 'm@x.example', created_at: 0, backup_codes_left: 10 };
    return { ...plain, epoch, rotation_due_at: this.due, wallet };
  }

  #lease(body: Body): object | string {
    if (body.expected_epoch !== this.wrapped.epoch) return 'wrong_epoch';
    if (body.lease_id === undefined) {
      this.#leases += 1;
      this.#account = null;
    }
    const lease_id = `00000000-0000-4000-8000-${String(this.#leases).padStart(12, '0')}`;
    return { lease_id, epoch: this.wrapped.epoch, ring: this.chats.size, expires_at: 0 };
  }

  #stage(body: Body): null {
    if (body.account) this.#account = body.account as Body;
    for (const { chat_id, keys } of (body.chats ?? []) as { chat_id: string; keys: Keys }[]) {
      const present = this.chats.get(chat_id)?.filter((key) => epochOf(key) === this.wrapped.epoch) ?? [];
      this.chats.set(chat_id, [...present, ...keys]);
      this.#stagedBy.set(chat_id, this.#leases);
    }
    return null;
  }

  #staged(path: string): object {
    const from = Number(/cursor=(\d+)/.exec(path)?.[1] ?? 0);
    const chats = [...this.chats].slice(from, from + this.page);
    const next = from + this.page;
    return {
      chats: chats.map(([chat_id, keys]) => ({ chat_id, keys })),
      account: this.#account,
      cursor: next < this.chats.size ? String(next) : null,
    };
  }

  /** What is staged is all that there is. */
  async #isWhole(ring: unknown): Promise<boolean> {
    await this.onFlip?.();
    const next = this.wrapped.epoch + 1;
    const staged = [...this.chats].every(
      ([chat, keys]) =>
        this.#stagedBy.get(chat) === this.#leases && keys.some((key) => epochOf(key) === next),
    );
    return ring === this.chats.size && staged;
  }

  async #flip(body: Body): Promise<object | string> {
    if (!(await this.#isWhole(body.ring))) return 'keys_changed';
    const epoch = this.wrapped.epoch + 1;
    const { methods, signing } = this.#account as { methods: { method_id: string }[]; signing: string };
    const { statement, manifest, link } = body as Pick<WrappedKeys, 'statement' | 'manifest'> & {
      link: Pick<WrappedKeys['links'][0], 'forward' | 'device'>;
    };
    this.wrapped = {
      ...this.wrapped,
      epoch,
      statement,
      manifest,
      methods: this.wrapped.methods.map((each) => ({
        ...each,
        ...methods.find(({ method_id }) => method_id === each.method_id),
      })),
      signing: { ...this.wrapped.signing, private: signing },
      links: [...this.wrapped.links, { statement, ...link, former: null }],
    };
    this.due = DUE * 2;
    return { epoch, rotation_due_at: this.due };
  }

  async #secure(body: Body): Promise<object | string> {
    if (!this.proved) return 'step_up_needed';
    if (!(await this.#isWhole(body.ring))) return 'keys_changed';
    const { signing, statement, manifest, ...made } = body as unknown as crypto.SecuredAccount['body'];
    const credentials = made.credentials.map((each) => {
      const before = this.wrapped.methods.find(({ method_id }) => method_id === each.replaces);
      return methodOf(before?.kind ?? 'passkey', each, before?.credential_id);
    });
    const epoch = this.wrapped.epoch + 1;
    this.wrapped = {
      ...this.wrapped,
      epoch,
      signing,
      statement,
      manifest,
      methods: [
        ...(made.password ? [methodOf('password', made.password)] : []),
        methodOf('recovery', made.recovery),
        ...credentials,
      ],
      links: [],
    };
    return { epoch, rotation_due_at: DUE * 2, backup_codes: this.codes };
  }
}

/** Null of what is no envelope any more. */
function epochOf(key: { envelope: string }): number | null {
  try {
    return crypto.readEpoch(fromBase64url(key.envelope));
  } catch {
    return null;
  }
}
