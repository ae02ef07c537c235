// Writes the list of common passwords that the web app and the terminal client both ship and refuse: node tools/common_passwords.js
//
// It is taken from the dictionary `passwords-common` of @zxcvbn-ts/language-common (MIT, pinned in package-lock.json), which is
// ordered by how often a password stands in published leaks. What our rule on length refuses anyway is left out.
import { dictionary } from '@zxcvbn-ts/language-common';
import { writeFileSync } from 'node:fs';

const KEPT = 10_000;
const MIN_LENGTH = 8;

/** Rows of digits and keys, which it leaves to other rules; what people type in German, or change by the season; our own name. */
const OURS = `
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
sommer2026 winter2026 summer2026
`
  .trim()
  .split(/\s+/);

const long = dictionary['passwords-common'].filter((password) => password.length >= MIN_LENGTH);
const list = [...new Set([...OURS, ...long.slice(0, KEPT)])];
for (const path of ['src/lib/state/common_passwords.txt', '../cli/sealmate_cli/common_passwords.txt']) {
  writeFileSync(new URL(`../${path}`, import.meta.url), list.join('\n') + '\n');
}
