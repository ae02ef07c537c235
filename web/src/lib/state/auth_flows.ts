// The flows of the screens, joined to the one session and the server.
import { m } from '$lib/paraglide/messages';
import { api } from './api';
import { deviceName, type BrowserSays } from './device_name';
import { tabStorage } from './kept_open';
import { session } from './session.svelte';
import { SignIn } from './sign_in.svelte';
import { SignUp } from './sign_up.svelte';

function parts() {
  return {
    api,
    crypto: () => import('$lib/crypto'),
    device: deviceName(navigator as BrowserSays, (browser, system) =>
      m.auth_device_name({ browser, system }),
    ),
    now: () => Date.now(),
  };
}

export function startSignUp(): SignUp {
  return new SignUp({ ...parts(), session, tab: tabStorage() });
}

export function startSignIn(): SignIn {
  return new SignIn({ ...parts(), lowestEpoch: (account) => session.lowestEpoch(account) });
}
