// Puts text on the clipboard, and says so kindly where the browser doesn't allow it.
import { m } from '$lib/paraglide/messages';
import { toasts } from '$lib/state/toasts.svelte';

/** True if it is there now. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    toasts.show(m.chat_copy_failed(), { kind: 'error' });
    return false;
  }
}
