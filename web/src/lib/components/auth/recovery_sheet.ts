// What a person saves, at sign-up or when a part of it is renewed, as the plain text of a file or the clipboard; made on the device.
import { m } from '$lib/paraglide/messages';
import type { OneTimeSecrets } from '$lib/state/session.svelte';

export interface SheetWords {
  title: string;
  account: string;
  made: string;
  recoveryKey: string;
  recoveryKeyFor: string;
  backupCodes: string;
  backupCodesFor: string;
  keep: string;
}

/** The key together with the codes, which stand in for the second factor, is all that it takes. */
export function keepWords({ recoveryKey, backupCodes = [] }: Partial<OneTimeSecrets>): string {
  return recoveryKey && backupCodes.length > 0 ? m.auth_sheet_keep_all() : m.auth_sheet_keep();
}

export function recoverySheet(
  { recoveryKey, backupCodes = [] }: Partial<OneTimeSecrets>,
  words: SheetWords,
): string {
  const parts = [`${words.title}\n${words.account}\n${words.made}`];
  if (recoveryKey) parts.push(`${words.recoveryKey}\n${words.recoveryKeyFor}\n\n    ${recoveryKey}`);
  if (backupCodes.length > 0) {
    const codes = backupCodes.map((code) => `    ${code}`).join('\n');
    parts.push(`${words.backupCodes}\n${words.backupCodesFor}\n\n${codes}`);
  }
  return `${[...parts, words.keep].join('\n\n')}\n`;
}
