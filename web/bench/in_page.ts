// Runs in the page of the built app: fills its local store through the app's own storage, and stretches a password bare.
import { deviceKey, makeUuid7 } from '$lib/crypto';
import { stretchHere } from '$lib/crypto/argon2';
import { openKeyStore } from '$lib/state/key_store';
import { openRows } from '$lib/storage/database';
import type { KeptChat, KeptTurn } from '$lib/storage/kept';
import { LocalStore } from '$lib/storage/local_store';
import { newTurn } from '$lib/sync/turn';

const MATES = ['tavi', 'nuo'];
const DAY = 86_400;
const ANSWER = [
  'The sea lies calm and grey below a wide northern sky, and what moves in it moves slowly.',
  '- first, the **tide** that comes twice a day\n- then, the *wind* that turns with the evening\n- last, the `light`',
  'Whoever waits long enough on the shore sees the boats come home, one after the other, with little in their nets and much to tell of where they have been.',
].join('\n\n');

/** Takes every chat out of this browser, then puts `chats` × `turns` answered messages in; the newest chat's id. */
export async function fill(chats: number, turns: number): Promise<string> {
  const keys = await openKeyStore();
  const [known, kept] = [await keys.get('account'), await keys.get('kept_master')];
  if (!known || !kept) throw new Error('nobody stays signed in here');
  const rows = await openRows();
  for (const store of ['chats', 'turns', 'drafts'] as const) await rows.deleteAll(store, `${known.id}/`);
  const store = new LocalStore(rows, await deviceKey(kept), known.id);
  const now = Math.floor(Date.now() / 1000);
  let newest = '';
  for (let back = chats - 1; back >= 0; back -= 1) {
    const activeAt = now - Math.floor((back * 200 * DAY) / chats);
    const chat = chatOf(makeUuid7(activeAt * 1000), activeAt, back);
    await store.putChat(chat);
    await Promise.all(turnsOf(chat, turns).map((turn) => store.putTurn(turn)));
    newest = chat.id;
  }
  rows.close();
  return newest;
}

/** Milliseconds of Argon2id with nothing around it. */
export async function stretch(): Promise<number> {
  const [password, salt] = [new TextEncoder().encode('four calm herons wade'), new Uint8Array(16)];
  const began = performance.now();
  await stretchHere(password, salt, 1);
  return performance.now() - began;
}

function chatOf(id: string, activeAt: number, number: number): KeptChat {
  return {
    id,
    createdAt: activeAt,
    activeAt,
    updatedAt: activeAt * 1000,
    pulledAt: activeAt * 1000,
    stored: true,
    generation: 1,
    keys: [{ generation: 1, envelope: 'A'.repeat(200) }],
    title: `What the sea does on day ${number}`,
    details: null,
    revision: 0,
    mate: MATES[number % MATES.length]!,
    unread: false,
  };
}

function turnsOf(chat: KeptChat, count: number): KeptTurn[] {
  const turns: KeptTurn[] = [];
  for (let at = 1; at <= count; at += 1) {
    const createdAt = chat.activeAt - (count - at) * 60;
    const parent = turns.at(-1);
    turns.push({
      ...newTurn(makeUuid7(createdAt * 1000, parent?.id), chat.id),
      parentId: parent?.id ?? null,
      createdAt,
      known: true,
      text: `Message ${at} of ${count}: what does the sea do when the wind turns, and who is there to see it?`,
      accepted: true,
      stored: true,
      answer: {
        text: `Answer ${at} of ${count}.\n\n${ANSWER}`,
        mate: chat.mate!,
        model: 'scripted',
        finish: 'complete',
        answeredAt: createdAt + 5,
        hash: 'A'.repeat(43),
      },
      charge: { credits: 1, inputTokens: 50, outputTokens: 120 },
      suggestions: ['And by night?', 'And in winter?', 'And in a storm?'],
    });
  }
  return turns;
}
