// Brings in what the server has: what changed in the list of chats since the last time, and the turns of a chat.
import * as v from 'valibot';
import { openDetails, openTitle } from '$lib/crypto';
import type { Api } from '$lib/state/api';
import type { KeptChat } from '$lib/storage/kept';
import { fromBase64url } from '$lib/wire/base64url';
import { ChatReply, TurnReply } from '$lib/wire/http';
import { applyAll } from './apply';
import type { ChatKeys } from './chat_keys';
import type { LiveChat } from './live_chat';
import { openStored, parentTrouble, type PulledTurn, type StoredFact } from './open_stored';
import { isOver, isSettled } from './turn';
import { tryToOpen, Untrusted } from './untrusted';

/** As the server sends a chat; one that does not know the later fields has none of what they tell. */
export const PulledChat = v.object({
  ...ChatReply.entries,
  active_at: v.nullish(v.number()),
  details: v.nullish(v.string(), null),
  revision: v.nullish(v.number(), 0),
  deleted: v.nullish(v.boolean(), false),
});
export type PulledChat = v.InferOutput<typeof PulledChat>;

const ChatPage = v.object({ chats: v.array(PulledChat), cursor: v.nullish(v.string(), null) });
const TurnPage = v.object({
  turns: v.array(v.object({ ...TurnReply.entries, message: v.nullish(v.string(), null) })),
  cursor: v.nullish(v.string(), null),
});

/** Pages of the list, last changed first, until what was known before. `seen` returns false when that is reached. */
export async function pullChats(
  api: Api,
  seen: (page: readonly PulledChat[]) => Promise<boolean>,
): Promise<void> {
  for (let cursor: string | null = null; ;) {
    const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const page: v.InferOutput<typeof ChatPage> = await api.get(ChatPage, `/chats${query}`);
    if (!(await seen(page.chats)) || page.cursor === null) return;
    cursor = page.cursor;
  }
}

/** ApiError; Untrusted if it is another chat's. */
export async function pullChat(api: Api, id: string): Promise<PulledChat> {
  const pulled = await api.get(PulledChat, `/chats/${id}`);
  if (pulled.chat_id !== id) throw new Untrusted('wrong_chat');
  return pulled;
}

/** What this device keeps of a pulled chat. What does not open is as if it were not there, and `distrusted` says why. */
export async function readChat(
  pulled: PulledChat,
  keys: ChatKeys,
  before: KeptChat | null,
): Promise<{ kept: KeptChat; distrusted: string | null }> {
  const { title, details, revision } = pulled;
  const sealedTitle = before?.title === null || before === null ? title : null;
  const opened =
    sealedTitle === null
      ? null
      : await tryToOpen(async () => {
          const envelope = fromBase64url(sealedTitle);
          return openTitle(await keys.ofRecord(envelope), envelope);
        });
  const readDetails =
    details === null || (before && before.revision >= revision)
      ? null
      : await tryToOpen(async () => {
          const envelope = fromBase64url(details);
          return openDetails(await keys.ofRecord(envelope), { revision, envelope });
        });
  const fresh = readDetails !== null && 'opened' in readDetails;
  const key = await tryToOpen(() => keys.current());
  const [distrusted = null] = [opened, readDetails, key].flatMap((each) =>
    each && 'reason' in each ? [each.reason] : [],
  );
  const kept: KeptChat = {
    id: pulled.chat_id,
    createdAt: pulled.created_at,
    activeAt: pulled.active_at ?? pulled.updated_at,
    updatedAt: pulled.updated_at,
    pulledAt: before?.pulledAt ?? null,
    stored: true,
    // A generation once seen is never written below again, whoever says so; keys that open nothing replace none that did.
    ...(before && (distrusted !== null || pulled.generation < before.generation)
      ? keysOf(before)
      : keysOf(pulled)),
    title: opened && 'opened' in opened ? opened.opened : (before?.title ?? null),
    details: fresh ? readDetails.opened : (before?.details ?? null),
    // An older revision than the one seen is not taken for the newest.
    revision: Math.max(revision, before?.revision ?? 0),
    mate: before?.mate ?? null,
    unread: before?.unread ?? false,
  };
  return { kept, distrusted };
}

function keysOf({
  generation,
  keys,
}: Pick<KeptChat, 'generation' | 'keys'>): Pick<KeptChat, 'generation' | 'keys'> {
  return { generation, keys };
}

/** Turns behind `after` (all without it), opened and checked page by page. True if anything was new. */
export async function pullTurns(api: Api, chat: LiveChat, after: string | null): Promise<boolean> {
  let news = false;
  for (let cursor = after; ;) {
    const query: string = cursor === null ? '' : `?after=${cursor}`;
    const page: v.InferOutput<typeof TurnPage> = await api.get(TurnPage, `/chats/${chat.id}/turns${query}`);
    news = (await takePage(chat, page.turns)) || news;
    if (page.cursor === null) return news;
    cursor = page.cursor;
  }
}

async function takePage(chat: LiveChat, turns: readonly PulledTurn[]): Promise<boolean> {
  const keys = chat.keys;
  if (turns.some((turn) => turn.chat_id !== chat.id)) throw new Untrusted('wrong_chat');
  if (!keys || turns.length === 0) return false;
  const opened = await Promise.all(
    turns.map((turn) => openStored(turn, keys, chat.envelopes, chat.state.turns.get(turn.turn_id))),
  );
  const facts = opened.filter((fact) => fact !== null);
  if (facts.length === 0) return false;
  checkChain(chat, facts);
  await chat.takeNow(facts);
  return true;
}

/** Ids sort after their parents', so each parent is here or before it on the page. */
function checkChain(chat: LiveChat, facts: readonly StoredFact[]): void {
  let known = chat.state;
  for (const fact of facts) {
    const parent = fact.parentId === null ? undefined : known.turns.get(fact.parentId);
    fact.trouble.message ??= parentTrouble(fact, parent);
    known = applyAll(known, [fact]);
  }
}

/** Seconds behind a chat's newest turn, within which an answer may still get follow-ups, a price or a review. */
const AFTERMATH = 600;

/** Its last turn was not over when it was looked at, and more may have come of it since. */
export function isUnfinished(chat: LiveChat, nowMs: number): boolean {
  const newest = [...chat.state.turns.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
  if (!newest?.accepted || isOver(newest)) return false;
  return !isSettled(newest) || newest.createdAt > nowMs / 1000 - AFTERMATH;
}

/** From where on a chat may have changed while it was followed: just before the oldest turn that may, or the newest of all. */
export function tailOf(chat: LiveChat, wanted: string | null): string | null {
  const turns = [...chat.state.turns.values()].filter((turn) => turn.accepted && turn.known);
  const latest = Math.max(...turns.map((turn) => turn.createdAt));
  const open = turns.filter(
    (turn) => !isSettled(turn) || (!isOver(turn) && turn.createdAt > latest - AFTERMATH),
  );
  const newest = turns
    .map((turn) => turn.id)
    .sort()
    .at(-1);
  const from = [...open.map((turn) => turn.id), wanted, newest]
    .filter((id) => id != null)
    .sort()
    .at(0);
  return from === undefined ? null : before(from);
}

/** The id just before this one, in the order of ids; null before all. */
function before(id: string): string | null {
  const digits = id.replaceAll('-', '');
  const lower = (BigInt(`0x${digits}`) - 1n).toString(16).padStart(32, '0');
  const text = lower.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return /^.{14}7.{4}[89ab]/.test(text) ? text : null;
}
