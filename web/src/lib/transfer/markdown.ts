// One chat as a Markdown file that reads well anywhere, and a file name that every system takes.
import type { ExportedChat, ExportedTurn } from './schema';

export interface Words {
  you: string;
  untitled: string;
  locale: string;
  /** The name of a mate, as the screen shows it. */
  mate: (mate: string | null) => string;
}

export function chatAsMarkdown(chat: ExportedChat, words: Words): string {
  const time = new Intl.DateTimeFormat(words.locale, { dateStyle: 'long', timeStyle: 'short' });
  const at = (seconds: number) => time.format(seconds * 1000);
  const blocks = [`# ${oneLine(chat.title) || words.untitled}`, `_${at(chat.created_at)}_`];
  for (const turn of chat.turns) {
    blocks.push(`## ${words.you} · ${at(turn.created_at)}`, turn.text.trim());
    if (turn.answer !== null) blocks.push(answerHeading(turn, words), turn.answer.trim());
  }
  return `${blocks.join('\n\n')}\n`;
}

function answerHeading(turn: ExportedTurn, words: Words): string {
  return turn.model === null ? `## ${words.mate(turn.mate)}` : `## ${words.mate(turn.mate)} · ${turn.model}`;
}

function oneLine(title: string | null): string {
  return (title ?? '').replace(/\s+/g, ' ').trim();
}

/** Day, title and the end of the id, which makes it unique: `chats/2026-11-23 Three planets 5f1ac2d9.md`. */
export function markdownName(chat: ExportedChat, words: Words): string {
  const day = new Date(chat.created_at * 1000).toISOString().slice(0, 10);
  const title = (oneLine(chat.title) || words.untitled)
    // What Windows refuses in a name, control characters, and marks that turn the reading direction.
    .replace(/[<>:"/\\|?*\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const short = [...title]
    .slice(0, 60)
    .join('')
    .replace(/[. ]+$/u, '');
  return `chats/${day} ${short} ${chat.id.slice(-8)}.md`;
}
