// One chat on the screen: the shown branch, its draft, and what a person can do in it.
import { choicesFor, pathOf, ancestryOf, type Place } from '$lib/sync/branches';
import type { LiveChat } from '$lib/sync/live_chat';
import { goneProblem, notOpen, Refused, untrustedProblem } from '$lib/sync/problems';
import type { Sync } from '$lib/sync/sync';
import type { TurnState } from '$lib/sync/turn';
import { viewOf } from '$lib/sync/view';
import type { ChatSummary, OpenedChat, Problem, SendOptions, TurnView } from './model';

const DRAFT_WAIT = 400;

export class OpenChat implements OpenedChat {
  readonly temporary: boolean;
  path = $state.raw<readonly TurnView[]>([]);
  summary: ChatSummary = $state.raw(emptySummary('', false));
  loading = $state(true);
  problem = $state.raw<Problem | null>(null);
  #draft = $state('');
  #draftTouched = false;
  #saving: ReturnType<typeof setTimeout> | null = null;
  #places: readonly Place[] = [];
  #sync: Sync | null = null;
  #live: LiveChat | null = null;
  #unwatch: (() => void) | null = null;

  constructor(
    readonly id: string,
    private readonly options: { temporary?: boolean; begins?: boolean },
    private readonly closed: (chat: OpenChat) => void,
  ) {
    this.temporary = options.temporary === true;
    this.summary = emptySummary(id, this.temporary);
  }

  get draft(): string {
    return this.#draft;
  }

