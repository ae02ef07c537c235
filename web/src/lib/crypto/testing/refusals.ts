// How tests say that something was refused, and for which reason.
import { expect } from 'vitest';
import { CryptoError } from '../errors';

/** The reason of the CryptoError that comes; anything else that is thrown, or nothing, fails the test. */
export async function reasonOf(attempt: Promise<unknown>): Promise<string> {
  const outcome = await attempt.then(
    () => 'it was accepted',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(CryptoError);
  const error = outcome as CryptoError;
  expect(error.message).toBe(error.reason);
  expect(error.ofTheBrowser).toBe(false);
  return error.reason;
}
