// Mutated envelopes in a real browser, whose cryptography is another than Node's.
import { fromBase64url } from '$lib/wire/base64url';
import { readVectors } from './testing/browser_vectors';
import type { FormatVectors } from './testing/format_suite';
import { testMutations } from './testing/mutation_suite';

const { envelopes } = JSON.parse((await readVectors('formats_v1.json')) ?? '') as FormatVectors;
testMutations(envelopes, { count: 1000, seed: Date.now() % 2 ** 32, decode: fromBase64url });
