// Shows that a lost account ends only by what its owner says at each step, and that what goes wrong leads somewhere.
import { describe, expect, it } from 'vitest';
import { Api } from './api';
import { LostAccount } from './lost_account.svelte';

interface Call {
  path: string;
  body: Record<string, string>;
}

/** A server that gives these replies, one after the other. */
function served(...replies: [status: number, body: unknown][]) {
  const calls: Call[] = [];
  const api = new Api((path, init) => {
    calls.push({ path, body: JSON.parse(String(init.body)) as Call['body'] });
    const [status, body] = replies.shift()!;
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  const kept = new Map<string, string>();
  const tab = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => void kept.set(name, text),
    removeItem: (name: string) => void kept.delete(name),
  };
  let now = 1_000_000;
  const load = () => new LostAccount({ api, tab, now: () => now });
  return { flow: load(), calls, load, passes: (milliseconds: number) => (now += milliseconds) };
}

const ASKED: [number, unknown] = [202, { request_id: 'r1' }];
const ERASURE = 'dd49017a-31bc-765c-86df-51b1b92c3cae';
const NONE = { state: 'none', waiting_seconds: 604_800 };
const WAITING = { state: 'waiting', waiting_seconds: 604_800, ready_at: 7, ends_at: 9 };
const READY = { ...WAITING, state: 'ready' };
const problem = (code: string, status: number, more: object = {}): [number, unknown] => [
  status,
  { code, title: 'Server words.', status, next_step: 'Server step.', ...more },
];

describe('a lost account', () => {
  it('is asked for by mail, looked at, and begins to wait', async () => {
    const { flow, calls } = served(ASKED, [200, NONE], [202, WAITING]);
    await flow.submitEmail(' ada@example.org ');
    expect(flow.step).toBe('mail_code');
    await flow.submitMailCode('123456');
    expect([flow.step, flow.standing?.state, flow.stopped]).toEqual(['standing', 'none', false]);
    await flow.start();
    expect(flow.standing).toMatchObject({ state: 'waiting', ready_at: 7 });
    expect(calls).toEqual([
      { path: '/api/auth/reset', body: { email: 'ada@example.org' } },
      { path: '/api/auth/reset/verify', body: { request_id: 'r1', code: '123456' } },
      { path: '/api/auth/reset/start', body: { request_id: 'r1', code: '123456' } },
    ]);
  });

  it('ends when that is asked for, and says so', async () => {
    const { flow, calls } = served(ASKED, [200, READY], [202, { erasure_id: ERASURE }]);
    await flow.submitEmail('ada@example.org');
    await flow.submitMailCode('123456');
    expect(flow.step).toBe('standing');
    await flow.finish();
    expect([flow.step, flow.erasureId]).toEqual(['gone', ERASURE]);
    expect(calls.at(-1)!.path).toBe('/api/auth/reset/finish');
  });

  it('is ended once more where the reply was lost, and gives the same receipt', async () => {
    const { flow, calls } = served(ASKED, [200, READY], problem('internal', 503), [
      202,
      { erasure_id: ERASURE },
    ]);
    await flow.submitEmail('ada@example.org');
    await flow.submitMailCode('123456');
    await flow.finish();
    expect([flow.step, flow.unheard]).toEqual(['standing', true]);
    await flow.finish();
    expect([flow.step, flow.erasureId]).toEqual(['gone', ERASURE]);
    expect(calls.at(-1)).toEqual(calls.at(-2));
  });

  it('is not known to have ended where the reply was lost and the code is over: the mail tells', async () => {
    const lost = problem('internal', 503);
    const { flow } = served(ASKED, [200, READY], lost, problem('step_expired', 410));
    await flow.submitEmail('ada@example.org');
    await flow.submitMailCode('123456');
    await flow.finish();
    await flow.finish();
    expect([flow.step, flow.trouble?.code, flow.unheard]).toEqual(['email', 'erasure_unheard', false]);
    expect(flow.trouble?.nextStep).toContain('receipt');
  });

  it('stays where it is when somebody has stopped it meanwhile', async () => {
    const { flow } = served(ASKED, [200, READY], problem('reset_not_ready', 409), [200, NONE]);
    await flow.submitEmail('ada@example.org');
    await flow.submitMailCode('123456');
    await flow.finish();
    expect([flow.step, flow.trouble?.code, flow.unheard]).toEqual(['standing', 'reset_not_ready', false]);
    expect(flow.trouble?.title).not.toBe('Server words.');
    await flow.look();
    expect([flow.standing?.state, flow.trouble, flow.stopped]).toEqual(['none', null, true]);
  });

  it('takes another code after a slip, and begins anew when the code is over', async () => {
    const { flow } = served(ASKED, problem('wrong_code', 401), problem('step_expired', 410));
    await flow.submitEmail('ada@example.org');
    await flow.submitMailCode('000000');
    expect([flow.step, flow.trouble?.code]).toEqual(['mail_code', 'wrong_code']);
    await flow.submitMailCode('111111');
    expect([flow.step, flow.trouble?.code]).toEqual(['email', 'step_expired']);
  });

  it('says how long to wait when too many mails were asked for', async () => {
    const { flow } = served(problem('too_many_tries', 429, { retry_after: 60 }));
    await flow.submitEmail('ada@example.org');
    expect([flow.step, flow.trouble?.waitUntil]).toEqual(['email', 1_060_000]);
  });

  it('comes back to where its code is typed when the page is loaded anew, as long as the code counts', async () => {
    const { flow, load, passes, calls } = served(ASKED, [200, NONE]);
    await flow.submitEmail('ada@example.org');
    const again = load();
    expect([again.step, again.email, again.resumed]).toEqual(['mail_code', 'ada@example.org', true]);
    await again.submitMailCode('123456');
    expect([again.step, calls.at(-1)!.body.request_id]).toEqual(['standing', 'r1']);
    passes(1_800_000);
    expect(load().step).toBe('email');
  });

  it('begins anew when the page is loaded after it is over', async () => {
    for (const over of [
      [problem('step_expired', 410)],
      [
        [200, READY],
        [202, { erasure_id: ERASURE }],
      ],
      [
        [200, NONE],
        [202, WAITING],
      ],
    ] as [number, unknown][][]) {
      const { flow, load } = served(ASKED, ...over);
      await flow.submitEmail('ada@example.org');
      await flow.submitMailCode('123456');
      if (flow.standing?.state === 'ready') await flow.finish();
      else if (flow.standing) await flow.start();
      expect(load().step).toBe('email');
    }
  });

  it('takes the code that was mailed last when no further mail is sent, of this address alone', async () => {
    const refusal = problem('too_many_tries', 429, { retry_after: 60 });
    const { flow } = served(ASKED, refusal, refusal, [200, NONE]);
    await flow.submitEmail('ada@example.org');
    flow.back();
    await flow.submitEmail('bert@example.org');
    expect(flow.step).toBe('email');
    await flow.submitEmail('ada@example.org');
    expect([flow.step, flow.trouble?.code]).toEqual(['mail_code', 'too_many_tries']);
    await flow.submitMailCode('123456');
    expect(flow.step).toBe('standing');
  });
});
