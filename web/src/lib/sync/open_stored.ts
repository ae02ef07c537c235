// Pulled turns become facts: records opened in their place, and each message's parent checked by its hash.
import { hashOf, openMessage, type Bytes } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { TurnReply } from '$lib/wire/http';
import type { ChatKeys } from './chat_keys';
import type { Answer, Fact, Outcome, Stored, Trouble } from './facts';
import { Envelopes, readAnswer, readSuggestions } from './open_events';
import { isSettled, type TurnState } from './turn';
import { tryToOpen } from './untrusted';

export type StoredFact = Extract<Fact, { type: 'stored' }>;

/** As the server sends a turn; `message` is gone once it was deleted. */
export type PulledTurn = Omit<TurnReply, 'message'> & { message: string | null };

const NOTHING = new Uint8Array(0);
const OUTCOMES: readonly string[] = [
  'asked',
  'answered',
  'refused',
  'failed',
  'stopped',
  'withheld',
  'deleted',
] satisfies Outcome[];

/** Opens what opens; null if `known` already says all that the server has. */
export async function openStored(
  turn: PulledTurn,
  keys: ChatKeys,
  envelopes: Envelopes,
  known: TurnState | undefined,
): Promise<StoredFact | null> {
  const message = turn.message === null ? null : decoded(turn.message);
  const answer = turn.answer === null ? null : decoded(turn.answer);
  const messageHash = message && toBase64url(await hashOf(message));
  if (known && (await saysAll(known, turn, messageHash, answer))) return null;
  if (message) envelopes.keepMessage(turn.turn_id, message);
  if (answer) envelopes.keepAnswer(turn.turn_id, answer);
  const trouble: Trouble = { message: null, answer: null, suggestions: null };
  const outcome = readOutcome(turn.outcome);
  const fact: Stored = {
    parentId: turn.parent?.turn_id ?? null,
    parentHash: turn.parent?.hash ?? null,
    createdAt: turn.created_at,
    text: null,
    record: turn.message,
    messageHash,
    outcome,
    code: turn.code,
    answer: null,
    suggestions: null,
    credits: turn.credits,
    trouble,
  };
  if (outcome !== 'deleted') await openRecords(fact, turn, keys, message, answer);
  return { ...fact, type: 'stored', turnId: turn.turn_id, chatId: turn.chat_id };
}

async function openRecords(
  fact: Stored,
  turn: PulledTurn,
  keys: ChatKeys,
  message: Bytes | null,
  answer: Bytes | null,
): Promise<void> {
  const { trouble } = fact;
  const note = async <T>(record: keyof Trouble, opener: () => Promise<T>): Promise<T | null> => {
    const result = await tryToOpen(opener);
    if ('opened' in result) return result.opened;
    trouble[record] ??= result.reason;
    return null;
  };
  if (message === null) trouble.message = 'message_missing';
  else fact.text = await note('message', () => readMessage(keys, turn, message));
  if (message && answer) {
    const at = turn.answered_at ?? turn.created_at;
    fact.answer = await note<Answer>('answer', () => readAnswer(keys, turn.turn_id, answer, message, at));
  } else if (fact.outcome === 'answered') {
    trouble.answer = 'answer_missing';
  }
  const { suggestions } = turn;
  if (fact.answer && answer && suggestions !== null) {
    fact.suggestions = await note('suggestions', () =>
      readSuggestions(keys, turn.turn_id, suggestions, answer),
    );
  }
}

/** The hash a message was sealed with is that of its parent's answer, or of its message if the answer was still to come. */
export function parentTrouble(fact: StoredFact, parent: TurnState | undefined): string | null {
  if (fact.parentId === null || fact.outcome === 'deleted') return null;
  if (!parent?.known) return 'parent_missing';
  if (parent.id >= fact.turnId) return 'before_its_parent';
  // What was taken back or deleted is no longer there to be hashed; what did not open was told of already.
  if (parent.withheld || parent.deleted || parent.trouble.answer || parent.trouble.message) return null;
  const allowed = [parent.answer?.hash, parent.messageHash];
  return allowed.includes(fact.parentHash ?? '') ? null : 'chain_broken';
}

async function readMessage(keys: ChatKeys, turn: PulledTurn, envelope: Bytes): Promise<string> {
  const parent = turn.parent ? fromBase64url(turn.parent.hash) : NOTHING;
  return openMessage(await keys.ofRecord(envelope), { turn: turn.turn_id, envelope, parent });
}

async function saysAll(
  known: TurnState,
  turn: PulledTurn,
  messageHash: string | null,
  answer: Bytes | null,
): Promise<boolean> {
  if (!known.stored) return false;
  if (turn.outcome === 'deleted') return known.deleted;
  if (known.trouble.message || known.trouble.answer || known.trouble.suggestions) return false;
  const answerHash = answer && toBase64url(await hashOf(answer));
  return (
    known.messageHash === messageHash &&
    known.parentId === (turn.parent?.turn_id ?? null) &&
    known.parentHash === (turn.parent?.hash ?? null) &&
    (known.answer?.hash ?? null) === answerHash &&
    (known.suggestions !== null || turn.suggestions === null) &&
    (known.charge !== null || turn.credits === null) &&
    (turn.code === null || known.annotation !== null || known.ended !== null || known.withheld !== null) &&
    (known.withheld !== null) === (turn.outcome === 'withheld') &&
    isSettled(known) === (turn.outcome !== 'asked')
  );
}

/** What is no base64url is no envelope either: it fails to open, and is told of as such. */
function decoded(text: string): Bytes {
  try {
    return fromBase64url(text);
  } catch {
    return NOTHING;
  }
}

function readOutcome(text: string): Outcome {
  return OUTCOMES.includes(text) ? (text as Outcome) : 'asked';
}
