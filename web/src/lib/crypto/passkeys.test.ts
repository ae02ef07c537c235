// Passkeys: what opens, what is refused, and vectors computed beside this code (Python's hashlib and hmac).
import { describe, expect, it } from 'vitest';
import { makePasskeyAccountKeys, unlock } from './accounts';
import { CryptoError } from './errors';
import { derive, importKey } from './keys';
import { addMethod, derivePasskey, prfInput } from './passkeys';

const ACCOUNT = '0198c0de-0000-4000-8000-000000000001';
const credentialId = Uint8Array.from({ length: 20 }, (_, at) => at);
const output = Uint8Array.from({ length: 32 }, (_, at) => 255 - at);
const hex = (bytes: Uint8Array) => [...bytes].map((each) => each.toString(16).padStart(2, '0')).join('');
const reason = (error: unknown) => (error instanceof CryptoError ? error.reason : error);

function wrapped(made: Awaited<ReturnType<typeof makePasskeyAccountKeys>>) {
  const { passkey, recovery, signing, statement } = made.keys;
  const methods = [
    { ...passkey!, kind: 'passkey' as const },
    { ...recovery, kind: 'recovery' as const },
  ];
  return { account_id: ACCOUNT, epoch: 1, methods, signing, statement };
}

describe('the key of a passkey', () => {
  it('follows from the output, the account and the credential as docs/formats.md says', async () => {
    expect(hex(await prfInput())).toBe('b9065bd3c0020e76d5c7db3230476ff8cddf4bdd1169f34126ef36ea71d6b60a');
    const kek = await derivePasskey({ account: ACCOUNT, credentialId, output });
    expect(hex(await derive(kek, 'probe'))).toBe(
      '4f020fc48d90a5fc8acf62b5d5e8e817168ebfcddca81734296e12e2cd5ec1ba',
    );
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['too short', output.slice(1)],
    ['too long', new Uint8Array([...output, 1])],
    ['zeros', new Uint8Array(32)],
  ])('is not made of an output of %s', async (_, odd) => {
    const made = derivePasskey({ account: ACCOUNT, credentialId, output: odd });
    expect(await made.catch(reason)).toBe('bad_prf_output');
  });
});

describe('an account opened by a passkey', () => {
  it('opens with it alone, and by no other credential, account or output', async () => {
    const kek = await derivePasskey({ account: ACCOUNT, credentialId, output });
    const made = await makePasskeyAccountKeys({ account: ACCOUNT, kek });
    expect(made.keys).not.toHaveProperty('password');
    const keys = wrapped(made);
    const opened = await unlock({ wrapped: keys, kind: 'passkey', kek, account: ACCOUNT });
    expect(hex(opened.masterBytes)).toBe(hex(made.masterBytes));
    for (const other of [
      { account: ACCOUNT, credentialId: credentialId.slice(1), output },
      { account: ACCOUNT.replace('c0de', 'c0df'), credentialId, output },
      { account: ACCOUNT, credentialId, output: output.toReversed() },
    ]) {
      const attempt = unlock({ wrapped: keys, kind: 'passkey', kek: await derivePasskey(other) });
      expect(await attempt.catch(reason)).toBe('wrong_key');
    }
  });

  it('takes a second one, which opens the same keys', async () => {
    const first = await derivePasskey({ account: ACCOUNT, credentialId, output });
    const made = await makePasskeyAccountKeys({ account: ACCOUNT, kek: first });
    const kek = await importKey(output.toReversed());
    const { opened, masterBytes } = made;
    const added = await addMethod({ wrapped: wrapped(made), kind: 'security_key', kek, opened, masterBytes });
    const keys = wrapped(made);
    const both = { ...keys, methods: [...keys.methods, { ...added, kind: 'security_key' as const }] };
    const again = await unlock({ wrapped: both, kind: 'security_key', method: added.method_id, kek });
    expect(hex(again.masterBytes)).toBe(hex(masterBytes));
    expect(await unlock({ wrapped: both, kind: 'security_key', method: 'another', kek }).catch(reason)).toBe(
      'no_such_method',
    );
  });

  it('gives out no method of another master key', async () => {
    const kek = await derivePasskey({ account: ACCOUNT, credentialId, output });
    const made = await makePasskeyAccountKeys({ account: ACCOUNT, kek });
    const other = await makePasskeyAccountKeys({ account: ACCOUNT, kek });
    const { opened, masterBytes } = other;
    const added = addMethod({ wrapped: wrapped(made), kind: 'passkey', kek, opened, masterBytes });
    expect(await added.catch(reason)).toBe('signing_key_mismatch');
  });
});
