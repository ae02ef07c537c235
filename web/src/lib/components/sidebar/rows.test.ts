// How chats become rows: under which heading each stands, and that none is lost or shown twice.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatSummary } from '$lib/state/model';
import { foldersOf, periodOf, rowsOf } from './rows';

const now = new Date(2026, 10, 23, 15, 0);
const at = (...parts: [year: number, month: number, day: number, hour?: number, minute?: number]) =>
  new Date(...(parts as [number, number, number])).getTime() / 1000;

let lastId = 0;
const chat = (fields: Partial<ChatSummary>): ChatSummary => ({
  ...{
    id: `chat-${++lastId}`,
    title: null,
    folder: null,
    pinned: false,
    activeAt: now.getTime() / 1000,
    updatedAt: 1,
  },
  ...{ mate: null, unread: false, busy: false, temporary: false, ...fields },
});

describe('periods', () => {
  it('change at midnight', () => {
    expect(periodOf(at(2026, 10, 23, 0, 0), now).kind).toBe('today');
    expect(periodOf(at(2026, 10, 23) - 1, now).kind).toBe('yesterday');
    expect(periodOf(at(2026, 10, 22) - 1, now).kind).toBe('week');
    expect(periodOf(at(2026, 10, 16) - 1, now).kind).toBe('month');
    expect(periodOf(at(2026, 9, 24) - 1, now)).toEqual({ kind: 'named', year: 2026, month: 9 });
    expect(periodOf(at(2025, 9, 1), now)).toEqual({ kind: 'named', year: 2025, month: 9 });
  });

  it('take a time ahead of this clock for today', () => {
    expect(periodOf(at(2027, 0, 1), now).kind).toBe('today');
  });
});

describe('rows', () => {
  it('stand pinned first, then folders, then by time', () => {
    const list = [
      chat({ id: 'new' }),
      chat({ id: 'pinned', pinned: true, folder: 'Work' }),
      chat({ id: 'filed', folder: 'Work', unread: true }),
      chat({ id: 'old', activeAt: at(2024, 4, 1) }),
    ];
    expect(rowsOf(list, now, new Set(['Work'])).map((row) => row.key)).toEqual([
      ...['heading:pinned', 'pinned', 'heading:folders', 'folder:Work', 'filed'],
      ...['heading:today', 'new', 'heading:2024-4', 'old'],
    ]);
  });

  it('of a closed folder are hidden, but what is new in it shows', () => {
    const rows = rowsOf([chat({ folder: 'Work', unread: true }), chat({ folder: 'Work' })], now, new Set());
    expect(rows.at(-1)).toMatchObject({ kind: 'folder', name: 'Work', open: false, count: 2, unread: true });
  });

  it('hold every chat once, each heading once, if all folders are open', () => {
    const summary = fc.record({
      folder: fc.option(fc.constantFrom('A', 'B', 'Ä')),
      pinned: fc.boolean(),
      activeAt: fc.integer({ min: at(2020, 0, 1), max: at(2026, 11, 1) }),
    });
    fc.assert(
      fc.property(fc.array(summary, { maxLength: 60 }), (fields) => {
        const list = fields.map((one) => chat(one)).sort((a, b) => b.activeAt - a.activeAt);
        const keys = rowsOf(list, now, new Set(['A', 'B', 'Ä'])).map((row) => row.key);
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.filter((key) => key.startsWith('chat-')).sort()).toEqual(
          list.map((one) => one.id).sort(),
        );
      }),
    );
  });
});

it('folders are named once, in the order of the language, numbers by their size', () => {
  const list = ['Zoo', 'Ähren', 'Woche 10', 'Woche 9', 'Zoo'].map((folder) => chat({ folder }));
  expect(foldersOf([...list, chat({})], 'de')).toEqual(['Ähren', 'Woche 9', 'Woche 10', 'Zoo']);
});
