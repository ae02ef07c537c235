// A turn that runs: followed through gaps, falls and silence to its end.
import { describe, expect, it } from 'vitest';
import { ANSWERED, chatting, ends, isKept, opened } from './testing/chatting';
import { until } from './testing/fake_clock';
import { say } from './testing/fake_device';

describe('a turn that runs', () => {
  async function running() {
    const all = await chatting();
    all.server.slow = true;
    const turnId = await say(all.sync, all.chat, 'Hello');
    await ends(all.chat, [['Hello', '', 'accepted']]);
    const resumes = () => all.server.actions.filter(({ action }) => action === 'resume');
    return { ...all, turnId, resumes, ids: { turn_id: turnId, chat_id: all.chat.id } };
  }

  it('is resumed when a delta is missing', async () => {
    const { chat, server, turnId, ids, resumes } = await running();
    server.tell({ ...ids, type: 'answer_extended', attempt: 1, seq: 2, delta: 'b' });
    await until(() => expect(resumes()).toEqual([{ action: 'resume', turn_id: turnId, attempt: 1, seq: 0 }]));
    server.tell({ ...ids, type: 'answer_extended', attempt: 1, seq: 1, delta: 'a' });
    await ends(chat, [['Hello', 'ab', 'answering']]);
  });

  it('is resumed after a fall, and when nothing is heard for long', async () => {
    const { world, server, resumes } = await running();
    server.cut();
    await world.clock.pass(300);
    await until(() => expect(resumes()).toHaveLength(1));
    await world.clock.pass(31_000);
    await until(() => expect(resumes()).toHaveLength(2));
  });

  it('whose end was never told is found in storage', async () => {
    const { world, chat, server, turnId } = await running();
    server.untold = (event) => event.type !== 'suggestions_made';
    await server.answer(turnId, 'lost');
    await world.clock.pass(9000);
    await ends(chat, [['Hello', 'lost', ANSWERED]]);
  });

  it('is taken up again by a page that was loaded anew', async () => {
    const { world, rows, sync, chat, resumes, turnId } = await running();
    await isKept(sync, chat);
    sync.stop();
    await opened(await world.tab(rows), chat.id);
    await until(() =>
      expect(resumes()).toContainEqual({ action: 'resume', turn_id: turnId, attempt: 0, seq: 0 }),
    );
  });
});
