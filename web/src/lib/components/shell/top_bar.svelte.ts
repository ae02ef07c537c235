// What the page in the main column puts into the bar above it.
import { untrack, type Snippet } from 'svelte';

interface Shown {
  title: string;
  /** Buttons at its right end. */
  actions?: Snippet;
}

class TopBar {
  #shown = $state.raw<Shown | null>(null);

  get title(): string | null {
    return this.#shown?.title ?? null;
  }

  get actions(): Snippet | null {
    return this.#shown?.actions ?? null;
  }

  /** For an effect: `$effect(() => topBar.show({ title, actions }))`; what it returns takes it away again. */
  show(shown: Shown): () => void {
    this.#shown = shown;
    return () => {
      if (untrack(() => this.#shown) === shown) this.#shown = null;
    };
  }
}

export const topBar = new TopBar();
