// Finds the vector files on this machine, for tests in Node and, through a command of Vitest, in the browser.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

const REPOSITORY = path.resolve(import.meta.dirname, '../../../../..');
const OWN = path.join(REPOSITORY, 'tests/vectors');
const OWN_FILES = ['formats_v1.json', 'rotation_v1.json', 'hostile_v1.json', 'pairing_v1.json'];
/** Project Wycheproof's files are not part of this project; see tests/unit/foreign_vectors. */
const FOREIGN = process.env.SEALMATE_FOREIGN_VECTORS || path.join(REPOSITORY, '../shared/vectors');

/**
 * Null where such a file is absent, so that the test can say that it is skipped.
 * @param {string} file
 * @returns {Promise<string | null>}
 */
export async function readVectors(file) {
  const folder = OWN_FILES.includes(file) ? OWN : FOREIGN;
  try {
    return await readFile(path.join(folder, path.basename(file)), 'utf8');
  } catch {
    return null;
  }
}
