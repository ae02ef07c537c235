// Signing in against a server that answers as docs/protocol.md says; keys are faked.
import type * as Crypto from '$lib/crypto';
import { describe, expect, it } from 'vitest';
import { Api } from './api';
import { SignIn } from './sign_in.svelte';

const NOW = 50_000;
const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const base64url = (text: string) => btoa(text).replace(/=+$/, '');

const crypto = {
  derivePassword: async (of: { password: string }) => ({
    auth: bytes(`auth ${of.password}`),
    kek: of.password,
  }),
  readRecoveryKey: async (typed: string) => {
    if (typed.includes('?')) throw Object.assign(new Error(), { reason: 'bad_recovery_key' });
    return bytes(typed);
  },
  deriveRecovery: async () => ({ auth: bytes('auth of recovery'), kek: 'recovery' }),
  prfInput: async () => bytes('input'),
  verifyOwnManifest: async () => undefined,
  unlock: async (of: { kek: unknown; lowestEpoch: number; account: string; kind: string }) => {
    if (of.lowestEpoch > 1) throw Object.assign(new Error(), { reason: 'epoch_rolled_back' });
    return {
      master: { epoch: 1, key: `${of.kind} of ${of.account}` },
      signingPublicKey: bytes('p'),
      masterBytes: bytes('m'),
    };
  },
} as unknown as typeof Crypto;

const SIGNED = { credential_id: 'id', client_data: 'said', authenticator_data: 'data', signature: 'signed' };
const WRAPPED = {
  account_id: 'account',
  epoch: 1,
  methods: [],
  signing: { public_key: '', private: '' },
  statement: { epoch: 1, commitment: '', previous: '', signature: '' },
  links: [],
};

type Answers = Record<string, (body: Record<string, unknown>) => object>;
const refuse = (status: number, code: string, extra = {}) => ({
  refused: status,
  code,
  title: code,
  next_step: '',
  status,
  ...extra,
});

/** The server's side; `changed` replaces single answers. */
function server(changed: Answers = {}) {
  const asked: [string, Record<string, unknown>][] = [];
  const answers: Answers = {
    '/api/auth/login': () => ({ login_id: 'login', account_id: 'account', kdf_profile: 1, salt: 'AAAA' }),
    '/api/auth/login/password': () => ({ missing: ['totp'] }),
    '/api/auth/login/totp': () => ({
      session: { session_id: 's', account_id: 'account', rotate_at: 1, expires_at: 2 },
      keys: WRAPPED,
    }),
    '/api/auth/logout': () => ({}),
    ...changed,
  };
  const api = new Api(async (path, init) => {
    const body = JSON.parse(String(init.body ?? '{}')) as Record<string, unknown>;
    asked.push([path, body]);
    const answer = answers[path]!(body) as { refused?: number };
    return new Response(JSON.stringify(answer), { status: answer.refused ?? 200 });
  });
  return { api, asked };
}

function flowWith(changed: Answers = {}, lowestEpoch = 0) {
  const { api, asked } = server(changed);
  const flow = new SignIn({
    api,
    crypto: async () => crypto,
    ceremonies: { show: async () => ({ assertion: SIGNED, credentialId: bytes('id'), output: null }) },
    session: {
      lowestEpoch: async () => lowestEpoch,
      expectNothingOlder: async () => undefined,
      fellBack: false,
    },
    device: 'Chromium on Linux',
    now: () => NOW,
  });
  return { flow, asked };
}
const password = { kind: 'password', text: 'pass' } as const;

describe('signing in', () => {
  it('proves the password, then a code, and opens the keys', async () => {
    const { flow, asked } = flowWith();
    await flow.submitSecret(' Mira@example.org ', password);
    expect([flow.step, flow.trouble, flow.doing]).toEqual(['code', null, null]);
    const signedIn = await flow.submitCode(' 123456 ');
    expect(asked.map(([path, body]) => [path, body])).toEqual([
      ['/api/auth/login', { email: 'Mira@example.org' }],
      ['/api/auth/login/password', { login_id: 'login', auth: base64url('auth pass') }],
      [
        '/api/auth/login/totp',
        { login_id: 'login', code: '123456', device: 'Chromium on Linux', transport: 'cookie' },
      ],
    ]);
    expect(signedIn).toMatchObject({
      account: { id: 'account', email: 'mira@example.org' },
      salt: 'AAAA',
      opened: { master: { key: 'password of account' } },
    });
  });

  it('never sends the password', async () => {
    const { flow, asked } = flowWith();
    await flow.submitSecret('mira@example.org', { kind: 'password', text: 'lantern otter' });
    expect(JSON.stringify(asked)).not.toContain('lantern otter');
  });

  it('works with the recovery key, whose slips cost no try', async () => {
    const { flow, asked } = flowWith();
    await flow.submitSecret('mira@example.org', { kind: 'recovery', text: 'WRONG?' });
    expect([flow.trouble?.code, asked]).toEqual(['bad_recovery_key', []]);
    await flow.submitSecret('mira@example.org', { kind: 'recovery', text: 'RIGHT' });
    expect(asked[1]![1]).toMatchObject({ auth: base64url('auth of recovery') });
    expect((await flow.submitCode('123456'))?.opened.master.key).toBe('recovery of account');
  });

  it('lets nobody send twice while something goes on', async () => {
    const { flow, asked } = flowWith();
    await Promise.all([
      flow.submitSecret('a@b.example', password),
      flow.submitSecret('a@b.example', password),
    ]);
    expect(asked.filter(([path]) => path === '/api/auth/login')).toHaveLength(1);
  });
});

