// Orders chats into the rows of the side bar: pinned ones, folders, then the rest by how long ago they were used.
import type { ChatSummary } from '$lib/state/model';

export type Period =
  | { kind: 'today' | 'yesterday' | 'week' | 'month' }
  /** An earlier month of the calendar; `month` counts from 0. */
  | { kind: 'named'; year: number; month: number };

export type Heading = { kind: 'pinned' } | { kind: 'folders' } | Period;

export type Row =
  | { kind: 'heading'; key: string; heading: Heading }
  | { kind: 'folder'; key: string; name: string; open: boolean; count: number; unread: boolean }
  | { kind: 'chat'; key: string; chat: ChatSummary; inFolder: boolean };

/** `list` has the newest first. A pinned chat stands with the pinned ones alone, whatever its folder. */
export function rowsOf(list: readonly ChatSummary[], now: Date, openFolders: ReadonlySet<string>): Row[] {
  const pinned = list.filter((chat) => chat.pinned);
  const rest = list.filter((chat) => !chat.pinned && chat.folder === null);
  return [
    ...(pinned.length > 0 ? [headingRow({ kind: 'pinned' }), ...pinned.map((chat) => chatRow(chat))] : []),
    ...folderRows(list, openFolders),
    ...timeRows(rest, now),
  ];
}

/** Every name that a chat carries, in the order of the language. */
export function foldersOf(list: readonly ChatSummary[], locale?: string): string[] {
  const names = new Set(list.flatMap((chat) => (chat.folder === null ? [] : [chat.folder])));
  return [...names].sort(new Intl.Collator(locale, { numeric: true }).compare);
}

function folderRows(list: readonly ChatSummary[], openFolders: ReadonlySet<string>): Row[] {
  const unpinned = list.filter((chat) => !chat.pinned);
  const names = foldersOf(unpinned);
  const rows: Row[] = names.length > 0 ? [headingRow({ kind: 'folders' })] : [];
  for (const name of names) {
    const chats = unpinned.filter((chat) => chat.folder === name);
    const open = openFolders.has(name);
    const unread = chats.some((chat) => chat.unread);
    rows.push({ kind: 'folder', key: `folder:${name}`, name, open, count: chats.length, unread });
    if (open) rows.push(...chats.map((chat) => chatRow(chat, true)));
  }
  return rows;
}

function timeRows(list: readonly ChatSummary[], now: Date): Row[] {
  const rows: Row[] = [];
  let last = '';
  for (const chat of list) {
    const heading = headingRow(periodOf(chat.activeAt, now));
    if (heading.key !== last) rows.push(heading);
    last = heading.key;
    rows.push(chatRow(chat));
  }
  return rows;
}

export function periodOf(seconds: number, now: Date): Period {
  // By the calendar and not by hours: a day of 23 or 25 hours is still one day.
  const midnight = (daysAgo: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime() / 1000;
  if (seconds >= midnight(0)) return { kind: 'today' };
  if (seconds >= midnight(1)) return { kind: 'yesterday' };
  if (seconds >= midnight(7)) return { kind: 'week' };
  if (seconds >= midnight(30)) return { kind: 'month' };
  const date = new Date(seconds * 1000);
  return { kind: 'named', year: date.getFullYear(), month: date.getMonth() };
}

function headingRow(heading: Heading): Row {
  const key = heading.kind === 'named' ? `${heading.year}-${heading.month}` : heading.kind;
  return { kind: 'heading', key: `heading:${key}`, heading };
}

function chatRow(chat: ChatSummary, inFolder = false): Row {
  return { kind: 'chat', key: chat.id, chat, inFolder };
}
