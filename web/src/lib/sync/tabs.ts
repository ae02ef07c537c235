// The tabs of one browser, told what another of them keeps: they share the store, each has its own line to the server.

export type TabNews =
  | { kind: 'chat'; id: string }
  | { kind: 'gone'; id: string }
  | { kind: 'forgot'; id: string; turnId: string }
  | { kind: 'errands' };

export interface Tabs {
  tell(news: TabNews): void;
  close(): void;
}

export function openTabs(account: string, heard: (news: TabNews) => void): Tabs {
  if (typeof BroadcastChannel === 'undefined') return { tell: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(`sealmate-chats-${account}`);
  channel.addEventListener('message', ({ data }: MessageEvent<TabNews>) => heard(data));
  let open = true;
  return {
    tell: (news) => {
      // What was being kept while the app was locked is kept all the same; the others read it from the store.
      if (open) channel.postMessage(news);
    },
    close: () => {
      open = false;
      channel.close();
    },
  };
}
