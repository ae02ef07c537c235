// Seals a foreign or exported chat anew as one of this account, and stores it in parts; what was stored is pulled back and opened.
import {
  hashOf,
  makeChatKey,
  makeUuid7,
  sealAnswer,
  sealDetails,
  sealMessage,
  type Bytes,
  type ChatKey,
} from '$lib/crypto';
import type { ImportedChat } from '$lib/state/model';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { Sync } from './sync';

type ImportedTurn = ImportedChat['turns'][number];

/** As the server takes it: records of at most 128 KB, twenty turns at once. */
const PART = 20;
const NOTHING = new Uint8Array(0);

interface SealedTurn {
  turn_id: string;
  parent?: { turn_id: string; hash: string };
  created_at: number;
  message?: string;
  answer?: string;
  outcome: 'answered' | 'stopped' | 'deleted';
  mate?: string;
  model?: string;
  finish?: 'complete' | 'length' | 'stopped';
  answered_at?: number;
}

export async function importChat(sync: Sync, chat: ImportedChat): Promise<void> {
  const { account, clock, api } = sync.parts;
  const { master } = sync;
  const id = makeUuid7(clock.now());
  const { key, envelope } = await makeChatKey({ account, chat: id, master });
  const { title, pinned, folder } = chat;
  const details = await sealDetails(key, { revision: 1, details: { title, pinned, folder } });
  const whole = {
    generation: key.generation,
    chat_key: toBase64url(envelope),
    created_at: chat.createdAt,
    active_at: chat.activeAt,
    details: toBase64url(details),
  };
  const turns = await sealAll(key, chat.turns);
  for (let at = 0; at === 0 || at < turns.length; at += PART) {
    await api.post(null, `/chats/${id}/import`, { ...whole, turns: turns.slice(at, at + PART) });
  }
  await sync.refresh.fetch(id);
  const live = sync.open(id);
  await live.load();
  await sync.refresh.chat(live);
  sync.release(live);
}

/** Parents before their children, each bound to its parent's record as it is sealed here. */
async function sealAll(key: ChatKey, turns: readonly ImportedTurn[]): Promise<SealedTurn[]> {
  const hashes = new Map<string, string>();
  const sealed: SealedTurn[] = [];
  for (const turn of [...turns].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const parentHash = turn.parentId === null ? undefined : hashes.get(turn.parentId);
    const { row, hash } = await sealTurn(key, turn, parentHash);
    hashes.set(turn.id, hash);
    sealed.push(row);
  }
  return sealed;
}

async function sealTurn(
  key: ChatKey,
  turn: ImportedTurn,
  parentHash: string | undefined,
): Promise<{ row: SealedTurn; hash: string }> {
  const parent =
    turn.parentId === null || parentHash === undefined
      ? {}
      : { parent: { turn_id: turn.parentId, hash: parentHash } };
  const place = { turn_id: turn.id, created_at: turn.createdAt, ...parent };
  const bound: Bytes = parentHash === undefined ? NOTHING : fromBase64url(parentHash);
  const message = await sealMessage(key, { turn: turn.id, text: turn.text, parent: bound });
  const messageHash = toBase64url(await hashOf(message));
  // What had been deleted or could not be read holds its place in the chain, and no more.
  if (turn.text === '' && turn.answer === null)
    return { row: { ...place, outcome: 'deleted' }, hash: messageHash };
  const asked = { ...place, message: toBase64url(message) };
  if (turn.answer === null) return { row: { ...asked, outcome: 'stopped' }, hash: messageHash };
  const said = {
    text: turn.answer,
    mate: turn.mate ?? '',
    model: turn.model ?? '',
    finish: turn.finish ?? 'complete',
  };
  const answer = await sealAnswer(key, { turn: turn.id, message, answer: said });
  const row: SealedTurn = {
    ...asked,
    answer: toBase64url(answer),
    outcome: 'answered',
    finish: said.finish,
    answered_at: turn.answeredAt ?? turn.createdAt,
    ...(turn.mate === null ? {} : { mate: turn.mate }),
    ...(turn.model === null ? {} : { model: turn.model }),
  };
  return { row, hash: toBase64url(await hashOf(answer)) };
}
