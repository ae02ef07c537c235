// One turn as facts make it: every fact is set once or grows, so that order, repetition and loss make no difference in the end.
import type { Answer, Choice, Fact, Reason, Stored, Trouble } from './facts';

export interface Stream {
  attempt: number;
  seq: number;
  text: string;
  mate: string | null;
  model: string | null;
  /** Deltas that came before their predecessors, by seq. */
  early: Readonly<Record<number, string>>;
}

export interface TurnState {
  id: string;
  chatId: string;
  parentId: string | null;
  parentHash: string | null;
  createdAt: number;
  /** The message itself is known, not only what became of it. */
  known: boolean;
  text: string;
  /** The mate that was asked for, on this device. */
  wanted: string | null;
  record: string | null;
  messageHash: string | null;
  /** `queued`: in the outbox. `unsent`: refused before it was stored; the text is only here. */
  sending: 'queued' | 'unsent' | null;
  unsentReason: Reason | null;
  accepted: boolean;
  /** As the server keeps it, at least once. */
  stored: boolean;
  reserved: number | null;
  choice: Choice | null;
  stream: Stream;
  answer: Answer | null;
  ended: { outcome: 'refused' | 'failed' | 'stopped'; reason: Reason } | null;
  withheld: Reason | null;
  annotation: 'possible_misuse' | 'unchecked' | null;
  charge: { credits: number; inputTokens: number | null; outputTokens: number | null } | null;
  suggestions: string[] | null;
  trouble: Trouble;
  deleted: boolean;
}

const SILENT: Stream = { attempt: 0, seq: 0, text: '', mate: null, model: null, early: {} };
const SOUND: Trouble = { message: null, answer: null, suggestions: null };

export function newTurn(id: string, chatId: string): TurnState {
  return {
    id,
    chatId,
    parentId: null,
    parentHash: null,
    createdAt: 0,
    known: false,
    text: '',
    wanted: null,
    record: null,
    messageHash: null,
    sending: null,
    unsentReason: null,
    accepted: false,
    stored: false,
    reserved: null,
    choice: null,
    stream: SILENT,
    answer: null,
    ended: null,
    withheld: null,
    annotation: null,
    charge: null,
    suggestions: null,
    trouble: SOUND,
    deleted: false,
  };
}

/** There is an answer, or there will never be one. */
export function isSettled(turn: TurnState): boolean {
  return (
    turn.answer !== null ||
    turn.ended !== null ||
    turn.withheld !== null ||
    turn.trouble.answer !== null ||
    turn.deleted
  );
}

/** There is an answer, for something came that only follows one; its own event was lost. */
export function isOverdue(turn: TurnState): boolean {
  return !isSettled(turn) && (turn.suggestions !== null || turn.charge !== null || turn.annotation !== null);
}

/** Something in between is missing. */
export function hasGap(turn: TurnState): boolean {
  return !isSettled(turn) && Object.keys(turn.stream.early).length > 0;
}

/** Nothing more is to come. */
export function isOver(turn: TurnState): boolean {
  if (turn.ended || turn.deleted) return true;
  if (!isSettled(turn) || turn.charge === null) return false;
  return turn.withheld !== null || turn.suggestions !== null || turn.annotation === 'unchecked';
}

/** The server works on it. */
export function isRunning(turn: TurnState): boolean {
  return turn.accepted && !isSettled(turn);
}

/** As it is kept: what streams by is asked for again. */
export function withoutStream(turn: TurnState): TurnState {
  return { ...turn, stream: SILENT };
}

/** How much is known; a write that knows less must not replace one that knows more. */
export function rankOf(turn: TurnState): number {
  if (turn.deleted) return 5;
  if (isOver(turn) || turn.withheld) return 4;
  if (isSettled(turn)) return 3;
  return turn.accepted ? 2 : 1;
}

