// Choosing the mate that is to answer: by name after an @, or from the list behind the button.
import { m } from '$lib/paraglide/messages';
import { chats } from '$lib/state/chats.svelte';
import type { Choice } from './MateList.svelte';
import { calledMate } from './composing';
import { nameOf, ownMates, topicOf } from './mates';

export class Calling {
  /** Asked to answer the next message. */
  mate = $state<string | null>(null);
  active = $state(0);
  /** Opened by the button, whatever is written. */
  #opened = $state(false);
  /** Closed by Escape, until the text changes. */
  #closed = $state<string | null>(null);
  #text: () => string;

  constructor(text: () => string) {
    this.#text = text;
  }

  readonly #called: string | null = $derived.by(() => {
    const text = this.#text();
    return text === this.#closed ? null : calledMate(text);
  });

  readonly open: boolean = $derived(this.#opened || this.#called !== null);

  readonly choices: Choice[] = $derived.by(() => {
    const mates = (chats.mates.length > 0 ? chats.mates : ownMates).map((each) => ({
      ...each,
      topic: topicOf(each.mate, each.topic),
    }));
    const called = this.#called;
    if (called !== null && called !== '')
      return mates.filter((each) => each.name.toLowerCase().startsWith(called));
    return [{ mate: null, name: m.chat_mate_any(), topic: m.chat_mate_any_text() }, ...mates];
  });

  get name(): string | null {
    return this.mate === null ? null : nameOf(this.mate, chats.mates);
  }

  toggle(): void {
    this.#opened = !this.open;
    this.#closed = this.#opened ? null : this.#text();
    this.active = 0;
  }

  close(): void {
    this.#opened = false;
    this.#closed = this.#text();
  }

  /** Gives the text that is left once the mate is chosen. */
  choose(choice: Choice): string {
    this.mate = choice.mate;
    const text = this.#text();
    const left = calledMate(text) === null ? text : '';
    this.#opened = false;
    this.#closed = left;
    this.active = 0;
    return left;
  }

  /** Takes the keys of an open list; answers the choice made, or whether the key was its own. */
  press(key: string): Choice | boolean {
    if (!this.open) return false;
    const count = this.choices.length;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      this.active = count === 0 ? 0 : (this.active + (key === 'ArrowDown' ? 1 : count - 1)) % count;
      return true;
    }
    if (key === 'Escape') {
      this.close();
      return true;
    }
    return key === 'Enter' || key === 'Tab' ? (this.choices[this.active] ?? true) : false;
  }
}
