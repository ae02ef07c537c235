// What the search finds, how it is spelled, and that what it shows is the text itself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatIndex, type SearchableChat } from './chat_index';
import { snippetOf } from './snippet';
import { fold, wordsOf } from './words';

const chat = (id: string, title: string, ...turns: [text: string, answer: string][]): SearchableChat => ({
  id,
  title,
  turns: turns.map(([text, answer], index) => ({ id: `${id}${index}`, text, answer })),
});

function indexOf(...chats: SearchableChat[]): ChatIndex {
  const index = new ChatIndex();
  for (const one of chats) index.put(one);
  return index;
}

const foundIn = (index: ChatIndex, query: string) => index.find(query).map((hit) => hit.turnId ?? hit.chatId);

describe('the index', () => {
  const index = indexOf(
    chat('a', 'Names of planets', ['Name three planets', 'Mercury, Venus, Earth']),
    chat('b', 'Straße nach München', ['Wie weit ist es?', 'Über die Autobahn 600 Kilometer. Größe: XL']),
    chat('c', '東京の天気', ['明日の東京の天気は？', '晴れのち曇りです。']),
    chat('d', 'Погода', ['ภาษาไทยสวยมาก', 'naïve café']),
  );

  it('finds titles first, then messages and answers', () => {
    expect(foundIn(index, 'planets')).toEqual(['a', 'a0']);
    expect(foundIn(index, 'venus')).toEqual(['a0']);
  });

  it('finds beginnings, and words with a slip', () => {
    expect(foundIn(index, 'merc')).toEqual(['a0']);
    expect(foundIn(index, 'mercurry')).toEqual(['a0']);
    expect(foundIn(index, 'autobahm')).toEqual(['b0']);
  });

  it('wants all the words', () => {
    expect(foundIn(index, 'three venus')).toEqual(['a0']);
    expect(foundIn(index, 'three autobahn')).toEqual([]);
  });

  it('does not mind how umlauts and accents are typed', () => {
    for (const query of ['münchen', 'muenchen', 'munchen', 'MÜNCHEN', 'mu\u0308nchen', 'strasse', 'STRAẞE']) {
      expect(foundIn(index, query)).toEqual(['b']);
    }
    expect(foundIn(index, 'groesse')).toEqual(['b0']);
    expect(foundIn(index, 'naive CAFE')).toEqual(['d0']);
  });

  it('cuts scripts without spaces into words', () => {
    expect(foundIn(index, '東京').sort()).toEqual(['c', 'c0']);
    expect(foundIn(index, '天気').sort()).toEqual(['c', 'c0']);
    expect(foundIn(index, 'ไทย')).toEqual(['d0']);
    expect(foundIn(index, 'погода')).toEqual(['d']);
  });

  it('follows changes', () => {
    const changing = indexOf(chat('a', 'Old', ['first words', '']));
    changing.put(chat('a', 'New', ['second words', 'an answer']));
    expect([foundIn(changing, 'old'), foundIn(changing, 'first')]).toEqual([[], []]);
    expect([foundIn(changing, 'new'), foundIn(changing, 'second')]).toEqual([['a'], ['a0']]);
    changing.remove('a');
    expect([foundIn(changing, 'new'), changing.size]).toEqual([[], 0]);
  });

  it('keeps the places of a chat together, its title first', () => {
    const [one, other] = [
      chat('a', 'Tides', ['moon', ''], ['the moon', '']),
      chat('b', 'Moon', ['moon moon', '']),
    ];
    const found = foundIn(indexOf(one, other), 'moon');
    expect(found).toHaveLength(4);
    expect(found.map((id) => id[0]).join('')).toMatch(/^(aabb|bbaa)$/);
    expect(found.indexOf('b')).toBe(found.indexOf('b0') - 1);
  });

  it('answers nonsense with nothing', () => {
    for (const query of ['', '   ', '***', '\u0000', 'x'.repeat(5000)])
      expect(foundIn(index, query)).toEqual([]);
  });

  it('shows what was asked again in the same words once, beside a title that is the same', () => {
    const again = chat(
      'a',
      'Far planets',
      ['Far planets', 'Neptune'],
      ['Far planets', 'Pluto'],
      ['Near planets', ''],
    );
    expect(foundIn(indexOf(again), 'planets').sort()).toEqual(['a', 'a0', 'a2']);
    expect(foundIn(indexOf(again), 'pluto')).toEqual(['a1']);
  });

  it('shows three places of one chat at most', () => {
    const turns = Array.from({ length: 10 }, (_, number): [string, string] => [`planet ${number}`, '']);
    expect(foundIn(indexOf(chat('a', 'T', ...turns)), 'planet')).toHaveLength(3);
  });
});

describe('a snippet', () => {
  it('marks what was found, wherever it stands', () => {
    expect(snippetOf('Nach München fahren', new Set(['munchen']))).toEqual([
      { text: 'Nach ', hit: false },
      { text: 'München', hit: true },
      { text: ' fahren', hit: false },
    ]);
    const long = snippetOf(`${'word '.repeat(100)}needle${' word'.repeat(100)}`, new Set(['needle']));
    expect(long.filter((piece) => piece.hit).map((piece) => piece.text)).toEqual(['needle']);
    expect([long[0]?.text, long.at(-1)?.text]).toEqual(['… ', ' …']);
  });

  it('is made of the text alone, well-formed and short', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const first = [...wordsOf(text)].at(-1)?.folded ?? '';
        const pieces = snippetOf(text, new Set([first]));
        const plain = (one: string) => one.replace(/[\s…]+/g, '');
        const whole = pieces.map((piece) => piece.text).join('');
        expect(plain(text)).toContain(plain(whole));
        expect(whole.length).toBeLessThan(150);
        expect(() => encodeURIComponent(whole)).not.toThrow();
      }),
    );
  });
});

it('words keep their places, and folding twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      let end = 0;
      for (const word of wordsOf(text)) {
        expect(word.start).toBeGreaterThanOrEqual(end);
        expect(fold(word.folded)).toBe(word.folded);
        end = word.end;
      }
      expect(end).toBeLessThanOrEqual(text.length);
    }),
  );
});
