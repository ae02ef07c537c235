// What the screen shows of chats: plain, already opened data. Only the sync layer makes these.

export interface ChatSummary {
  id: string;
  /** Null until a title is known. */
  title: string | null;
  folder: string | null;
  pinned: boolean;
  /** Unix seconds of the latest message. */
  activeAt: number;
  /** Unix seconds of the last change of any kind that is known here. */
  updatedAt: number;
  /** Who answered last. */
  mate: string | null;
  /** Answered while not shown. */
  unread: boolean;
  /** An answer is being made right now. */
  busy: boolean;
  /** Nothing of it is stored anywhere. */
  temporary: boolean;
}

export type TurnStage =
  | 'queued' // in the outbox, offline or not yet acknowledged
  | 'accepted' // stored, the state machine started
  | 'reserved' // credits are set aside
  | 'read' // a mate was chosen
  | 'answering'
  | 'answered'
  | 'refused'
  | 'failed'
  | 'stopped'
  | 'withheld'
  | 'deleted'
  | 'unreadable'; // a record did not open or was tampered with

export interface Problem {
  code: string;
  message: string;
  nextStep: string;
  /** What the server gave can't be trusted: nothing goes on from it. */
  untrusted?: true;
  /** There is no such chat for this account: nothing can be written to it. */
  absent?: true;
  /** Settings that don't open anywhere give way to this browser's, if its owner wants that. */
  settingsAnew?: true;
  missingCredits?: number;
  retryAfter?: number;
}

export interface TurnView {
  id: string;
  chatId: string;
  parentId: string | null;
  createdAt: number;
  text: string;
  stage: TurnStage;
  mate: string | null;
  mateName: string | null;
  /** The mate's topic line: why this one answers. */
  reason: string | null;
  complexity: 'simple' | 'medium' | 'complex' | null;
  model: string | null;
  answer: string;
  finish: 'complete' | 'length' | 'stopped' | null;
  answeredAt: number | null;
  suggestions: string[];
  annotation: 'possible_misuse' | 'unchecked' | null;
  credits: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  problem: Problem | null;
  /** Turns with the same parent, oldest first, and which of them this is (0-based). */
  branch: { index: number; count: number };
}

export interface Mate {
  mate: string;
  name: string;
  topic: string;
}

export interface SendOptions {
  mate?: string;
  /** What stays in the input when the message has left it. */
  rest?: string;
}

/** One chat on the screen. Fields are reactive. */
export interface OpenedChat {
  readonly id: string;
  readonly summary: ChatSummary;
  /** The shown branch, oldest first. */
  readonly path: readonly TurnView[];
  readonly loading: boolean;
  /** A chat that could not be loaded: what and what next. */
  readonly problem: Problem | null;
  /** Kept across reloads, encrypted at rest. */
  draft: string;
  send(text: string, options?: SendOptions): Promise<void>;
  stop(turnId: string): Promise<void>;
  /** Asks the same message again, as a sibling branch. */
  retry(turnId: string): Promise<void>;
  /** Asks a changed message instead of this one, as a sibling branch. */
  edit(turnId: string, text: string): Promise<void>;
  showBranch(turnId: string, step: -1 | 1): void;
  deleteTurn(turnId: string): Promise<void>;
  close(): void;
}

export interface ChatsState {
  /** Newest activity first; temporary and deleted chats are not in it. */
  readonly list: readonly ChatSummary[];
  readonly loading: boolean;
  readonly mates: readonly Mate[];
  readonly wallet: { available: number; held: number } | null;
  readonly network: 'online' | 'connecting' | 'offline';
  /** Messages in the outbox. */
  readonly waiting: number;
  /** Something that concerns all chats: storage that is full or missing, a newer app in another tab, a change that was refused. */
  readonly notice: Problem | null;
  dismissNotice(): void;
  /** `begins`: the id was made in this tab for a chat that exists nowhere yet, so nobody is asked for it. */
  open(id: string, options?: { temporary?: boolean; begins?: boolean }): OpenedChat;
  makeId(): string;
  rename(id: string, title: string): Promise<void>;
  pin(id: string, pinned: boolean): Promise<void>;
  move(id: string, folder: string | null): Promise<void>;
  /** Hides it now; it is deleted when the time to undo (10 s) is over. */
  remove(id: string): void;
  restore(id: string): void;
  /** Whole, opened chats, for search and export. */
  everything(): AsyncGenerator<{ summary: ChatSummary; createdAt: number; turns: TurnView[] }>;
  /** Stores a foreign or exported chat as a new one of this account, whole or not at all; waits as often as the server asks. */
  importChat(chat: ImportedChat, wait: Waits): Promise<void>;
  markRead(id: string): void;
}

/** Resolves after so many seconds; rejects when the person has had enough. */
export type Waits = (seconds: number) => Promise<void>;

export interface ImportedChat {
  title: string | null;
  folder: string | null;
  pinned: boolean;
  createdAt: number;
  activeAt: number;
  turns: {
    id: string;
    parentId: string | null;
    createdAt: number;
    text: string;
    answer: string | null;
    mate: string | null;
    model: string | null;
    finish: 'complete' | 'length' | 'stopped' | null;
    answeredAt: number | null;
  }[];
}
