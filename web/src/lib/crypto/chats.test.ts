// Whatever text a record holds, it comes back the same; what no other reader could read is refused before it is sealed.
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import * as chats from './chats';
import { utf8, type Bytes } from './bytes';
import { openLocal, sealLocal } from './local';
import { hashOf, randomBytes } from './keys';
import { deviceKey, importMasterKey, type MasterKey } from './masters';
import { pad, seal, sealTo, unpad, type Place } from './envelope';
import { reasonOf } from './testing/refusals';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const chat = 'b5cdd6f1-3991-76d3-81ea-8fba08134b1c';
const turn = '711cdc11-9f5f-7243-849b-edd8ae32e7ef';
const parent = new Uint8Array(0);
const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const anyId = fc.uuid();

let master: MasterKey;
let key: chats.ChatKey;
let wrappedKey: Bytes;

beforeAll(async () => {
  master = await importMasterKey(randomBytes(32), 3);
  ({ key, envelope: wrappedKey } = await chats.makeChatKey({ account, chat, master }));
});

test('a chat key opens to the one that was made', async () => {
  const again = await chats.openChatKey({ account, chat, generation: 1, master, envelope: wrappedKey });
  expect(await chats.cacheKey(again)).toEqual(await chats.cacheKey(key));
  expect((await chats.answerKeys(again)).publicKey).toEqual((await chats.answerKeys(key)).publicKey);
  expect(again.key.extractable).toBe(false);
});

test('the answer keys are made once for each chat key', async () => {
  expect(await chats.answerKeys(key)).toBe(await chats.answerKeys(key));
});

test('messages', async () => {
  const record = fc.record({ turn: anyId, text: anyText, parent: fc.uint8Array({ maxLength: 32 }) });
  await fc.assert(
    fc.asyncProperty(record, async (given) => {
      const message = { ...given, parent: new Uint8Array(given.parent) };
      const envelope = await chats.sealMessage(key, message);
      expect(await chats.openMessage(key, { ...message, envelope })).toBe(given.text);
    }),
  );
});

test('answers, with the suggestions that hang on them', async () => {
  const message = await chats.sealMessage(key, { turn, text: 'Hi', parent });
  const anyAnswer = fc.record({ text: anyText, mate: anyText, model: anyText, finish: anyText });
  await fc.assert(
    fc.asyncProperty(anyAnswer, fc.array(anyText, { maxLength: 6 }), async (answer, suggestions) => {
      const envelope = await chats.sealAnswer(key, { turn, message, answer });
      expect(await chats.openAnswer(key, { turn, message, envelope })).toEqual(answer);
      const more = await chats.sealSuggestions(key, { turn, answer: envelope, suggestions });
      expect(await chats.openSuggestions(key, { turn, answer: envelope, envelope: more })).toEqual(
        suggestions,
      );
    }),
    { numRuns: 20 },
  );
});

test('titles', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (title) => {
      expect(await chats.openTitle(key, await chats.sealTitle(key, title))).toBe(title);
    }),
    { numRuns: 20 },
  );
});

test('details', async () => {
  const anyDetails = fc.record({
    title: fc.option(anyText),
    pinned: fc.boolean(),
    folder: fc.option(anyText),
  });
  await fc.assert(
    fc.asyncProperty(anyDetails, fc.integer({ min: 1, max: 0xffffffff }), async (details, revision) => {
      const envelope = await chats.sealDetails(key, { revision, details });
      expect(await chats.openDetails(key, { revision, envelope })).toEqual(details);
    }),
  );
});

test('rows on this device', async () => {
  const device = await deviceKey(master);
  await fc.assert(
    fc.asyncProperty(anyText, fc.jsonValue(), async (name, content) => {
      const exact: unknown = JSON.parse(JSON.stringify(content));
      expect(await openLocal(device, name, await sealLocal(device, name, content))).toEqual(exact);
    }),
  );
});

