// Signing up against a server that answers as docs/protocol.md says: the way through, refusals, refreshes and lost replies.
import type * as Crypto from '$lib/crypto';
import { describe, expect, it } from 'vitest';
import { Api } from './api';
import type { Ceremonies } from './ceremonies';
import { SignUp } from './sign_up.svelte';
import type { OneTimeSecrets, SignedIn } from './session.svelte';

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const REGISTRATION = {
  credential_id: 'id',
  client_data: 'said',
  attestation: 'attested',
  transports: ['usb'],
};
const OPTIONS = { challenge_id: 'challenge', options: {} };
const envelopes = { method_id: 'm', secret: 's', master: 'm', public: 'p' };

function fakeCrypto(made: { password: string }[]) {
  return {
    makeAccountKeys: async (of: { account: string; password: string; kdfProfile: number }) => {
      made.push(of);
      if (of.password === 'no memory')
        throw Object.assign(new Error(), { reason: 'worker_failed', ofTheBrowser: true });
      return {
        keys: {
          password: { ...envelopes, auth: `auth ${of.password}`, salt: 'salt', kdf_profile: of.kdfProfile },
          recovery: { ...envelopes, auth: 'auth of recovery' },
          signing: { public_key: '', private: '' },
          statement: { epoch: 1, commitment: '', previous: '', signature: '' },
        },
        opened: { master: { epoch: 1, key: 'master' }, signingPublicKey: bytes('p') },
        recoveryKey: 'AAAA-BBBB',
        masterBytes: bytes('m'),
      };
    },
    prfInput: async () => bytes('input'),
    derivePasskey: async () => 'kek',
    makePasskeyAccountKeys: async () => ({
      keys: {
        passkey: envelopes,
        recovery: { ...envelopes, auth: 'auth of recovery' },
        signing: { public_key: '', private: '' },
        statement: { epoch: 1, commitment: '', previous: '', signature: '' },
      },
      opened: { master: { epoch: 1, key: 'master' }, signingPublicKey: bytes('p') },
      recoveryKey: 'AAAA-BBBB',
      masterBytes: bytes('m'),
    }),
    unlock: async () => ({ masterBytes: bytes('m') }),
  } as unknown as typeof Crypto;
}

const PINS = {} as Crypto.Pins;

class FakeSession {
  unsaved: OneTimeSecrets | null = null;
  begun: SignedIn | null = null;
  staying: boolean | null = null;
  async begin(signedIn: SignedIn, options: { unsaved?: OneTimeSecrets }) {
    this.begun = signedIn;
    this.unsaved = options.unsaved ?? null;
  }
  async pinsAfter() {
    return PINS;
  }
  async secretsSaved() {
    this.unsaved = null;
  }
  async stay(staySignedIn: boolean) {
    this.staying = staySignedIn;
  }
}

type Answer = object | Error;
const refuse = (status: number, code: string) => ({
  refused: status,
  code,
  title: code,
  next_step: '',
  status,
});
const SESSION = { session_id: 's', account_id: 'account', rotate_at: 1, expires_at: 2 };
const STARTED = { signup_id: 'signup' };
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const CODES = Array.from({ length: 10 }, (_, number) => `1111${number}-22222`);
const VERIFIED = {
  signup_token: 'token',
  account_id: 'account',
  kdf_profile: 1,
  totp: { secret: SECRET, uri: `otpauth://totp/x?secret=${SECRET}` },
};
const COMPLETED = { session: SESSION, backup_codes: CODES };
const KEYS = {
  account_id: 'account',
  epoch: 1,
  methods: [],
  signing: { public_key: '', private: '' },
  statement: { epoch: 1, commitment: '', previous: '', signature: '' },
  links: [],
};

