// The vectors of tests/vectors/formats_v1.json, met one by one: the same cases as the terminal client's.
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { describe, expect, test } from 'vitest';
import { unlock } from '../accounts';
import {
  HEADER_BYTES,
  makeAad,
  makeHeader,
  NAMESPACES,
  openSealed,
  openWith,
  pad,
  publicKeyId,
  readEpoch,
  unpad,
} from '../envelope';
import type { Namespace, Place } from '../envelope';
import { derive, hashOf, importKey } from '../keys';
import { derivePasskey, prfInput } from '../passkeys';
import { derivePasswordWith, type Stretch } from '../passwords';
import { deriveRecovery, readRecoveryKey, writeRecoveryKey } from '../recovery';
import { commitToMaster, makeStatement, statementBytes, verifyStatement } from '../statements';
import type { WrappedKeys, WrappedMethod } from '../wrapped';
import * as xwing from '../xwing';
import { reasonOf } from './refusals';

type Fields<Name extends string> = Record<Name, string>;

interface PlaceVector extends Fields<'account' | 'scope' | 'record' | 'parent' | 'namespace_name'> {
  namespace: number;
  epoch: number;
  version: number;
}

export interface EnvelopeVector extends Fields<'name' | 'key' | 'envelope'> {
  suite: 1 | 2;
  place: PlaceVector;
}

export interface FormatVectors {
  about: string;
  derivations: (Fields<'name' | 'key' | 'salt' | 'info' | 'output'> & { length: number })[];
  xwing: Fields<'seed' | 'public_key' | 'key_id'>[];
  padding: Fields<'content' | 'padded'>[];
  passwords: (Fields<'password' | 'account' | 'salt' | 'argon2id' | 'auth' | 'kek'> & {
    kdf_profile: number;
  })[];
  passwords_refused: (Fields<'name' | 'salt' | 'reason'> & { kdf_profile: number })[];
  recovery: (Fields<'key' | 'text' | 'account' | 'auth' | 'kek'> & { read_as: string[] })[];
  recovery_refused: Fields<'name' | 'text' | 'reason'>[];
  statements: (Fields<
    | 'account'
    | 'master_key'
    | 'signing_seed'
    | 'previous'
    | 'commitment'
    | 'statement'
    | 'signature'
    | 'public_key'
    | 'sha256'
  > & { epoch: number })[];
  envelopes: (EnvelopeVector & Fields<'content' | 'header' | 'aad' | 'sha256'>)[];
  envelopes_refused: (EnvelopeVector & Fields<'reason'>)[];
  account: Fields<'account' | 'password_kek' | 'recovery_kek' | 'master_key' | 'signing_seed'> & {
    lowest_epoch: number;
    wrapped: WrappedKeys;
    refused: { name: string; reason: string; wrapped: WrappedKeys }[];
  };
  hpke: Fields<'seed' | 'info' | 'plaintext' | 'ciphertext'>[];
  passkeys: {
    input: string;
    keks: Fields<'account' | 'credential_id' | 'output' | 'kek'>[];
    refused: Fields<'name' | 'output' | 'reason'>[];
    account: Fields<'account' | 'master_key'> & {
      wrapped: WrappedKeys;
      outputs: Fields<'passkey' | 'security_key'>;
      refused: (Fields<'name' | 'reason'> & { method: WrappedMethod })[];
    };
  };
}

const SECTIONS =
  'about,account,derivations,envelopes,envelopes_refused,hpke,padding,passkeys,passwords,passwords_refused,' +
  'recovery,recovery_refused,statements,xwing';

const bytes = fromBase64url;
const text = toBase64url;

/** Two keys are the same if they derive the same: their bytes cannot be read. */
async function sameKey(key: CryptoKey, expected: string): Promise<boolean> {
  const [one, other] = await Promise.all([
    derive(key, 'probe'),
    derive(await importKey(bytes(expected)), 'probe'),
  ]);
  return text(one) === text(other);
}

