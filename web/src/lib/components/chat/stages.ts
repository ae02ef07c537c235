// The stages of a turn in words, on the screen and for ears.
import { m } from '$lib/paraglide/messages';
import type { TurnStage, TurnView } from '$lib/state/model';

const ending: ReadonlySet<TurnStage> = new Set([
  'answered',
  'refused',
  'failed',
  'stopped',
  'withheld',
  'deleted',
  'unreadable',
]);

/** Something may still come. */
export function isOpen(turn: TurnView): boolean {
  return !ending.has(turn.stage);
}

/** The turn is being answered and can be stopped. */
export function isRunning(turn: TurnView): boolean {
  return isOpen(turn) && turn.stage !== 'queued';
}

/** One message, in one version, is all that is left of the chat. */
export function isAlone(path: readonly TurnView[]): boolean {
  return (
    path.filter(({ stage }) => stage !== 'deleted').length === 1 &&
    path.every(({ branch }) => branch.count === 1)
  );
}

/** What happens now, until words of the answer are there. */
export function stageWords(turn: TurnView, name: string, online: boolean): string {
  if (!online) return turn.stage === 'queued' ? m.chat_stage_offline() : m.chat_stage_waiting();
  switch (turn.stage) {
    case 'queued':
      return m.chat_stage_queued();
    case 'accepted':
      return m.chat_stage_accepted();
    case 'reserved':
      return turn.mate === null ? m.chat_stage_reserved() : m.chat_stage_wanted({ name });
    case 'read':
      return m.chat_stage_read({ name });
    default:
      return m.chat_stage_answering({ name });
  }
}

export function complexityWords(complexity: NonNullable<TurnView['complexity']>): string {
  const words = {
    simple: m.chat_complexity_simple,
    medium: m.chat_complexity_medium,
    complex: m.chat_complexity_complex,
  };
  return words[complexity]();
}

/** What a turn has come to for ears: an answer that was stopped in the middle is not a whole one. */
export function heardAs({ stage, finish }: TurnView): TurnStage {
  return stage === 'answered' && finish === 'stopped' ? 'stopped' : stage;
}

/** What is read out when a turn gets to a stage; the words of the answer are not. */
export function announcement(stage: TurnStage, name: string, online: boolean): string | null {
  switch (stage) {
    case 'queued':
      return online ? null : m.chat_stage_offline();
    case 'accepted':
      return m.chat_said_sent();
    case 'answering':
      return m.chat_said_answering({ name });
    case 'answered':
      return m.chat_said_complete();
    case 'stopped':
      return m.chat_said_stopped();
    case 'refused':
      return m.chat_said_refused();
    case 'failed':
      return m.chat_said_failed();
    case 'withheld':
      return m.chat_said_withheld();
    default:
      return null;
  }
}
