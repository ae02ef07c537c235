// A turn as the screen shows it: its stage, its words, and what went wrong.
import type { Problem, TurnStage, TurnView } from '$lib/state/model';
import type { Place } from './branches';
import { problemOf, untrustedProblem } from './problems';
import type { TurnState } from './turn';

const views = new WeakMap<TurnState, TurnView>();

/** The same object for the same turn in the same place, so that nothing is drawn twice. */
export function viewOf({ turn, siblings, index }: Place): TurnView {
  const made = views.get(turn);
  if (made && made.branch.index === index && made.branch.count === siblings.length) return made;
  const view = { ...show(turn), branch: { index, count: siblings.length } };
  views.set(turn, view);
  return view;
}

export function stageOf(turn: TurnState): TurnStage {
  if (turn.deleted) return 'deleted';
  if (turn.trouble.message) return 'unreadable';
  if (turn.withheld) return 'withheld';
  if (turn.answer) return 'answered';
  if (turn.ended) return turn.ended.outcome;
  if (turn.trouble.answer) return 'unreadable';
  if (turn.sending) return turn.sending === 'unsent' ? 'failed' : 'queued';
  if (turn.stream.attempt > 0) return 'answering';
  if (turn.choice) return 'read';
  return turn.reserved === null ? 'accepted' : 'reserved';
}

function show(turn: TurnState): Omit<TurnView, 'branch'> {
  const { answer, stream, choice, charge } = turn;
  return {
    id: turn.id,
    chatId: turn.chatId,
    parentId: turn.parentId,
    createdAt: turn.createdAt,
    text: turn.text,
    stage: stageOf(turn),
    // What is sealed with the answer counts; until then, what was announced, or asked for.
    mate: answer?.mate ?? stream.mate ?? choice?.mate ?? (turn.ended ? null : turn.wanted),
    mateName: choice && (!answer || answer.mate === choice.mate) ? choice.mateName : null,
    reason: choice?.reason ?? null,
    complexity: choice?.complexity ?? null,
    model: answer?.model ?? stream.model ?? choice?.model ?? null,
    answer: answer?.text ?? stream.text,
    finish: answer?.finish ?? null,
    answeredAt: answer?.answeredAt ?? null,
    suggestions: turn.suggestions ?? [],
    annotation: turn.annotation,
    credits: charge?.credits ?? null,
    inputTokens: charge?.inputTokens ?? null,
    outputTokens: charge?.outputTokens ?? null,
    problem: troubleOf(turn),
  };
}

function troubleOf(turn: TurnState): Problem | null {
  const { trouble } = turn;
  const reason = turn.withheld ?? turn.ended?.reason ?? turn.unsentReason;
  const distrusted = trouble.message ?? trouble.answer ?? trouble.suggestions;
  if (distrusted) return untrustedProblem(distrusted);
  return reason ? problemOf(reason) : null;
}
