// A chat's key and the records under it: messages, answers, titles, follow-ups and details.
import { NOTHING, wipe, type Bytes } from './bytes';
import { exactText, readJson, readText, readTexts, writeJson, type Json } from './content';
import { openSealed, openWith, seal, sealTo, type Namespace, type Place } from './envelope';
import { CryptoError } from './errors';
import { derive, hashOf, importKey, KEY_BYTES, randomBytes } from './keys';
import type { MasterKey } from './masters';
import { keyPair, type KeyPair } from './xwing';

const FIRST_GENERATION = 1;

export interface ChatKey {
  readonly account: string;
  readonly chat: string;
  readonly generation: number;
  /** HKDF, not extractable. */
  readonly key: CryptoKey;
}

/** The public half travels with each message; the server seals to it and cannot open again. */
export type AnswerKeys = KeyPair;

export interface Answer {
  text: string;
  mate: string;
  model: string;
  finish: string;
}

/** What a person set on a chat. A title here stands before the one the server made. */
export interface Details {
  title: string | null;
  pinned: boolean;
  folder: string | null;
}

/** Of a chat that begins, or of the generation that its writing goes on with. */
export async function makeChatKey(of: {
  account: string;
  chat: string;
  master: MasterKey;
  generation?: number;
}): Promise<{ key: ChatKey; envelope: Bytes }> {
  const bytes = randomBytes(KEY_BYTES);
  const generation = of.generation ?? FIRST_GENERATION;
  const place = chatKeyPlace(of.account, of.chat, generation, of.master.epoch);
  const envelope = await seal(of.master.key, place, bytes);
  const key = await importKey(bytes);
  wipe(bytes);
  return { key: { account: of.account, chat: of.chat, generation, key }, envelope };
}

