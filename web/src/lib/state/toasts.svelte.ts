// Short messages at the edge of the screen, gone after a while; one may carry a way back.

export interface Toast {
  id: number;
  message: string;
  kind: 'info' | 'success' | 'error';
  action: { label: string; run: () => void } | null;
}

export interface ToastOptions {
  kind?: Toast['kind'];
  action?: { label: string; run: () => void };
  /** Milliseconds; 0 keeps it until it is dismissed. */
  duration?: number;
}

/** Long enough to read, and with an action as long as the time to undo. */
const READING_TIME = 6_000;
/** What is long takes longer. */
const TIME_PER_CHARACTER = 100;
const UNDO_TIME = 10_000;

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, { left: number; since: number; timer: ReturnType<typeof setTimeout> | null }>();

  show(message: string, options: ToastOptions = {}): number {
    const id = this.#next++;
    const action = options.action ?? null;
    this.list.push({ id, message, kind: options.kind ?? 'info', action });
    const least = action ? UNDO_TIME : READING_TIME;
    const left = options.duration ?? Math.max(least, message.length * TIME_PER_CHARACTER);
    if (left > 0) this.#timers.set(id, { left, since: Date.now(), timer: this.#later(id, left) });
    return id;
  }

  dismiss(id: number): void {
    const timer = this.#timers.get(id)?.timer;
    if (timer) clearTimeout(timer);
    this.#timers.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** While somebody looks at them, none goes away. */
  pause(): void {
    for (const entry of this.#timers.values()) {
      if (!entry.timer) continue;
      clearTimeout(entry.timer);
      entry.timer = null;
      entry.left -= Date.now() - entry.since;
    }
  }

  resume(): void {
    for (const [id, entry] of this.#timers) {
      if (entry.timer) continue;
      entry.since = Date.now();
      entry.timer = this.#later(id, Math.max(entry.left, 1_000));
    }
  }

  #later(id: number, milliseconds: number) {
    return setTimeout(() => this.dismiss(id), milliseconds);
  }
}

export const toasts = new Toasts();
