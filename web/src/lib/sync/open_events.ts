// Live events become facts: what is sealed is opened in its place, and the server's words become reasons.
import { hashOf, openAnswer, openSuggestions, type Bytes } from '$lib/crypto';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { Event } from '$lib/wire/events';
import type { ChatKeys } from './chat_keys';
import { reasonOf, type Answer, type Fact, type Finish, type Reason } from './facts';
import { tryToOpen, Untrusted } from './untrusted';

/** The envelopes that a turn's later records are bound to, while they are needed. */
export class Envelopes {
  #messages = new Map<string, Bytes>();
  #answers = new Map<string, Bytes>();

  keepMessage(turnId: string, envelope: Bytes): void {
    this.#messages.set(turnId, envelope);
  }

  keepAnswer(turnId: string, envelope: Bytes): void {
    this.#answers.set(turnId, envelope);
  }

  message(turnId: string): Bytes | null {
    return this.#messages.get(turnId) ?? null;
  }

  answer(turnId: string): Bytes | null {
    return this.#answers.get(turnId) ?? null;
  }

  forget(turnId: string): void {
    this.#messages.delete(turnId);
    this.#answers.delete(turnId);
  }
}

export type TurnEvent = Extract<Event, { turn_id: string; chat_id: string }>;

/** `missing`: what it is bound to is not here; storage has both. */
export async function openEvent(
  event: TurnEvent,
  keys: ChatKeys,
  envelopes: Envelopes,
): Promise<Fact | 'missing' | null> {
  if (event.type === 'answer_finished') return openFinished(event, keys, envelopes);
  if (event.type === 'suggestions_made') return openSuggested(event, keys, envelopes);
  return readPlain(event);
}

type Finished = Extract<Event, { type: 'answer_finished' }>;
type Suggested = Extract<Event, { type: 'suggestions_made' }>;

async function openFinished(
  event: Finished,
  keys: ChatKeys,
  envelopes: Envelopes,
): Promise<Fact | 'missing'> {
  const message = envelopes.message(event.turn_id);
  if (!message) return 'missing';
  const ids = { turnId: event.turn_id, chatId: event.chat_id };
  const result = await tryToOpen(async () => {
    const envelope = fromBase64url(event.answer);
    const answer = await readAnswer(keys, event.turn_id, envelope, message, event.answered_at);
    envelopes.keepAnswer(event.turn_id, envelope);
    return answer;
  });
  if ('reason' in result) return { ...ids, type: 'unreadable', record: 'answer', reason: result.reason };
  return { ...ids, type: 'finished', answer: result.opened };
}

async function openSuggested(
  event: Suggested,
  keys: ChatKeys,
  envelopes: Envelopes,
): Promise<Fact | 'missing'> {
  const answer = envelopes.answer(event.turn_id);
  if (!answer) return 'missing';
  const ids = { turnId: event.turn_id, chatId: event.chat_id };
  const result = await tryToOpen(() => readSuggestions(keys, event.turn_id, event.suggestions, answer));
  if ('reason' in result) return { ...ids, type: 'unreadable', record: 'suggestions', reason: result.reason };
  return { ...ids, type: 'suggested', suggestions: result.opened };
}

/** Facts of events that hold nothing sealed; null for what tells nothing of the turn itself. */
export function readPlain(event: TurnEvent): Fact | null {
  const ids = { turnId: event.turn_id, chatId: event.chat_id };
  switch (event.type) {
    case 'turn_accepted':
      return { ...ids, type: 'accepted' };
    case 'credits_reserved':
      return { ...ids, type: 'reserved', credits: event.credits };
    case 'message_read': {
      const { mate, mate_name: mateName, reason, complexity, model } = event;
      return { ...ids, type: 'read', choice: { mate, mateName, reason, complexity, model } };
    }
    case 'answer_started':
      return { ...ids, type: 'started', attempt: event.attempt, mate: event.mate, model: event.model };
    case 'answer_extended':
      return { ...ids, type: 'extended', attempt: event.attempt, seq: event.seq, delta: event.delta };
    case 'answer_resumed': {
      const { attempt, seq, text, mate, model } = event;
      return { ...ids, type: 'resumed', attempt, seq, text, mate, model };
    }
    case 'answer_annotated':
      return { ...ids, type: 'annotated', code: event.code };
    case 'answer_withheld':
      return { ...ids, type: 'withheld', reason: reasonOf(event.code, { message: event.message }) };
    case 'turn_charged': {
      const { credits, input_tokens: inputTokens, output_tokens: outputTokens } = event;
      return { ...ids, type: 'charged', credits, inputTokens, outputTokens };
    }
    case 'turn_refused':
      return { ...ids, type: 'refused', reason: readReason(event) };
    case 'turn_failed':
      return { ...ids, type: 'failed', reason: readReason(event) };
    case 'turn_stopped':
      return { ...ids, type: 'stopped' };
    default:
      return null;
  }
}

export function readReason(told: {
  code: string;
  message: string;
  next_step: string;
  missing_credits?: number | null;
  retry_after?: number | null;
}): Reason {
  return reasonOf(told.code, {
    message: told.message,
    nextStep: told.next_step,
    missingCredits: told.missing_credits ?? null,
    retryAfter: told.retry_after ?? null,
  });
}

/** What is sealed with the answer counts, not what the server says beside it. */
export async function readAnswer(
  keys: ChatKeys,
  turn: string,
  envelope: Bytes,
  message: Bytes,
  answeredAt: number,
): Promise<Answer> {
  const opened = await openAnswer(await keys.ofRecord(envelope), { turn, envelope, message });
  const { text, mate, model } = opened;
  const hash = toBase64url(await hashOf(envelope));
  return { text, mate, model, finish: readFinish(opened.finish), answeredAt, hash };
}

export async function readSuggestions(
  keys: ChatKeys,
  turn: string,
  suggestions: string,
  answer: Bytes,
): Promise<string[]> {
  const envelope = fromBase64url(suggestions);
  return openSuggestions(await keys.ofRecord(envelope), { turn, envelope, answer });
}

function readFinish(finish: string): Finish {
  if (finish === 'complete' || finish === 'length' || finish === 'stopped') return finish;
  throw new Untrusted('bad_content');
}