test('many records open at the same time', async () => {
  const message = await chats.sealMessage(key, { turn, text: 'Hi', parent });
  const answers = Array.from({ length: 20 }, (_, at) => ({
    text: `${at}`,
    mate: 'm',
    model: 'm',
    finish: 'complete',
  }));
  const sealed = await Promise.all(answers.map((answer) => chats.sealAnswer(key, { turn, message, answer })));
  const opened = await Promise.all(
    sealed.map((envelope) => chats.openAnswer(key, { turn, message, envelope })),
  );
  expect(opened).toEqual(answers);
});

test('padding reaches the next 64 bytes and comes off again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (given) => {
      const content = new Uint8Array(given);
      const padded = pad(content);
      expect(padded.length % 64).toBe(0);
      expect(padded.length - content.length - 4).toBeLessThan(64);
      expect(unpad(padded)).toEqual(content);
    }),
  );
});

test('two seals of one text differ', async () => {
  const message = { turn, text: 'Hi', parent };
  expect(await chats.sealMessage(key, message)).not.toEqual(await chats.sealMessage(key, message));
});

test('half a surrogate pair is refused before it is sealed', async () => {
  const broken = 'half a pair \udc00';
  const message = await chats.sealMessage(key, { turn, text: 'Hi', parent });
  const answer = { text: broken, mate: 'm', model: 'm', finish: 'complete' };
  const attempts = [
    () => chats.sealMessage(key, { turn, text: broken, parent }),
    () => chats.sealAnswer(key, { turn, message, answer }),
    () => chats.sealTitle(key, broken),
    () => chats.sealSuggestions(key, { turn, answer: message, suggestions: ['fine', broken] }),
    () => chats.sealDetails(key, { revision: 1, details: { title: null, pinned: false, folder: broken } }),
  ];
  for (const attempt of attempts) expect(await reasonOf(attempt())).toBe('not_text');
});

test.each([
  '',
  'no JSON',
  '[]',
  'null',
  '"text"',
  '{}',
  '{"text":1}',
  '{"text":null}',
  '\u{feff}{"text":"a"}',
])('a message whose content is %j is refused', async (content) => {
  const place: Place = { namespace: 'message', account, scope: chat, record: turn, epoch: 1 };
  const envelope = await seal(key.key, place, utf8(content));
  expect(await reasonOf(chats.openMessage(key, { turn, envelope, parent }))).toBe('bad_content');
});

test('a message that is no UTF-8 is refused', async () => {
  const place: Place = { namespace: 'message', account, scope: chat, record: turn, epoch: 1 };
  const envelope = await seal(key.key, place, new Uint8Array([...utf8('{"text":"'), 0xff, ...utf8('"}')]));
  expect(await reasonOf(chats.openMessage(key, { turn, envelope, parent }))).toBe('bad_content');
});

test.each([
  '{"title":null,"pinned":false}',
  '{"title":1,"pinned":false,"folder":null}',
  '{"title":null,"pinned":0,"folder":null}',
])('details whose content is %j are refused', async (content) => {
  const place: Place = { namespace: 'details', account, scope: chat, record: chat, epoch: 1 };
  const envelope = await seal(key.key, place, utf8(content));
  expect(await reasonOf(chats.openDetails(key, { revision: 1, envelope }))).toBe('bad_content');
});

test.each(['{"suggestions":"a"}', '{"suggestions":[1]}', '{}'])(
  'suggestions that are %j are refused',
  async (content) => {
    const answer = utf8('an answer');
    const place: Place = {
      namespace: 'suggestions',
      account,
      scope: chat,
      record: turn,
      epoch: 1,
      parent: await hashOf(answer),
    };
    const { publicKey } = await chats.answerKeys(key);
    const envelope = await sealTo(publicKey, place, utf8(content));
    expect(await reasonOf(chats.openSuggestions(key, { turn, envelope, answer }))).toBe('bad_content');
  },
);
