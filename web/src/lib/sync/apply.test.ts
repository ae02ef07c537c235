// The reducer: whatever order, repetition and loss events come with, a chat ends the same once storage was looked into.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply, applyAll, newChat, type ChatState } from './apply';
import { reasonOf, type Fact } from './facts';
import { CHAT, runs, shuffledWithRepeats, storedAs, withGaps } from './testing/runs';
import { hasGap, isOver, isOverdue, isSettled, rankOf, type TurnState } from './turn';
import { stageOf } from './view';

const TURN = '01900000-0000-7000-8000-000000000001';
const ids = { turnId: TURN, chatId: CHAT };
const ANSWER = {
  text: 'Hi',
  mate: 'tavi',
  model: 'm',
  finish: 'complete',
  answeredAt: 5,
  hash: 'h',
} as const;

function turnAfter(facts: readonly Fact[]): TurnState {
  const turn = applyAll(newChat(CHAT), facts).turns.get(TURN);
  if (!turn) throw new Error('no turn');
  return turn;
}

function oneByOne(facts: readonly Fact[]): ChatState {
  return facts.reduce(apply, newChat(CHAT));
}

/** All that storage tells of; who answers and why, and the tokens, only live events say. */
function essence(turn: TurnState) {
  const { answer, ended, withheld, suggestions, annotation, deleted, text, messageHash, trouble } = turn;
  const code = ended?.reason.code ?? withheld?.code ?? null;
  const credits = turn.charge?.credits ?? null;
  const outcome = ended?.outcome ?? null;
  return { answer, code, outcome, suggestions, annotation, deleted, text, messageHash, trouble, credits };
}

describe('a turn', () => {
  it('ends the same in any order, with any repetition', () => {
    const told = runs.chain((run) => shuffledWithRepeats(run.facts).map((shuffled) => ({ run, shuffled })));
    fc.assert(
      fc.property(told, ({ run, shuffled }) => {
        expect(turnAfter(shuffled)).toEqual(turnAfter(run.facts));
      }),
    );
  });

  it('ends the same whatever was lost, once storage was looked into, whenever that was', () => {
    const told = runs.chain((run) =>
      fc.tuple(withGaps(run.facts), fc.nat()).map(([heard, at]) => {
        const place = at % (heard.length + 1);
        return { run, heard: [...heard.slice(0, place), run.stored, ...heard.slice(place)] };
      }),
    );
    fc.assert(
      fc.property(told, ({ run, heard }) => {
        expect(essence(turnAfter(heard))).toEqual(essence(turnAfter([...run.facts, run.stored])));
      }),
    );
  });

  it('knows no less after an early look into storage than without it', () => {
    const told = runs.chain((run) =>
      shuffledWithRepeats([...run.facts, storedAs({})]).map((heard) => ({ run, heard })),
    );
    fc.assert(
      fc.property(told, ({ run, heard }) => {
        expect(essence(turnAfter(heard))).toEqual(essence(turnAfter([...run.facts, storedAs({})])));
      }),
    );
  });

  it('comes to the same in one step as one by one', () => {
    fc.assert(
      fc.property(runs, ({ facts }) => {
        expect(oneByOne(facts)).toEqual(applyAll(newChat(CHAT), facts));
      }),
    );
  });

  it('stays the very same object when nothing is new', () => {
    fc.assert(
      fc.property(runs, ({ facts }) => {
        const chat = oneByOne(facts);
        expect(applyAll(chat, facts)).toBe(chat);
      }),
    );
  });

  it('is over, has no gap and nothing overdue once all was told', () => {
    fc.assert(
      fc.property(runs, ({ facts }) => {
        const turn = turnAfter(facts);
        expect([isOver(turn), isSettled(turn), hasGap(turn), isOverdue(turn)]).toEqual([
          true,
          true,
          false,
          false,
        ]);
      }),
    );
  });

  it('is known better, never worse, by each fact', () => {
    fc.assert(
      fc.property(runs, ({ facts }) => {
        const ranks = facts.map((_, at) => rankOf(turnAfter(facts.slice(0, at + 1))));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }),
    );
  });
});

