// The stored formats in a real browser, its worker included, against the vectors that every implementation meets.
import { stretchInWorker } from './stretching';
import { readVectors } from './testing/browser_vectors';
import { testFormats, type FormatVectors } from './testing/format_suite';

testFormats(JSON.parse((await readVectors('formats_v1.json')) ?? '') as FormatVectors, stretchInWorker);
