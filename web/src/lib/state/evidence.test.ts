// The server's last answers, kept for whoever looks into a lie: as they came, but for what lets somebody in.
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { Api } from './api';

const AT = new Date('2026-11-23T17:00:00Z');

async function told(answers: object[]) {
  const api = new Api(async () => new Response(JSON.stringify(answers.shift())));
  while (answers.length > 0) await api.get(v.unknown(), `/account/keys?left=${answers.length}`);
  const report = JSON.parse(api.evidence.report('wrong_key', AT)) as {
    answers: { request: string; answer: unknown }[];
  };
  return report;
}

it('holds what the server said, with the code of what was wrong', async () => {
  const keys = { epoch: 2, methods: [{ secret: 'an envelope', master: 'another' }] };
  expect(await told([keys])).toEqual({
    code: 'wrong_key',
    at: AT.toISOString(),
    answers: [{ request: 'GET /account/keys?left=1', answer: keys }],
  });
});

it('holds nothing that lets somebody in', async () => {
  const { answers } = await told([{ session: { token: 't' }, keys: { epoch: 1 }, email: 'm@x.example' }]);
  expect(answers[0]?.answer).toEqual({ keys: { epoch: 1 } });
});

it('holds the last ones only', async () => {
  const { answers } = await told(Array.from({ length: 40 }, (_, epoch) => ({ epoch })));
  expect(answers).toHaveLength(16);
  expect(answers.at(-1)?.answer).toEqual({ epoch: 39 });
});
