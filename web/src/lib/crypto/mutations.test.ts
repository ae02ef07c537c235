// Mutated envelopes in Node. SEALMATE_MUTATIONS says how many (`make prove`: 50,000); SEALMATE_SEED repeats what a failure printed.
import process from 'node:process';
import { fromBase64url } from '$lib/wire/base64url';
import type { FormatVectors } from './testing/format_suite';
import { testMutations } from './testing/mutation_suite';
import { readVectors } from './testing/read_vectors.js';

const { envelopes } = JSON.parse((await readVectors('formats_v1.json')) ?? '') as FormatVectors;
testMutations(envelopes, {
  count: Number(process.env.SEALMATE_MUTATIONS ?? 2000),
  seed: Number(process.env.SEALMATE_SEED ?? Date.now() % 2 ** 32),
  decode: fromBase64url,
});
