// The tree of turns: what is shown, what stands beside it, and that nothing gets lost in it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatState } from './apply';
import { ancestryOf, choicesFor, pathOf, placesOf, type Choices } from './branches';
import { newTurn, type TurnState } from './turn';

const NONE: Choices = new Map();
const idOf = (n: number): string => `t${String(n).padStart(3, '0')}`;

/** Turn n goes on from the turn at `parents[n]`, or begins the chat. */
function chatOf(parents: readonly (number | null)[], deleted: readonly number[] = []): ChatState {
  const turns = new Map<string, TurnState>();
  parents.forEach((parent, n) => {
    const parentId = parent === null ? null : idOf(parent);
    const turn = { ...newTurn(idOf(n), 'chat'), known: true, deleted: deleted.includes(n), parentId };
    turns.set(turn.id, turn);
  });
  return { id: 'chat', turns };
}

const shownIds = (chat: ChatState, choices = NONE): string[] =>
  pathOf(chat, choices).map(({ turn }) => turn.id);

const trees = fc
  .array(fc.option(fc.nat(), { nil: null }), { minLength: 1, maxLength: 30 })
  .map((parents) => parents.map((parent, n) => (parent === null || n === 0 ? null : parent % n)));

describe('the shown branch', () => {
  it('leads to the newest turn where nothing was chosen', () => {
    fc.assert(
      fc.property(trees, (parents) => {
        expect(shownIds(chatOf(parents)).at(-1)).toBe(idOf(parents.length - 1));
      }),
    );
  });

  it('goes through whatever turn was chosen', () => {
    fc.assert(
      fc.property(trees, fc.nat(), (parents, n) => {
        const chat = chatOf(parents);
        const chosen = idOf(n % parents.length);
        expect(shownIds(chat, choicesFor(chat, chosen, NONE))).toContain(chosen);
      }),
    );
  });

  it('is made of parents and children', () => {
    fc.assert(
      fc.property(trees, (parents) => {
        const path = pathOf(chatOf(parents), NONE).map(({ turn }) => turn);
        expect(path.map((turn) => turn.parentId)).toEqual([
          null,
          ...path.slice(0, -1).map((turn) => turn.id),
        ]);
      }),
    );
  });

  it('counts the siblings of each turn, oldest first', () => {
    const places = pathOf(chatOf([null, 0, 0, 0]), NONE);
    expect(places.map(({ siblings, index }) => [siblings.length, index])).toEqual([
      [1, 0],
      [3, 2],
    ]);
  });
});

describe('a deleted turn', () => {
  it('holds its place while something goes on from it, and is gone otherwise', () => {
    expect(shownIds(chatOf([null, 0, 1], [1]))).toEqual(['t000', 't001', 't002']);
    expect(shownIds(chatOf([null, 0], [1]))).toEqual(['t000']);
    expect(shownIds(chatOf([null, 0, 1], [1, 2]))).toEqual(['t000']);
  });
});

describe('tampered data', () => {
  it('of a turn whose parent is missing or younger still shows it', () => {
    const chat = chatOf([null, 0, 1]);
    const turns = new Map(chat.turns);
    turns.delete('t000');
    expect(shownIds({ ...chat, turns })).toEqual(['t001', 't002']);
    const looped = chatOf([1, 0]);
    expect(placesOf(looped).map(({ turn }) => turn.id)).toEqual(['t000', 't001']);
    expect(ancestryOf(looped, 't001').map(({ id }) => id)).toEqual(['t000', 't001']);
  });
});

it('all turns that are left are told of, each once', () => {
  fc.assert(
    fc.property(trees, (parents) => {
      const ids = placesOf(chatOf(parents)).map(({ turn }) => turn.id);
      expect(ids).toEqual(parents.map((_, n) => idOf(n)));
    }),
  );
});