export async function openChatKey(of: {
  account: string;
  chat: string;
  generation: number;
  master: MasterKey;
  envelope: Bytes;
}): Promise<ChatKey> {
  const { account, chat, generation, master } = of;
  const bytes = await openWith(
    master.key,
    chatKeyPlace(account, chat, generation, master.epoch),
    of.envelope,
  );
  if (bytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  const key = await importKey(bytes);
  wipe(bytes);
  return { account, chat, generation, key };
}

/** The same key under another master key. */
export async function rewrapChatKey(of: {
  account: string;
  chat: string;
  generation: number;
  old: MasterKey;
  master: MasterKey;
  envelope: Bytes;
}): Promise<Bytes> {
  const { account, chat, generation, old, master } = of;
  const bytes = await openWith(old.key, chatKeyPlace(account, chat, generation, old.epoch), of.envelope);
  if (bytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  const envelope = await seal(master.key, chatKeyPlace(account, chat, generation, master.epoch), bytes);
  wipe(bytes);
  return envelope;
}

const answerKeysOf = new WeakMap<ChatKey, Promise<AnswerKeys>>();

/** Made once for each chat key: expanding the seed is the dear part. */
export async function answerKeys(chatKey: ChatKey): Promise<AnswerKeys> {
  let made = answerKeysOf.get(chatKey);
  if (!made) {
    made = makeAnswerKeys(chatKey);
    answerKeysOf.set(chatKey, made);
    // A failure is not kept: the code for it may not have been loaded.
    made.catch(() => answerKeysOf.delete(chatKey));
  }
  return made;
}

async function makeAnswerKeys(chatKey: ChatKey): Promise<AnswerKeys> {
  const seed = await derive(chatKey.key, 'sealmate v1 answer');
  const pair = await keyPair(seed);
  wipe(seed);
  return pair;
}

export async function cacheKey(chatKey: ChatKey): Promise<Bytes> {
  return derive(chatKey.key, 'sealmate v1 cache');
}

/** `parent` is the hash of the parent's record; empty for a chat's first message. */
export async function sealMessage(
  chatKey: ChatKey,
  message: { turn: string; text: string; parent: Bytes },
): Promise<Bytes> {
  const content = writeJson({ text: exactText(message.text) });
  return seal(chatKey.key, placeOf(chatKey, 'message', message.turn, message.parent), content);
}

export async function openMessage(
  chatKey: ChatKey,
  record: { turn: string; envelope: Bytes; parent: Bytes },
): Promise<string> {
  const place = placeOf(chatKey, 'message', record.turn, record.parent);
  return readText(readJson(await openWith(chatKey.key, place, record.envelope)), 'text');
}

/** `message` is the whole envelope of the turn's message. */
export async function sealAnswer(
  chatKey: ChatKey,
  record: { turn: string; message: Bytes; answer: Answer },
): Promise<Bytes> {
  const { text, mate, model, finish } = record.answer;
  const content = { text: exactText(text), mate: exactText(mate), model: exactText(model), finish };
  return sealRecord(chatKey, placeOf(chatKey, 'answer', record.turn, await hashOf(record.message)), content);
}

export async function openAnswer(
  chatKey: ChatKey,
  record: { turn: string; envelope: Bytes; message: Bytes },
): Promise<Answer> {
  const place = placeOf(chatKey, 'answer', record.turn, await hashOf(record.message));
  const answer = await openRecord(chatKey, place, record.envelope);
  return {
    text: readText(answer, 'text'),
    mate: readText(answer, 'mate'),
    model: readText(answer, 'model'),
    finish: readText(answer, 'finish'),
  };
}

export async function sealTitle(chatKey: ChatKey, title: string): Promise<Bytes> {
  return sealRecord(chatKey, placeOf(chatKey, 'title', chatKey.chat), { title: exactText(title) });
}

export async function openTitle(chatKey: ChatKey, envelope: Bytes): Promise<string> {
  return readText(await openRecord(chatKey, placeOf(chatKey, 'title', chatKey.chat), envelope), 'title');
}

/** `answer` is the whole envelope of the turn's answer. */
export async function sealSuggestions(
  chatKey: ChatKey,
  record: { turn: string; answer: Bytes; suggestions: readonly string[] },
): Promise<Bytes> {
  const place = placeOf(chatKey, 'suggestions', record.turn, await hashOf(record.answer));
  return sealRecord(chatKey, place, { suggestions: record.suggestions.map(exactText) });
}

export async function openSuggestions(
  chatKey: ChatKey,
  record: { turn: string; envelope: Bytes; answer: Bytes },
): Promise<string[]> {
  const place = placeOf(chatKey, 'suggestions', record.turn, await hashOf(record.answer));
  return readTexts(await openRecord(chatKey, place, record.envelope), 'suggestions');
}

/** The revision is sealed in, so an older one cannot be handed out as the newest. */
export async function sealDetails(
  chatKey: ChatKey,
  record: { revision: number; details: Details },
): Promise<Bytes> {
  const { title, pinned, folder } = record.details;
  const content = { title: title && exactText(title), pinned, folder: folder && exactText(folder) };
  return seal(chatKey.key, detailsPlace(chatKey, record.revision), writeJson(content));
}

export async function openDetails(
  chatKey: ChatKey,
  record: { revision: number; envelope: Bytes },
): Promise<Details> {
  const place = detailsPlace(chatKey, record.revision);
  const { title, pinned, folder } = readJson(await openWith(chatKey.key, place, record.envelope));
  if (!isTextOrNull(title) || typeof pinned !== 'boolean' || !isTextOrNull(folder)) {
    throw new CryptoError('bad_content');
  }
  return { title, pinned, folder };
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

async function sealRecord(chatKey: ChatKey, place: Place, content: Json): Promise<Bytes> {
  const { publicKey } = await answerKeys(chatKey);
  return sealTo(publicKey, place, writeJson(content));
}

async function openRecord(chatKey: ChatKey, place: Place, envelope: Bytes): Promise<Json> {
  return readJson(await openSealed(await answerKeys(chatKey), place, envelope));
}

function placeOf(chatKey: ChatKey, namespace: Namespace, record: string, parent: Bytes = NOTHING): Place {
  const { account, chat, generation } = chatKey;
  return { namespace, account, scope: chat, record, epoch: generation, parent };
}

function detailsPlace(chatKey: ChatKey, revision: number): Place {
  return { ...placeOf(chatKey, 'details', chatKey.chat), version: revision };
}

function chatKeyPlace(account: string, chat: string, generation: number, epoch: number): Place {
  return { namespace: 'chat_key', account, scope: chat, record: chat, epoch, version: generation };
}
