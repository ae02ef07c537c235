// What is known to have happened in a chat, opened and checked: the reducer's only input, wherever it came from.

export type Finish = 'complete' | 'length' | 'stopped';

/** What people changed about a chat. */
export interface Details {
  title: string | null;
  pinned: boolean;
  folder: string | null;
}

/** The server's words are kept for codes that this app does not know. */
export interface Reason {
  code: string;
  message: string | null;
  nextStep: string | null;
  missingCredits: number | null;
  retryAfter: number | null;
}

export interface Answer {
  text: string;
  mate: string;
  model: string;
  finish: Finish;
  answeredAt: number;
  /** SHA-256 of the envelope, base64url: what a next message is bound to. */
  hash: string;
}

export interface Choice {
  mate: string;
  mateName: string;
  reason: string;
  complexity: 'simple' | 'medium' | 'complex';
  model: string;
}

/** A record that did not open in its place, and why: a reason of the key scheme. */
export interface Trouble {
  message: string | null;
  answer: string | null;
  suggestions: string | null;
}

/** A message of this device, sealed once: asking with it again is safe. */
export interface Asked {
  parentId: string | null;
  parentHash: string | null;
  createdAt: number;
  text: string;
  /** The mate that was asked for. */
  wanted: string | null;
  /** The message's envelope, and its SHA-256; base64url. */
  record: string;
  messageHash: string;
}

export type Outcome = 'asked' | 'answered' | 'refused' | 'failed' | 'stopped' | 'withheld' | 'deleted';

/** A turn as the server keeps it. */
export interface Stored {
  parentId: string | null;
  parentHash: string | null;
  createdAt: number;
  /** Null if it does not open, or was deleted. */
  text: string | null;
  record: string | null;
  messageHash: string | null;
  outcome: Outcome;
  code: string | null;
  answer: Answer | null;
  suggestions: string[] | null;
  credits: number | null;
  trouble: Trouble;
}

export type Fact = { turnId: string; chatId: string } & (
  | ({ type: 'asked' } & Asked)
  | { type: 'unsent'; reason: Reason }
  | { type: 'requeued' }
  | ({ type: 'resealed' } & Pick<Asked, 'parentHash' | 'record' | 'messageHash'>)
  | { type: 'accepted' }
  | { type: 'reserved'; credits: number }
  | { type: 'read'; choice: Choice }
  | { type: 'started'; attempt: number; mate: string; model: string }
  | { type: 'extended'; attempt: number; seq: number; delta: string }
  | { type: 'resumed'; attempt: number; seq: number; text: string; mate: string; model: string }
  | { type: 'finished'; answer: Answer }
  | { type: 'suggested'; suggestions: string[] }
  | { type: 'annotated'; code: 'possible_misuse' | 'unchecked' }
  | { type: 'withheld'; reason: Reason }
  | { type: 'charged'; credits: number; inputTokens: number; outputTokens: number }
  | { type: 'refused'; reason: Reason }
  | { type: 'failed'; reason: Reason }
  | { type: 'stopped' }
  | { type: 'unreadable'; record: keyof Trouble; reason: string }
  | ({ type: 'stored' } & Stored)
  | { type: 'deleted' }
);

export function reasonOf(code: string, words: Partial<Reason> = {}): Reason {
  return { message: null, nextStep: null, missingCredits: null, retryAfter: null, ...words, code };
}
