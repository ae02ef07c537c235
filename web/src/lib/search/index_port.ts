// The index as the page sees it, whether it lives in a worker or, in tests, right here.
import { trustedScriptUrl } from '$lib/trusted';
import type { Hit, SearchableChat } from './chat_index';
import workerUrl from './index_worker?worker&url';

export type IndexOrder =
  | { kind: 'put'; chats: SearchableChat[] }
  | { kind: 'remove'; ids: string[] }
  | { kind: 'find'; asked: number; query: string };

export interface IndexAnswer {
  asked: number;
  hits: Hit[];
}

export interface IndexPort {
  put(chats: SearchableChat[]): void;
  remove(ids: string[]): void;
  find(query: string): Promise<Hit[]>;
  /** Forgets everything. */
  end(): void;
}

export function startIndexWorker(): IndexPort {
  const worker = new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'search' });
  const waiting = new Map<number, (hits: Hit[]) => void>();
  let asked = 0;
  const give = (number: number, hits: Hit[]) => {
    waiting.get(number)?.(hits);
    waiting.delete(number);
  };
  const giveUp = () => {
    for (const number of [...waiting.keys()]) give(number, []);
  };
  worker.addEventListener('message', ({ data }: MessageEvent<IndexAnswer>) => give(data.asked, data.hits));
  worker.addEventListener('error', giveUp);
  const send = (order: IndexOrder) => worker.postMessage(order);
  return {
    put: (chats) => send({ kind: 'put', chats }),
    remove: (ids) => send({ kind: 'remove', ids }),
    find: (query) =>
      new Promise((resolve) => {
        asked += 1;
        waiting.set(asked, resolve);
        send({ kind: 'find', asked, query });
      }),
    end: () => {
      worker.terminate();
      giveUp();
    },
  };
}
