// How far a sign-up has come.
import { SignUpVerified } from '$lib/wire/http';
import * as v from 'valibot';
import { TabProgress } from './tab_progress';

export const signUpProgress = new TabProgress(
  'sealmate.sign_up',
  v.object({
    email: v.string(),
    signupId: v.string(),
    /** From the mailed code on. */
    verified: v.nullable(SignUpVerified),
    until: v.number(),
  }),
);