/** A browser tab in which somebody signs up; `answers` are given in turn. */
class Tab {
  asked: { path: string; body: Record<string, unknown> }[] = [];
  made: { password: string }[] = [];
  session = new FakeSession();
  /** What the authenticator derives, in turn. */
  outputs: (string | null)[] = ['derived'];
  ceremonies = {
    create: async () => ({ registration: REGISTRATION, credentialId: bytes('id'), output: this.#output() }),
    derive: async () => ({ credentialId: bytes('id'), output: this.#output() }),
    show: async () => ({ assertion: { signature: 'signed' }, credentialId: bytes('id'), output: null }),
  } as unknown as Ceremonies;
  now = 0;
  #storage = new Map<string, string>();
  constructor(private answers: Answer[]) {}

  /** Loading the page, for the first time or anew. */
  load(): SignUp {
    const api = new Api(async (path, init) => {
      this.asked.push({ path, body: JSON.parse(String(init.body ?? '{}')) as Record<string, unknown> });
      const answer = this.answers.shift()!;
      if (answer instanceof Error) throw answer;
      return new Response(JSON.stringify(answer), {
        status: 'refused' in answer ? Number(answer.refused) : 200,
      });
    });
    return new SignUp({
      api,
      crypto: async () => fakeCrypto(this.made),
      ceremonies: this.ceremonies,
      session: this.session,
      tab: {
        getItem: (name) => this.#storage.get(name) ?? null,
        setItem: (name, value) => void this.#storage.set(name, value),
        removeItem: (name) => void this.#storage.delete(name),
      },
      device: 'Chromium on Linux',
      now: () => this.now,
    });
  }

  #output() {
    const text = this.outputs.shift() ?? null;
    return text === null ? null : bytes(text);
  }

  async toWay(): Promise<SignUp> {
    const flow = this.load();
    await flow.submitEmail('Mira@example.org');
    await flow.submitMailCode('111111');
    return flow;
  }

  async toAuthenticator(): Promise<SignUp> {
    const flow = this.load();
    await flow.submitEmail('Mira@example.org');
    await flow.submitMailCode('111111');
    flow.choosePasswordWay();
    flow.choosePassword('lantern otter');
    return flow;
  }
}

it('goes from e-mail to an open session', async () => {
  const tab = new Tab([STARTED, VERIFIED, COMPLETED]);
  const flow = tab.load();
  expect(flow.step).toBe('email');
  await flow.submitEmail(' Mira@example.org ');
  expect(flow.step).toBe('mail_code');
  await flow.submitMailCode('111111');
  expect([flow.step, flow.verified?.totp.secret]).toEqual(['way', SECRET]);
  flow.choosePasswordWay();
  expect(flow.step).toBe('password');
  flow.choosePassword('lantern otter');
  expect([flow.step, flow.place, flow.count]).toEqual(['authenticator', 3, 5]);
  await flow.complete('222222');
  expect([flow.step, flow.place, flow.trouble]).toEqual(['save', 4, null]);
  expect([tab.load().step, tab.load().place]).toEqual(['save', 4]);
  expect(tab.session.begun).toMatchObject({
    account: { id: 'account', email: 'mira@example.org' },
    salt: 'salt',
    wrapped: { account_id: 'account', epoch: 1, methods: [{ kind: 'password' }, { kind: 'recovery' }] },
  });
  expect(tab.session.unsaved).toEqual({ recoveryKey: 'AAAA-BBBB', backupCodes: CODES });
  expect(await flow.finish(true)).toBe('/');
  expect([tab.session.unsaved, tab.session.staying]).toEqual([null, true]);
});

it('sends proofs, never the password', async () => {
  const tab = new Tab([STARTED, VERIFIED, COMPLETED]);
  await (await tab.toAuthenticator()).complete('222222');
  const { path, body } = tab.asked.at(-1)!;
  expect(path).toBe('/api/auth/signup/complete');
  expect(body).toMatchObject({ signup_token: 'token', totp_code: '222222', transport: 'cookie' });
  expect(JSON.stringify(tab.asked)).not.toContain('"lantern otter"');
});

it.each([
  ['nothing in the wallet', { available: 0, held: 0 }, true],
  ['the first credits', { available: 1000, held: 0 }, false],
  ['no answer', new TypeError('Failed to fetch'), false],
])('knows whether the account starts without credits: %s', async (_, answer, without) => {
  const flow = await new Tab([STARTED, VERIFIED, COMPLETED, answer]).toAuthenticator();
  await flow.complete('222222');
  await flow.lookAtCredits();
  expect(flow.withoutCredits).toBe(without);
});

describe('refusals', () => {
  it('leave the person where they were', async () => {
    const tab = new Tab([
      refuse(503, 'mail_not_sent'),
      STARTED,
      refuse(401, 'wrong_code'),
      VERIFIED,
      refuse(401, 'wrong_code'),
    ]);
    const flow = tab.load();
    await flow.submitEmail('mira@example.org');
    expect([flow.step, flow.trouble?.code]).toEqual(['email', 'mail_not_sent']);
    await flow.submitEmail('mira@example.org');
    await flow.submitMailCode('000000');
    expect([flow.step, flow.trouble?.code]).toEqual(['mail_code', 'wrong_code']);
    await flow.submitMailCode('111111');
    flow.choosePasswordWay();
    flow.choosePassword('lantern otter');
    await flow.complete('000000');
    expect([flow.step, flow.trouble?.code, flow.doing]).toEqual(['authenticator', 'wrong_code', null]);
  });

  it('make the keys once, however often a code is wrong', async () => {
    const tab = new Tab([STARTED, VERIFIED, refuse(401, 'wrong_code'), COMPLETED]);
    const flow = await tab.toAuthenticator();
    await flow.complete('000000');
    await flow.complete('222222');
    expect([flow.step, tab.made.length]).toEqual(['save', 1]);
  });

  it('begin again when it took too long', async () => {
    const tab = new Tab([STARTED, VERIFIED, refuse(410, 'step_expired')]);
    const flow = await tab.toAuthenticator();
    await flow.complete('222222');
    expect([flow.step, flow.trouble?.code, flow.verified]).toEqual(['email', 'step_expired', null]);
    expect(tab.load().step).toBe('email');
  });

  it('ask for the password again if the device could not make keys', async () => {
    const tab = new Tab([STARTED, VERIFIED]);
    const flow = tab.load();
    await flow.submitEmail('mira@example.org');
    await flow.submitMailCode('111111');
    flow.choosePassword('no memory');
    await flow.complete('222222');
    expect([flow.step, flow.trouble?.code]).toEqual(['password', 'keys_not_made']);
  });
});

describe('going back', () => {
  it('leads from the code to another address, and from the authenticator to another password', async () => {
    const flow = await new Tab([STARTED, VERIFIED]).toAuthenticator();
    flow.back();
    expect(flow.step).toBe('password');
    flow.back();
    expect(flow.step).toBe('way');
    const other = new Tab([STARTED]).load();
    await other.submitEmail('mira@example.org');
    other.back();
    expect([other.step, other.email]).toEqual(['email', 'mira@example.org']);
  });
});

describe('a page loaded anew', () => {
  it('waits for the mailed code still', async () => {
    const tab = new Tab([STARTED, VERIFIED]);
    await tab.load().submitEmail('mira@example.org');
    const flow = tab.load();
    expect([flow.step, flow.email, flow.resumed]).toEqual(['mail_code', 'mira@example.org', true]);
    await flow.submitMailCode('111111');
    expect(tab.asked.at(-1)!.body).toEqual({ signup_id: 'signup', code: '111111' });
  });

  it('needs only the password again after the mailed code', async () => {
    const tab = new Tab([STARTED, VERIFIED, COMPLETED]);
    await tab.toAuthenticator();
    const flow = tab.load();
    expect([flow.step, flow.resumed]).toEqual(['way', true]);
    flow.choosePassword('another one');
    await flow.complete('222222');
    expect(tab.asked.at(-1)!.body).toMatchObject({
      signup_token: 'token',
      keys: { password: { auth: 'auth another one' } },
    });
  });

  it('begins again when the server has forgotten', async () => {
    const tab = new Tab([STARTED]);
    await tab.load().submitEmail('mira@example.org');
    tab.now = 600_001;
    expect(tab.load().step).toBe('email');
  });

  it('shows what is unsaved, and nothing of the way there', async () => {
    const tab = new Tab([STARTED, VERIFIED, COMPLETED]);
    await (await tab.toAuthenticator()).complete('222222');
    expect(tab.load().step).toBe('save');
  });
});

describe('a lost reply', () => {
  it('signs in with the keys at hand: the recovery key holds, only the backup codes are lost', async () => {
    const tab = new Tab([
      STARTED,
      VERIFIED,
      new TypeError('network'),
      refuse(410, 'step_expired'),
      { login_id: 'login', account_id: 'account', kdf_profile: 1, salt: 'salt' },
      { missing: ['totp'] },
      { session: SESSION, keys: KEYS },
    ]);
    const flow = await tab.toAuthenticator();
    await flow.complete('222222');
    expect([flow.step, flow.trouble?.code]).toEqual(['authenticator', 'offline']);
    await flow.complete('333333');
    expect(flow.step).toBe('save');
    expect(tab.session.unsaved).toEqual({ recoveryKey: 'AAAA-BBBB', backupCodes: [] });
    expect(tab.asked.at(-1)!.body).toMatchObject({ login_id: 'login', code: '333333' });
    expect(tab.asked.at(-2)!.body).toEqual({ login_id: 'login', auth: 'auth lantern otter' });
    // Where new ones are made.
    expect(await flow.finish(false)).toBe('/settings/account');
  });

  it('is just tried again if the request never arrived', async () => {
    const tab = new Tab([STARTED, VERIFIED, new TypeError('network'), COMPLETED]);
    const flow = await tab.toAuthenticator();
    await flow.complete('222222');
    await flow.complete('333333');
    expect(tab.session.unsaved?.backupCodes).toEqual(CODES);
  });

  it('tells if it was the time that ran out after all', async () => {
    const tab = new Tab([
      STARTED,
      VERIFIED,
      new TypeError('network'),
      refuse(410, 'step_expired'),
      { login_id: 'login', account_id: 'decoy', kdf_profile: 1, salt: 'salt' },
      refuse(401, 'wrong_credentials'),
    ]);
    const flow = await tab.toAuthenticator();
    await flow.complete('222222');
    await flow.complete('333333');
    expect([flow.step, flow.trouble?.code]).toEqual(['email', 'step_expired']);
  });
});

describe('with a passkey', () => {
  it('there is no password and no authenticator, and what was derived is never sent', async () => {
    const tab = new Tab([STARTED, VERIFIED, OPTIONS, COMPLETED]);
    const flow = await tab.toWay();
    expect([flow.place, flow.count]).toEqual([3, 5]);
    await flow.completeByPasskey();
    expect([flow.step, flow.trouble]).toEqual(['save', null]);
    expect(tab.asked.at(-1)).toMatchObject({
      path: '/api/auth/signup/complete',
      body: { passkey: { challenge_id: 'challenge', registration: REGISTRATION } },
    });
    expect(tab.asked.at(-1)!.body).not.toHaveProperty('totp_code');
    expect(JSON.stringify(tab.asked)).not.toContain('derived');
    expect(tab.session.begun).toMatchObject({
      wrapped: {
        methods: [{ kind: 'passkey', credential_id: 'id', transports: ['usb'] }, { kind: 'recovery' }],
      },
    });
    expect(tab.session.unsaved).toEqual({ recoveryKey: 'AAAA-BBBB', backupCodes: CODES });
  });

  it('asks once more where creation derived nothing, and refuses one that never does', async () => {
    const tab = new Tab([STARTED, VERIFIED, OPTIONS, COMPLETED]);
    tab.outputs = [null, 'derived'];
    const flow = await tab.toWay();
    await flow.completeByPasskey();
    expect(flow.step).toBe('save');
    const other = new Tab([STARTED, VERIFIED, OPTIONS]);
    other.outputs = [null, null];
    const refused = await other.toWay();
    await refused.completeByPasskey();
    expect([refused.step, refused.trouble?.code]).toEqual(['way', 'passkey_no_key']);
  });

  it('signs in with it if the reply was lost, and still shows the recovery key', async () => {
    const expired = refuse(410, 'step_expired');
    const loggedIn = { session: SESSION, keys: KEYS };
    const tab = new Tab([STARTED, VERIFIED, OPTIONS, new Error('lost'), expired, OPTIONS, loggedIn]);
    const flow = await tab.toWay();
    await flow.completeByPasskey();
    expect([flow.step, flow.trouble?.code]).toEqual(['way', 'offline']);
    await flow.completeByPasskey();
    expect([flow.step, flow.trouble]).toEqual(['save', null]);
    expect(tab.session.unsaved).toEqual({ recoveryKey: 'AAAA-BBBB', backupCodes: [] });
  });
});