describe('a growing answer', () => {
  const extended = (attempt: number, seq: number, delta: string): Fact => ({
    ...ids,
    type: 'extended',
    attempt,
    seq,
    delta,
  });

  it('keeps early deltas back until their predecessors come', () => {
    const early = turnAfter([extended(1, 1, 'a'), extended(1, 3, 'c')]);
    expect([early.stream.text, hasGap(early)]).toEqual(['a', true]);
    const filled = turnAfter([extended(1, 1, 'a'), extended(1, 3, 'c'), extended(1, 2, 'b')]);
    expect([filled.stream.text, hasGap(filled)]).toEqual(['abc', false]);
  });

  it('begins anew with a higher attempt and ignores what is left of a lower', () => {
    const turn = turnAfter([extended(1, 1, 'old'), extended(2, 1, 'new'), extended(1, 2, 'late')]);
    expect([turn.stream.text, turn.stream.seq]).toEqual(['new', 1]);
  });

  it('takes the whole text of a resumption, then what came early behind it', () => {
    const resumed: Fact = {
      ...ids,
      type: 'resumed',
      attempt: 1,
      seq: 2,
      text: 'ab',
      mate: 'tavi',
      model: 'm',
    };
    expect(turnAfter([extended(1, 3, 'c'), resumed]).stream.text).toBe('abc');
    expect(
      turnAfter([extended(1, 1, 'a'), extended(1, 2, 'b'), extended(1, 3, 'c'), resumed]).stream.text,
    ).toBe('abc');
  });
});

describe('a stage', () => {
  it('is overdue when something came that only follows an answer', () => {
    const turn = turnAfter([{ ...ids, type: 'suggested', suggestions: ['a'] }]);
    expect([isOverdue(turn), stageOf(turn)]).toEqual([true, 'accepted']);
  });

  it('is unreadable, with the words kept, when a record does not open', () => {
    const broken = turnAfter([{ ...ids, type: 'unreadable', record: 'answer', reason: 'not_authentic' }]);
    expect([stageOf(broken), broken.trouble.answer]).toEqual(['unreadable', 'not_authentic']);
    const healed = turnAfter([
      { ...ids, type: 'unreadable', record: 'answer', reason: 'not_authentic' },
      storedAs({ outcome: 'answered', answer: ANSWER }),
    ]);
    expect(stageOf(healed)).toBe('answered');
  });

  it('is failed with the text here when a message was refused, and queued again on another try', () => {
    const asked: Fact = {
      ...ids,
      type: 'asked',
      parentId: null,
      parentHash: null,
      createdAt: 1,
      text: 'Keep me',
      wanted: null,
      record: 'cg',
      messageHash: 'h',
    };
    const unsent: Fact = { ...ids, type: 'unsent', reason: reasonOf('insufficient_credits') };
    expect([stageOf(turnAfter([asked])), stageOf(turnAfter([asked, unsent]))]).toEqual(['queued', 'failed']);
    expect(turnAfter([asked, unsent]).text).toBe('Keep me');
    expect(stageOf(turnAfter([asked, unsent, { ...ids, type: 'requeued' }]))).toBe('queued');
    expect(stageOf(turnAfter([asked, unsent, { ...ids, type: 'accepted' }]))).toBe('accepted');
  });

  it('is deleted for good, with nothing left of the words', () => {
    const turn = turnAfter([
      storedAs({ outcome: 'answered', answer: ANSWER }),
      { ...ids, type: 'deleted' },
      storedAs({ outcome: 'answered', answer: ANSWER }),
    ]);
    expect([stageOf(turn), turn.text, turn.answer]).toEqual(['deleted', '', null]);
  });

  it('is withheld, and the answer is gone, in either order', () => {
    const withheld: Fact = { ...ids, type: 'withheld', reason: reasonOf('answer_withheld') };
    const finished: Fact = { ...ids, type: 'finished', answer: ANSWER };
    for (const facts of [
      [withheld, finished],
      [finished, withheld],
    ]) {
      expect([stageOf(turnAfter(facts)), turnAfter(facts).answer]).toEqual(['withheld', null]);
    }
  });
});

it('a fact of another chat is none of its business', () => {
  const chat = newChat(CHAT);
  expect(apply(chat, { type: 'accepted', turnId: TURN, chatId: 'another' })).toBe(chat);
});
