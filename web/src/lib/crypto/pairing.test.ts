// Pairing in Node, against the vectors that every implementation meets.
import { readVectors } from './testing/read_vectors.js';
import { testPairing, type PairingVectors } from './testing/pairing_suite';

testPairing(JSON.parse((await readVectors('pairing_v1.json')) ?? '') as PairingVectors);
