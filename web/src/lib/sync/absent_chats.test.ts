// Addresses of chats that are not on this device: asked for where somebody else may know them, never where nobody can.
import { describe, expect, it } from 'vitest';
import { ANSWERED, chatting, ends, isKept, opened } from './testing/chatting';
import { until } from './testing/fake_clock';
import { say } from './testing/fake_device';

const UNKNOWN = '019a0000-0000-7000-8000-000000000001';

describe('a chat that this account does not have', () => {
  it('is said not to be there, and nothing can be written to it', async () => {
    const { sync, server } = await chatting();
    const chat = await opened(sync, UNKNOWN);
    expect(chat.problem).toMatchObject({ code: 'chat_absent', absent: true });
    await expect(say(sync, chat, 'Hello?')).rejects.toMatchObject({ problem: { code: 'chat_absent' } });
    expect([chat.state.turns.size, server.asked]).toEqual([0, []]);
  });

  it('is not asked for again each time the line comes back', async () => {
    const { world, sync, server } = await chatting();
    await opened(sync, UNKNOWN);
    server.cut();
    await world.clock.pass(300);
    await until(() => expect(sync.connection.standing).toBe(true));
    expect(server.requests.filter((request) => request === `GET /chats/${UNKNOWN}`)).toHaveLength(1);
  });
});

it('a chat that may be at the server is said to be out of reach, and shown once the server is there', async () => {
  const { world, sync, chat } = await chatting();
  await say(sync, chat, 'Hello');
  await ends(chat, [['Hello', 're Hello', ANSWERED]]);
  world.goOffline();
  const other = await world.tab();
  const there = await opened(other, chat.id);
  expect(there.problem).toMatchObject({ code: 'not_here' });
  expect(there.problem?.absent).toBeUndefined();
  world.comeBack(other);
  await ends(there, [['Hello', 're Hello', ANSWERED]]);
  await until(() => expect(there.problem).toBeNull());
});

describe('a chat that begins here', () => {
  it('is asked for by nobody, also after the page was loaded anew', async () => {
    const { server, rows, world } = await chatting();
    const again = await world.tab(rows);
    again.beginHere(UNKNOWN);
    const chat = await opened(again, UNKNOWN);
    expect([chat.problem, server.requests.filter((each) => each.includes(UNKNOWN))]).toEqual([null, []]);
    await say(again, chat, 'Hello');
    await ends(chat, [['Hello', 're Hello', ANSWERED]]);
  });

  it('is not asked for at its own address as long as no server took its first message', async () => {
    const { world, sync, chat, server, rows } = await chatting();
    server.refusals.push({ code: 'insufficient_credits', status: 402 });
    await say(sync, chat, 'Dear');
    await ends(chat, [['Dear', '', 'failed']]);
    await isKept(sync, chat);
    sync.stop();
    const shown: Promise<unknown>[] = [];
    await world.tab(rows, (early) => void shown.push(opened(early, chat.id)));
    await Promise.all(shown);
    expect(server.requests.filter((request) => request.includes(chat.id))).toEqual([]);
  });
});
