// What is sent for a new password or recovery key, and what this device keeps of it.
import { describe, expect, it } from 'vitest';
import { Api } from './api';
import { Replacing, type ReplacingParts } from './replacing';
import type { Reopened } from './step_up.svelte';

const METHOD = { method_id: 'm', auth: 'a', secret: 's', master: 'k', public: 'p' };
const PASSWORD = { ...METHOD, salt: 'BBBB', kdf_profile: 1 };
const WRAPPED = {
  account_id: 'account',
  epoch: 1,
  methods: [],
  links: [],
  signing: { public_key: '', private: '' },
  statement: { epoch: 1, commitment: '', previous: '', signature: '' },
};
const keys = {
  account: 'account',
  opened: { master: { epoch: 1 } },
  wrapped: { ...WRAPPED, methods: [{ kind: 'password', salt: 'BBBB', kdf_profile: 1 }] },
} as unknown as Reopened;

function parts({ refuses = false, lost = false, older = false } = {}) {
  const asked: [string, string, unknown][] = [];
  const kept: object[] = [];
  let proofs = 0;
  const api = new Api(async (path, init) => {
    asked.push([init.method!, path, JSON.parse(String(init.body ?? 'null'))]);
    if (path === '/api/account/keys') return new Response(JSON.stringify(WRAPPED));
    if (lost && init.method === 'PUT') throw new TypeError('lost');
    if (refuses)
      return new Response(JSON.stringify({ code: 'x', title: '', status: 409, next_step: '' }), {
        status: 409,
      });
    return new Response(null, { status: 204 });
  });
  const replacing = new Replacing({
    api,
    crypto: async () => ({
      derivePassword: async ({ password }) => ({ auth: new Uint8Array(), kek: password as never }),
      unlock: async ({ kek }) => {
        if ((kek as unknown) !== 'the present one') throw new Error('wrong_key');
        return { masterBytes: new Uint8Array(32) } as never;
      },
      makePassword: async () => PASSWORD,
      nameMethods: async ({ coming = [] }) => ({ named: coming.map((each) => each.method_id) }) as never,
      makeRecoveryKey: async () => ({ method: METHOD, recoveryKey: 'AAAA-BBBB' }),
    }),
    session: {
      methodsChanged: async (changed) => void kept.push(changed),
      expectNothingOlder: async () => {
        if (older) throw new Error('manifest_rolled_back');
      },
    },
    stepUp: {
      run: (action) => {
        proofs += 1;
        return action();
      },
    },
  } satisfies ReplacingParts);
  return { replacing, asked, kept, proofs: () => proofs };
}

describe('a new password', () => {
  it('is named in the signed list, then sent as its method alone, and this device knows what opens from then on', async () => {
    const { replacing, asked, kept, proofs } = parts();
    await replacing.password(keys, 'six grey seals');
    expect(asked.slice(1, 3)).toEqual([
      ['POST', '/api/account/manifest', { manifest: { named: ['m'] } }],
      ['PUT', '/api/account/password', { method: PASSWORD }],
    ]);
    expect(JSON.stringify(asked)).not.toContain('six grey seals');
    expect(kept).toMatchObject([{ wrapped: { account_id: 'account' } }]);
    expect(proofs()).toBe(1);
  });

  it('is another than the present one', async () => {
    const { replacing, asked } = parts();
    await expect(replacing.password(keys, 'the present one')).rejects.toMatchObject({
      code: 'same_password',
    });
    expect(asked).toEqual([]);
  });

  it('that was refused leaves this device as it was', async () => {
    const { replacing, kept } = parts({ refuses: true });
    await expect(replacing.password(keys, 'six grey seals')).rejects.toMatchObject({ code: 'x' });
    expect(kept).toEqual([]);
  });
});

it('whose reply was lost leaves this device with what the server has', async () => {
  const { replacing, kept } = parts({ lost: true });
  await expect(replacing.password(keys, 'six grey seals')).rejects.toMatchObject({ code: 'offline' });
  expect(kept).toMatchObject([{ wrapped: { account_id: 'account' } }]);
});

it('signs nothing over a list of methods that is older than what this device has seen', async () => {
  const { replacing, asked } = parts({ older: true });
  await expect(replacing.password(keys, 'six grey seals')).rejects.toThrow('manifest_rolled_back');
  expect(asked.map(([method]) => method)).toEqual(['GET']);
});

it('a new recovery key is sent only once it was saved', async () => {
  const { replacing, asked, kept } = parts();
  const { method, recoveryKey } = await replacing.makeRecoveryKey(keys);
  expect(recoveryKey).toBe('AAAA-BBBB');
  expect(asked).toEqual([]);
  await replacing.recoveryKey(keys, method);
  expect(asked[2]).toEqual(['PUT', '/api/account/recovery-key', { method: METHOD }]);
  expect(kept).toHaveLength(1);
});
