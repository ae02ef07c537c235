// What a browser does with a server, as its screens would have it; each gives the code of what can't be trusted, or null.
import * as crypto from '$lib/crypto';
import { makeAccountKeysWith } from '$lib/crypto/accounts';
import { stretchHere } from '$lib/crypto/argon2';
import { introduceWith, invitationOf } from '$lib/crypto/pairing';
import { derivePasswordWith, type Stretch } from '$lib/crypto/passwords';
import { secureAccountWith } from '$lib/crypto/securing';
import { Api } from '$lib/state/api';
import { GivingKeys } from '$lib/state/giving_keys.svelte';
import { MemoryKeyStore } from '$lib/state/key_store';
import { LostAccount } from '$lib/state/lost_account.svelte';
import { OpenChat } from '$lib/state/open_chat.svelte';
import { Securing } from '$lib/state/securing.svelte';
import { Session } from '$lib/state/session.svelte';
import { SettingsSync } from '$lib/state/settings_sync';
import { SignIn } from '$lib/state/sign_in.svelte';
import { SignUp } from '$lib/state/sign_up.svelte';
import { StepUp, type Reopened } from '$lib/state/step_up.svelte';
import { TakingKeys } from '$lib/state/taking_keys.svelte';
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
const wait = () => Promise.resolve();

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
  readonly session: Session;
  readonly clock = new FakeClock();
  readonly #alarms: string[] = [];

  constructor(
    readonly server: HostileServer,
    private readonly device: DeviceName,
  ) {
    this.api = new Api(server.fetch);
    this.session = this.#makeSession();
  }

  /** As the device is found: what it remembers, and for what takes an open account, signed in. */
  async prepare(act: Act): Promise<void> {
    const pins = pinsOf(this.device);
    if (pins) await this.keys.put({ pins: { [account]: pins } });
    if (act === 'secure') await this.#arrive();
    if (act === 'turn') this.server.isDue();
    if (act === 'read back') expect(await this.#signUp()).toBeNull();
  }

  readonly acts: Record<Act, () => Promise<string | null>> = {
    'sign up': () => this.#signUp(),
    'read back': () => this.#readBack(),
    'sign in': () => this.#signIn(),
    follow: () => this.#follow(),
    turn: () => this.#turn(),
    list: () => this.#list(),
    open: () => this.#open(),
    answer: () => this.#hearAnswer(),
    begin: () => this.#begin(),
    take: () => this.#takeKeys(),
    give: () => this.#giveKeys(),
    lose: () => this.#lose(),
    secure: () => this.#secure(),
    settings: () => this.#settings(),
  };

  async #signUp(): Promise<string | null> {
    const { api, session } = this;
    const makeAccountKeys: typeof crypto.makeAccountKeys = (of) => makeAccountKeysWith(stretchHere, of);
    const noAuthenticator = () => Promise.reject(new Error('no authenticator'));
    const flow = new SignUp({
      api,
      session,
      crypto: async () => ({ ...crypto, makeAccountKeys }),
      ceremonies: {
        autofills: () => Promise.resolve(false),
        create: noAuthenticator,
        derive: noAuthenticator,
        show: noAuthenticator,
        stop: () => undefined,
      },
      tab: null,
      device: 'Chromium on Linux',
      now: () => 0,
    });
    await flow.submitEmail(person.email);
    if (flow.trouble === null) await flow.submitMailCode(person.code);
    if (flow.trouble === null) flow.choosePassword(person.password);
    if (flow.trouble === null) await flow.complete(person.code);
    expect(flow.step === 'save').toBe(flow.trouble === null);
    expect(session.phase === 'open').toBe(flow.trouble === null);
    return flow.trouble?.code ?? null;
  }

  /** The keys of the account that was just made, as the server has them. */
  async #readBack(): Promise<string | null> {
    const { opened } = this.session;
    if (!opened) throw new Error('not signed up');
    const went = await this.#look(this.session.account?.id ?? '', opened);
    expect(went).toEqual([]);
    return this.#alarms[0] ?? null;
  }

  async #signIn(): Promise<string | null> {
    const code = await this.#arrive();
    if (code === null) await this.session.lock();
    return code;
  }

  async #arrive(): Promise<string | null> {
    const { session } = this;
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
    return null;
  }

  #makeSession(): Session {
    return new Session({
      api: this.api,
      openKeys: async () => this.keys,
      crypto: async () => crypto,
      channel: () => ({ tell: () => undefined }),
      tab: null,
      exclusively: async (_, work) => work(),
      turning: () => NOTHING,
      now: () => 0,
      keptKeys: async () => [],
      forgetAccount: async () => undefined,
      reload: () => undefined,
      tabsAnswerMs: 1,
    });
  }

  async #follow(): Promise<string | null> {
    const opened = await this.#opened();
    const went = await this.#look(account, opened);
    const [code = null] = this.#alarms;
    expect(went).toEqual(code === null && opened.master.epoch === 1 ? [2] : []);
    return code;
  }

  /** The key is due; what it is due for is told, and nothing is turned, where that can't be trusted. */
  async #turn(): Promise<string | null> {
    const went = await this.#look(account, await this.#opened());
    const [code = null] = this.#alarms;
    expect(went).toEqual(code === null ? [3] : []);
    return code;
  }

  /** The epochs that this browser went on to. */
  async #look(of: string, opened: crypto.Opened): Promise<number[]> {
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
        keptKeys: async () => [],
        heldUp: (by) => void (by && this.#alarms.push(by.reason)),
      },
      of,
    );
    await turning.look();
    return went;
  }

  /** Other digits than the giver shows are refused there; whatever was given by then opens nothing. */
  async #takeKeys(): Promise<string | null> {
    const { seed, joiner_nonce, text, device, code } = vectors.pairing;
    const introduce: typeof crypto.introduce = (invitation, name) =>
      introduceWith(invitation, { name, seed: fromBase64url(seed), nonce: fromBase64url(joiner_nonce) });
    const { api, session } = this;
    const taking = new TakingKeys({
      api,
      session,
      device,
      wait,
      crypto: async () => ({ ...crypto, introduce }),
    });
    const signedIn = await taking.join(text);
    if (taking.code !== code && taking.code !== '') {
      expect(signedIn).toBeNull();
      return 'codes_differ';
    }
    return signedIn ? null : (taking.trouble?.code ?? 'no code');
  }

  async #giveKeys(): Promise<string | null> {
    const { secret, giver_nonce, code } = vectors.pairing;
    const giving = new GivingKeys({
      api: this.api,
      crypto: async () => ({
        ...crypto,
        makeInvitation: () => invitationOf(fromBase64url(secret)),
        makeNonce: () => fromBase64url(giver_nonce),
      }),
      session: {
        account: { id: account, email: person.email },
        opened: await this.#opened(),
        expectNothingOlder: (...of) => this.session.expectNothingOlder(...of),
      },
      stepUp: this.#stepUp(),
      origin: 'https://sealmate.example',
      wait,
    });
    await giving.start();
    if (giving.step === 'comparing' && giving.code !== code) {
      await giving.refuse();
      return 'codes_differ';
    }
    await giving.confirm();
    expect(giving.step).toBe(giving.trouble ? 'over' : 'done');
    return giving.trouble?.code ?? null;
  }

  /** Begun, and looked at again when its waiting time is over. */
  async #lose(): Promise<string | null> {
    const flow = new LostAccount({ api: this.api, tab: null, now: () => 0 });
    await flow.submitEmail(person.email);
    if (flow.trouble === null) await flow.submitMailCode(person.code);
    if (flow.trouble === null) await flow.start();
    if (flow.trouble === null) await flow.look();
    if (flow.trouble === null) await flow.finish();
    expect(flow.step === 'gone').toBe(flow.trouble === null);
    return flow.trouble?.code ?? null;
  }

  async #secure(): Promise<string | null> {
    const { api, session } = this;
    const secureAccount: typeof crypto.secureAccount = (of) => secureAccountWith(stretchOnce, of);
    const securing = new Securing({
      api,
      session,
      crypto: async () => ({ ...crypto, secureAccount }),
      ceremonies: { derive: () => Promise.reject(new Error('no authenticator')) },
      stepUp: this.#stepUp(),
      exclusively: async (_, work) => work(),
      unfinished: { begin: async () => undefined, send: async () => undefined },
      seenRevision: () => vectors.devices[this.device].settings_revision ?? 0,
    });
    const before = session.opened;
    try {
      const begun = await securing.begin();
      const made = await securing.make(begun, 'kelp forest at dusk', []);
      await securing.finish(begun, made, () => Promise.reject(new Error('asked')));
    } catch (error) {
      expect(session.opened).toBe(before);
      return problemOfError(error).code;
    }
    expect(session.opened?.master.epoch).toBe(3);
    return null;
  }

  /** Looked at by a browser in which something was chosen meanwhile. */
  async #settings(): Promise<string | null> {
    const opened = await this.#opened();
    const { settings_revision: revision = 0 } = vectors.devices[this.device];
    const seen = { account, revision, settings: { theme: 'dark', enter_sends: true } };
    const shown: object[] = [];
    const sync = new SettingsSync(
      {
        api: this.api,
        crypto: async () => crypto,
        exclusively: async (_, work) => work(),
        opened: () => opened,
        seen: { read: () => seen, write: () => undefined },
        own: () => ({ theme: 'dark', enter_sends: false }),
        show: (settings) => void shown.push(settings),
        keysAhead: () => void this.#alarms.push('keys_ahead'),
        distrusted: (reason) => void this.#alarms.push(reason),
      },
      account,
    );
    await sync.look();
    const [code = null] = this.#alarms;
    expect(shown).toEqual(code === null ? [{ theme: 'dark', enter_sends: false }] : []);
    return code;
  }

  /** A person who proves that it is them at once. */
  #stepUp(): StepUp {
    const { api } = this;
    const session = {
      account: { id: account, email: person.email },
      proofOf: () => Promise.reject(new Error('not asked')),
      lowestEpoch: (of: string) => this.session.lowestEpoch(of),
      fellBack: false,
    };
    const ceremonies = { show: () => Promise.reject(new Error('no authenticator')) };
    const stepUp = new StepUp({ api, session, ceremonies, crypto: async () => crypto, now: () => 0 });
    return Object.assign(stepUp, {
      withMaster: async <T>(action: (keys: Reopened) => Promise<T>): Promise<T> => {
        const { kek } = await derivePasswordWith(stretchOnce, await this.#ofPassword());
        const done = StepUp.prototype.withMaster.call(stepUp, action) as Promise<T>;
        stepUp.proved({ kind: 'password', kek });
        return done;
      },
    });
  }

  async #ofPassword() {
    const { salt, kdf_profile: kdfProfile } = vectors.said['POST /auth/login'] as {
      salt: string;
      kdf_profile: number;
    };
    return { account, password: person.password, salt: fromBase64url(salt), kdfProfile };
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