/** The same turn if the fact is nothing new. */
export function applyToTurn(turn: TurnState, fact: Fact): TurnState {
  switch (fact.type) {
    case 'asked':
      if (turn.known) return turn;
      return {
        ...turn,
        parentId: fact.parentId,
        parentHash: fact.parentHash,
        createdAt: fact.createdAt,
        known: true,
        text: fact.text,
        wanted: fact.wanted,
        record: isSettled(turn) ? null : fact.record,
        messageHash: fact.messageHash,
        sending: turn.accepted ? null : 'queued',
      };
    case 'unsent':
      return turn.accepted ? turn : { ...turn, sending: 'unsent', unsentReason: fact.reason };
    case 'requeued':
      return turn.sending === 'unsent' ? { ...turn, sending: 'queued', unsentReason: null } : turn;
    case 'resealed': {
      const { parentHash, record, messageHash } = fact;
      return turn.known && !turn.accepted ? { ...turn, parentHash, record, messageHash } : turn;
    }
    case 'stored':
      return store(taken(turn), fact);
    case 'deleted':
      return remove(turn);
    default:
      return turn.deleted ? turn : tell(taken(turn), fact);
  }
}

/** Whatever the server says of a turn, it has it. */
function taken(turn: TurnState): TurnState {
  if (turn.accepted && turn.sending === null) return turn;
  return { ...turn, accepted: true, sending: null, unsentReason: null };
}

type Told = Exclude<Fact, { type: 'asked' | 'unsent' | 'requeued' | 'resealed' | 'stored' | 'deleted' }>;

function tell(turn: TurnState, fact: Told): TurnState {
  switch (fact.type) {
    case 'accepted':
      return turn;
    case 'reserved':
      return turn.reserved === null && !isSettled(turn) ? { ...turn, reserved: fact.credits } : turn;
    case 'read':
      return turn.choice === null ? { ...turn, choice: fact.choice } : turn;
    case 'started':
    case 'extended':
    case 'resumed':
      return isSettled(turn) ? turn : grow(turn, fact);
    case 'finished':
      return finish(turn, fact.answer);
    case 'suggested':
      return turn.suggestions !== null || turn.withheld
        ? turn
        : { ...turn, suggestions: fact.suggestions, trouble: { ...turn.trouble, suggestions: null } };
    case 'annotated':
      return turn.withheld || turn.annotation === 'possible_misuse' || turn.annotation === fact.code
        ? turn
        : { ...turn, annotation: fact.code };
    case 'charged': {
      const { credits, inputTokens, outputTokens } = fact;
      return turn.charge?.inputTokens != null
        ? turn
        : { ...turn, charge: { credits, inputTokens, outputTokens } };
    }
    case 'withheld':
      return withhold(turn, fact.reason);
    case 'refused':
    case 'failed':
      return end(turn, fact.type, fact.reason);
    case 'stopped':
      return end(turn, 'stopped', stopReason);
    case 'unreadable':
      return distrust(turn, fact.record, fact.reason);
  }
}

const stopReason: Reason = {
  code: 'turn_stopped',
  message: null,
  nextStep: null,
  missingCredits: null,
  retryAfter: null,
};

function grow(turn: TurnState, fact: Extract<Told, { type: 'started' | 'extended' | 'resumed' }>): TurnState {
  const before = turn.stream;
  if (fact.attempt < before.attempt) return turn;
  // A higher attempt replaces what came before.
  let stream = fact.attempt > before.attempt ? { ...SILENT, attempt: fact.attempt } : before;
  if (fact.type === 'extended') {
    if (fact.seq <= stream.seq || fact.seq in stream.early)
      return stream === before ? turn : { ...turn, stream };
    stream =
      fact.seq === stream.seq + 1
        ? { ...stream, seq: fact.seq, text: stream.text + fact.delta }
        : { ...stream, early: { ...stream.early, [fact.seq]: fact.delta } };
  } else {
    if (stream.mate === null) stream = { ...stream, mate: fact.mate, model: fact.model };
    if (fact.type === 'resumed' && fact.seq > stream.seq) {
      stream = { ...stream, seq: fact.seq, text: fact.text };
    }
  }
  stream = caughtUp(stream);
  return stream === before ? turn : { ...turn, stream };
}

