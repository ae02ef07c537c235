// The next master key: made, sealed to every method, linked to from the one before; and the links followed.
import { toBase64url } from '$lib/wire/base64url';
import { rewrapAppKey } from './apps';
import { sameBytes, wipe, type Bytes } from './bytes';
import { openWith, seal, type Place } from './envelope';
import { CryptoError } from './errors';
import { importKey, derive, KEY_BYTES, randomBytes } from './keys';
import { makeManifest, verifyManifest } from './manifests';
import { DEVICE_STORE, type MasterKey } from './masters';
import { sealAnew } from './methods';
import { openSigningKey, sealSigningKey } from './signing_keys';
import * as statements from './statements';
import {
  readBytes,
  readManifest,
  readStatement,
  writeManifest,
  writeStatement,
  type SignedManifest,
  type WrappedKeys,
  type WrappedLink,
} from './wrapped';

/** All that the next epoch needs beside the chats' keys, as it travels. */
export interface Turned {
  master: MasterKey;
  /** The caller wipes it when it is stored away. */
  masterBytes: Bytes;
  account: {
    methods: { method_id: string; master: string; public: string }[];
    signing: string;
    apps: { app: string; key: string }[];
  };
  statement: WrappedKeys['statement'];
  manifest: SignedManifest;
  link: { forward: string; device: string };
}

/** `wrapped` as the server gives it now; nothing is sealed to a method that the account did not name. */
export async function turnMaster(of: {
  wrapped: WrappedKeys;
  master: MasterKey;
  signingPublicKey: Bytes;
}): Promise<Turned> {
  const { wrapped, master: old, signingPublicKey: publicKey } = of;
  const account = wrapped.account_id;
  if (wrapped.epoch !== old.epoch) throw new CryptoError('wrong_epoch');
  await verifyOwnManifest(wrapped, publicKey);
  const masterBytes = randomBytes(KEY_BYTES);
  const master = { epoch: old.epoch + 1, key: await importKey(masterBytes) };
  const seed = await openSigningKey(wrapped, old.key, publicKey);
  try {
    const methods = await Promise.all(
      wrapped.methods.map((method) => sealAnew(readNameable(method), { account, old, master, masterBytes })),
    );
    const statement = await statements.makeStatement({
      account,
      epoch: master.epoch,
      master: master.key,
      seed,
      previous: await statements.statementHash(account, readStatement(wrapped.statement)),
    });
    const manifest = await makeManifest({
      account,
      epoch: master.epoch,
      methods,
      seed,
      publicKey,
      before: wrapped.manifest ? readManifest(wrapped.manifest) : null,
    });
    return {
      master,
      masterBytes,
      account: {
        methods: methods.map((each) => ({
          method_id: each.id,
          master: toBase64url(each.master),
          public: toBase64url(each.public),
        })),
        signing: toBase64url(
          await sealSigningKey(seed, { account, epoch: master.epoch, master: master.key }),
        ),
        apps: await Promise.all(
          (wrapped.apps ?? []).map(async ({ app, key }) => {
            const envelope = readBytes(key);
            return { app, key: toBase64url(await rewrapAppKey({ account, app, old, master, envelope })) };
          }),
        ),
      },
      statement: writeStatement(statement),
      manifest: writeManifest(manifest),
      link: await makeLink(account, old, master, masterBytes),
    };
  } finally {
    wipe(seed);
  }
}

/** The next manifest of the present epoch, of the methods there are and those that are about to be. */
export async function nameMethods(of: {
  wrapped: WrappedKeys;
  master: MasterKey;
  signingPublicKey: Bytes;
  coming?: readonly { method_id: string; public: string }[];
}): Promise<SignedManifest> {
  const { wrapped, master, signingPublicKey: publicKey } = of;
  await verifyOwnManifest(wrapped, publicKey);
  const seed = await openSigningKey(wrapped, master.key, publicKey);
  try {
    const methods = [...wrapped.methods, ...(of.coming ?? [])].map((each) => ({
      id: each.method_id,
      public: readBytes(each.public),
    }));
    const before = wrapped.manifest ? readManifest(wrapped.manifest) : null;
    const { account_id: account, epoch } = wrapped;
    return writeManifest(await makeManifest({ account, epoch, methods, seed, publicKey, before }));
  } finally {
    wipe(seed);
  }
}

