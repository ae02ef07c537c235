// The primitives we lean on, against Project Wycheproof: does this platform's build of them refuse what it must?
import { XWing } from '@hpke/hybridkem-x-wing';
import { expect, test } from 'vitest';
import type { Bytes } from '../bytes';
import { decrypt, derive, encrypt, importAesKey, importKey } from '../keys';
import { verifies } from '../statements';
import { reasonOf } from './refusals';

type Case = Record<string, unknown> & { result: string; tcId: number };

interface Group {
  keySize?: number;
  ivSize?: number;
  tagSize?: number;
  publicKey?: { pk: string };
  tests: Case[];
}

/** X-Wing's two halves as the library holds them: it offers no way to drive them with keys of their own. */
interface Halves {
  _m: {
    deriveKeyPair(seed: Bytes): Promise<[Bytes, Bytes]>;
    decap(sealed: Bytes, key: Bytes): Promise<Bytes>;
  };
  _x25519: { derive(secret: Bytes, other: Bytes): Promise<Bytes> };
}

function raw(vector: Case, field: string): Bytes {
  return fromHex(String(vector[field]));
}

function fromHex(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const SUITES: Record<string, (groups: Group[]) => Promise<number>> = {
  'aes_gcm_test.json': aesGcm,
  'hkdf_sha256_test.json': hkdf,
  'ed25519_test.json': ed25519,
  'x25519_test.json': x25519,
  'mlkem_768_test.json': mlKem,
};
const TRIED: Record<string, number> = {
  'aes_gcm_test.json': 66,
  'hkdf_sha256_test.json': 86,
  'ed25519_test.json': 151,
  'x25519_test.json': 518,
  'mlkem_768_test.json': 193,
};

export function testForeign(readVectors: (file: string) => Promise<string | null>): void {
  test.for(Object.entries(SUITES))('%s', { timeout: 60_000 }, async ([file, meet], { skip }) => {
    const content = await readVectors(file);
    if (content === null) {
      return skip(`no Wycheproof file ${file}: set SEALMATE_FOREIGN_VECTORS to the folder that holds it`);
    }
    const { testGroups } = JSON.parse(content) as { testGroups: Group[] };
    expect(await meet(testGroups)).toBe(TRIED[file]);
  });
}

async function aesGcm(groups: Group[]): Promise<number> {
  const ours = groups.filter((each) => each.keySize === 256 && each.ivSize === 96 && each.tagSize === 128);
  const vectors = ours.flatMap((group) => group.tests);
  for (const vector of vectors) {
    const key = await importAesKey(raw(vector, 'key'));
    const [iv, aad] = [raw(vector, 'iv'), raw(vector, 'aad')];
    const sealed = fromHex(`${vector.ct}${vector.tag}`);
    if (vector.result === 'valid') {
      expect(toHex(await decrypt(key, iv, sealed, aad)), `case ${vector.tcId}`).toBe(vector.msg);
      expect(await encrypt(key, iv, raw(vector, 'msg'), aad), `case ${vector.tcId}`).toEqual(sealed);
    } else {
      expect(await reasonOf(decrypt(key, iv, sealed, aad)), `case ${vector.tcId}`).toBe('not_authentic');
    }
  }
  return vectors.length;
}

async function hkdf(groups: Group[]): Promise<number> {
  const vectors = groups.flatMap((group) => group.tests);
  for (const vector of vectors) {
    const key = await importKey(raw(vector, 'ikm'));
    const output = derive(key, raw(vector, 'info'), Number(vector.size), raw(vector, 'salt'));
    if (vector.result === 'valid') expect(toHex(await output), `case ${vector.tcId}`).toBe(vector.okm);
    else await expect(output, `case ${vector.tcId}`).rejects.toThrow();
  }
  return vectors.length;
}

async function ed25519(groups: Group[]): Promise<number> {
  let tried = 0;
  for (const { publicKey, tests } of groups) {
    const key = fromHex(publicKey?.pk ?? '');
    for (const vector of tests) {
      const verdict = await verifies(key, raw(vector, 'msg'), raw(vector, 'sig'));
      expect(verdict, `case ${vector.tcId}`).toBe(vector.result === 'valid');
      tried += 1;
    }
  }
  return tried;
}

async function x25519(groups: Group[]): Promise<number> {
  const { _x25519: curve } = new XWing() as unknown as Halves;
  const vectors = groups.flatMap((group) => group.tests);
  for (const vector of vectors) {
    const shared = curve.derive(raw(vector, 'private'), raw(vector, 'public'));
    // A low-order point: refused rather than a secret of zeros shared.
    if (/^0+$/.test(String(vector.shared))) await expect(shared, `case ${vector.tcId}`).rejects.toThrow();
    else expect(toHex(await shared), `case ${vector.tcId}`).toBe(vector.shared);
  }
  return vectors.length;
}

async function mlKem(groups: Group[]): Promise<number> {
  const { _m: kem } = new XWing() as unknown as Halves;
  const vectors = groups.flatMap((group) => group.tests);
  for (const vector of vectors) {
    const opened = kem
      .deriveKeyPair(raw(vector, 'seed'))
      .then(async ([publicKey, key]) => [publicKey, await kem.decap(raw(vector, 'c'), key)] as const);
    if (vector.result === 'valid') {
      const [publicKey, shared] = await opened;
      expect(toHex(publicKey), `case ${vector.tcId}`).toBe(vector.ek);
      expect(toHex(shared), `case ${vector.tcId}`).toBe(vector.K);
    } else {
      await expect(opened, `case ${vector.tcId}`).rejects.toThrow();
    }
  }
  return vectors.length;
}
