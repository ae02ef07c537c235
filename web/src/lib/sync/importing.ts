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
import { ApiError } from '$lib/state/api_error';
import type { ImportedChat, Waits } from '$lib/state/model';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { Sync } from './sync';

type ImportedTurn = ImportedChat['turns'][number];

/** As the server takes it: twenty turns at once, and less than its 2 MB in all. */
const MOST_TURNS = 20;
const MOST_CHARACTERS = 1_800_000;
/** When the network is away nobody says how long. */
const SOON = 5;
const NOTHING = new Uint8Array(0);

export interface SealedTurn {
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

/** All of it or nothing: what was stored before `wait` rejected or a part was refused is deleted again, once the server can be reached. */
export async function importChat(sync: Sync, chat: ImportedChat, wait: Waits): Promise<void> {
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
  const parts = inParts(await sealAll(key, chat.turns));
  try {
    for (const turns of parts) {
      await patiently(wait, () => api.post(null, `/chats/${id}/import`, { ...whole, turns }));
    }
  } catch (error) {
    const due = clock.now();
    await api.delete(null, `/chats/${id}`).catch(() => sync.errand({ kind: 'remove', chatId: id, due }));
    throw error;
  }
  await sync.refresh.fetch(id);
  const live = sync.open(id);
  await sync.holding(live, async () => {
    await live.load();
    await sync.refresh.chat(live);
  });
}

/** A part that is sent twice is stored once, so whatever passes is waited for. */
async function patiently(wait: Waits, request: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await request();
      return;
    } catch (error) {
      if (!(error instanceof ApiError && error.passing)) throw error;
      await wait(error.retryAfter ?? SOON);
    }
  }
}

/** At least one, for a chat may be empty. */
export function inParts(turns: readonly SealedTurn[]): SealedTurn[][] {
  const parts: SealedTurn[][] = [[]];
  let characters = 0;
  for (const turn of turns) {
    const more = JSON.stringify(turn).length;
    const part = parts.at(-1)!;
    if (part.length > 0 && (part.length === MOST_TURNS || characters + more > MOST_CHARACTERS)) {
      parts.push([turn]);
      characters = more;
    } else {
      part.push(turn);
      characters += more;
    }
  }
  return parts;
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