/** Takes in whatever now follows without a gap. */
function caughtUp(stream: Stream): Stream {
  const waiting = Object.keys(stream.early).map(Number);
  if (waiting.length === 0) return stream;
  let { seq, text } = stream;
  for (let next = stream.early[seq + 1]; next !== undefined; next = stream.early[seq + 1]) {
    seq += 1;
    text += next;
  }
  const early = Object.fromEntries(
    waiting.filter((each) => each > seq).map((each) => [each, stream.early[each] ?? '']),
  );
  return { ...stream, seq, text, early };
}

function finish(turn: TurnState, answer: Answer): TurnState {
  if (turn.answer || turn.withheld) return turn;
  return settled({ ...turn, answer, trouble: { ...turn.trouble, answer: null } });
}

function withhold(turn: TurnState, reason: Reason): TurnState {
  if (turn.withheld) return turn;
  return settled({ ...turn, withheld: reason, answer: null, suggestions: null, annotation: null });
}

function end(turn: TurnState, outcome: 'refused' | 'failed' | 'stopped', reason: Reason): TurnState {
  if (turn.ended && (turn.ended.reason.message !== null || reason.message === null)) return turn;
  return settled({ ...turn, ended: { outcome, reason } });
}

function distrust(turn: TurnState, record: keyof Trouble, reason: string): TurnState {
  if (turn.trouble[record] !== null) return turn;
  if (record === 'answer' && (turn.answer || turn.withheld)) return turn;
  if (record === 'suggestions' && turn.suggestions) return turn;
  const doubted = { ...turn, trouble: { ...turn.trouble, [record]: reason } };
  return record === 'answer' ? settled(doubted) : doubted;
}

/** What was only on the way is not needed any more. */
function settled(turn: TurnState): TurnState {
  return { ...turn, stream: SILENT, reserved: null, record: null };
}

function remove(turn: TurnState): TurnState {
  if (turn.deleted) return turn;
  const { id, chatId, parentId, parentHash, createdAt, stored } = turn;
  return {
    ...newTurn(id, chatId),
    parentId,
    parentHash,
    createdAt,
    stored,
    known: true,
    accepted: true,
    deleted: true,
  };
}

/** Storage has the last word on everything but what only live events tell. */
function store(turn: TurnState, stored: Stored): TurnState {
  const { parentId, parentHash, createdAt, messageHash } = stored;
  const placed = { ...turn, parentId, parentHash, createdAt, known: true, stored: true };
  if (stored.outcome === 'deleted' || turn.deleted) return remove(placed);
  let next: TurnState = {
    ...placed,
    messageHash,
    text: stored.text ?? turn.text,
    record: isSettled(turn) ? null : stored.record,
    trouble: { ...turn.trouble, message: stored.trouble.message },
  };
  if (stored.answer) next = finish(next, stored.answer);
  else if (stored.trouble.answer) next = distrust(next, 'answer', stored.trouble.answer);
  next = conclude(next, stored);
  if (stored.suggestions && !next.withheld) next = { ...next, suggestions: stored.suggestions };
  else if (stored.trouble.suggestions) next = distrust(next, 'suggestions', stored.trouble.suggestions);
  if (stored.credits !== null && next.charge === null) {
    next = { ...next, charge: { credits: stored.credits, inputTokens: null, outputTokens: null } };
  }
  return next;
}

function conclude(turn: TurnState, stored: Stored): TurnState {
  const reason: Reason = { ...stopReason, code: stored.code ?? 'turn_interrupted' };
  switch (stored.outcome) {
    case 'refused':
    case 'failed':
      return end(turn, stored.outcome, reason);
    case 'stopped':
      return end(turn, 'stopped', stopReason);
    case 'withheld':
      return withhold(turn, { ...reason, code: 'answer_withheld' });
    case 'answered':
      return stored.code === 'possible_misuse' || stored.code === 'unchecked'
        ? tell(turn, { type: 'annotated', code: stored.code, turnId: turn.id, chatId: turn.chatId })
        : turn;
    default:
      return turn;
  }
}
