// Foreign vectors for the primitives, in Node.
import { testForeign } from './testing/foreign_suite';
import { readVectors } from './testing/read_vectors.js';

testForeign(readVectors);
