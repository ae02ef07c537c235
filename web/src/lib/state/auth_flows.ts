// The flows of the screens, joined to the one session and the server.
import { api } from './api';
import { tabStorage } from './kept_open';
import { session } from './session.svelte';
import { ceremonies } from './ceremonies';
import { LostAccount } from './lost_account.svelte';
import { PasskeySignIn } from './passkey_sign_in.svelte';
import { SignIn } from './sign_in.svelte';
import { SignUp } from './sign_up.svelte';
import { thisDevice } from './this_device';

function parts() {
  return {
    api,
    crypto: () => import('$lib/crypto'),
    device: thisDevice(),
    now: () => Date.now(),
  };
}

export function startSignUp(): SignUp {
  return new SignUp({ ...parts(), ceremonies, session, tab: tabStorage() });
}

export function startLostAccount(): LostAccount {
  return new LostAccount({ api, tab: tabStorage(), now: () => Date.now() });
}

export function startSignIn(): SignIn {
  return new SignIn({ ...parts(), ceremonies, session });
}

export function startPasskeySignIn(): PasskeySignIn {
  return new PasskeySignIn({ ...parts(), ceremonies, session });
}
