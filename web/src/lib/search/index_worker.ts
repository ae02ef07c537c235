// The worker that holds the search index, so that neither building nor asking it ever holds up typing.
import { ChatIndex } from './chat_index';
import type { IndexAnswer, IndexOrder } from './index_port';

const index = new ChatIndex();

addEventListener('message', ({ data }: MessageEvent<IndexOrder>) => {
  if (data.kind === 'put') for (const chat of data.chats) index.put(chat);
  if (data.kind === 'remove') for (const id of data.ids) index.remove(id);
  if (data.kind === 'find') {
    postMessage({ asked: data.asked, hits: index.find(data.query) } satisfies IndexAnswer);
  }
});
