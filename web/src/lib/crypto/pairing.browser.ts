// Pairing in a real browser, against the vectors that every implementation meets.
import { readVectors } from './testing/browser_vectors';
import { testPairing, type PairingVectors } from './testing/pairing_suite';

testPairing(JSON.parse((await readVectors('pairing_v1.json')) ?? '') as PairingVectors);
