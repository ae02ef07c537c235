// The REST calls: what is sent, how failures come back, and that work waits for a person to sign in again.
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Api, ApiError } from './api';
import { Waiting } from './waiting';

const Answer = v.object({ value: v.number() });
const json = (status: number, content: unknown) => new Response(JSON.stringify(content), { status });
const problem = (status: number, code: string, extra = {}) =>
  json(status, { code, title: `${code}.`, status, next_step: 'Do something.', request_id: 'r', ...extra });

class Server {
  requests: { path: string; init: RequestInit }[] = [];
  constructor(private answers: (Response | Error)[]) {}
  readonly fetch = async (path: string, init: RequestInit) => {
    this.requests.push({ path, init });
    const answer = this.answers.shift()!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
}
const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('it worked'),
    (error: unknown) => error as ApiError,
  );

describe('a call', () => {
  it('sends JSON to the one origin and checks the answer', async () => {
    const server = new Server([json(200, { value: 7, unknown: 'tolerated' })]);
    expect(await new Api(server.fetch).post(Answer, '/things', { a: 1 })).toEqual({ value: 7 });
    const { path, init } = server.requests[0]!;
    expect([path, init.method, init.body]).toEqual(['/api/things', 'POST', '{"a":1}']);
  });

  it('has no answer where none is expected', async () => {
    const server = new Server([new Response(null, { status: 204 })]);
    expect(await new Api(server.fetch).delete(null, '/things/1')).toBeNull();
  });

  it('carries on what a problem says', async () => {
    const server = new Server([problem(429, 'too_many_tries', { retry_after: 30 })]);
    const error = await failure(new Api(server.fetch).get(Answer, '/things'));
    expect(error).toMatchObject({
      code: 'too_many_tries',
      nextStep: 'Do something.',
      retryAfter: 30,
      status: 429,
    });
    expect(error.passing).toBe(true);
  });

  it.each([
    ['no network', new TypeError('Failed to fetch'), 'offline'],
    ['an answer of another shape', json(200, { value: 'seven' }), 'unexpected_answer'],
    ['no JSON', new Response('<html>'), 'unexpected_answer'],
    [
      'a failure that is no problem document',
      new Response('Bad gateway', { status: 502 }),
      'unexpected_answer',
    ],
  ])('tells %s', async (_, answer, code) => {
    expect((await failure(new Api(new Server([answer]).fetch).get(Answer, '/things'))).code).toBe(code);
  });
});

describe('an ended session', () => {
  it('lets the call wait, and then go on', async () => {
    const server = new Server([problem(401, 'not_signed_in'), json(200, { value: 1 })]);
    const api = new Api(server.fetch);
    const signedIn = new Waiting();
    const asked = new Promise<void>((resolve) =>
      api.whenExpired(() => {
        resolve();
        return signedIn.wait();
      }),
    );
    const call = api.put(Answer, '/things', {});
    await asked;
    expect(server.requests).toHaveLength(1);
    signedIn.done();
    expect(await call).toEqual({ value: 1 });
    expect(server.requests).toHaveLength(2);
  });

  it('fails the call if the person would rather not', async () => {
    const api = new Api(new Server([problem(401, 'not_signed_in')]).fetch);
    api.whenExpired(() =>
      Promise.reject(new ApiError({ code: 'not_signed_in', title: '', nextStep: '', status: 401 })),
    );
    expect((await failure(api.get(Answer, '/things'))).code).toBe('not_signed_in');
  });

  it('is an error at once if it has ended again right after', async () => {
    const server = new Server([problem(401, 'not_signed_in'), problem(401, 'not_signed_in')]);
    const api = new Api(server.fetch);
    api.whenExpired(() => Promise.resolve());
    expect((await failure(api.get(Answer, '/things'))).code).toBe('not_signed_in');
  });

  it('is not what a wrong password means', async () => {
    const api = new Api(new Server([problem(401, 'wrong_credentials')]).fetch);
    api.whenExpired(() => expect.fail('asked to sign in'));
    expect((await failure(api.post(Answer, '/auth/login/password', {}))).code).toBe('wrong_credentials');
  });
});

