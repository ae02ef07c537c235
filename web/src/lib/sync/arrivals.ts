// What the line brings, handed to where it belongs: a chat in memory, the list, the outbox, the wallet.
import { openTitle } from '$lib/crypto';
import { fromBase64url } from '$lib/wire/base64url';
import type { Event } from '$lib/wire/events';
import { readReason } from './open_events';
import type { Sync } from './sync';
import { tryToOpen, Untrusted } from './untrusted';

export class Arrivals {
  constructor(private readonly sync: Sync) {}

  hear(event: Event): void {
    switch (event.type) {
      case 'request_refused':
        return this.#refused(event);
      case 'chat_changed':
        return void this.sync.refresh.changed(event.chat_id);
      case 'device_signed_in':
        return this.sync.parts.deviceSignedIn();
      case 'settings_changed':
        return event.app === 'web' ? this.sync.parts.settingsChanged(event.revision) : undefined;
      case 'chat_answered':
        return void this.#answered(event.chat_id);
      case 'chat_titled':
        return void this.#titled(event);
      default:
        return this.#ofTurn(event);
    }
  }

  #refused(event: Extract<Event, { type: 'request_refused' }>): void {
    const told = this.sync.errands.refused(event.turn_id, readReason(event));
    if (told || event.turn_id === null) return;
    // Resuming was refused: storage says how it stands.
    const chat = this.sync.following.chatOf(event.turn_id);
    if (chat && !chat.temporary) void this.sync.refresh.tail(chat, event.turn_id);
    else if (chat)
      chat.take([{ type: 'failed', turnId: event.turn_id, chatId: chat.id, reason: readReason(event) }]);
  }

  #ofTurn(
    event: Extract<Event, { turn_id: string; chat_id: string }> &
      Exclude<Event, { type: 'request_refused' | 'chat_answered' | 'chat_titled' }>,
  ): void {
    const { turn_id: turnId, chat_id: chatId } = event;
    this.sync.errands.taken(turnId);
    this.sync.following.heard(turnId);
    if (event.type === 'turn_charged' || event.type === 'credits_reserved') this.sync.refresh.walletSoon();
    this.sync.live(chatId)?.hear(event);
  }

  /** Answered in a chat that is not shown here. */
  async #answered(chatId: string): Promise<void> {
    await this.sync.refresh.changed(chatId);
    const kept = this.sync.list.get(chatId);
    const live = this.sync.live(chatId);
    if (kept && !kept.unread && !(live && this.sync.isShown(live))) {
      await this.sync.change(chatId, { unread: true });
    }
  }

  async #titled(event: Extract<Event, { type: 'chat_titled' }>): Promise<void> {
    this.sync.errands.taken(event.turn_id);
    const kept = this.sync.list.get(event.chat_id);
    if (!kept) return this.sync.refresh.changed(event.chat_id);
    const keys = this.sync.live(event.chat_id)?.keys ?? this.sync.keysOf(kept);
    const result = await tryToOpen(async () => {
      const envelope = fromBase64url(event.title);
      return openTitle(await keys.ofRecord(envelope), envelope);
    });
    if ('reason' in result) this.sync.parts.failed(new Untrusted(result.reason));
    const now = this.sync.list.get(event.chat_id);
    if (now && now.title === null && 'opened' in result) {
      await this.sync.change(event.chat_id, { stored: true, title: result.opened });
    }
  }
}
