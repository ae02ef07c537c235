// Which commands fit what was typed, best first, and how they are grouped in the palette.
import type { ChatSummary } from '$lib/state/model';
import type { Command } from '$lib/state/commands.svelte';

/** Without accents and case, so that `uber` finds `Über`. */
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Every word typed must begin or be part of something; a label that begins with it all comes first. Order is kept otherwise. */
export function matching(commands: readonly Command[], query: string): Command[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...commands];
  const scored = commands.flatMap((command) => {
    const label = plain(command.label);
    const text = `${label} ${plain(command.keywords ?? '')}`;
    if (!words.every((word) => text.includes(word))) return [];
    const starts = label.startsWith(words.join(' ')) ? 2 : ` ${label}`.includes(` ${words[0]}`) ? 1 : 0;
    return [{ command, starts }];
  });
  return scored.sort((one, other) => other.starts - one.starts).map(({ command }) => command);
}

export interface Section {
  name: string;
  commands: Command[];
}

/** Sections in the order in which their first command comes. */
export function inSections(commands: readonly Command[]): Section[] {
  const sections = new Map<string, Command[]>();
  for (const command of commands) {
    const section = sections.get(command.section);
    if (section) section.push(command);
    else sections.set(command.section, [command]);
  }
  return [...sections].map(([name, list]) => ({ name, commands: list }));
}

export function chatCommands(
  list: readonly ChatSummary[],
  untitled: string,
  section: string,
  open: (id: string) => Promise<void>,
): Command[] {
  return list.map(({ id, title, mate, folder }) => ({
    id: `chat ${id}`,
    label: title ?? untitled,
    section,
    mate,
    ...(folder === null ? {} : { keywords: folder }),
    run: () => open(id),
  }));
}
