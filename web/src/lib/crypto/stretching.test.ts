// A worker that cannot start, ends or fails is `worker_failed`, and is ended in every case.
import { expect, test } from 'vitest';
import { CryptoError } from './errors';
import { stretchIn, type StretchOrder, type StretchResult } from './stretching';

/** Answers an order as it is told to, and remembers whether it was ended. */
class FakeWorker extends EventTarget {
  ended = false;

  constructor(private readonly answer: (order: StretchOrder) => Event) {
    super();
  }

  postMessage(order: StretchOrder): void {
    queueMicrotask(() => this.dispatchEvent(this.answer(order)));
  }

  terminate(): void {
    this.ended = true;
  }
}

const [password, salt] = [new Uint8Array([1]), new Uint8Array(16)];
const message = (data: StretchResult) => new MessageEvent('message', { data });

function stretchBy(worker: FakeWorker): Promise<Uint8Array> {
  return stretchIn(() => worker as unknown as Worker)(password, salt, 1);
}

test('what the worker gives comes back, and the worker is ended', async () => {
  const worker = new FakeWorker((order) => message({ stretched: order.password }));
  expect(await stretchBy(worker)).toEqual(password);
  expect(worker.ended).toBe(true);
});

test.each([
  ['it could not do it', () => message({ stretched: null })],
  ['its code could not be loaded', () => new Event('error')],
  ['its answer could not be read', () => new Event('messageerror')],
])('%s', async (_, answer) => {
  const worker = new FakeWorker(answer);
  await expect(stretchBy(worker)).rejects.toEqual(new CryptoError('worker_failed'));
  expect(worker.ended).toBe(true);
});

test('there are no workers', async () => {
  const stretch = stretchIn(() => {
    throw new TypeError('not here');
  });
  const attempt = stretch(password, salt, 1);
  await expect(attempt).rejects.toEqual(new CryptoError('worker_failed'));
  await expect(attempt).rejects.toHaveProperty('ofTheBrowser', true);
});
