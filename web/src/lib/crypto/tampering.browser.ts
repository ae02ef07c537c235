// A hostile server's tries against records, in a real browser.
import { testTampering } from './testing/tamper_suite';

await testTampering();
