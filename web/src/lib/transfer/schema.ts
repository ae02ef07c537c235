// The format of an export, `sealmate-export/1`: what chats.json in the ZIP holds, and what an import takes.
import * as v from 'valibot';

export const FORMAT = 'sealmate-export/1';
export const CHATS_FILE = 'chats.json';
export const SETTINGS_FILE = 'settings.json';

/** More than anything the app itself makes; beyond them a file is refused or a chat is left out. */
export const LIMITS = {
  zipBytes: 256 * 1024 * 1024,
  jsonBytes: 256 * 1024 * 1024,
  chats: 20_000,
  turns: 5_000,
  messageCharacters: 24_000,
  answerCharacters: 200_000,
  titleCharacters: 200,
  folderCharacters: 80,
  nameCharacters: 100,
};

const id = v.pipe(v.string(), v.uuid());
// Until the year 2286, which also keeps a version 7 id in its 48 bits.
const seconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9_999_999_999));
const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const name = v.nullable(text(LIMITS.nameCharacters));

export const ExportedTurnSchema = v.object({
  id,
  parent_id: v.nullable(id),
  created_at: seconds,
  text: v.pipe(text(LIMITS.messageCharacters), v.minLength(1)),
  answer: v.nullable(text(LIMITS.answerCharacters)),
  mate: name,
  model: name,
  finish: v.nullable(v.picklist(['complete', 'length', 'stopped'])),
  answered_at: v.nullable(seconds),
});
export type ExportedTurn = v.InferOutput<typeof ExportedTurnSchema>;

export const ExportedChatSchema = v.pipe(
  v.object({
    id,
    title: v.nullable(text(LIMITS.titleCharacters)),
    folder: v.nullable(text(LIMITS.folderCharacters)),
    pinned: v.boolean(),
    created_at: seconds,
    active_at: seconds,
    turns: v.pipe(v.array(ExportedTurnSchema), v.minLength(1), v.maxLength(LIMITS.turns)),
  }),
  v.check((chat) => parentsComeFirst(chat.turns), 'a turn names a parent that is not before it'),
);
export type ExportedChat = v.InferOutput<typeof ExportedChatSchema>;

/** The outside of the file; its chats are checked one by one, so that a bad one does not spoil the others. */
export const ExportSchema = v.object({
  format: v.literal(FORMAT),
  exported_at: seconds,
  chats: v.array(v.unknown()),
});

/** Also what makes a cycle impossible, and an id that is there twice. */
function parentsComeFirst(turns: readonly ExportedTurn[]): boolean {
  const seen = new Set<string>();
  for (const turn of turns) {
    if (seen.has(turn.id) || (turn.parent_id !== null && !seen.has(turn.parent_id))) return false;
    seen.add(turn.id);
  }
  return true;
}
