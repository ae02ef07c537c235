// The wallet and its bookings, page by page as somebody goes further back.
import { api } from '$lib/state/api';
import { LedgerReply, WalletReply, type LedgerRowReply } from '$lib/wire/http';

export class Ledger {
  wallet = $state.raw<WalletReply | null>(null);
  rows = $state.raw<readonly LedgerRowReply[]>([]);
  /** There are older ones. */
  more = $state(false);
  busy = $state(false);

  #cursor: string | null = null;

  async start(): Promise<this> {
    this.wallet = await api.get(WalletReply, '/wallet');
    await this.next();
    return this;
  }

  /** What was booked since, before what is here. */
  async renew(): Promise<void> {
    this.wallet = await api.get(WalletReply, '/wallet');
    const newest = await api.get(LedgerReply, '/wallet/ledger');
    const here = new Set(this.rows.map((row) => row.row_id));
    this.rows = [...newest.rows.filter((row) => !here.has(row.row_id)), ...this.rows];
  }

  async next(): Promise<void> {
    this.busy = true;
    try {
      const query = this.#cursor === null ? '' : `?cursor=${encodeURIComponent(this.#cursor)}`;
      const reply = await api.get(LedgerReply, `/wallet/ledger${query}`);
      this.rows = [...this.rows, ...reply.rows];
      this.#cursor = reply.cursor;
      this.more = reply.cursor !== null;
    } finally {
      this.busy = false;
    }
  }
}