function placeOf({ place }: EnvelopeVector): Place {
  const names = Object.keys(NAMESPACES) as Namespace[];
  const namespace = names.find((name) => NAMESPACES[name] === place.namespace);
  if (!namespace) throw new Error(`no such namespace: ${place.namespace}`);
  return { ...place, namespace, parent: bytes(place.parent) };
}

export async function openVector(vector: EnvelopeVector): Promise<string> {
  const [key, place, envelope] = [bytes(vector.key), placeOf(vector), bytes(vector.envelope)];
  const content =
    vector.suite === 2
      ? await openSealed(await xwing.keyPair(key), place, envelope)
      : await openWith(await importKey(key), place, envelope);
  return text(content);
}

export function testFormats(vectors: FormatVectors, stretch: Stretch): void {
  test('every section is met here', () => {
    expect(Object.keys(vectors).sort().join()).toBe(SECTIONS);
  });
  testKeys(vectors);
  testProofs(vectors, stretch);
  testEnvelopes(vectors);
  testAccount(vectors.account);
  testPasskeys(vectors.passkeys);
}

function testKeys(vectors: FormatVectors): void {
  test.each(vectors.derivations)('derivation: $name', async (vector) => {
    const key = await importKey(bytes(vector.key));
    const output = await derive(key, bytes(vector.info), vector.length, bytes(vector.salt));
    expect(text(output)).toBe(vector.output);
  });

  test.each(vectors.xwing)('key pair from seed: $key_id', async (vector) => {
    const { publicKey } = await xwing.keyPair(bytes(vector.seed));
    expect(text(publicKey)).toBe(vector.public_key);
    expect(text(await publicKeyId(publicKey))).toBe(vector.key_id);
  });

  test.each([...vectors.hpke.entries()])('HPKE opens: %i', async (_, vector) => {
    const pair = await xwing.keyPair(bytes(vector.seed));
    const plain = await xwing.openSealed(pair, bytes(vector.ciphertext), bytes(vector.info));
    expect(text(plain)).toBe(vector.plaintext);
  });

  test.each(vectors.statements)('statement of epoch $epoch', async (vector) => {
    const { account, epoch } = vector;
    const master = await importKey(bytes(vector.master_key));
    const seed = bytes(vector.signing_seed);
    const made = await makeStatement({ account, epoch, master, seed, previous: bytes(vector.previous) });
    expect(text(made.signature)).toBe(vector.signature);
    expect(text(await commitToMaster(master))).toBe(vector.commitment);
    const signed = statementBytes(account, made);
    expect(text(signed)).toBe(vector.statement);
    expect(text(await hashOf(signed))).toBe(vector.sha256);
    await verifyStatement(made, { account, epoch, master, publicKey: bytes(vector.public_key) });
  });
}

function testProofs(vectors: FormatVectors, stretch: Stretch): void {
  test.each(vectors.passwords)('password: $password', { timeout: 60_000 }, async (vector) => {
    const [salt, kdfProfile] = [bytes(vector.salt), vector.kdf_profile];
    const proof = await derivePasswordWith(stretch, { ...vector, salt, kdfProfile });
    expect(text(proof.auth)).toBe(vector.auth);
    expect(await sameKey(proof.kek, vector.kek)).toBe(true);
  });

  test.each(vectors.passwords_refused)('password refused: $name', async (vector) => {
    const given = { account: 'a', password: 'any password', salt: bytes(vector.salt) };
    const attempt = derivePasswordWith(stretch, { ...given, kdfProfile: vector.kdf_profile });
    expect(await reasonOf(attempt)).toBe(vector.reason);
  });

  test.each(vectors.recovery)('recovery key: $text', async (vector) => {
    expect(await writeRecoveryKey(bytes(vector.key))).toBe(vector.text);
    for (const typed of vector.read_as) expect(text(await readRecoveryKey(typed))).toBe(vector.key);
    const proof = await deriveRecovery({ account: vector.account, recoveryKey: bytes(vector.key) });
    expect(text(proof.auth)).toBe(vector.auth);
    expect(await sameKey(proof.kek, vector.kek)).toBe(true);
  });

  test.each(vectors.recovery_refused)('recovery key refused: $name', async (vector) => {
    expect(await reasonOf(readRecoveryKey(vector.text))).toBe(vector.reason);
  });
}

