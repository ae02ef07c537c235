// The chats this device knows, as rows of a list: what is kept of them, with what is changed but not sent yet laid over it.
import type { Errand, KeptChat } from '$lib/storage/kept';
import type { ChatSummary } from '$lib/state/model';
import type { Details } from './facts';

const PLAIN: Details = { title: null, pinned: false, folder: null };

export class ChatList {
  #kept = new Map<string, KeptChat>();
  /** Ids are never used again, and what was read of a chat before it was deleted may arrive after. */
  #removed = new Set<string>();
  #errands: readonly Errand[] = [];
  #busy = new Set<string>();
  #summaries = new WeakMap<KeptChat, ChatSummary>();

  get(id: string): KeptChat | null {
    return this.#kept.get(id) ?? null;
  }

  all(): KeptChat[] {
    return [...this.#kept.values()].sort((a, b) => b.activeAt - a.activeAt || (a.id < b.id ? 1 : -1));
  }

  /** False for one that was removed: it stays so. */
  put(chat: KeptChat): boolean {
    if (this.#removed.has(chat.id)) return false;
    this.#kept.set(chat.id, chat);
    return true;
  }

  remove(id: string): void {
    this.#kept.delete(id);
    this.#removed.add(id);
  }

  clear(): void {
    this.#kept.clear();
    this.#removed.clear();
    this.#errands = [];
    this.#busy.clear();
  }

  expect(errands: readonly Errand[]): void {
    this.#errands = errands;
    this.#summaries = new WeakMap();
  }

  setBusy(id: string, busy: boolean): boolean {
    if (this.#busy.has(id) === busy) return false;
    if (busy) this.#busy.add(id);
    else this.#busy.delete(id);
    const kept = this.#kept.get(id);
    if (kept) this.#summaries.delete(kept);
    return true;
  }

  /** On its way to be deleted, and still to be brought back. */
  isHidden(id: string): boolean {
    return this.#errands.some((errand) => errand.kind === 'remove' && errand.chatId === id);
  }

  detailsOf(chat: KeptChat): Details {
    let details = chat.details ?? PLAIN;
    for (const errand of this.#errands) {
      if (errand.kind === 'details' && errand.chatId === chat.id) details = { ...details, ...errand.change };
    }
    return details;
  }

  /** Newest activity first. */
  summaries(): ChatSummary[] {
    return this.all()
      .filter((chat) => !this.isHidden(chat.id))
      .map((chat) => this.summaryOf(chat));
  }

  /** The same object as long as nothing of it changed. */
  summaryOf(chat: KeptChat): ChatSummary {
    const made = this.#summaries.get(chat);
    if (made) return made;
    const details = this.detailsOf(chat);
    const summary: ChatSummary = {
      id: chat.id,
      title: details.title ?? chat.title,
      folder: details.folder,
      pinned: details.pinned,
      activeAt: chat.activeAt,
      updatedAt: chat.updatedAt,
      mate: chat.mate,
      unread: chat.unread,
      busy: this.#busy.has(chat.id),
      temporary: false,
    };
    this.#summaries.set(chat, summary);
    return summary;
  }
}
