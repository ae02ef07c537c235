// A turn that sealed every way in wrongly: the keys still open by what the way in was before, and that is told.
import * as crypto from '$lib/crypto';
import { makeAccountKeysWith } from '$lib/crypto/accounts';
import { deriveRecovery, readRecoveryKey } from '$lib/crypto/recovery';
import { turnMaster } from '$lib/crypto/rotation';
import { reasonOf } from '$lib/crypto/testing/refusals';
import type { WrappedKeys } from '$lib/wire/http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Api } from './api';
import { unlockOrFallBack } from './unlocking';

const account = '0b55061d-82e6-719b-819e-371ff8a1ee82';
type Method = WrappedKeys['methods'][number];

let first: WrappedKeys;
let opened: crypto.Opened;
let kek: CryptoKey;

beforeAll(async () => {
  const stretch = async (given: crypto.Bytes, salt: crypto.Bytes) =>
    new Uint8Array(await globalThis.crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));
  const made = await makeAccountKeysWith(stretch, {
    account,
    password: 'kelp forest at noon',
    kdfProfile: 1,
  });
  opened = made.opened;
  kek = (await deriveRecovery({ account, recoveryKey: await readRecoveryKey(made.recoveryKey) })).kek;
  const { signing, statement } = made.keys;
  const methods = (['password', 'recovery'] as const).map((kind) => {
    const { method_id, secret, master, public: publicKey } = made.keys[kind];
    const rest = { salt: null, kdf_profile: null, credential_id: null, transports: null };
    return { method_id, kind, secret, master, public: publicKey, ...rest };
  });
  first = {
    account_id: account,
    epoch: 1,
    methods,
    signing,
    statement,
    manifest: null,
    links: [],
    apps: null,
  };
});

/** As the server has it after a turn; `spoil` is what a hostile device makes of each method. */
async function turn(before: WrappedKeys, by: crypto.Opened, spoil: (method: Method) => Method) {
  const {
    master,
    account: anew,
    statement,
    link,
  } = await turnMaster({
    wrapped: before,
    master: by.master,
    signingPublicKey: by.signingPublicKey,
  });
  const former = before.methods.map(({ method_id, master, public: key }) => ({
    method_id,
    master,
    public: key,
  }));
  const turned = before.methods.map((method, at) => spoil({ ...method, ...anew.methods[at]! }));
  const after: WrappedKeys = {
    ...before,
    epoch: master.epoch,
    methods: turned,
    signing: { ...before.signing, private: anew.signing },
    statement,
    manifest: null,
    links: [...before.links, { statement, ...link, former }],
  };
  return { after, opened: { ...by, master } };
}

const swapped = (method: Method) => ({ ...method, master: first.methods[0]!.master });
const withoutFormer = (wrapped: WrappedKeys): WrappedKeys => ({
  ...wrapped,
  links: wrapped.links.map((link) => ({ ...link, former: [] })),
});

let fellBack: number;
let asked: string[];
beforeEach(() => {
  fellBack = 0;
  asked = [];
});

function unlock(server: WrappedKeys | null, known: WrappedKeys, more: Partial<crypto.Unlocking> = {}) {
  const api = new Api(async (path) => {
    asked.push(path);
    if (server === null) throw new TypeError('lost');
    return new Response(JSON.stringify(server));
  });
  const parts = { api, crypto, fellBack: () => void (fellBack += 1) };
  return unlockOrFallBack(parts, { wrapped: known, kind: 'recovery', kek, account, ...more });
}

describe('a way in that a turn sealed wrongly', () => {
  it.each([1, 2])('opens the present keys by what it was before, %i turns ago', async (turns) => {
    let at = { after: first, opened };
    for (let done = 0; done < turns; done += 1) at = await turn(at.after, at.opened, swapped);
    const found = await unlock(at.after, withoutFormer(at.after));
    expect([found.master.epoch, fellBack, asked]).toEqual([1 + turns, 1, ['/api/account/keys?former=true']]);
    expect(found.masterBytes).toHaveLength(32);
    expect(found.signingPublicKey).toEqual(opened.signingPublicKey);
  });

  it('stays shut where the server can not be asked, or has nothing to fall back to', async () => {
    const { after } = await turn(first, opened, swapped);
    for (const server of [null, withoutFormer(after)]) {
      expect(await reasonOf(unlock(server, withoutFormer(after)))).toBe('wrong_key');
    }
    expect(fellBack).toBe(0);
  });

  it('takes nothing that the account did not sign, and no lower epoch', async () => {
    const { after } = await turn(first, opened, swapped);
    const forged = structuredClone(after);
    forged.links[0]!.statement.signature = forged.statement.signature.replace(/^.{4}/, 'AAAA');
    expect(await reasonOf(unlock(forged, after))).toBe('wrong_key');
    expect(await reasonOf(unlock(after, after, { lowestEpoch: 3 }))).toBe('epoch_rolled_back');
    expect(await reasonOf(unlock({ ...after, account_id: 'another' }, after))).toBe('wrong_key');
  });
});

it('a way in that opens asks for nothing more', async () => {
  const { after } = await turn(first, opened, (method) => method);
  expect((await unlock(after, after)).master.epoch).toBe(2);
  expect([asked, fellBack]).toEqual([[], 0]);
});
