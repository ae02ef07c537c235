// What a new password must be; checked on the device, because the server never sees it. The terminal client has the same rules.

export const MIN_LENGTH = 8;
export const ADVISED_LENGTH = 15;

export type PasswordFlaw = 'not_text' | 'too_short' | 'too_common' | 'is_email';

/** The commonest of at least eight characters in published leaks; letters as typed most often. */
const LIST = `
password passw0rd p@ssword p@ssw0rd pa55word password1 password12 password123 password1234 mypassword
passwort passwort1 passwort123 motdepasse contrasena wachtwoord 12345678 123456789 1234567890 0123456789
12345678910 123123123 987654321 9876543210 87654321 11111111 111111111 1111111111 00000000 000000000
22222222 55555555 66666666 77777777 88888888 99999999 12341234 11223344 1122334455 147258369 123654789
789456123 741852963 123456abc abc12345 abcd1234 abcdefgh abcdefghi a1b2c3d4 a1234567 1q2w3e4r 1q2w3e4r5t
1qaz2wsx 1qazxsw2 q1w2e3r4 q1w2e3r4t5 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwertzui qwertzuiop
azertyui azertyuiop asdfghjk asdfghjkl asdf1234 zxcvbnm1 zaq12wsx qazwsxedc 1g2w3e4r iloveyou iloveyou1
iloveyou2 ichliebedich sunshine sunshine1 princess princess1 football football1 baseball basketball superman
superman1 batman123 spiderman starwars pokemon1 pokemon123 dragon123 monkey123 master123 shadow123 michael1
michelle jennifer jessica1 charlie1 ashley123 daniel123 computer computer1 internet samsung1 samsung123
google123 facebook whatever trustno1 welcome1 welcome123 willkommen letmein1 letmein123 changeme changeme1
admin123 admin1234 administrator test1234 testtest testing123 secret123 sommer2024 sommer2025 winter2024
winter2025 summer2024 summer2025 hallo123 hallo1234 schatz123 liverpool chelsea1 arsenal1 juventus barcelona
blink182 mercedes corvette maverick midnight elephant butterfly chocolate sealmate sealmate1 sealmate123
`;
export const COMMONEST: ReadonlySet<string> = new Set(LIST.trim().split(/\s+/));

/** Null if it will do. `isCommon` knows more of them than the list here, if it is there. */
export function flawOf(
  password: string,
  email: string,
  isCommon: (plain: string) => boolean = () => false,
): PasswordFlaw | null {
  const plain = password.toLowerCase().trim();
  const address = email.toLowerCase().trim();
  if (/\p{Surrogate}/u.test(password)) return 'not_text';
  if ([...password].length < MIN_LENGTH) return 'too_short';
  if (COMMONEST.has(plain) || new Set(plain).size < 4 || isCommon(plain)) return 'too_common';
  if (plain === address || plain === address.split('@')[0]) return 'is_email';
  return null;
}
