// Brings an exported ZIP back in: read and checked whole before anything is stored, then chat by chat under new ids.
import * as v from 'valibot';
import type { ChatsState, ImportedChat } from '$lib/state/model';
import { TransferError } from './errors';
import { CHATS_FILE, ExportedChatSchema, ExportSchema, FORMAT, LIMITS, type ExportedChat } from './schema';
import { readTextFile } from './zip_reader';

export interface ReadExport {
  chats: ExportedChat[];
  /** Chats whose shape is wrong, by their title if they have one. */
  left: (string | null)[];
}

export interface Progress {
  signal?: AbortSignal;
  onProgress?: (done: number) => void;
}

export async function readExport(file: Blob, progress: Progress = {}): Promise<ReadExport> {
  if (file.size > LIMITS.zipBytes) throw new TransferError('file_too_large');
  const content = parseJson(
    await readTextFile(file, CHATS_FILE, { mostBytes: LIMITS.jsonBytes, ...progress }),
  );
  const outside = v.safeParse(ExportSchema, content);
  if (!outside.success)
    throw new TransferError(formatOf(content) === FORMAT ? 'wrong_shape' : 'wrong_version');
  if (outside.output.chats.length > LIMITS.chats) throw new TransferError('too_many_chats');
  const result: ReadExport = { chats: [], left: [] };
  for (const candidate of outside.output.chats) {
    const chat = v.safeParse(ExportedChatSchema, candidate);
    if (chat.success) result.chats.push(chat.output);
    else result.left.push(titleOf(candidate));
  }
  return result;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TransferError('broken_json');
  }
}

function formatOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
}

function titleOf(value: unknown): string | null {
  const title = typeof value === 'object' && value !== null && 'title' in value ? value.title : null;
  return typeof title === 'string' && title !== '' ? title.slice(0, LIMITS.titleCharacters) : null;
}

export interface ImportReport {
  imported: number;
  /** Were here already. */
  known: number;
  /** Could not be stored: the title, and the problem as it came. */
  failed: { title: string | null; problem: unknown }[];
}

export interface ImportParts {
  chats: Pick<ChatsState, 'everything' | 'importChat'>;
  /** Makes a version 7 id for that moment that sorts after the other. */
  makeId: (milliseconds: number, after?: string) => string;
  /** Rejects when the signal is aborted. */
  wait: (seconds: number, signal?: AbortSignal) => Promise<void>;
}

export async function importChats(
  read: readonly ExportedChat[],
  parts: ImportParts,
  { signal, onProgress }: Progress = {},
): Promise<ImportReport> {
  const here = new Set<string>();
  for await (const whole of parts.chats.everything()) {
    here.add(fingerprint(whole.createdAt, whole.turns));
  }
  const report: ImportReport = { imported: 0, known: 0, failed: [] };
  for (const [index, chat] of read.entries()) {
    signal?.throwIfAborted();
    if (here.has(fingerprint(chat.created_at, chat.turns))) report.known += 1;
    else await importOne(chat, parts, report, signal);
    onProgress?.((index + 1) / read.length);
  }
  return report;
}

async function importOne(
  chat: ExportedChat,
  parts: ImportParts,
  report: ImportReport,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await parts.chats.importChat(underNewIds(chat, parts.makeId), (seconds) => parts.wait(seconds, signal));
    report.imported += 1;
  } catch (problem) {
    signal?.throwIfAborted();
    report.failed.push({ title: chat.title, problem });
  }
}

/** The order of branches does not matter here: only whether the same words were begun at the same moment. */
function fingerprint(createdAt: number, turns: readonly { text: string }[]): string {
  const texts = turns.map((turn) => turn.text).filter((text) => text !== '');
  return JSON.stringify([createdAt, texts.sort()]);
}

export function underNewIds(chat: ExportedChat, makeId: ImportParts['makeId']): ImportedChat {
  const ids = new Map<string, string>();
  const turns = chat.turns.map((turn): ImportedChat['turns'][number] => {
    const parentId = turn.parent_id === null ? null : (ids.get(turn.parent_id) ?? null);
    const id = makeId(turn.created_at * 1000, parentId ?? undefined);
    ids.set(turn.id, id);
    return {
      id,
      parentId,
      createdAt: turn.created_at,
      text: turn.text,
      answer: turn.answer,
      mate: turn.mate,
      model: turn.model,
      finish: turn.answer === null ? null : (turn.finish ?? 'complete'),
      answeredAt: turn.answer === null ? null : (turn.answered_at ?? turn.created_at),
    };
  });
  return {
    title: chat.title,
    folder: chat.folder,
    pinned: chat.pinned,
    createdAt: chat.created_at,
    activeAt: Math.max(chat.active_at, chat.created_at),
    turns,
  };
}
