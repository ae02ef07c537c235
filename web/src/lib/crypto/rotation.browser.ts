// Rotations in a real browser, against the vectors that every implementation meets.
import { readVectors } from './testing/browser_vectors';
import { testRotation, type RotationVectors } from './testing/rotation_suite';

testRotation(JSON.parse((await readVectors('rotation_v1.json')) ?? '') as RotationVectors);
