// Chats whose keys open nowhere: what takes all chats along waits for a person's word about these.
import type { Evidence } from './evidence';

export class UnreadableChats extends Error {
  override readonly name = 'UnreadableChats';
  readonly chats: readonly string[];
  /** Why the first one's doesn't open, in the words of the key scheme. */
  readonly reason: string;
  /** As a file's text, made at once: the app goes on, and the answers of now give way to others. */
  readonly evidence: string;

  constructor(reasons: ReadonlyMap<string, string>, evidence: Evidence) {
    const [reason = ''] = reasons.values();
    super(reason);
    this.chats = [...reasons.keys()];
    this.reason = reason;
    this.evidence = evidence.report(reason, new Date());
  }
}

/** Milliseconds, as a chat's id says: what else is known of it is under its key. */
export function begunAt(chat: string): number {
  return parseInt(chat.replaceAll('-', '').slice(0, 12), 16);
}
