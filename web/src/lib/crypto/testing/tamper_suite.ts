// What a hostile server may try with records: every byte bent, cut short, moved elsewhere. All of it must be refused.
import { describe, expect, test } from 'vitest';
import * as chats from '../chats';
import { utf8, type Bytes } from '../bytes';
import { hashOf, randomBytes } from '../keys';
import { deviceKey, importMasterKey, type MasterKey } from '../masters';
import { openLocal, sealLocal } from '../local';
import { reasonOf } from './refusals';

const ACCOUNT = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const CHAT = 'b5cdd6f1-3991-76d3-81ea-8fba08134b1c';
const TURN = '711cdc11-9f5f-7243-849b-edd8ae32e7ef';
const OTHER = '0193aaaa-0000-7000-8000-000000000000';

/** One sealed record, and how to open bytes as that record, or as one that belongs elsewhere. */
interface Case {
  name: string;
  envelope: Bytes;
  open(envelope: Bytes): Promise<unknown>;
  elsewhere: Record<string, () => Promise<unknown>>;
}

function flipped(envelope: Bytes, at: number, bit: number): Bytes {
  const bent = envelope.slice();
  bent[at] = (bent[at] ?? 0) ^ (1 << bit);
  return bent;
}

async function messageCase(key: chats.ChatKey, otherKey: chats.ChatKey): Promise<Case> {
  const parent = await hashOf(utf8('the parent'));
  const envelope = await chats.sealMessage(key, { turn: TURN, text: 'Hi', parent });
  const record = { turn: TURN, envelope, parent };
  const as = (changes: Partial<chats.ChatKey>) => () => chats.openMessage({ ...key, ...changes }, record);
  return {
    name: 'a message',
    envelope,
    open: (bytes) => chats.openMessage(key, { ...record, envelope: bytes }),
    elsewhere: {
      'another account': as({ account: OTHER }),
      'another chat': as({ chat: OTHER }),
      'another generation': as({ generation: 2 }),
      'no generation at all': as({ generation: Number.NaN }),
      'another chat key': () => chats.openMessage(otherKey, record),
      'another turn': () => chats.openMessage(key, { ...record, turn: OTHER }),
      'another parent': () => chats.openMessage(key, { ...record, parent: randomBytes(32) }),
      'no parent': () => chats.openMessage(key, { ...record, parent: new Uint8Array(0) }),
      details: () => chats.openDetails(key, { revision: 1, envelope }),
      'an answer': () => chats.openAnswer(key, { turn: TURN, envelope, message: envelope }),
    },
  };
}

async function answerCase(key: chats.ChatKey, otherKey: chats.ChatKey): Promise<Case> {
  const message = await chats.sealMessage(key, { turn: TURN, text: 'Hi', parent: new Uint8Array(0) });
  const twin = await chats.sealMessage(key, { turn: TURN, text: 'Hi', parent: new Uint8Array(0) });
  const answer = { text: 'Ho', mate: 'cook', model: 'small', finish: 'complete' };
  const envelope = await chats.sealAnswer(key, { turn: TURN, message, answer });
  const record = { turn: TURN, envelope, message };
  const as = (changes: Partial<chats.ChatKey>) => () => chats.openAnswer({ ...key, ...changes }, record);
  return {
    name: 'an answer',
    envelope,
    open: (bytes) => chats.openAnswer(key, { ...record, envelope: bytes }),
    elsewhere: {
      'another account': as({ account: OTHER }),
      'another chat': as({ chat: OTHER }),
      'another generation': as({ generation: 2 }),
      'another chat key': () => chats.openAnswer(otherKey, record),
      'another turn': () => chats.openAnswer(key, { ...record, turn: OTHER }),
      'another message': () => chats.openAnswer(key, { ...record, message: twin }),
      'a title': () => chats.openTitle(key, envelope),
      suggestions: () => chats.openSuggestions(key, { turn: TURN, envelope, answer: message }),
      'a message': () => chats.openMessage(key, { turn: TURN, envelope, parent: new Uint8Array(0) }),
    },
  };
}

