// Chats that no server knows yet, when the account's master key is another: their keys go under it, or are made anew where the old one is gone.
import { rewrapChatKey, type MasterKey } from '$lib/crypto';
import type { KeptChat } from '$lib/storage/kept';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { ChatKeys, epochOf } from './chat_keys';
import type { Fact } from './facts';
import type { LiveChat } from './live_chat';
import { newChatKey, sealTurn } from './sealing';
import type { Sync } from './sync';

/** A chat that no server knows yet, its key under the new master key; null if it is there already. */
export async function rewrapped(
  account: string,
  chat: KeptChat,
  old: MasterKey,
  master: MasterKey,
): Promise<KeptChat | null> {
  const keys = await Promise.all(
    chat.keys.map(async (key) => {
      if (epochOf(key) !== old.epoch) return null;
      const { generation } = key;
      const envelope = fromBase64url(key.envelope);
      const made = await rewrapChatKey({ account, chat: chat.id, generation, old, master, envelope });
      return { generation, envelope: toBase64url(made) };
    }),
  );
  const fresh = keys.filter((each) => each !== null);
  return fresh.length === chat.keys.length ? { ...chat, keys: fresh } : null;
}

/** Whether its key is under a master key from before this sign-in only, so that nothing here opens it. */
export function isOutOfReach(sync: Sync, chat: KeptChat): boolean {
  const epochs = new Set(sync.masters().map(({ epoch }) => epoch));
  return !chat.stored && !chat.keys.some((key) => epochs.has(epochOf(key) ?? 0));
}

/** A new key, and every message sealed anew with it, in order: each is bound to the one before. Nobody has seen the old ones. */
export async function sealAnew(sync: Sync, chat: LiveChat, kept: KeptChat): Promise<void> {
  const { key, wrapped } = await newChatKey(sync, chat.id);
  const turns = [...chat.state.turns.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const hashes = new Map<string, string>();
  const facts: Fact[] = [];
  for (const { id: turnId, text, parentId, parentHash: before } of turns) {
    const parentHash = parentId === null ? null : (hashes.get(parentId) ?? before);
    const sealed = await sealTurn(key, { turn: turnId, text, parentHash });
    hashes.set(turnId, sealed.messageHash);
    chat.envelopes.forget(turnId);
    facts.push({ type: 'resealed', turnId, chatId: chat.id, parentHash, ...sealed });
  }
  chat.keys = ChatKeys.made(sync.parts.account, sync.masters, key, wrapped);
  await sync.keep({ ...kept, ...wrapped });
  await chat.takeNow(facts);
}
