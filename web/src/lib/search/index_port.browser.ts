// The index in its worker, in a real browser: it finds what was handed over, and ending it leaves nobody waiting.
import { expect, it } from 'vitest';
import { startIndexWorker } from './index_port';

const chat = {
  id: 'a',
  title: 'Straße',
  turns: [{ id: 't', text: '東京の天気は？', answer: 'Mercury and Venus' }],
};

it('finds, replaces and removes', async () => {
  const index = startIndexWorker();
  index.put([chat]);
  expect((await index.find('strasse')).map((hit) => hit.turnId)).toEqual([null]);
  expect((await index.find('天気')).map((hit) => hit.turnId)).toEqual(['t']);
  index.put([{ ...chat, title: 'Weg' }]);
  expect(await index.find('strasse')).toEqual([]);
  index.remove(['a']);
  expect(await index.find('mercury')).toEqual([]);
  index.end();
});

it('answers every question, also when it is ended in between', async () => {
  const index = startIndexWorker();
  const answers = Promise.all([index.find('one'), index.find('two')]);
  index.end();
  expect(await answers).toEqual([[], []]);
});
