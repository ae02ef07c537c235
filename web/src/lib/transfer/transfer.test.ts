// Export and import: what goes out comes back the same, and a file that is not ours is refused for the right reason.
import fc from 'fast-check';
import { strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { ImportedChat, TurnView, Waits } from '$lib/state/model';
import { TransferError } from './errors';
import { exportChats, type Exported } from './export';
import { importChats, readExport } from './import';
import { CHATS_FILE, FORMAT, LIMITS } from './schema';
import { waitFor } from './waiting';
import { readTextFile } from './zip_reader';

const words = {
  you: 'You',
  untitled: 'Untitled',
  locale: 'en',
  mate: (mate: string | null) => mate ?? 'Mate',
};

let lastId = 0;
const newId = () => `00000000-0000-7000-8000-${(++lastId).toString(16).padStart(12, '0')}`;

function turn(fields: Partial<TurnView>): TurnView {
  return {
    id: newId(),
    chatId: '',
    parentId: null,
    createdAt: 1_790_000_000,
    text: 'Name three planets.',
    stage: 'answered',
    mate: 'nuo',
    mateName: 'Nuo',
    reason: null,
    complexity: null,
    model: 'local',
    answer: 'Mercury, Venus, Earth',
    finish: 'complete',
    answeredAt: 1_790_000_009,
    suggestions: [],
    annotation: null,
    credits: 1,
    inputTokens: null,
    outputTokens: null,
    problem: null,
    branch: { index: 0, count: 1 },
    ...fields,
  };
}

/** An account's chats in memory, as far as export and import need them. */
class FakeChats {
  chats: ImportedChat[] = [];
  refuse: (chat: ImportedChat) => boolean = () => false;
  /** Seconds that the server wants to wait, once for each. */
  busy: number[] = [];

  async importChat(chat: ImportedChat, wait: Waits): Promise<void> {
    if (this.refuse(chat)) throw new Error('offline');
    const seconds = this.busy.shift();
    if (seconds !== undefined) await wait(seconds);
    this.chats.push(chat);
  }

  async *everything() {
    for (const chat of this.chats) {
      const summary = {
        ...{
          id: newId(),
          title: chat.title,
          folder: chat.folder,
          pinned: chat.pinned,
          activeAt: chat.activeAt,
          updatedAt: chat.activeAt,
        },
        ...{ mate: null, unread: false, busy: false, temporary: false },
      };
      const turns = chat.turns.map((one) => turn({ ...one, answer: one.answer ?? '' }));
      yield { summary, createdAt: chat.createdAt, turns };
    }
  }
}

const waited: number[] = [];
const partsOf = (chats: FakeChats) => ({
  chats,
  makeId: () => newId(),
  wait: async (seconds: number) => void waited.push(seconds),
});

function chatOf(turns: TurnView[], title: string | null = 'Three planets'): ImportedChat {
  const createdAt = turns[0]?.createdAt ?? 0;
  const kept = turns.map((one) => ({ ...one, answer: one.finish === null ? null : one.answer }));
  return { title, folder: 'Space', pinned: true, createdAt, activeAt: createdAt + 60, turns: kept };
}

const exported = (chats: FakeChats, signal?: AbortSignal): Promise<Exported> =>
  exportChats(chats.everything(), {
    now: 1_790_000_100,
    words,
    count: 1,
    settings: { theme: 'dark' },
    ...(signal && { signal }),
  });

/** Ids differ after an import; what must be the same is everything else, with the parent as a place in the list. */
function withoutIds(chat: ImportedChat) {
  const places = new Map(chat.turns.map((one, place) => [one.id, place]));
  return {
    ...{ title: chat.title, folder: chat.folder, pinned: chat.pinned },
    ...{ createdAt: chat.createdAt, activeAt: chat.activeAt },
    turns: chat.turns.map(({ parentId, createdAt, text, answer, mate, model, finish, answeredAt }) => ({
      ...{ parent: parentId === null ? null : places.get(parentId), createdAt, text, answer },
      ...{ mate, model, finish, answeredAt },
    })),
  };
}

async function roundTrip(chats: FakeChats): Promise<FakeChats> {
  const target = new FakeChats();
  const read = await readExport((await exported(chats)).zip);
  expect(read.left).toEqual([]);
  await importChats(read.chats, partsOf(target));
  return target;
}

const json = (value: unknown) => zip({ [CHATS_FILE]: strToU8(JSON.stringify(value)) });
const zip = (files: Zippable) => new Blob([zipSync(files)]);

async function codeOf(file: Blob): Promise<string> {
  const error: unknown = await readExport(file).then(
    () => new Error('it was taken'),
    (problem: unknown) => problem,
  );
  return error instanceof TransferError ? error.code : String(error);
}

describe('round trip', () => {
  it('gives the same chats under new ids, branches and all', async () => {
    const first = turn({});
    const source = new FakeChats();
    source.chats = [
      chatOf([
        first,
        turn({ parentId: first.id, text: 'Three more 🪐' }),
        turn({ parentId: first.id, text: 'Why?' }),
      ]),
      chatOf([turn({ text: 'مرحبا', answer: '', finish: null, answeredAt: null })], null),
    ];
    const target = await roundTrip(source);
    expect(target.chats.map(withoutIds)).toEqual(source.chats.map(withoutIds));
    expect(target.chats[0]?.turns[0]?.id).not.toBe(first.id);
  });

  it('holds for any text', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 6 }), async (pairs) => {
        const source = new FakeChats();
        let parentId: string | null = null;
        const turns = pairs.map(([said, answer]) => {
          const one: TurnView = turn({ text: said, answer, parentId });
          parentId = one.id;
          return one;
        });
        source.chats = [chatOf(turns, pairs[0]?.[0] ?? null)];
        expect((await roundTrip(source)).chats.map(withoutIds)).toEqual(source.chats.map(withoutIds));
      }),
      { numRuns: 25 },
    );
  });

  it('leaves out what is here already', async () => {
    const source = new FakeChats();
    source.chats = [chatOf([turn({})])];
    const { chats } = await readExport((await exported(source)).zip);
    expect(await importChats(chats, partsOf(source))).toEqual({ imported: 0, known: 1, failed: [] });
  });

  it('goes on after a chat that could not be stored, and names it', async () => {
    const source = new FakeChats();
    source.chats = [chatOf([turn({ text: 'a' })], 'A'), chatOf([turn({ text: 'b' })], 'B')];
    const { chats } = await readExport((await exported(source)).zip);
    const target = new FakeChats();
    target.refuse = (chat) => chat.title === 'A';
    const report = await importChats(chats, partsOf(target));
    expect([report.imported, report.failed.map((one) => one.title)]).toEqual([1, ['A']]);
  });
});

