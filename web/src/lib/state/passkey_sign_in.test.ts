// A passkey may be chosen beside the e-mail field and by the button at once: one of the two signs in.
import { expect, it, vi } from 'vitest';
import * as crypto from '$lib/crypto';
import { ApiError, type Api } from './api';
import type { Ceremonies } from './ceremonies';
import { PasskeySignIn } from './passkey_sign_in.svelte';

const refused = new ApiError({ code: 'wrong_credentials', title: 'No.', nextStep: 'Try.', status: 401 });
const shown = { output: new Uint8Array(32), assertion: { id: 'x' }, credentialId: new Uint8Array(1) };

function world() {
  let answer = (_error: ApiError): void => undefined;
  const post = vi.fn((_schema: unknown, path: string) =>
    path === '/auth/login/passkey/options'
      ? Promise.resolve({ challenge_id: 'c', options: {} })
      : new Promise<never>((_done, fail) => (answer = fail)),
  );
  const ceremonies = { autofills: () => Promise.resolve(true), show: () => Promise.resolve(shown) };
  const signIn = new PasskeySignIn({
    api: { post } as unknown as Api,
    ceremonies: ceremonies as unknown as Ceremonies,
    crypto: () => Promise.resolve(crypto),
    session: { lowestEpoch: vi.fn(), expectNothingOlder: vi.fn(), fellBack: false },
    device: 'Test',
    now: Date.now,
  });
  const proofs = () => post.mock.calls.filter(([, path]) => path === '/auth/login/passkey').length;
  return { signIn, proofs, refuse: () => answer(refused) };
}

it('signs in once, and says what went wrong once', async () => {
  const { signIn, proofs, refuse } = world();
  const both = [signIn.offer(), signIn.submit()];
  await vi.waitFor(() => expect(proofs()).toBe(1));
  expect(await Promise.race(both)).toBeNull();
  expect(signIn.trouble).toBeNull();
  refuse();
  expect(await Promise.all(both)).toEqual([null, null]);
  expect(proofs()).toBe(1);
  expect(signIn.trouble?.code).toBe('passkey_unknown');
});

it('can be tried again after it went wrong', async () => {
  const { signIn, proofs, refuse } = world();
  for (const times of [1, 2]) {
    const trying = signIn.submit();
    await vi.waitFor(() => expect(proofs()).toBe(times));
    refuse();
    expect(await trying).toBeNull();
  }
});