function testEnvelopes(vectors: FormatVectors): void {
  test.each([...vectors.padding.entries()])('padding: %i', (_, { content, padded }) => {
    expect(text(pad(bytes(content)))).toBe(padded);
    expect(text(unpad(bytes(padded)))).toBe(content);
  });

  test.each(vectors.envelopes)('envelope opens: $name', async (vector) => {
    const whole = bytes(vector.envelope);
    const header = whole.slice(0, HEADER_BYTES);
    expect(await openVector(vector)).toBe(vector.content);
    expect(text(header)).toBe(vector.header);
    expect(text(makeHeader(placeOf(vector), header.slice(7, 15)))).toBe(vector.header);
    expect(text(makeAad(placeOf(vector), header))).toBe(vector.aad);
    expect(text(await hashOf(whole))).toBe(vector.sha256);
    expect(readEpoch(whole)).toBe(vector.place.epoch);
  });

  test('every namespace has a vector', () => {
    const met = new Set(vectors.envelopes.map(({ place }) => place.namespace));
    expect(met).toEqual(new Set<number>(Object.values(NAMESPACES)));
  });

  test.each(vectors.envelopes_refused)('envelope refused: $name', async (vector) => {
    expect(await reasonOf(openVector(vector))).toBe(vector.reason);
  });
}

function testAccount(vector: FormatVectors['account']): void {
  const { account, lowest_epoch: lowestEpoch } = vector;

  test.each(['password', 'recovery'] as const)('account unlocks by %s', async (kind) => {
    const kek = await importKey(bytes(vector[`${kind}_kek`]));
    const opened = await unlock({ wrapped: vector.wrapped, kind, kek, lowestEpoch, account });
    expect(text(opened.masterBytes)).toBe(vector.master_key);
    expect(await sameKey(opened.master.key, vector.master_key)).toBe(true);
    expect(opened.master.epoch).toBe(vector.wrapped.epoch);
    expect(text(opened.signingPublicKey)).toBe(vector.wrapped.signing.public_key);
  });

  describe('a hostile account is refused', () => {
    test.each(vector.refused)('$name', async ({ wrapped, reason }) => {
      const kek = await importKey(bytes(vector.password_kek));
      const attempt = unlock({ wrapped, kind: 'password', kek, lowestEpoch, account });
      expect(await reasonOf(attempt)).toBe(reason);
    });
  });
}

function testPasskeys({ input, keks, refused, account: vector }: FormatVectors['passkeys']): void {
  const kekOf = (output: string, credential: string, account: string) =>
    derivePasskey({ account, credentialId: bytes(credential), output: bytes(output) });

  test('what every authenticator is asked for', async () => {
    expect(text(await prfInput())).toBe(input);
  });

  test.each([...keks.entries()])(
    'key of a passkey: %i',
    async (_, { account, credential_id, output, kek }) => {
      expect(await sameKey(await kekOf(output, credential_id, account), kek)).toBe(true);
    },
  );

  test.each(refused)('output of a passkey refused: $name', async ({ output, reason }) => {
    expect(await reasonOf(kekOf(output, 'AAAA', vector.account))).toBe(reason);
  });

  test.each(['passkey', 'security_key'] as const)('account unlocks by %s', async (kind) => {
    const { account, wrapped, outputs } = vector;
    const credential = wrapped.methods.find((each) => each.kind === kind)?.credential_id ?? '';
    const kek = await kekOf(outputs[kind], credential, account);
    const { masterBytes } = await unlock({ wrapped, kind, kek, account });
    expect(text(masterBytes)).toBe(vector.master_key);
  });

  test.each(vector.refused)('method of a passkey refused: $name', async ({ method, reason }) => {
    const { account, wrapped, outputs } = vector;
    const kek = await kekOf(outputs.passkey, method.credential_id ?? '', account);
    const attempt = unlock({ wrapped: { ...wrapped, methods: [method] }, kind: method.kind, kek, account });
    expect(await reasonOf(attempt)).toBe(reason);
  });
}
