// Foreign vectors for the primitives, in a real browser.
import { readVectors } from './testing/browser_vectors';
import { testForeign } from './testing/foreign_suite';

testForeign(readVectors);
