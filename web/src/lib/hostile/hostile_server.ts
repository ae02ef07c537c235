// A server that says what it is told to, and keeps what is written to it.
import type { Socket, SocketListener } from '$lib/sync/connection';
import type { SecuredAccount } from '$lib/crypto';
import type { StagedKeys, WrappedKeys } from '$lib/wire/http';
import { person, type Said } from './scenarios';

const SIGNING_IN = [
  'POST /auth/signup',
  'POST /auth/signup/verify',
  'POST /auth/login',
  'POST /auth/login/password',
  'POST /auth/login/totp',
  'POST /auth/logout',
  'POST /auth/ticket',
  'POST /auth/pairing/join',
  'POST /auth/pairing/look',
  'POST /auth/pairing/reveal',
  'POST /auth/pairing/finish',
  'POST /auth/reset',
  'POST /auth/reset/verify',
];
/** A mailbox that holds nothing before the keys are sealed into it; what is staged and never taken; and sessions that end. */
const HARMLESS = [
  /^\w+ \/account\/pairings(\/[0-9a-f-]+(\/nonce)?)?$/,
  /^\w+ \/account\/rotation(\/[0-9a-f-]+\/staged)?$/,
  /^DELETE \/account\/sessions$/,
];
type StagedAccount = NonNullable<StagedKeys['account']>;
type FlipBody = Pick<WrappedKeys, 'statement' | 'manifest'> & { link: object };
type Rings = { chat_id: string; keys: object[] }[];
type SecuredBody = SecuredAccount['body'] & { apps: { app: string; key: string }[] };
type Sent = Omit<SecuredBody, 'credentials' | 'password'> & { password?: object };
type SignedUpBody = { keys: Omit<Sent, 'apps'> };
type Ask = { action: string; turn_id: string; chat_id: string; chat_key?: string };

export class HostileServer {
  /** What would have changed something, were it true. */
  readonly written: string[] = [];
  readonly asked: string[] = [];

  constructor(readonly said: Said) {}

  readonly fetch: typeof fetch = async (input, init) => {
    const [path = ''] = String(input).replace('/api', '').split('?');
    const method = init?.method ?? 'GET';
    const name = `${method} ${path}`;
    this.asked.push(name);
    const harmless = SIGNING_IN.includes(name) || HARMLESS.some((each) => each.test(name));
    if (method !== 'GET' && !harmless) this.written.push(name);
    if (name.startsWith('PUT') && name.endsWith('/staged')) this.#stage(name, JSON.parse(String(init?.body)));
    if (name.endsWith('/flip')) this.#flip(name, JSON.parse(String(init?.body)) as FlipBody);
    if (name.endsWith('/secure')) this.#secure(JSON.parse(String(init?.body)) as SecuredBody);
    if (name === 'POST /auth/signup/complete') this.#signUp(JSON.parse(String(init?.body)) as SignedUpBody);
    if (name in this.said) return new Response(JSON.stringify(this.#next(name)));
    if (method !== 'GET') return new Response(null, { status: 204 });
    const problem = { code: 'chat_not_found', title: '', next_step: '', status: 404 };
    return new Response(JSON.stringify(problem), { status: 404 });
  };

  /** The account's key is to be turned now. */
  isDue(): void {
    (this.said['GET /account'] as { rotation_due_at: number }).rotation_due_at = 0;
  }

  /** Of a list one after the other; the last one stays. */
  #next(name: string): unknown {
    const said = this.said[name];
    return Array.isArray(said) && said.length > 1 ? said.shift() : Array.isArray(said) ? said[0] : said;
  }

  #signUp({ keys }: SignedUpBody): void {
    const { account_id } = this.said['POST /auth/signup/verify'] as { account_id: string };
    this.#keep(account_id, { ...keys, apps: [] }, this.said.signed_up as object);
  }

  /** Beside what is there, lies and all; instead of what is said of a chat that it was staged with. */
  #stage(name: string, { chats = [], account }: { chats?: Rings; account?: StagedAccount }): void {
    const there = this.said[name.replace('PUT', 'GET')] as { chats: Rings; account: StagedAccount | null };
    there.account = account ?? there.account;
    for (const { chat_id, keys } of chats) {
      const staged = (this.said.staged as Record<string, object[]>)[chat_id] ?? keys;
      there.chats.find((each) => each.chat_id === chat_id)?.keys.push(...staged);
    }
  }

  /** The account's keys are those that were staged. */
  #flip(name: string, { statement, manifest, link }: FlipBody): void {
    const before = this.said['GET /account/keys'] as WrappedKeys;
    const read = name.replace('POST', 'GET').replace('/flip', '/staged');
    const { methods, signing, apps } = (this.said[read] as { account: StagedAccount }).account;
    this.said['GET /account/keys'] = {
      ...before,
      epoch: statement.epoch,
      statement,
      manifest,
      apps,
      methods: before.methods.map((each) => ({
        ...each,
        ...methods.find(({ method_id }) => method_id === each.method_id),
      })),
      signing: { ...before.signing, private: signing },
      links: [...before.links, { statement, ...link }],
    };
  }

  #secure(body: SecuredBody): void {
    this.#keep(person.account, body, this.said.secured as object);
  }

  /** The account's keys from now on are those that were sent, but for what is said of them instead. */
  #keep(account_id: string, sent: Sent, instead: object): void {
    const { password, recovery, signing, statement, manifest, apps } = sent;
    const methods = [
      { ...password, kind: 'password' },
      { ...recovery, kind: 'recovery' },
    ];
    const now = { account_id, epoch: statement.epoch, methods, links: [] };
    this.said['GET /account/keys'] = { ...now, signing, statement, manifest, apps, ...instead };
  }

  readonly dial = (_ticket: string, listener: SocketListener): Socket => {
    queueMicrotask(() => listener.opened());
    return {
      send: (text) => this.#act(JSON.parse(text) as Ask, listener),
      close: () => undefined,
    };
  };

  #act(action: Ask, listener: SocketListener): void {
    const tell = (event: unknown) => listener.received(JSON.stringify(event));
    if (action.action === 'resume') (this.said.events as unknown[]).forEach(tell);
    if (action.action !== 'ask') return;
    this.written.push('ask');
    this.#begin(action);
    const ids = { turn_id: action.turn_id, chat_id: action.chat_id };
    tell({ ...ids, type: 'turn_accepted' });
    tell({ ...ids, type: 'turn_stopped' });
  }

  #begin({ chat_id, chat_key = '' }: Ask): void {
    const own = [{ generation: 1, envelope: chat_key }];
    const keys = (this.said.begun as { keys: unknown }).keys ?? own;
    const times = { created_at: 1, updated_at: 1, active_at: 1 };
    this.said[`GET /chats/${chat_id}`] ??= {
      chat_id,
      generation: 1,
      keys,
      title: null,
      details: null,
      revision: 0,
      deleted: false,
      ...times,
    };
  }
}
