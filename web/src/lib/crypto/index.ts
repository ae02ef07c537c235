// The one door to the key scheme of docs/formats.md: a pure leaf, no network, no storage, no clock.
import { makeAccountKeysWith, type MadeAccount } from './accounts';
import type { Bytes } from './bytes';
import { derivePasswordWith, type Proof } from './passwords';
import { makePasswordWith, type OpenAccount } from './replacements';
import { secureAccountWith, type SecuredAccount } from './securing';
import { stretchInWorker } from './stretching';
import type { ByPassword } from './wrapped';

export { acceptMaster, makePasskeyAccountKeys, unlock, type MadeAccount, type Unlocking } from './accounts';
export { makeAppKey, openAppKey, openSettings, renewApp, sealSettings, type AppKey } from './apps';
export { normaliseBase32 } from './base32';
export type { Bytes } from './bytes';
export {
  answerKeys,
  cacheKey,
  makeChatKey,
  openAnswer,
  openChatKey,
  openDetails,
  openMessage,
  openSuggestions,
  openTitle,
  rewrapChatKey,
  sealAnswer,
  sealDetails,
  sealMessage,
  sealSuggestions,
  sealTitle,
  type Answer,
  type AnswerKeys,
  type ChatKey,
  type Details,
} from './chats';
export { readEpoch } from './envelope';
export { CryptoError, type CryptoReason } from './errors';
export { unlockByFormer } from './falling_back';
export { makeUuid4, makeUuid7 } from './ids';
export { hashOf } from './keys';
export { openLocal, sealLocal } from './local';
export { deviceKey, importMasterKey, type MasterKey, type Opened } from './masters';
export type { CredentialKind, MethodKind } from './methods';
export { addMethod, derivePasskey, prfInput } from './passkeys';
export {
  agree,
  codeOf,
  introduce,
  makeInvitation,
  makeNonce,
  openKeys,
  readInvitation,
  sealKeys,
  type Introduced,
  type Invitation,
  type JoiningDevice,
  type Transcript,
} from './pairing';
export type { Proof } from './passwords';
export { advance as advancePins, NO_PINS, type Pins } from './pins';
export { deriveRecovery, readRecoveryKey } from './recovery';
export { makeRecoveryKey, type OpenAccount } from './replacements';
export { followLinks, nameMethods, turnMaster, verifyOwnManifest, type Turned } from './rotation';
export type { SecuredAccount, Touched } from './securing';
export { statementHash } from './statements';
export { handOnStoreKey, openStoreKey, reachStoreKey, type StoreKey } from './store_keys';
export {
  readManifest,
  readStatement,
  type AccountKeys,
  type ByPasskey,
  type ByPassword,
  type SignedManifest,
  type WrappedKeys,
  type WrappedLink,
} from './wrapped';

/** Argon2id runs in a worker; `worker_failed` if that could not start or ended. */
export async function derivePassword(of: {
  account: string;
  password: string;
  salt: Bytes;
  kdfProfile: number;
}): Promise<Proof> {
  return derivePasswordWith(stretchInWorker, of);
}

/** The keys to send, the keys to keep, and the recovery key as text to show once. */
export async function makeAccountKeys(of: {
  account: string;
  password: string;
  kdfProfile: number;
}): Promise<MadeAccount<ByPassword>> {
  return makeAccountKeysWith(stretchInWorker, of);
}

/** The unlock method of a new password, for keys that are open. */
export async function makePassword(of: OpenAccount & { password: string }): Promise<ByPassword['password']> {
  return makePasswordWith(stretchInWorker, of);
}

/** Everything that opens the account, made anew. */
export async function secureAccount(of: Parameters<typeof secureAccountWith>[1]): Promise<SecuredAccount> {
  return secureAccountWith(stretchInWorker, of);
}
