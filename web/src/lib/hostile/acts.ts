// What a browser does with a server, as its screens would have it; each gives the code of what can't be trusted, or null.
import * as crypto from '$lib/crypto';
import { stretchHere } from '$lib/crypto/argon2';
import { derivePasswordWith, type Stretch } from '$lib/crypto/passwords';
import { Api } from '$lib/state/api';
import { MemoryKeyStore } from '$lib/state/key_store';
import { OpenChat } from '$lib/state/open_chat.svelte';
import { Session } from '$lib/state/session.svelte';
import { SignIn } from '$lib/state/sign_in.svelte';
import { Turning } from '$lib/state/turning';
import { LocalStore } from '$lib/storage/local_store';
import { MemoryRows } from '$lib/storage/memory_rows';
import { Sync } from '$lib/sync/sync';
import { FakeClock, until } from '$lib/sync/testing/fake_clock';
import { problemOfError } from '$lib/sync/problems';
import { fromBase64url } from '$lib/wire/base64url';
import { expect } from 'vitest';
import type { HostileServer } from './hostile_server';
import { person, pinsOf, vectors, type Act, type DeviceName } from './scenarios';

const NOTHING = { start: async () => {}, stop: () => {}, look: async () => {} };
const { account } = person;

/** Once for all scenarios of one salt: it is slow on purpose. */
const stretched = new Map<string, ReturnType<Stretch>>();
const stretchOnce: Stretch = (password, salt, profile) => {
  const made = stretched.get(String(salt)) ?? stretchHere(password, salt, profile);
  stretched.set(String(salt), made);
  return made.then((bytes) => bytes.slice());
};

export class Browser {
  readonly keys = new MemoryKeyStore();
  readonly api: Api;
  readonly clock = new FakeClock();
  readonly #alarms: string[] = [];

  constructor(
    readonly server: HostileServer,
    private readonly device: DeviceName,
  ) {
    this.api = new Api(server.fetch);
  }

  async prepare(): Promise<void> {
    const pins = pinsOf(this.device);
    if (pins) await this.keys.put({ pins: { [account]: pins } });
  }

  readonly acts: Record<Act, () => Promise<string | null>> = {
    'sign in': () => this.#signIn(),
    follow: () => this.#follow(),
    list: () => this.#list(),
    open: () => this.#open(),
    answer: () => this.#hearAnswer(),
    begin: () => this.#begin(),
  };

  async #signIn(): Promise<string | null> {
    const session = this.#session();
    const derivePassword: typeof crypto.derivePassword = (of) => derivePasswordWith(stretchOnce, of);
    const flow = new SignIn({
      api: this.api,
      crypto: async () => ({ ...crypto, derivePassword }),
      ceremonies: { show: () => Promise.reject(new Error('no authenticator')) },
      session,
      device: 'Chromium on Linux',
      now: () => 0,
    });
    await flow.submitSecret(person.email, { kind: 'password', text: person.password });
    const signedIn = await flow.submitCode(person.code);
    if (!signedIn) return flow.trouble?.code ?? 'no code';
    await session.begin(signedIn, { staySignedIn: false });
    expect(session.phase).toBe('open');
    await session.lock();
    return null;
  }

  #session(): Session {
    return new Session({
      api: this.api,
      openKeys: async () => this.keys,
      crypto: async () => crypto,
      channel: () => ({ tell: () => undefined }),
      tab: null,
      exclusively: async (_, work) => work(),
      turning: () => NOTHING,
      now: () => 0,
      forgetAccount: async () => undefined,
      reload: () => undefined,
      tabsAnswerMs: 1,
    });
  }

  async #follow(): Promise<string | null> {
    const opened = await this.#opened();
    const went: number[] = [];
    const turning = new Turning(
      {
        api: this.api,
        keys: this.keys,
        crypto: async () => crypto,
        exclusively: async (_, work) => work(),
        now: () => 0,
        opened: () => opened,
        keptAhead: async () => null,
        goOn: async ({ master }) => void went.push(master.epoch),
        present: async () => undefined,
        unreachable: async () => void this.#alarms.push('link_missing'),
        distrusted: (reason) => void this.#alarms.push(reason),
      },
      account,
    );
    await turning.look();
    const [code = null] = this.#alarms;
    expect(went).toEqual(code === null && opened.master.epoch === 1 ? [2] : []);
    return code;
  }

  async #list(): Promise<string | null> {
    const sync = await this.#sync();
    sync.stop();
    return this.#alarms[0] ?? null;
  }

  /** And goes on with it, if it can be trusted. */
  async #open(): Promise<string | null> {
    const sync = await this.#sync();
    const chat = this.#show(sync, person.talk);
    await until(() => expect(chat.loading).toBe(false));
    const code = codeOf(chat);
    const sent = await chat.send('And?').then(
      () => null,
      (error: unknown) => problemOfError(error).code,
    );
    expect(sent).toBe(code);
    if (code === null) await until(() => expect(this.server.written).toEqual(['ask']));
    sync.stop();
    return code;
  }

  async #hearAnswer(): Promise<string | null> {
    const sync = await this.#sync();
    const chat = this.#show(sync, person.running);
    const code = () => codeOf(chat) ?? this.#alarms[0] ?? null;
    const isDone = () => chat.path[0]?.stage === 'answered' && chat.path[0].suggestions.length > 0;
    await until(() => expect(code() !== null || isDone()).toBe(true));
    sync.stop();
    return code();
  }

  async #begin(): Promise<string | null> {
    const sync = await this.#sync();
    const chat = this.#show(sync, sync.makeId());
    await chat.send('Hello');
    await until(() => expect(this.server.asked).toContain(`GET /chats/${chat.id}`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    sync.stop();
    return codeOf(chat);
  }

  #show(sync: Sync, id: string): OpenChat {
    const chat = new OpenChat(id, {}, () => undefined);
    chat.attach(sync);
    return chat;
  }

  async #sync(): Promise<Sync> {
    const { master } = await this.#opened();
    const sync = new Sync({
      account,
      master,
      api: this.api,
      store: new LocalStore(new MemoryRows(), await crypto.deviceKey(master), account),
      clock: this.clock,
      dial: this.server.dial,
      isOnline: () => true,
      nextFrame: (callback) => queueMicrotask(callback),
      alone: (work) => work(),
      openTabs: () => ({ tell: () => undefined, close: () => undefined }),
      listChanged: () => undefined,
      networkChanged: () => undefined,
      walletChanged: () => undefined,
      matesChanged: () => undefined,
      deviceSignedIn: () => undefined,
      settingsChanged: () => undefined,
      keysAhead: () => undefined,
      failed: (error) => this.#alarms.push(problemOfError(error).code),
    });
    await sync.start();
    await this.clock.pass(0);
    await until(() => expect(sync.connection.standing).toBe(true));
    return sync;
  }

  async #opened(): Promise<crypto.Opened> {
    const { master_key: key = '', epoch = 0 } = vectors.devices[this.device];
    const master = await crypto.importMasterKey(fromBase64url(key), epoch);
    return { master, signingPublicKey: fromBase64url(person.signing_public_key) };
  }
}

/** What the screen says first. */
function codeOf(chat: OpenChat): string | null {
  const [problem] = [chat.problem, ...chat.path.map((turn) => turn.problem)].filter(
    (each) => each?.untrusted,
  );
  return problem?.code ?? null;
}
