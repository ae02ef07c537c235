// A fresh proof, asked for when the server wants one; what was wanted goes on after it, or nothing happens.
import { describe, expect, it } from 'vitest';
import { Api } from './api';
import type { Secret } from './session.svelte';
import { StepUp, type StepUpParts } from './step_up.svelte';

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const PASSWORD: Secret = { kind: 'password', text: 'four calm herons' };
const WRAPPED = {
  account_id: 'account',
  epoch: 1,
  methods: [],
  signing: { public_key: '', private: '' },
  statement: { epoch: 1, commitment: '', previous: '', signature: '' },
  links: [],
};

/** A server that wants a proof, and takes the code 123456. */
function server() {
  const asked: string[] = [];
  let proved = false;
  const refuse = (status: number, code: string) =>
    new Response(JSON.stringify({ code, title: code, status, next_step: '' }), { status });
  const api = new Api(async (path, init) => {
    asked.push(path);
    const body = JSON.parse(String(init.body ?? '{}')) as { code?: string };
    if (path === '/api/account/keys') return new Response(JSON.stringify(WRAPPED));
    if (path === '/api/account/step-up') {
      if (body.code === '000000') return refuse(401, 'wrong_code');
      if (body.code === '999999') return refuse(401, 'wrong_credentials');
      proved = true;
      return new Response(JSON.stringify({ proved_until: 300 }));
    }
    return proved ? new Response(null, { status: 204 }) : refuse(403, 'step_up_needed');
  });
  return { api, asked };
}

const masters: Uint8Array[] = [];
function stepUpAt(api: Api, phase: { account: { id: string; email: string } | null }) {
  const session = {
    ...phase,
    proofOf: async ({ text }: Secret) => ({ auth: bytes(text), kek: text as unknown as CryptoKey }),
    lowestEpoch: async () => 1,
  };
  const unlock = async ({ kek }: { kek: unknown }) => {
    if (kek !== PASSWORD.text) throw Object.assign(new Error(), { reason: 'wrong_key' });
    const masterBytes = bytes('master');
    masters.push(masterBytes);
    return { master: { epoch: 1, key: 'key' }, signingPublicKey: bytes('public'), masterBytes };
  };
  return new StepUp({
    api,
    session,
    crypto: async () => ({ unlock }),
    now: () => 0,
  } as unknown as StepUpParts);
}

function someone() {
  const { api, asked } = server();
  const stepUp = stepUpAt(api, { account: { id: 'account', email: 'ada@example.org' } });
  return { api, asked, stepUp };
}

describe('a fresh proof', () => {
  it('is asked for only if the server wants one, and then the action is done once more', async () => {
    const { api, asked, stepUp } = someone();
    const done = stepUp.run(() => api.post(null, '/account/backup-codes'));
    await settled();
    expect(stepUp.asking).toBe(true);
    await stepUp.submit(PASSWORD, ' 123456 ');
    expect(await done).toBeNull();
    expect(stepUp.asking).toBe(false);
    expect(asked).toEqual(['/api/account/backup-codes', '/api/account/step-up', '/api/account/backup-codes']);
    await stepUp.run(() => api.post(null, '/account/backup-codes'));
    expect(asked).toHaveLength(4);
  });

  it('leaves everything as it was if the person would rather not', async () => {
    const { api, asked, stepUp } = someone();
    const refused = expect(stepUp.run(() => api.post(null, '/account/x'))).rejects.toMatchObject({
      code: 'not_proved',
    });
    await settled();
    stepUp.cancel();
    await refused;
    expect(asked).toEqual(['/api/account/x']);
    expect(stepUp.asking).toBe(false);
  });

  it('is asked for again after a slip, in the words of what was wrong', async () => {
    const { api, stepUp } = someone();
    const done = stepUp.run(() => api.post(null, '/account/x'));
    await settled();
    await stepUp.submit(PASSWORD, '000000');
    expect(stepUp.trouble?.code).toBe('wrong_code');
    await stepUp.submit(PASSWORD, '999999');
    expect(stepUp.trouble?.code).toBe('wrong_password');
    expect(stepUp.asking).toBe(true);
    await stepUp.submit(PASSWORD, '123456');
    await done;
    expect(stepUp.trouble).toBeNull();
  });

  it('is asked for once by two that need it', async () => {
    const { api, asked, stepUp } = someone();
    const both = Promise.all([
      stepUp.run(() => api.post(null, '/account/x')),
      stepUp.run(() => api.post(null, '/account/y')),
    ]);
    await settled();
    expect(stepUp.opensKeys).toBe(false);
    await stepUp.submit(PASSWORD, '123456');
    await both;
    expect(asked.filter((path) => path === '/api/account/step-up')).toHaveLength(1);
  });

  it('other failures are not asked about', async () => {
    const { stepUp } = someone();
    await expect(stepUp.run(() => Promise.reject(new Error('else')))).rejects.toThrow('else');
    expect(stepUp.asking).toBe(false);
  });

  it('gives the bytes of the master key for as long as they are needed, and wipes them', async () => {
    const { asked, stepUp } = someone();
    const seen = stepUp.withMaster(async ({ account, masterBytes }) => [account, [...masterBytes]]);
    expect(stepUp.opensKeys).toBe(true);
    await stepUp.submit(PASSWORD, '123456');
    expect(await seen).toEqual(['account', [...bytes('master')]]);
    expect(asked).toEqual(['/api/account/step-up', '/api/account/keys']);
    expect(masters.at(-1)!.every((byte) => byte === 0)).toBe(true);
    const failed = stepUp.withMaster(() => Promise.reject(new Error('else')));
    await stepUp.submit(PASSWORD, '123456');
    await expect(failed).rejects.toThrow('else');
    expect(masters.at(-1)!.every((byte) => byte === 0)).toBe(true);
  });

  it('keys that do not open are told as such', async () => {
    const { stepUp } = someone();
    const refused = expect(stepUp.withMaster(async () => null)).rejects.toMatchObject({
      code: 'wrong_recovery_key',
    });
    await stepUp.submit({ kind: 'recovery', text: 'another' }, '123456');
    await refused;
  });
});
