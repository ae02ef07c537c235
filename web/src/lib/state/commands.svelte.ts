// Everything the keyboard can do: pages and parts register what they offer, the palette and the shortcuts run it.
import type { IconName } from '$lib/components/base/icons';
import { isPressed } from '$lib/components/base/keys';
import { untrack } from 'svelte';
import { preferences } from './preferences.svelte';

export interface Command {
  /** Unique among all that are registered. */
  id: string;
  label: string;
  /** The heading it stands under. */
  section: string;
  icon?: IconName;
  /** A mate's face instead of an icon. */
  mate?: string | null;
  /** Written `mod+shift+o`; `mod` is ⌘ or Ctrl. */
  shortcut?: string;
  /** Other words it is found by. */
  keywords?: string;
  /** A second, quieter line, such as the sentence that was found. */
  detail?: string;
  run: () => void | Promise<void>;
}

/** Called with what was typed; answers in the order to show. It may take its time: a later answer replaces an earlier one. */
export type CommandSource = (query: string) => Command[] | Promise<Command[]>;

class Commands {
  #groups = $state.raw<(() => Command[])[]>([]);
  #sources = $state.raw<CommandSource[]>([]);
  /** The palette is shown. */
  palette = $state(false);
  /** The sheet with all shortcuts is shown. */
  shortcuts = $state(false);

  /** All that can be done now, in the order of registering. */
  readonly list: Command[] = $derived(this.#groups.flatMap((group) => group()));

  /** `offer` is asked again when what it reads changes, the language for instance. Returns the way to take it back. */
  register(offer: () => Command[]): () => void {
    // Untracked: an effect that registers must not run again because somebody else does.
    this.#groups = [...untrack(() => this.#groups), offer];
    return () => {
      this.#groups = untrack(() => this.#groups).filter((group) => group !== offer);
    };
  }

  addSource(source: CommandSource): () => void {
    this.#sources = [...untrack(() => this.#sources), source];
    return () => {
      this.#sources = untrack(() => this.#sources).filter((each) => each !== source);
    };
  }

  /** What the palette shows for these words beyond `list`. A source that fails is left out. */
  async search(query: string): Promise<Command[]> {
    const answers = await Promise.allSettled(this.#sources.map(async (source) => source(query)));
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  /** Runs the command of this press, if there is one. */
  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const command = this.list.find(
      ({ shortcut }) => shortcut && isPressed(shortcut, event) && mayRun(shortcut, event),
    );
    if (!command) return;
    event.preventDefault();
    void command.run();
  }
}

/** A single key is a letter while somebody writes, and a person may have turned such shortcuts off. */
function mayRun(shortcut: string, event: KeyboardEvent): boolean {
  const openDialog = document.querySelector('dialog[open]') !== null;
  if (openDialog) return false;
  if (shortcut.includes('mod+')) return true;
  const target = event.target as HTMLElement | null;
  const writing = target?.isContentEditable || /^(input|textarea|select)$/i.test(target?.tagName ?? '');
  return preferences.singleKeys && !writing;
}

export const commands = new Commands();
