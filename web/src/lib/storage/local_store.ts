// One account's chats, turns, drafts and errands on this device, each sealed under the device's key and bound to its place.
import { openLocal, sealLocal } from '$lib/crypto';
import { isQuota, tellTrouble } from './database';
import type { Errand, KeptChat, KeptTurn, Row } from './kept';
import type { Rows, StoreName } from './rows';
import type { Choices } from '$lib/sync/branches';
import { rankOf } from '$lib/sync/turn';

export class LocalStore {
  #writing = new Map<string, Promise<boolean>>();

  constructor(
    private readonly rows: Rows,
    private readonly key: CryptoKey,
    private readonly account: string,
  ) {}

  /** Newest first; rows that do not open are dropped, and pulled again from the server. */
  async chats(): Promise<KeptChat[]> {
    const found = await this.#all('chats', this.#place(''));
    return (found as KeptChat[]).sort((a, b) => b.activeAt - a.activeAt);
  }

  async chat(id: string): Promise<KeptChat | null> {
    const row = await this.rows.get('chats', this.#place(id));
    return row ? ((await this.#opened('chats', this.#place(id), row)) as KeptChat | null) : null;
  }

  async putChat(chat: KeptChat): Promise<void> {
    const place = this.#place(chat.id);
    await this.#put('chats', place, chat);
  }

  async deleteChat(id: string): Promise<void> {
    await Promise.all(this.#writing.values());
    await this.#delete('chats', this.#place(id));
    await this.#delete('drafts', this.#place(id));
    await this.#delete('meta', this.#place(choicesOf(id)));
    await this.rows.deleteAll('turns', this.#place(`${id}/`));
  }

  /** Oldest first. `whole` is false if one did not open: then the chat is to be pulled again. */
  async turns(chat: string): Promise<{ turns: KeptTurn[]; whole: boolean }> {
    const prefix = this.#place(`${chat}/`);
    const rows = await this.#entries('turns', prefix);
    const opened = await Promise.all(rows.map(([place, row]) => this.#opened('turns', place, row)));
    const turns = opened.filter((turn) => turn !== null) as KeptTurn[];
    return { turns, whole: turns.length === rows.length };
  }

  async putTurn(turn: KeptTurn): Promise<void> {
    const place = this.#place(`${turn.chatId}/${turn.id}`);
    await this.#put('turns', place, turn, rankOf(turn));
  }

  async deleteTurn(chat: string, turn: string): Promise<void> {
    await this.#delete('turns', this.#place(`${chat}/${turn}`));
  }

  async draft(chat: string): Promise<string> {
    const place = this.#place(chat);
    const row = await this.rows.get('drafts', place);
    const text = row ? await this.#opened('drafts', place, row) : null;
    return typeof text === 'string' ? text : '';
  }

  async putDraft(chat: string, text: string): Promise<void> {
    const place = this.#place(chat);
    if (text === '') await this.#delete('drafts', place);
    else await this.#put('drafts', place, text);
  }

  /** Which version a person chose to see at the forks of a chat: the shown turn by its parent. */
  async choices(chat: string): Promise<Choices> {
    const kept = await this.meta(choicesOf(chat));
    return new Map(Array.isArray(kept) ? (kept as [string, string][]) : []);
  }

  async putChoices(chat: string, choices: Choices): Promise<void> {
    if (choices.size === 0) await this.#delete('meta', this.#place(choicesOf(chat)));
    else await this.putMeta(choicesOf(chat), [...choices]);
  }

  /** In the order they are to be done. */
  async errands(): Promise<Errand[]> {
    return (await this.#all('outbox', this.#place(''))) as Errand[];
  }

  /** False if it could not be kept. */
  async putErrand(errand: Errand): Promise<boolean> {
    const place = this.#place(errand.id);
    return this.#put('outbox', place, errand);
  }

  async deleteErrand(id: string): Promise<void> {
    await this.#delete('outbox', this.#place(id));
  }

  async meta(name: string): Promise<unknown> {
    const row = await this.rows.get('meta', this.#place(name));
    return row ? this.#opened('meta', this.#place(name), row) : undefined;
  }

  async putMeta(name: string, value: unknown): Promise<void> {
    await this.#put('meta', this.#place(name), value);
  }

  #place(name: string): string {
    return `${this.account}/${name}`;
  }

  async #opened(store: StoreName, place: string, row: unknown): Promise<unknown> {
    try {
      return await openLocal(this.key, `${store}/${place}`, (row as Row).sealed);
    } catch {
      await this.rows.delete(store, place);
      tellTrouble('storage_repaired');
      return null;
    }
  }

  /** After what is still being written there. */
  async #delete(store: StoreName, place: string): Promise<void> {
    await this.#writing.get(`${store}/${place}`);
    await this.rows.delete(store, place);
  }

  async #all(store: StoreName, prefix: string): Promise<unknown[]> {
    const rows = await this.#entries(store, prefix);
    const opened = await Promise.all(rows.map(([place, row]) => this.#opened(store, place, row)));
    return opened.filter((content) => content !== null);
  }

  async #entries(store: StoreName, prefix: string): Promise<[string, unknown][]> {
    try {
      return await this.rows.entries(store, prefix);
    } catch {
      tellTrouble('storage_failed');
      return [];
    }
  }

  /** In the order of the calls, though sealing takes as long as it takes. False if it could not be kept. */
  #put(store: StoreName, place: string, content: unknown, rank?: number): Promise<boolean> {
    const name = `${store}/${place}`;
    const before = this.#writing.get(name) ?? Promise.resolve(true);
    const write = before.then(() => this.#write(store, place, content, rank));
    this.#writing.set(name, write);
    void write.then(() => {
      if (this.#writing.get(name) === write) this.#writing.delete(name);
    });
    return write;
  }

  async #write(store: StoreName, place: string, content: unknown, rank?: number): Promise<boolean> {
    try {
      const sealed = await sealLocal(this.key, `${store}/${place}`, content);
      if (rank === undefined) await this.rows.put(store, place, { sealed });
      else await this.rows.put(store, place, { sealed, rank }, (row) => ((row as Row).rank ?? 0) > rank);
      return true;
    } catch (error) {
      // The state in memory goes on; what is not kept here is still with the server, or said to be at risk.
      tellTrouble(isQuota(error) ? 'storage_full' : 'storage_failed');
      return false;
    }
  }
}

function choicesOf(chat: string): string {
  return `choices/${chat}`;
}