describe('a server that wants to wait', () => {
  it('is waited for as long as it says', async () => {
    const source = new FakeChats();
    source.chats = [chatOf([turn({ text: 'a' })], 'A'), chatOf([turn({ text: 'b' })], 'B')];
    const { chats } = await readExport((await exported(source)).zip);
    const target = new FakeChats();
    target.busy = [30, 5];
    waited.length = 0;
    const report = await importChats(chats, partsOf(target));
    expect([report.imported, report.failed, waited]).toEqual([2, [], [30, 5]]);
    expect(target.chats.map((chat) => chat.title)).toEqual(['A', 'B']);
  });

  it('can be left', async () => {
    const source = new FakeChats();
    source.chats = [chatOf([turn({})])];
    const { chats } = await readExport((await exported(source)).zip);
    const target = new FakeChats();
    target.busy = [30];
    const stop = new AbortController();
    const parts = { ...partsOf(target), wait: waitFor };
    const importing = importChats(chats, parts, { signal: stop.signal });
    stop.abort();
    await expect(importing).rejects.toThrow(/abort/i);
    expect(target.chats).toEqual([]);
  });
});

describe('export', () => {
  it('passes the children of a deleted turn on, and counts what does not open', async () => {
    const [first, gone] = [turn({}), turn({ stage: 'deleted', text: '' })];
    const turns = [first, { ...gone, parentId: first.id }, turn({ parentId: gone.id, text: 'After' })];
    const summary = {
      ...{ id: newId(), title: 'T', folder: null, pinned: false, activeAt: 1, updatedAt: 1, mate: null },
      ...{ unread: false, busy: false, temporary: false },
    };
    const unreadable = turn({ stage: 'unreadable', text: '', parentId: first.id });
    const everything = (async function* () {
      yield { summary, createdAt: 1, turns: [...turns, unreadable] };
    })();
    const result = await exportChats(everything, { now: 1, words, count: 1, settings: {} });
    expect(result.unreadable).toBe(1);
    const [chat] = (await readExport(result.zip)).chats;
    expect(chat?.turns.map((each) => [each.text, each.parent_id])).toEqual([
      [first.text, null],
      ['After', first.id],
    ]);
  });

  it('puts a readable file beside it, under a name that every system takes', async () => {
    const source = new FakeChats();
    source.chats = [chatOf([turn({})], '../etc: "pass\u202Ewd"?')];
    const files = unzipSync(new Uint8Array(await (await exported(source)).zip.arrayBuffer()));
    const name = Object.keys(files).find((one) => one.endsWith('.md')) ?? '';
    expect(name).toMatch(/^chats\/2026-09-21 \.\. etc pass wd [0-9a-f]{8}\.md$/);
    expect(new TextDecoder().decode(files[name])).toContain('Mercury, Venus, Earth');
  });

  it('stops when it is cancelled', async () => {
    const source = new FakeChats();
    source.chats = [chatOf([turn({})])];
    await expect(exported(source, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe('a file that is not ours', () => {
  const good = { format: FORMAT, exported_at: 1, chats: [] };

  it('is refused by its reason', async () => {
    expect(await codeOf(new Blob(['no zip at all, but long enough to hold an end record']))).toBe(
      'not_a_zip',
    );
    expect(await codeOf(new Blob([]))).toBe('not_a_zip');
    expect(await codeOf(zip({ 'readme.txt': strToU8('hi') }))).toBe('no_chats_file');
    expect(await codeOf(zip({ [CHATS_FILE]: strToU8('{"format":') }))).toBe('broken_json');
    expect(await codeOf(zip({ [CHATS_FILE]: new Uint8Array([0xff, 0xfe, 0x80]) }))).toBe('zip_damaged');
    expect(await codeOf(json({ ...good, format: 'sealmate-export/2' }))).toBe('wrong_version');
    expect(await codeOf(json([1, 2]))).toBe('wrong_version');
    expect(await codeOf(json({ ...good, chats: 'none' }))).toBe('wrong_shape');
    expect(await codeOf(json({ ...good, chats: Array(LIMITS.chats + 1).fill(0) }))).toBe('too_many_chats');
  });

  it('is read when somebody packed it again in a folder, stored without compression', async () => {
    const packed = zipSync({ backup: { [CHATS_FILE]: [strToU8(JSON.stringify(good)), { level: 0 }] } });
    expect(await readExport(new Blob([packed]))).toEqual({ chats: [], left: [] });
  });

  it('never unpacks more than was allowed, whatever its directory says', async () => {
    const bomb = zipSync({ [CHATS_FILE]: new Uint8Array(8_000_000) }, { level: 9 });
    const options = { mostBytes: 1_000_000 };
    await expect(readTextFile(new Blob([bomb]), CHATS_FILE, options)).rejects.toThrow('content_too_large');
    const end = new DataView(bomb.buffer, bomb.byteOffset + bomb.byteLength - 22);
    new DataView(bomb.buffer, bomb.byteOffset).setUint32(end.getUint32(16, true) + 24, 1_000, true);
    await expect(readTextFile(new Blob([bomb]), CHATS_FILE, options)).rejects.toThrow('content_too_large');
  });

  it('is refused when a byte of it was changed, cut off or marked as encrypted', async () => {
    const packed = zipSync({ [CHATS_FILE]: [strToU8(JSON.stringify(good)), { level: 0 }] });
    const changed = packed.slice();
    changed[45] = (changed[45] ?? 0) ^ 1;
    expect(await codeOf(new Blob([changed]))).toBe('zip_damaged');
    expect(await codeOf(new Blob([packed.slice(0, -30)]))).toBe('not_a_zip');
    expect(await codeOf(new Blob([packed.slice(20)]))).toBe('zip_damaged');
    const view = new DataView(packed.buffer);
    view.setUint16(view.getUint32(packed.byteLength - 6, true) + 8, 1, true);
    expect(await codeOf(new Blob([packed]))).toBe('zip_encrypted');
  });

  it('fails in no other way, whichever bytes are hostile', async () => {
    const packed = zipSync({ [CHATS_FILE]: strToU8(JSON.stringify(good)) });
    const change = fc.tuple(fc.nat(packed.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = packed.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const error: unknown = await readExport(new Blob([bytes])).then(
          () => null,
          (problem: unknown) => problem,
        );
        expect(error === null || error instanceof TransferError).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the chats that are right, and says which were not', async () => {
    const source = new FakeChats();
    source.chats = [chatOf([turn({})])];
    const { chats } = await readExport((await exported(source)).zip);
    const [first] = chats;
    const cycle = [{ ...first?.turns[0], parent_id: first?.turns[0]?.id }];
    const bad = [
      { ...first, title: 'A cycle', turns: cycle },
      { ...first, title: 'No such parent', turns: [{ ...first?.turns[0], parent_id: newId() }] },
      { ...first, title: 'Too long', turns: [{ ...first?.turns[0], text: 'x'.repeat(24_001) }] },
      { ...first, title: 7 },
      null,
    ];
    const read = await readExport(json({ ...good, chats: [...bad, first] }));
    expect(read).toEqual({ chats: [first], left: ['A cycle', 'No such parent', 'Too long', null, null] });
  });
});
