// How far a sign-up has come, kept by the tab: phones drop a page while its owner reads a mail or opens the authenticator.
import { SignUpVerified } from '$lib/wire/http';
import * as v from 'valibot';
import type { TabStorage } from './kept_open';

const ProgressSchema = v.object({
  email: v.string(),
  signupId: v.string(),
  /** From the mailed code on. */
  verified: v.nullable(SignUpVerified),
  /** Milliseconds since 1970: later the server has forgotten it. */
  until: v.number(),
});
export type SignUpProgress = v.InferOutput<typeof ProgressSchema>;

const NAME = 'sealmate.sign_up';

export function keepProgress(tab: TabStorage, progress: SignUpProgress | null): void {
  if (progress === null) tab?.removeItem(NAME);
  else tab?.setItem(NAME, JSON.stringify(progress));
}

export function findProgress(tab: TabStorage, now: number): SignUpProgress | null {
  const text = tab?.getItem(NAME);
  if (!text) return null;
  try {
    const progress = v.parse(ProgressSchema, JSON.parse(text));
    return progress.until > now ? progress : null;
  } catch {
    return null;
  }
}
