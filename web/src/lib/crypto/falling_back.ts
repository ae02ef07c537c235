// A way in whose present envelopes don't open: what it had before the last turns opens the key of then, and links lead on from there.
import { methodOf, readMethod, type Unlocking } from './accounts';
import { sameBytes, wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import type { Opened } from './masters';
import { openMethod } from './methods';
import { followLinks } from './rotation';
import { readBytes, readStatement, type WrappedLink } from './wrapped';

/** `wrapped` with its links' `former`. The present keys, with every check; null if nothing leads there. */
export async function unlockByFormer(of: Unlocking): Promise<(Opened & { masterBytes: Bytes }) | null> {
  for (const link of [...(of.wrapped.links ?? [])].reverse()) {
    try {
      return await unlockBefore(link, of);
    } catch (error) {
      if (!(error instanceof CryptoError) || error.ofTheBrowser) throw error;
    }
  }
  return null;
}

async function unlockBefore(link: WrappedLink, of: Unlocking): Promise<Opened & { masterBytes: Bytes }> {
  const { wrapped, kek } = of;
  const { account_id: account } = wrapped;
  const present = methodOf(of);
  const former = link.former?.find((each) => each.method_id === present.method_id);
  if (!former) throw new CryptoError('no_such_method');
  const epoch = link.statement.epoch - 1;
  const method = readMethod({ ...present, ...former });
  const {
    master: key,
    masterBytes: before,
    signingPublicKey,
  } = await openMethod(method, { account, kek, epoch });
  wipe(before);
  if (!sameBytes(signingPublicKey, readBytes(wrapped.signing.public_key)))
    throw new CryptoError('signing_key_mismatch');
  // What came before this link isn't known here; the account's own signing key vouches for it and for all after it.
  const statement = readStatement(link.statement).previous;
  const { master, masterBytes } = await followLinks({
    wrapped,
    master: { epoch, key },
    statement,
    signingPublicKey,
  });
  if (masterBytes === null) throw new CryptoError('link_missing');
  return { master, signingPublicKey, masterBytes };
}
