// What the server gave does not open or does not fit together; the reasons of the key scheme, and those of the chain.
import { CryptoError } from '$lib/crypto';

export class Untrusted extends Error {
  override readonly name = 'Untrusted';

  constructor(readonly reason: string) {
    super(reason);
  }
}

/** Why a record does not open; null if the browser failed, or something else that says nothing of the record. */
export function distrustOf(error: unknown): string | null {
  if (error instanceof Untrusted) return error.reason;
  if (error instanceof CryptoError) return error.ofTheBrowser ? null : error.reason;
  // Not base64url: thrown by the decoder.
  return error instanceof SyntaxError ? 'not_base64url' : null;
}

/** Gives what opens, or tells why not; a failure of the browser goes on as it is, for another try. */
export async function tryToOpen<T>(opener: () => Promise<T>): Promise<{ opened: T } | { reason: string }> {
  try {
    return { opened: await opener() };
  } catch (error) {
    const reason = distrustOf(error);
    if (reason === null) throw error;
    return { reason };
  }
}
