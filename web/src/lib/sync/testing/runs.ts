// Lives of turns as the server would tell them, for tests that shuffle, repeat and lose what is told.
import fc from 'fast-check';
import { reasonOf, type Answer, type Fact, type Stored } from '../facts';

export const CHAT = '01900000-0000-7000-8000-000000000000';
const TURN = '01900000-0000-7000-8000-000000000001';
const ids = { turnId: TURN, chatId: CHAT };
const SOUND = { message: null, answer: null, suggestions: null };

/** A turn's facts in the order they happen, and what storage holds at the end. */
export interface Run {
  facts: Fact[];
  stored: Fact;
}

type Ending = 'answered' | 'unreviewed' | 'withheld' | 'refused' | 'failed' | 'stopped';

const deltas = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
const endings = fc.constantFrom<Ending>('answered', 'unreviewed', 'withheld', 'refused', 'failed', 'stopped');

export const runs: fc.Arbitrary<Run> = fc
  .record({ attempts: fc.array(deltas, { minLength: 1, maxLength: 3 }), ending: endings, own: fc.boolean() })
  .map(makeRun);

function makeRun({ attempts, ending, own }: { attempts: string[][]; ending: Ending; own: boolean }): Run {
  const facts: Fact[] = own ? [{ ...ids, type: 'asked', ...message, record: 'cmVjb3Jk', wanted: null }] : [];
  facts.push({ ...ids, type: 'accepted' }, { ...ids, type: 'reserved', credits: 13 });
  if (ending === 'refused') return ended(facts, 'refused');
  facts.push({ ...ids, type: 'read', choice });
  if (ending === 'stopped') return ended(facts, 'stopped');
  attempts.forEach((each, at) => facts.push(...streamed(at + 1, each)));
  if (ending === 'failed') return ended(facts, 'failed');
  return answered(facts, answerOf((attempts.at(-1) ?? []).join('')), ending);
}

function streamed(attempt: number, texts: string[]): Fact[] {
  return [
    { ...ids, type: 'started', attempt, mate: 'tavi', model: 'm' },
    ...texts.map((delta, at): Fact => ({ ...ids, type: 'extended', attempt, seq: at + 1, delta })),
  ];
}

function answered(facts: Fact[], answer: Answer, ending: 'answered' | 'unreviewed' | 'withheld'): Run {
  const charged: Fact = { ...ids, type: 'charged', credits: 2, inputTokens: 20, outputTokens: 7 };
  facts.push({ ...ids, type: 'finished', answer }, charged);
  if (ending === 'withheld') {
    facts.push({ ...ids, type: 'withheld', reason: reasonOf('answer_withheld') });
    return { facts, stored: storedAs({ outcome: 'withheld', code: 'answer_withheld', credits: 2 }) };
  }
  if (ending === 'unreviewed') {
    facts.push({ ...ids, type: 'annotated', code: 'unchecked' });
    return { facts, stored: storedAs({ outcome: 'answered', answer, code: 'unchecked', credits: 2 }) };
  }
  const suggestions = ['a', 'b'];
  facts.push({ ...ids, type: 'suggested', suggestions });
  return { facts, stored: storedAs({ outcome: 'answered', answer, suggestions, credits: 2 }) };
}

function ended(facts: Fact[], outcome: 'refused' | 'failed' | 'stopped'): Run {
  if (outcome === 'stopped') {
    facts.push({ ...ids, type: 'stopped' });
    return { facts, stored: storedAs({ outcome, code: 'turn_stopped' }) };
  }
  const reason = reasonOf('harm_refused', { message: 'No.', nextStep: 'Ask otherwise.' });
  facts.push({ ...ids, type: outcome, reason });
  return { facts, stored: storedAs({ outcome, code: 'harm_refused' }) };
}

const message = { parentId: null, parentHash: null, createdAt: 1000, text: 'Hello', messageHash: 'hash' };
const choice = { mate: 'tavi', mateName: 'Tavi', reason: 'all', complexity: 'simple', model: 'm' } as const;

function answerOf(text: string): Answer {
  return { text, mate: 'tavi', model: 'm', finish: 'complete', answeredAt: 1001, hash: 'answer hash' };
}

export function storedAs(part: Partial<Stored>): Fact {
  return {
    ...ids,
    type: 'stored',
    ...message,
    record: 'cmVjb3Jk',
    outcome: 'asked',
    code: null,
    answer: null,
    suggestions: null,
    credits: null,
    trouble: SOUND,
    ...part,
  };
}

/** The same facts in any order, some of them more than once. */
export function shuffledWithRepeats(facts: readonly Fact[]): fc.Arbitrary<Fact[]> {
  const again = fc.subarray([...facts]);
  return again.chain((repeated) => {
    const all = [...facts, ...repeated];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });
}

/** Some of them, in any order. */
export function withGaps(facts: readonly Fact[]): fc.Arbitrary<Fact[]> {
  return fc.shuffledSubarray([...facts]);
}
