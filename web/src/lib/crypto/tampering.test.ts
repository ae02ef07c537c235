// A hostile server's tries against records, in Node.
import { testTampering } from './testing/tamper_suite';

await testTampering();
