// The vectors of tests/vectors/pairing_v1.json, met one by one; and two devices of this implementation that pair.
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { describe, expect, test } from 'vitest';
import { randomBytes } from '../keys';
import {
  agree,
  codeOf,
  introduce,
  invitationOf,
  makeInvitation,
  makeNonce,
  openKeys,
  readInvitation,
  sealKeys,
  type Transcript,
} from '../pairing';
import { keyPair } from '../xwing';
import { reasonOf } from './refusals';

type Fields<Name extends string> = Record<Name, string>;
type Said = Fields<
  | 'name'
  | 'secret'
  | 'account'
  | 'signing_public_key'
  | 'device'
  | 'public_key'
  | 'commitment'
  | 'giver_nonce'
  | 'joiner_nonce'
>;
type Kept = Fields<'name' | 'sealed' | 'master_key' | 'statement' | 'manifest'> & {
  epoch: number;
  sequence: number;
};

export interface PairingVectors extends Fields<'about' | 'account' | 'signing_public_key' | 'seed'> {
  invitations: Fields<'secret' | 'text' | 'pairing_id'>[];
  invitations_refused: string[];
  agreed: (Said & Fields<'transcript' | 'code'>)[];
  agreed_refused: (Said & { reason: string })[];
  opened: Kept[];
  opened_refused: Fields<'name' | 'reason' | 'sealed'>[];
  hpke: unknown[];
}

const SECTIONS =
  'about,account,agreed,agreed_refused,hpke,invitations,invitations_refused,opened,opened_refused,seed,signing_public_key';
const bytes = fromBase64url;
const text = toBase64url;

async function agreed(said: Said): Promise<Transcript> {
  const { public_key: publicKey, commitment } = said;
  return agree(await invitationOf(bytes(said.secret)), {
    account: said.account,
    signingPublicKey: bytes(said.signing_public_key),
    device: { name: said.device, publicKey: bytes(publicKey), commitment: bytes(commitment) },
    giverNonce: bytes(said.giver_nonce),
    joinerNonce: bytes(said.joiner_nonce),
  });
}

export function testPairing(vectors: PairingVectors): void {
  const [honest] = vectors.agreed;
  if (!honest) throw new Error('no vector');

  test('every section is met here', () => {
    expect(Object.keys(vectors).sort().join()).toBe(SECTIONS);
  });

  test.each(vectors.invitations)('invitation $text', async (vector) => {
    const invitation = await invitationOf(bytes(vector.secret));
    expect(invitation.text).toBe(vector.text);
    expect(invitation.pairingId).toBe(vector.pairing_id);
    const typed = ` ${vector.text.toLowerCase().replaceAll('0', 'o')} `;
    expect(text((await readInvitation(typed)).secret)).toBe(vector.secret);
  });

  test.each(vectors.invitations_refused)('no invitation: %j', async (typed) => {
    expect(await reasonOf(readInvitation(typed))).toBe('bad_pairing_code');
  });

  test.each(vectors.agreed)('what both devices show: $name', async (vector) => {
    const transcript = await agreed(vector);
    expect(text(transcript.digest)).toBe(vector.transcript);
    expect(await codeOf(transcript)).toBe(vector.code);
  });

  test.each(vectors.agreed_refused)('not kept to the commitment: $name', async (vector) => {
    expect(await reasonOf(agreed(vector))).toBe(vector.reason);
  });

  test.each(vectors.opened)('the keys open: $name', async (vector) => {
    const pair = await keyPair(bytes(vectors.seed));
    const { masterBytes, pins } = await openKeys(bytes(vector.sealed), pair, await agreed(honest));
    const { epoch, sequence } = vector;
    expect(text(masterBytes)).toBe(vector.master_key);
    expect({ ...pins, statement: text(pins.statement), manifest: text(pins.manifest) }).toEqual({
      epoch,
      sequence,
      statement: vector.statement,
      manifest: vector.manifest,
    });
  });

  describe('a hostile server is refused', () => {
    test.each(vectors.opened_refused)('$name', async (vector) => {
      const pair = await keyPair(bytes(vectors.seed));
      expect(await reasonOf(openKeys(bytes(vector.sealed), pair, await agreed(honest)))).toBe(vector.reason);
    });
  });

  test('what one device seals the other opens', async () => {
    const invitation = await makeInvitation();
    const { device, pair, nonce: joinerNonce } = await introduce(invitation, 'Chromium');
    const said = {
      account: vectors.account,
      signingPublicKey: bytes(vectors.signing_public_key),
      device,
      giverNonce: makeNonce(),
      joinerNonce,
    };
    const transcript = await agree(invitation, said);
    const there = await agree(await readInvitation(invitation.text), said);
    expect(await codeOf(there)).toBe(await codeOf(transcript));
    const pins = { epoch: 4, statement: randomBytes(32), sequence: 2, manifest: randomBytes(32) };
    const masterBytes = randomBytes(32);
    const sealed = await sealKeys({ masterBytes, pins, device, transcript });
    expect(sealed).toHaveLength(1283);
    expect(await openKeys(sealed, pair, there)).toEqual({ masterBytes, pins });
  });
}