async function detailsCase(key: chats.ChatKey, otherKey: chats.ChatKey): Promise<Case> {
  const details = { title: 'T', pinned: true, folder: null };
  const envelope = await chats.sealDetails(key, { revision: 3, details });
  return {
    name: 'details',
    envelope,
    open: (bytes) => chats.openDetails(key, { revision: 3, envelope: bytes }),
    elsewhere: {
      'an older revision': () => chats.openDetails(key, { revision: 2, envelope }),
      'a newer revision': () => chats.openDetails(key, { revision: 4, envelope }),
      'a revision that is no number': () => chats.openDetails(key, { revision: -1, envelope }),
      'another chat key': () => chats.openDetails(otherKey, { revision: 3, envelope }),
      'a message': () => chats.openMessage(key, { turn: CHAT, envelope, parent: new Uint8Array(0) }),
    },
  };
}

async function chatKeyCase(master: MasterKey, otherMaster: MasterKey): Promise<Case> {
  const { envelope } = await chats.makeChatKey({ account: ACCOUNT, chat: CHAT, master });
  const record = { account: ACCOUNT, chat: CHAT, generation: 1, master, envelope };
  return {
    name: 'a chat key',
    envelope,
    open: (bytes) => chats.openChatKey({ ...record, envelope: bytes }),
    elsewhere: {
      'another account': () => chats.openChatKey({ ...record, account: OTHER }),
      'another chat': () => chats.openChatKey({ ...record, chat: OTHER }),
      'another generation': () => chats.openChatKey({ ...record, generation: 2 }),
      'another epoch': () => chats.openChatKey({ ...record, master: { ...master, epoch: 2 } }),
      'another master key': () => chats.openChatKey({ ...record, master: otherMaster }),
    },
  };
}

async function localCase(master: MasterKey, otherMaster: MasterKey): Promise<Case> {
  const key = await deviceKey(master);
  const otherKey = await deviceKey(otherMaster);
  const bytes = await sealLocal(key, 'turns/1', { text: 'Hi' });
  return {
    name: 'a row on this device',
    envelope: bytes,
    open: (given) => openLocal(key, 'turns/1', given),
    elsewhere: {
      'another name': () => openLocal(key, 'turns/2', bytes),
      'another device key': () => openLocal(otherKey, 'turns/1', bytes),
    },
  };
}

async function cases(): Promise<Case[]> {
  const master = await importMasterKey(randomBytes(32), 1);
  const otherMaster = await importMasterKey(randomBytes(32), 1);
  const { key } = await chats.makeChatKey({ account: ACCOUNT, chat: CHAT, master });
  const { key: otherKey } = await chats.makeChatKey({ account: ACCOUNT, chat: CHAT, master });
  return Promise.all([
    messageCase(key, otherKey),
    answerCase(key, otherKey),
    detailsCase(key, otherKey),
    chatKeyCase(master, otherMaster),
    localCase(master, otherMaster),
  ]);
}

export async function testTampering(): Promise<void> {
  describe.each(await cases())('$name', ({ envelope, open, elsewhere }) => {
    test('opens as it was sealed', async () => {
      await expect(open(envelope)).resolves.toBeDefined();
    });

    test('with a bit flipped in any of its bytes is refused', { timeout: 60_000 }, async () => {
      for (let at = 0; at < envelope.length; at += 1) {
        expect(await reasonOf(open(flipped(envelope, at, at % 8)))).not.toBe('');
      }
    });

    test('cut short anywhere is refused', { timeout: 60_000 }, async () => {
      for (let length = 0; length < envelope.length; length += 1) {
        expect(await reasonOf(open(envelope.slice(0, length)))).not.toBe('');
      }
    });

    test('made longer is refused', async () => {
      for (const more of [1, 16, 64]) {
        const longer = new Uint8Array([...envelope, ...new Uint8Array(more)]);
        expect(await reasonOf(open(longer))).not.toBe('');
      }
    });

    test.each(Object.entries(elsewhere))('opened as %s is refused', async (_, attempt) => {
      expect(await reasonOf(attempt())).not.toBe('');
    });
  });
}
