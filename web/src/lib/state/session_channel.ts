// What the tabs of one browser tell each other about the session, so that all are open, locked or signed out together.

export type SessionNews =
  | { kind: 'opened'; account: string; tabSecret: string | null }
  | { kind: 'renewed' }
  | { kind: 'locked' }
  | { kind: 'signed_out' }
  /** A new tab asks the open ones for what they hold. */
  | { kind: 'secret_wanted'; account: string };

export interface SessionChannel {
  tell(news: SessionNews): void;
}

export type OpenSessionChannel = (hear: (news: SessionNews) => void) => SessionChannel;

export const openSessionChannel: OpenSessionChannel = (hear) => {
  const channel = new BroadcastChannel('sealmate-session');
  channel.onmessage = (event: MessageEvent<SessionNews>) => hear(event.data);
  return { tell: (news) => channel.postMessage(news) };
};
