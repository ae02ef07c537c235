// Makes the ZIP of all chats on this device: chats.json to bring back in, a Markdown file for each chat to read, and the settings.
import type { ChatsState, TurnView } from '$lib/state/model';
import { chatAsMarkdown, markdownName, type Words } from './markdown';
import { CHATS_FILE, FORMAT, SETTINGS_FILE, type ExportedChat, type ExportedTurn } from './schema';

type Whole = ChatsState['everything'] extends () => AsyncGenerator<infer T> ? T : never;

export interface ExportOptions {
  now: number;
  words: Words;
  /** How many chats are to be expected, for the progress. */
  count: number;
  /** Of the app. */
  settings: Readonly<Record<string, unknown>>;
  signal?: AbortSignal;
  onProgress?: (done: number) => void;
}

export interface Exported {
  zip: Blob;
  chats: number;
  /** Messages that could not be opened here, and are therefore not in it. */
  unreadable: number;
}

export async function exportChats(
  everything: AsyncIterable<Whole>,
  options: ExportOptions,
): Promise<Exported> {
  const archive = await openArchive();
  const result = { chats: 0, unreadable: 0 };
  archive.json(`{"format":${JSON.stringify(FORMAT)},"exported_at":${Math.floor(options.now)},"chats":[`);
  for await (const whole of everything) {
    options.signal?.throwIfAborted();
    result.unreadable += whole.turns.filter((turn) => turn.stage === 'unreadable').length;
    const chat = exportedChat(whole);
    if (chat.turns.length > 0) {
      archive.json((result.chats === 0 ? '\n' : ',\n') + JSON.stringify(chat));
      archive.file(markdownName(chat, options.words), chatAsMarkdown(chat, options.words));
      result.chats += 1;
    }
    options.onProgress?.(Math.min(1, result.chats / Math.max(1, options.count)));
    await pause();
  }
  archive.json('\n]}\n');
  archive.file(SETTINGS_FILE, JSON.stringify(options.settings, null, 2) + '\n');
  return { zip: archive.finish(), ...result };
}

export function exportedChat({ summary, createdAt, turns }: Whole): ExportedChat {
  return {
    id: summary.id,
    title: summary.title,
    folder: summary.folder,
    pinned: summary.pinned,
    created_at: createdAt,
    active_at: summary.activeAt,
    turns: inParentOrder(turns).map(exportedTurn),
  };
}

/** A turn that is gone passes its children on to the nearest one that is kept. */
function inParentOrder(turns: readonly TurnView[]): TurnView[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const kept = (turn: TurnView) =>
    turn.text !== '' && turn.stage !== 'deleted' && turn.stage !== 'unreadable';
  const keptParent = (turn: TurnView): string | null => {
    const seen = new Set([turn.id]);
    let parent = turn.parentId === null ? undefined : byId.get(turn.parentId);
    while (parent !== undefined && !kept(parent) && !seen.has(parent.id)) {
      seen.add(parent.id);
      parent = parent.parentId === null ? undefined : byId.get(parent.parentId);
    }
    return parent !== undefined && kept(parent) ? parent.id : null;
  };
  const linked = turns.filter(kept).map((turn) => ({ ...turn, parentId: keptParent(turn) }));
  return parentsFirst(linked);
}

function parentsFirst(turns: readonly TurnView[]): TurnView[] {
  const children = new Map<string | null, TurnView[]>();
  for (const turn of turns) children.set(turn.parentId, [...(children.get(turn.parentId) ?? []), turn]);
  const ordered: TurnView[] = [];
  const open = [...(children.get(null) ?? [])].reverse();
  for (let turn = open.pop(); turn !== undefined; turn = open.pop()) {
    ordered.push(turn);
    open.push(...[...(children.get(turn.id) ?? [])].reverse());
  }
  return ordered;
}

function exportedTurn(turn: TurnView): ExportedTurn {
  const answered = turn.finish !== null && turn.answer !== '';
  return {
    id: turn.id,
    parent_id: turn.parentId,
    created_at: turn.createdAt,
    text: turn.text,
    answer: answered ? turn.answer : null,
    mate: turn.mate,
    model: turn.model,
    finish: answered ? turn.finish : null,
    answered_at: answered ? turn.answeredAt : null,
  };
}

/** A ZIP that grows: chats.json all along, whole small files beside it. */
async function openArchive() {
  const { Zip, ZipDeflate, strToU8 } = await import('fflate');
  const parts: BlobPart[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else parts.push(chunk);
  });
  const chats = new ZipDeflate(CHATS_FILE, { level: 6 });
  zip.add(chats);
  return {
    json: (text: string) => chats.push(strToU8(text)),
    file: (name: string, text: string) => {
      const file = new ZipDeflate(name, { level: 6 });
      zip.add(file);
      file.push(strToU8(text), true);
    },
    finish: (): Blob => {
      chats.push(new Uint8Array(), true);
      zip.end();
      if (failure !== null) throw failure;
      return new Blob(parts, { type: 'application/zip' });
    },
  };
}

/** Lets clicks, keys and paint through between two chats. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
