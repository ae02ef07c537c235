// The shapes of what is kept of chats: what is plain in a row, and what is sealed in it.
import type { Details } from '$lib/sync/facts';
import type { TurnState } from '$lib/sync/turn';

/** A chat as this device knows it. */
export interface KeptChat {
  id: string;
  createdAt: number;
  /** Unix seconds of the latest message; what lists are ordered by. */
  activeAt: number;
  /** The server's mark of the last change of anything in it. */
  updatedAt: number;
  /** `updatedAt` as it was when all turns were pulled; null if they never were. */
  pulledAt: number | null;
  /** The server holds it; until then its key travels with each message. */
  stored: boolean;
  generation: number;
  keys: { generation: number; envelope: string }[];
  /** As the server gave it to the first message. */
  title: string | null;
  /** As people changed it, and the revision that is stored. */
  details: Details | null;
  revision: number;
  mate: string | null;
  unread: boolean;
}

/** What waits to be done at the server, in the order of `id`. */
export type Errand = { id: string; chatId: string } & (
  | { kind: 'ask'; turnId: string }
  | { kind: 'details'; change: Partial<Details> }
  | { kind: 'remove_turn'; turnId: string }
  /** `due`: Unix milliseconds until which it can be undone. */
  | { kind: 'remove'; due: number }
);

/** `rank` says how much is known of a turn, so that a tab that knows less does not overwrite what another wrote. */
export interface Row {
  sealed: Uint8Array<ArrayBuffer>;
  rank?: number;
}

export type KeptTurn = TurnState;
