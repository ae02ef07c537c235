// Cuts text into the words that are searched, with their places, the same for what is indexed and what is asked.

export interface Word {
  start: number;
  end: number;
  /** As it is written, in small letters without accents. */
  folded: string;
}

/** Scripts that put no spaces between words; there the browser's dictionary cuts. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々]/u;
const RUN =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{M}ー々]+|[^\P{L}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}][\p{L}\p{M}\p{N}_]*|[\p{N}_][\p{L}\p{M}\p{N}_]*/gu;

/** Longer ones are hashes and data, which nobody types. */
const LONGEST_WORD = 64;

export function* wordsOf(text: string): Generator<Word> {
  for (const run of text.matchAll(RUN)) {
    if (UNSPACED.test(run[0])) yield* segments(run[0], run.index);
    else if (run[0].length <= LONGEST_WORD) {
      yield { start: run.index, end: run.index + run[0].length, folded: fold(run[0]) };
    }
  }
}

let segmenter: Intl.Segmenter | null | undefined;

function* segments(run: string, offset: number): Generator<Word> {
  segmenter ??= 'Segmenter' in Intl ? new Intl.Segmenter(undefined, { granularity: 'word' }) : null;
  if (segmenter === null) {
    // An old browser: each character is a word, which finds more than it should and misses nothing.
    for (const { 0: sign, index } of run.matchAll(/./gsu)) {
      yield { start: offset + index, end: offset + index + sign.length, folded: fold(sign) };
    }
    return;
  }
  for (const { segment, index } of segmenter.segment(run)) {
    yield { start: offset + index, end: offset + index + segment.length, folded: fold(segment) };
  }
}

/** `Straße` and `STRASSE`, `Café` and `cafe`, full width and half width become the same. */
export function fold(word: string): string {
  return word
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o');
}

const UMLAUT = /[äöü]/i;

/** A word with an umlaut is found by `u` and by `ue` alike. */
export function spellings(written: string): string[] {
  const word = written.normalize('NFC');
  const folded = fold(word);
  if (!UMLAUT.test(word)) return [folded];
  return [folded, fold(word.replace(/[äöü]/gi, (letter) => `${fold(letter)}e`))];
}
