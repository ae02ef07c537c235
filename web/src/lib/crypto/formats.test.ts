// The stored formats in Node, against the vectors that every implementation meets.
import { stretchHere } from './argon2';
import { testFormats, type FormatVectors } from './testing/format_suite';
import { readVectors } from './testing/read_vectors.js';

testFormats(JSON.parse((await readVectors('formats_v1.json')) ?? '') as FormatVectors, stretchHere);
