// Keeping the ways in: what an authenticator derives never leaves, and what it doesn't derive makes no way to unlock.
import { toBase64url } from '$lib/wire/base64url';
import { beforeEach, describe, expect, it } from 'vitest';
import { Api } from './api';
import type { Ceremonies, Created } from './ceremonies';
import { Passkeys, type PasskeyParts } from './passkeys';

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const ID = bytes('credential id 16');
const OUTPUT = 'the secret output';
const REGISTRATION = {
  credential_id: toBase64url(ID),
  client_data: 'said',
  attestation: 'attested',
  transports: ['usb'],
};
const WRAPPED = {
  account_id: 'account',
  epoch: 1,
  methods: [
    { method_id: 'm1', kind: 'passkey', secret: '', master: '', public: '', credential_id: toBase64url(ID) },
  ],
  signing: { public_key: '', private: '' },
  statement: { epoch: 1, commitment: '', previous: '', signature: '' },
  links: [],
};

let asked: [string, string][];
let derived: number;
let taken: unknown[];
beforeEach(() => {
  [asked, derived, taken] = [[], 0, []];
});

/** `outputs`: what the authenticator derives at creation, and when it is asked once more. */
function keeping(outputs: (string | null)[], unlock = async () => ({ masterBytes: bytes('master') })) {
  const output = () => {
    const text = outputs.shift() ?? null;
    return text === null ? null : bytes(text);
  };
  const ceremonies = {
    create: async (): Promise<Created> => ({
      registration: REGISTRATION,
      credentialId: ID,
      output: output(),
    }),
    derive: async () => {
      derived += 1;
      return { credentialId: ID, output: output() };
    },
  } as unknown as Ceremonies;
  const api = new Api(async (path, init) => {
    asked.push([`${init.method} ${path}`, String(init.body ?? '')]);
    const answers: Record<string, object> = {
      '/api/account/methods/options': { challenge_id: 'challenge', options: {} },
      '/api/account/keys': WRAPPED,
    };
    const listed = { method_id: 'm2', kind: 'passkey', created_at: 1, unlocks: true };
    return new Response(JSON.stringify(answers[path] ?? listed), { status: 200 });
  });
  const crypto = {
    prfInput: async () => bytes('input'),
    makeUuid4: () => 'made id',
    derivePasskey: async ({ output: given }: { output: Uint8Array }) =>
      `kek of ${new TextDecoder().decode(given)}`,
    addMethod: async ({ kek }: { kek: string }) => {
      if (kek !== `kek of ${OUTPUT}`) throw new Error(kek);
      return { method_id: 'm2', secret: 's', master: 'k', public: 'p' };
    },
    nameMethods: async ({ coming }: { coming: object[] }) => ({ named: coming }),
    unlock,
  };
  const keys = { account: 'account', wrapped: WRAPPED, opened: {}, masterBytes: bytes('master') };
  return new Passkeys({
    api,
    crypto: async () => crypto,
    ceremonies,
    session: {
      account: { id: 'account', email: 'ada@example.org' },
      opened: {},
      expectNothingOlder: async () => undefined,
      lowestEpoch: async () => 1,
      methodsChanged: async ({ wrapped }: { wrapped: unknown }) => void taken.push(wrapped),
    },
    stepUp: {
      run: (action: () => unknown) => action(),
      withMaster: (action: (given: unknown) => unknown) => action(keys),
    },
  } as unknown as PasskeyParts);
}

const sent = () => asked.find(([path]) => path === 'POST /api/account/methods')?.[1];
const code = (error: unknown) => (error as { code: string }).code;

it('what was removed is off the signed list after it is gone', async () => {
  await keeping([]).remove('m1');
  const done = asked.map(([path]) => path).filter((path) => !path.startsWith('GET'));
  expect(done).toEqual(['DELETE /api/account/methods/m1', 'POST /api/account/manifest']);
  expect(asked.find(([path]) => path.endsWith('/manifest'))?.[1]).toBe('{"manifest":{"named":[]}}');
});

describe('adding', () => {
  it('sends the registration and what opens with it, and never what was derived', async () => {
    await keeping([OUTPUT]).add('passkey', ' My phone ');
    expect(JSON.parse(sent()!)).toEqual({
      challenge_id: 'challenge',
      kind: 'passkey',
      method_id: 'm2',
      name: 'My phone',
      registration: REGISTRATION,
      keys: { secret: 's', master: 'k', public: 'p' },
    });
    const named = asked.findIndex(([path]) => path === 'POST /api/account/manifest');
    const added = asked.findIndex(([path]) => path === 'POST /api/account/methods');
    expect([named >= 0, named < added]).toEqual([true, true]);
    const everything = JSON.stringify(asked);
    for (const secret of [OUTPUT, toBase64url(bytes(OUTPUT)), 'kek', 'prf']) {
      expect(everything).not.toContain(secret);
    }
    expect(taken).toEqual([expect.objectContaining({ account_id: 'account' })]);
  });

  it('asks once more where creation derived nothing', async () => {
    await keeping([null, OUTPUT]).add('passkey', 'Phone');
    expect([derived, JSON.parse(sent()!).keys]).toEqual([1, { secret: 's', master: 'k', public: 'p' }]);
  });

  it('refuses a passkey that derives nothing, and stores none', async () => {
    const added = keeping([null, null]).add('passkey', 'Phone');
    expect(await added.catch(code)).toBe('passkey_no_key');
    expect(sent()).toBeUndefined();
  });

  it('makes a security key that derives nothing a second factor', async () => {
    await keeping([null, null]).add('security_key', 'Token');
    expect(JSON.parse(sent()!)).toEqual({
      challenge_id: 'challenge',
      kind: 'security_key',
      method_id: 'made id',
      name: 'Token',
      registration: REGISTRATION,
    });
  });
});

describe('testing', () => {
  it('really opens the keys', async () => {
    const opened: unknown[] = [];
    const passkeys = keeping([OUTPUT], async (...given: unknown[]) => {
      opened.push(...given);
      return { masterBytes: bytes('master') };
    });
    await passkeys.test('m1');
    expect(opened).toEqual([
      expect.objectContaining({ kind: 'passkey', method: 'm1', kek: `kek of ${OUTPUT}`, account: 'account' }),
    ]);
  });

  it('says so if they do not open, if nothing was derived, or if it is gone', async () => {
    const wrong = keeping([OUTPUT], async () => {
      throw Object.assign(new Error(), { reason: 'wrong_key' });
    });
    expect(await wrong.test('m1').catch(code)).toBe('passkey_no_key_here');
    expect(await keeping([null]).test('m1').catch(code)).toBe('passkey_no_key_here');
    expect(await keeping([OUTPUT]).test('gone').catch(code)).toBe('passkey_unknown');
  });
});
