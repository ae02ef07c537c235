// A message sealed with its chat's key, bound to what it goes on from; and the key of a chat that begins.
import { hashOf, makeChatKey, sealMessage, type ChatKey } from '$lib/crypto';
import type { KeptChat } from '$lib/storage/kept';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { Sync } from './sync';
import type { TurnState } from './turn';

const NO_PARENT = new Uint8Array(0);
/** Stands for a deleted turn, of which nothing is left to be hashed. */
const NOTHING_LEFT = new Uint8Array(32);

/** Under the account's present master key. */
export async function newChatKey(
  sync: Sync,
  chat: string,
): Promise<{ key: ChatKey; wrapped: Pick<KeptChat, 'generation' | 'keys'> }> {
  const { account } = sync.parts;
  const { key, envelope } = await makeChatKey({ account, chat, master: sync.master });
  const { generation } = key;
  return { key, wrapped: { generation, keys: [{ generation, envelope: toBase64url(envelope) }] } };
}

/** What a next message is bound to: the answer, or the message if there is none. */
export function hashOfTurn(turn: TurnState): string {
  return turn.answer?.hash ?? turn.messageHash ?? toBase64url(NOTHING_LEFT);
}

/** The message's envelope and its hash, as they travel and as they are kept. */
export async function sealTurn(
  key: ChatKey,
  of: { turn: string; text: string; parentHash: string | null },
): Promise<{ record: string; messageHash: string }> {
  const { turn, text, parentHash } = of;
  const parent = parentHash === null ? NO_PARENT : fromBase64url(parentHash);
  const envelope = await sealMessage(key, { turn, text, parent });
  return { record: toBase64url(envelope), messageHash: toBase64url(await hashOf(envelope)) };
}
