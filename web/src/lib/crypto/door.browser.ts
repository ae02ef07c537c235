// The whole door in a real browser: an account made, unlocked and used, with Argon2id in its worker.
import { fromBase64url } from '$lib/wire/base64url';
import { expect, test } from 'vitest';
import * as door from './index';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const password = 'kelp forest at noon';

test('from signing up on one device to reading a chat on another', { timeout: 60_000 }, async () => {
  const { keys, opened, masterBytes } = await door.makeAccountKeys({ account, password, kdfProfile: 1 });
  const made = await door.makeChatKey({ account, chat: 'a chat', master: opened.master });
  const message = await door.sealMessage(made.key, {
    turn: 'a turn',
    text: 'Ahoj 🦭',
    parent: new Uint8Array(0),
  });

  const salt = fromBase64url(keys.password.salt);
  const { kek, auth } = await door.derivePassword({ account, password, salt, kdfProfile: 1 });
  expect(auth).toEqual(fromBase64url(keys.password.auth));
  const wrapped = {
    account_id: account,
    epoch: 1,
    methods: [{ ...keys.password, kind: 'password' as const }],
    signing: keys.signing,
    statement: keys.statement,
  };
  const there = await door.unlock({ wrapped, kind: 'password', kek, account });
  expect(there.masterBytes).toEqual(masterBytes);
  const key = await door.openChatKey({
    account,
    chat: 'a chat',
    generation: 1,
    master: there.master,
    envelope: made.envelope,
  });
  const text = await door.openMessage(key, { turn: 'a turn', envelope: message, parent: new Uint8Array(0) });
  expect(text).toBe('Ahoj 🦭');
});

test('a page stays alive while its password is stretched', { timeout: 60_000 }, async () => {
  let done = false;
  const salt = new Uint8Array(16);
  const stretching = door
    .derivePassword({ account, password, salt, kdfProfile: 1 })
    .finally(() => (done = true));
  let turns = 0;
  while (!done) {
    await new Promise((resolve) => setTimeout(resolve));
    turns += 1;
  }
  await stretching;
  expect(turns).toBeGreaterThan(3);
});
