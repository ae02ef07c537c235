// What a new password must be; checked on the device, because the server never sees it. The terminal client has the same rules.

export const MIN_LENGTH = 8;
export const ADVISED_LENGTH = 15;

export type PasswordFlaw = 'not_text' | 'too_short' | 'too_common' | 'is_email';

/** Some 10,000 of published leaks, the same that the terminal client ships; trimmed and in lower case. */
export type CommonPasswords = ReadonlySet<string>;

/** Loaded where a password is chosen; tools/common_passwords.js wrote it. */
export async function loadCommonPasswords(): Promise<CommonPasswords> {
  const { default: list } = await import('./common_passwords.txt?raw');
  return new Set(list.trim().split('\n'));
}

/** Null if it will do. */
export function flawOf(password: string, email: string, common: CommonPasswords): PasswordFlaw | null {
  const plain = password.toLowerCase().trim();
  const address = email.toLowerCase().trim();
  if (/\p{Surrogate}/u.test(password)) return 'not_text';
  if ([...password].length < MIN_LENGTH) return 'too_short';
  if (common.has(plain) || new Set(plain).size < 4) return 'too_common';
  if (plain === address || plain === address.split('@')[0]) return 'is_email';
  return null;
}