describe('the signature of this device', () => {
  const dpop = ({ init }: { init: RequestInit }) => (init.headers as Record<string, string>)['dpop'];
  const handing = (nonce: string, answer: Response) => {
    answer.headers.set('dpop-nonce', nonce);
    return answer;
  };
  const nothing = () => problem(404, 'not_found');
  const signing = (server: Server) => {
    const api = new Api(server.fetch);
    api.signBy(async (account, { method, path, nonce }) => `${account} ${method} ${path} ${nonce}`);
    return api;
  };

  it('is given to the request that needs it, and only there', async () => {
    const needed = problem(401, 'device_proof_needed', { nonce: 'n1' });
    const server = new Server([needed, json(200, { value: 7 }), json(200, { value: 8 })]);
    const api = signing(server);
    expect(await api.post(Answer, '/account/step-up')).toEqual({ value: 7 });
    await api.get(Answer, '/things');
    expect(server.requests.map(dpop)).toEqual([undefined, 'null POST /account/step-up n1', undefined]);
  });

  it('is not given twice', async () => {
    const needed = () => problem(401, 'device_proof_needed', { nonce: 'n' });
    const server = new Server([needed(), needed()]);
    const error = await failure(signing(server).post(Answer, '/account/step-up'));
    expect(error.code).toBe('device_proof_needed');
    expect(server.requests).toHaveLength(2);
  });

  it('is given at once where each opening needs it: what to sign is asked for, or an answer has brought it', async () => {
    const server = new Server([
      handing('n1', new Response(null, { status: 204 })),
      handing('n2', json(200, { value: 7 })),
      handing('n3', json(200, { value: 8 })),
    ]);
    const api = signing(server);
    await api.post(Answer, '/auth/ticket');
    await api.postOnce(Answer, '/auth/session/rotate');
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/api/auth/nonce',
      '/api/auth/ticket',
      '/api/auth/session/rotate',
    ]);
    expect(server.requests.map(dpop)).toEqual([
      undefined,
      'null POST /auth/ticket n1',
      'null POST /auth/session/rotate n2',
    ]);
  });

  it('is fetched ahead where it is expected', async () => {
    const server = new Server([handing('n1', new Response(null, { status: 204 })), json(200, { value: 7 })]);
    const api = signing(server);
    api.expectSigning();
    api.expectSigning();
    await api.post(Answer, '/auth/ticket');
    expect(server.requests.map(dpop)).toEqual([undefined, 'null POST /auth/ticket n1']);
  });

  it('comes after a refusal if there was nothing to sign', async () => {
    const needed = problem(401, 'device_proof_needed', { nonce: 'n1' });
    const server = new Server([nothing(), needed, json(200, { value: 7 })]);
    expect(await signing(server).post(Answer, '/auth/ticket')).toEqual({ value: 7 });
    expect(server.requests.map(dpop)).toEqual([undefined, undefined, 'null POST /auth/ticket n1']);
  });

  it('stands over the step of a sign-in at once', async () => {
    const server = new Server([json(200, { value: 7 })]);
    await signing(server).post(Answer, '/auth/login/totp', {}, { account: 'ada', id: 'login' });
    expect(server.requests.map(dpop)).toEqual(['ada POST /auth/login/totp login']);
  });

  it('of another device means signing in again', async () => {
    const server = new Server([problem(401, 'invalid_device_proof'), json(200, { value: 7 })]);
    const api = signing(server);
    let asked = 0;
    api.whenExpired(async () => void (asked += 1));
    expect(await api.post(Answer, '/account/step-up')).toEqual({ value: 7 });
    expect(asked).toBe(1);
  });
});

it('renews a token that is too old, and then goes on', async () => {
  const server = new Server([problem(401, 'renewal_due'), json(200, { value: 7 })]);
  const api = new Api(server.fetch);
  let renewed = 0;
  api.whenDue(async () => void (renewed += 1));
  expect(await api.get(Answer, '/things')).toEqual({ value: 7 });
  expect(renewed).toBe(1);
});