  set draft(text: string) {
    if (text === this.#draft) return;
    this.#draft = text;
    this.#draftTouched = true;
    if (this.temporary) return;
    if (this.#saving !== null) clearTimeout(this.#saving);
    this.#saving = setTimeout(() => void this.saveDraft(), DRAFT_WAIT);
  }

  /** When the account's chats are open on this device; again after a lock. */
  attach(sync: Sync): void {
    this.#sync = sync;
    if (this.options.begins) sync.beginHere(this.id);
    const live = (this.#live = sync.open(this.id, this.temporary));
    this.#unwatch = live.watch(() => this.#update());
    this.loading = true;
    void live.load().then(() => {
      this.#update();
      if (live.state.turns.size > 0) this.loading = false;
    });
    void sync.show(live).finally(() => {
      this.loading = false;
      this.#update();
    });
    if (!this.temporary) void this.#loadDraft(sync);
  }

  /** Nothing that was read stays in memory. */
  detach(): void {
    void this.saveDraft();
    this.#unwatch?.();
    this.#unwatch = this.#sync = this.#live = null;
    this.#places = [];
    this.path = [];
    this.#draft = '';
    this.#draftTouched = false;
    this.summary = emptySummary(this.id, this.temporary);
  }

  close(): void {
    const [sync, live] = [this.#sync, this.#live];
    this.detach();
    if (sync && live) sync.hide(live);
    this.closed(this);
  }

  /** Also when the list changes: the title and the rest of the summary come from there. */
  refresh(): void {
    const kept = this.#live?.kept;
    if (kept && this.#sync) this.summary = this.#sync.list.summaryOf(kept);
  }

  async send(text: string, options: SendOptions = {}): Promise<void> {
    const leaf = (): string | null =>
      this.#places.findLast(({ turn }) => turn.sending !== 'unsent')?.turn.id ?? null;
    await this.#say(text, leaf, options.mate ?? null, () => {
      this.draft = options.rest ?? '';
      // A new chat moves to its own address now, and reads there what is kept.
      return this.saveDraft();
    });
  }

  async stop(turnId: string): Promise<void> {
    const { sync, live, turn } = this.#turn(turnId);
    if (turn.accepted) return sync.stopTurn(turnId);
    if (this.#draft === '') this.draft = turn.text;
    await this.#takeBack(sync, live, turnId);
  }

  async retry(turnId: string): Promise<void> {
    const { sync, live, turn } = this.#turn(turnId);
    const orphaned = turn.parentId !== null && !live.state.turns.has(turn.parentId);
    if (turn.sending === 'unsent' && orphaned) {
      await this.send(turn.text);
      return this.#takeBack(sync, live, turnId);
    }
    if (turn.sending === null) return this.#say(turn.text, () => turn.parentId, turn.wanted);
    // It was never stored: the same sealed message goes once more.
    await live.takeNow([{ type: 'requeued', turnId, chatId: this.id }]);
    if (turn.sending === 'unsent') await sync.errand({ kind: 'ask', chatId: this.id, turnId });
    void sync.outbox.drain();
  }

  async edit(turnId: string, text: string): Promise<void> {
    const { sync, live, turn } = this.#turn(turnId);
    await this.#say(text, () => turn.parentId, turn.wanted);
    if (turn.sending !== null) await this.#takeBack(sync, live, turnId);
  }

  showBranch(turnId: string, step: -1 | 1): void {
    const place = this.#places.find(({ turn }) => turn.id === turnId);
    const chosen = place?.siblings[place.index + step];
    if (!chosen || !this.#live) return;
    const { state, choices } = this.#live;
    void this.#live.choose(choicesFor(state, chosen.id, choices));
  }

  async deleteTurn(turnId: string): Promise<void> {
    const { sync, live, turn } = this.#turn(turnId);
    if (!turn.accepted || this.temporary) return this.#takeBack(sync, live, turnId);
    sync.stopTurn(turnId);
    await live.takeNow([{ type: 'deleted', turnId, chatId: this.id }]);
    await sync.errand({ kind: 'remove_turn', chatId: this.id, turnId });
  }

  async saveDraft(): Promise<void> {
    if (this.#saving !== null) clearTimeout(this.#saving);
    this.#saving = null;
    if (this.#draftTouched && !this.temporary) await this.#sync?.parts.store.putDraft(this.id, this.#draft);
  }

  async #say(
    text: string,
    parent: () => string | null,
    wanted: string | null,
    made?: () => void | Promise<void>,
  ): Promise<void> {
    const [sync, live] = [this.#sync, this.#live];
    if (!sync || !live) throw notOpen();
    if (live.gone) throw new Refused(goneProblem());
    this.#expectSound(live, parent());
    await sync.outgoing.send(live, {
      text,
      parent,
      wanted,
      made: (turnId) => {
        live.choices = new Map(live.choices).set(parent() ?? '', turnId);
        return made?.();
      },
    });
    await live.choose(live.choices);
  }

  /** Nothing goes on from what was tampered with; an earlier message can still be asked in another way. */
  #expectSound(live: LiveChat, parentId: string | null): void {
    if (live.problem?.untrusted) throw new Refused(live.problem);
    for (const { trouble } of ancestryOf(live.state, parentId)) {
      const reason = trouble.message ?? trouble.answer ?? trouble.suggestions;
      if (reason) throw new Refused(untrustedProblem(reason));
    }
  }

  /** What the server never had is gone at once. */
  async #takeBack(sync: Sync, live: LiveChat, turnId: string): Promise<void> {
    for (const errand of sync.outbox.errands) {
      if (errand.kind === 'ask' && errand.turnId === turnId) await sync.outbox.drop(errand.id);
    }
    await sync.forgetTurn(live, turnId);
  }

  #turn(turnId: string): { sync: Sync; live: LiveChat; turn: TurnState } {
    const [sync, live] = [this.#sync, this.#live];
    const turn = live?.state.turns.get(turnId);
    if (!sync || !live || !turn) throw notOpen();
    return { sync, live, turn };
  }

  #update(): void {
    const [sync, live] = [this.#sync, this.#live];
    if (!sync || !live) return;
    // What was deleted elsewhere is gone from the screen as well.
    this.#places = live.gone ? [] : pathOf(live.state, live.choices);
    const path = this.#places.map(viewOf);
    if (path.length !== this.path.length || path.some((view, at) => view !== this.path[at])) this.path = path;
    this.problem = live.gone ? goneProblem() : live.problem;
    if (live.state.turns.size > 0) this.loading = false;
    this.refresh();
  }

  async #loadDraft(sync: Sync): Promise<void> {
    const draft = await sync.parts.store.draft(this.id);
    if (!this.#draftTouched && sync === this.#sync) this.#draft = draft;
  }
}

function emptySummary(id: string, temporary: boolean): ChatSummary {
  const now = Math.floor(Date.now() / 1000);
  return {
    id,
    title: null,
    folder: null,
    pinned: false,
    activeAt: now,
    updatedAt: now,
    mate: null,
    unread: false,
    busy: false,
    temporary,
  };
}