describe('a security key', () => {
  const answers: Answers = {
    '/api/auth/login/password': () => ({ missing: ['totp', 'security_key'] }),
    '/api/auth/login/security-key/options': () => ({ challenge_id: 'challenge', options: {} }),
    '/api/auth/login/security-key': () => ({
      session: { session_id: 's', account_id: 'account', rotate_at: 1, expires_at: 2 },
      keys: WRAPPED,
    }),
  };

  it('completes the sign-in where the server takes one', async () => {
    const { flow, asked } = flowWith(answers);
    await flow.submitSecret('mira@example.org', password);
    expect(flow.missing).toEqual(['totp', 'security_key']);
    expect((await flow.submitSecurityKey())?.opened.master.key).toBe('password of account');
    expect(asked.at(-1)).toEqual([
      '/api/auth/login/security-key',
      {
        login_id: 'login',
        challenge_id: 'challenge',
        assertion: SIGNED,
        device: 'Chromium on Linux',
        transport: 'cookie',
      },
    ]);
  });

  it('that is refused leaves the password proved, in its own words', async () => {
    const { flow } = flowWith({
      ...answers,
      '/api/auth/login/security-key': () => refuse(401, 'wrong_credentials'),
    });
    await flow.submitSecret('mira@example.org', password);
    expect(await flow.submitSecurityKey()).toBeNull();
    expect([flow.step, flow.trouble?.code]).toEqual(['code', 'passkey_unknown']);
  });
});

describe('refusals', () => {
  it('stay at the step, and say how long to wait', async () => {
    const { flow } = flowWith({
      '/api/auth/login/password': () => refuse(429, 'too_many_tries', { retry_after: 30 }),
    });
    await flow.submitSecret('mira@example.org', password);
    expect(flow.step).toBe('secret');
    expect(flow.trouble).toMatchObject({ code: 'too_many_tries', waitUntil: NOW + 30_000 });
  });

  it('of a code leave the password proved', async () => {
    let tries = 0;
    const { flow } = flowWith({
      '/api/auth/login/totp': () =>
        (tries += 1) === 1
          ? refuse(401, 'wrong_code')
          : {
              session: { session_id: 's', account_id: 'account', rotate_at: 1, expires_at: 2 },
              keys: WRAPPED,
            },
    });
    await flow.submitSecret('mira@example.org', password);
    expect([await flow.submitCode('000000'), flow.step, flow.trouble?.code]).toEqual([
      null,
      'code',
      'wrong_code',
    ]);
    expect(await flow.submitCode('111111')).not.toBeNull();
    expect(flow.trouble).toBeNull();
  });

  it('after ten minutes lead back to the password', async () => {
    const { flow } = flowWith({ '/api/auth/login/totp': () => refuse(410, 'step_expired') });
    await flow.submitSecret('mira@example.org', password);
    await flow.submitCode('123456');
    expect([flow.step, flow.trouble?.code]).toEqual(['secret', 'step_expired']);
  });

  it('of an old recovery key speak of that, and not of a password', async () => {
    const { flow } = flowWith({ '/api/auth/login/password': () => refuse(401, 'wrong_credentials') });
    await flow.submitSecret('mira@example.org', { kind: 'recovery', text: 'RIGHT' });
    expect(flow.trouble?.title).toBe("E-mail and recovery key don't match.");
    expect(flow.trouble?.nextStep).not.toMatch(/use your recovery key/i);
  });

  it('say the same of an unknown e-mail as of a wrong password', async () => {
    const wrong = { '/api/auth/login/password': () => refuse(401, 'wrong_credentials') };
    const [known, unknown] = [flowWith(wrong).flow, flowWith(wrong).flow];
    await known.submitSecret('mira@example.org', password);
    await unknown.submitSecret('nobody@example.org', password);
    expect(known.trouble).toEqual(unknown.trouble);
    expect(known.trouble?.untrusted).toBe(false);
  });
});

it('ends the new session if the keys were rolled back', async () => {
  const { flow, asked } = flowWith({}, 2);
  await flow.submitSecret('mira@example.org', password);
  expect(await flow.submitCode('123456')).toBeNull();
  expect(flow.trouble).toMatchObject({ code: 'epoch_rolled_back', untrusted: true });
  expect(asked.at(-1)![0]).toBe('/api/auth/logout');
});