/** A manifest that is there must be the account's word on the very methods that are there. */
export async function verifyOwnManifest(wrapped: WrappedKeys, publicKey: Bytes): Promise<void> {
  if (!wrapped.manifest) return;
  const methods = wrapped.methods.map((each) => ({ id: each.method_id, public: readBytes(each.public) }));
  const { account_id: account, epoch } = wrapped;
  await verifyManifest(readManifest(wrapped.manifest), { account, epoch, methods, publicKey });
}

/**
 * From a device's own epoch to that of `wrapped`; `statement` is the hash it remembers. `link_missing` if no link leads on: then a
 * method must open the keys anew.
 */
export async function followLinks(of: {
  wrapped: WrappedKeys;
  master: MasterKey;
  statement: Bytes;
  signingPublicKey: Bytes;
}): Promise<{ master: MasterKey; masterBytes: Bytes | null }> {
  const { wrapped, signingPublicKey: publicKey } = of;
  const account = wrapped.account_id;
  let { master, statement } = of;
  let masterBytes: Bytes | null = null;
  for (const link of wrapped.links ?? []) {
    if (link.statement.epoch !== master.epoch + 1 || master.epoch >= wrapped.epoch) continue;
    if (!link.forward) continue;
    const next = await openForward(account, master, link.forward);
    const following = { epoch: master.epoch + 1, key: await importKey(next) };
    const said = readStatement(link.statement);
    await statements.verifyStatement(said, {
      account,
      epoch: following.epoch,
      master: following.key,
      publicKey,
    });
    if (!sameBytes(said.previous, statement)) throw new CryptoError('statement_not_chained');
    wipe(masterBytes ?? new Uint8Array());
    [master, masterBytes, statement] = [following, next, await statements.statementHash(account, said)];
  }
  if (wrapped.epoch < master.epoch) throw new CryptoError('epoch_rolled_back');
  if (wrapped.epoch > master.epoch) throw new CryptoError('link_missing');
  const now = await statements.statementHash(account, readStatement(wrapped.statement));
  if (!sameBytes(statement, now)) throw new CryptoError('epoch_forked');
  wipe(await openSigningKey(wrapped, master.key, publicKey));
  return { master, masterBytes };
}

/** The device key of the epoch before `master`. */
export async function openDeviceLink(account: string, link: WrappedLink, master: MasterKey): Promise<Bytes> {
  const bytes = await openWith(master.key, devicePlace(account, master.epoch), readBytes(link.device));
  if (bytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  return bytes;
}

async function openForward(account: string, master: MasterKey, forward: string): Promise<Bytes> {
  const bytes = await openWith(master.key, forwardPlace(account, master.epoch), readBytes(forward));
  if (bytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  return bytes;
}

async function makeLink(
  account: string,
  old: MasterKey,
  master: MasterKey,
  masterBytes: Bytes,
): Promise<Turned['link']> {
  const deviceKey = await derive(old.key, DEVICE_STORE);
  const forward = await seal(old.key, forwardPlace(account, old.epoch), masterBytes);
  const device = await seal(master.key, devicePlace(account, master.epoch), deviceKey);
  wipe(deviceKey);
  return { forward: toBase64url(forward), device: toBase64url(device) };
}

/** `epoch`: the one that the link leads from. */
function forwardPlace(account: string, epoch: number): Place {
  return { namespace: 'link', account, scope: 'account', record: account, epoch, version: epoch + 1 };
}

/** `epoch`: the one that the link leads to. */
function devicePlace(account: string, epoch: number): Place {
  return { namespace: 'device_link', account, scope: 'account', record: account, epoch, version: epoch - 1 };
}

function readNameable(method: WrappedKeys['methods'][number]): { id: string; kind: string; public: Bytes } {
  return { id: method.method_id, kind: method.kind, public: readBytes(method.public) };
}
