// What goes out with a message: its sealed record, the history that fits, and the keys of one answer.
import { answerKeys, cacheKey, type ChatKey } from '$lib/crypto';
import { toBase64url } from '$lib/wire/base64url';
import { ancestryOf } from './branches';
import type { ChatState } from './apply';
import { characters } from './problems';
import type { TurnState } from './turn';

export interface Said {
  role: 'user' | 'assistant';
  text: string;
}

/** The fields of the action `ask`, and the body of POST /turns. */
export interface Question {
  turn_id: string;
  chat_id: string;
  generation: number;
  message: string;
  history: 'cached' | Said[];
  answer_public_key: string;
  cache_key: string;
  record: string;
  parent?: { turn_id: string; hash: string };
  chat_key?: string;
  mate?: string;
  temporary?: true;
}

/** A browser can't cut a message into frames, and a frame may hold 32 KB. */
const SOCKET_BYTES = 30 * 1024;
const HISTORY_TURNS = 20;
const HISTORY_CHARACTERS = 48_000;

export async function makeQuestion(
  state: ChatState,
  turn: TurnState,
  key: ChatKey,
  extras: { mate: string | null; chatKey: string | null; temporary: boolean },
): Promise<Question> {
  const { publicKey } = await answerKeys(key);
  return {
    turn_id: turn.id,
    chat_id: turn.chatId,
    generation: key.generation,
    message: turn.text,
    history: historyOf(state, turn.parentId),
    answer_public_key: toBase64url(publicKey),
    cache_key: toBase64url(await cacheKey(key)),
    record: turn.record ?? '',
    ...(turn.parentId !== null && turn.parentHash !== null
      ? { parent: { turn_id: turn.parentId, hash: turn.parentHash } }
      : {}),
    ...(extras.chatKey === null ? {} : { chat_key: extras.chatKey }),
    ...(extras.mate === null ? {} : { mate: extras.mate }),
    ...(extras.temporary ? { temporary: true as const } : {}),
  };
}

export type Way = { by: 'socket'; question: Question } | { by: 'http'; question: Question };

/** With its history over the socket if that fits; else with the server's cache if it may hold this branch; else over HTTP. */
export function wayFor(question: Question, mayBeCached: boolean): Way {
  if (fitsSocket(question)) return { by: 'socket', question };
  const cached: Question = { ...question, history: 'cached' };
  if (mayBeCached && fitsSocket(cached)) return { by: 'socket', question: cached };
  return { by: 'http', question };
}

function fitsSocket(question: Question): boolean {
  const text = JSON.stringify({ action: 'ask', ...question });
  return text.length <= SOCKET_BYTES && new TextEncoder().encode(text).length <= SOCKET_BYTES;
}

/** The last whole turns of this branch that the server takes; what has no answer leaves nothing to go on from. */
export function historyOf(state: ChatState, parentId: string | null): Said[] {
  const answered = ancestryOf(state, parentId).filter((turn) => turn.answer !== null && turn.text !== '');
  const said: Said[] = [];
  let room = HISTORY_CHARACTERS;
  for (const turn of answered.slice(-HISTORY_TURNS).reverse()) {
    const answer = turn.answer?.text ?? '';
    room -= characters(turn.text) + characters(answer);
    if (room < 0) break;
    said.unshift({ role: 'user', text: turn.text }, { role: 'assistant', text: answer });
  }
  return said;
}
