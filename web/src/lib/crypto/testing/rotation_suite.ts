// The vectors of tests/vectors/rotation_v1.json, met one by one; and a rotation of an account made here.
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { describe, expect, test } from 'vitest';
import { openChatKey, rewrapChatKey } from '../chats';
import { derive, hashOf, importAesKey, importKey } from '../keys';
import { makeManifest, manifestBytes, manifestHash, verifyManifest, type Nameable } from '../manifests';
import { deviceKey } from '../masters';
import { openLocal, sealLocal } from '../local';
import { advance, type Pins } from '../pins';
import { followLinks, openDeviceLink } from '../rotation';
import {
  readManifest,
  readStatement,
  writeManifest,
  type SignedManifest,
  type WrappedKeys,
} from '../wrapped';
import { reasonOf } from './refusals';

type Fields<Name extends string> = Record<Name, string>;
type PinsVector = Fields<'statement' | 'manifest'> & { epoch: number; sequence: number };
type Named = { method_id: string; public: string }[];
type Start = Fields<'master_key' | 'statement'> & { epoch: number; wrapped: WrappedKeys };

export interface RotationVectors extends Fields<'about' | 'account' | 'signing_seed' | 'signing_public_key'> {
  chat_key: Fields<'chat' | 'key'> & { generation: number; master_keys: string[]; envelopes: string[] };
  manifests: (Fields<'bytes' | 'sha256'> & {
    manifest: SignedManifest;
    methods: Named;
    before: SignedManifest | null;
  })[];
  manifests_refused: (Fields<'name' | 'reason'> & {
    manifest: SignedManifest;
    epoch: number;
    methods: Named;
  })[];
  following: (Start & { opened: string; device_keys: string[] })[];
  following_refused: (Start & Fields<'name' | 'reason'>)[];
  pins: {
    name: string;
    before: PinsVector;
    statement: WrappedKeys['statement'];
    manifest: SignedManifest | null;
    after?: PinsVector;
    reason?: string;
  }[];
}

const SECTIONS =
  'about,account,chat_key,following,following_refused,manifests,manifests_refused,pins,signing_public_key,signing_seed';

const bytes = fromBase64url;
const text = toBase64url;

export function testRotation(vectors: RotationVectors): void {
  test('every section is met here', () => {
    expect(Object.keys(vectors).sort().join()).toBe(SECTIONS);
  });
  testManifests(vectors);
  testFollowing(vectors);
  testPins(vectors);
  testChatKey(vectors);
}

function methodsOf(named: Named): Nameable[] {
  return named.map((method) => ({ id: method.method_id, public: bytes(method.public) }));
}

function testManifests(vectors: RotationVectors): void {
  const { account } = vectors;
  const publicKey = bytes(vectors.signing_public_key);

  test.each(vectors.manifests)('manifest $manifest.sequence', async (vector) => {
    const manifest = readManifest(vector.manifest);
    const methods = methodsOf(vector.methods);
    const { epoch } = manifest;
    expect(text(manifestBytes(account, manifest, publicKey))).toBe(vector.bytes);
    expect(text(await manifestHash(account, manifest, publicKey))).toBe(vector.sha256);
    await verifyManifest(manifest, { account, epoch, methods, publicKey });
    const seed = bytes(vectors.signing_seed);
    const before = vector.before && readManifest(vector.before);
    const made = await makeManifest({ account, epoch, methods, seed, publicKey, before });
    expect(writeManifest(made).signature).toBe(vector.manifest.signature);
  });

  test.each(vectors.manifests_refused)('manifest refused: $name', async (vector) => {
    const of = { account, epoch: vector.epoch, methods: methodsOf(vector.methods), publicKey };
    expect(await reasonOf(verifyManifest(readManifest(vector.manifest), of))).toBe(vector.reason);
  });
}

function testFollowing(vectors: RotationVectors): void {
  const follow = async (start: Start) =>
    followLinks({
      wrapped: start.wrapped,
      master: { epoch: start.epoch, key: await importKey(bytes(start.master_key)) },
      statement: bytes(start.statement),
      signingPublicKey: bytes(vectors.signing_public_key),
    });

  test.each(vectors.following)('following from epoch $epoch', async (vector) => {
    const { master, masterBytes } = await follow(vector);
    expect(master.epoch).toBe(vector.wrapped.epoch);
    expect(masterBytes && text(masterBytes)).toBe(
      vector.epoch === vector.wrapped.epoch ? null : vector.opened,
    );
    expect(text(await derive(master.key, 'probe'))).toBe(
      text(await derive(await importKey(bytes(vector.opened)), 'probe')),
    );
  });

  test('a device link opens what was kept under the epoch before', async () => {
    const [, from] = vectors.following;
    if (!from) throw new Error('no vector');
    const old = { epoch: from.epoch, key: await importKey(bytes(from.master_key)) };
    const row = await sealLocal(await deviceKey(old), 'drafts/1', { text: 'later' });
    const { master } = await follow(from);
    const link = from.wrapped.links?.at(-1);
    if (!link) throw new Error('no link');
    const bytesOfKey = await openDeviceLink(vectors.account, link, master);
    expect(text(bytesOfKey)).toBe(from.device_keys[1]);
    expect(await openLocal(await importAesKey(bytesOfKey), 'drafts/1', row)).toEqual({ text: 'later' });
  });

  describe('a hostile server is refused', () => {
    test.each(vectors.following_refused)('$name', async (vector) => {
      expect(await reasonOf(follow(vector))).toBe(vector.reason);
    });
  });
}

function testPins(vectors: RotationVectors): void {
  const read = (pins: PinsVector): Pins => ({
    ...pins,
    statement: bytes(pins.statement),
    manifest: bytes(pins.manifest),
  });

  test.each(vectors.pins)('what a device remembers: $name', async (vector) => {
    const advanced = advance(read(vector.before), {
      account: vectors.account,
      statement: readStatement(vector.statement),
      manifest: vector.manifest && readManifest(vector.manifest),
      publicKey: bytes(vectors.signing_public_key),
    });
    if (vector.after) expect(await advanced).toEqual(read(vector.after));
    else expect(await reasonOf(advanced)).toBe(vector.reason);
  });
}

function testChatKey(vectors: RotationVectors): void {
  test('a chat key is the same under two master keys', async () => {
    const { chat, generation, master_keys: keys, envelopes, key: expected } = vectors.chat_key;
    const { account } = vectors;
    const [old, master] = await Promise.all(
      keys.map(async (each, at) => ({ epoch: at + 1, key: await importKey(bytes(each)) })),
    );
    if (!old || !master) throw new Error('no vector');
    const [first = '', second = ''] = envelopes;
    const made = await rewrapChatKey({ account, chat, generation, old, master, envelope: bytes(first) });
    const probe = text(await derive(await importKey(bytes(expected)), 'probe'));
    for (const envelope of [made, bytes(second)]) {
      const opened = await openChatKey({ account, chat, generation, master, envelope });
      expect(text(await derive(opened.key, 'probe'))).toBe(probe);
    }
    expect(text(await hashOf(made))).not.toBe(text(await hashOf(bytes(first))));
  });
}
