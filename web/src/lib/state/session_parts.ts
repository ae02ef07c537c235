// What a session is made of, and what the world around it gives.
import type * as Crypto from '$lib/crypto';
import type { Opened } from '$lib/crypto';
import type { KeptChat } from '$lib/storage/kept';
import type { Api } from './api';
import type { Arrival } from './device_accounts';
import type { KeyStore } from './key_store';
import type { TabStorage } from './kept_open';
import type { Exclusively } from './rotation';
import type { OpenSessionChannel } from './session_channel';
import type { Turning, TurningParts } from './turning';

export type Phase = 'starting' | 'signed_out' | 'locked' | 'open';

/** What signing up or in has brought; only then there is a session. */
export interface SignedIn extends Arrival {
  opened: Opened;
  masterBytes: Uint8Array<ArrayBuffer>;
}

export interface SessionParts {
  api: Api;
  openKeys(): Promise<KeyStore>;
  /** Loaded when it is needed: the page of someone signed out stays light. */
  crypto(): Promise<typeof Crypto>;
  channel: OpenSessionChannel;
  tab: TabStorage;
  exclusively: Exclusively;
  turning(parts: TurningParts, account: string): Pick<Turning, 'start' | 'stop' | 'look'>;
  /** Unix seconds. */
  now(): number;
  /** A chat's keys as they lie in this browser. */
  keptKeys(account: string, deviceKey: CryptoKey, chat: string): Promise<KeptChat['keys']>;
  /** Removes all content that this device keeps of an account. */
  forgetAccount(account: string): Promise<void>;
  /** Starts the page anew: nothing of the account shown so far may stay. */
  reload(): void;
  /** How long a new tab waits for the others to answer. */
  tabsAnswerMs: number;
}
