// How many cases a property test tries: as fast-check has it, or as many as `make prove` asks for.
import fc from 'fast-check';

const runs = Number(process.env.SEALMATE_PROPERTY_RUNS);
if (runs) fc.configureGlobal({ numRuns: runs, interruptAfterTimeLimit: 240_000, endOnFailure: true });
