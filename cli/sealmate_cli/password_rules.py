"""What a new password must be; checked on the device, because the server never sees it."""

from sealmate_cli.crypto import CryptoError
from sealmate_cli.crypto.passwords import normalise
from sealmate_cli.errors import ClientError

MIN_LENGTH = 8
ADVISED_LENGTH = 15

# The commonest of at least eight characters in published leaks; letters as typed most often.
_LIST = """
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
"""
COMMONEST = frozenset(_LIST.split())


def check_new_password(password: str, *, email: str) -> None:
    try:
        normalise(password)
    except CryptoError as error:
        raise _refused("This password holds characters that are no text.") from error
    plain = password.casefold().strip()
    if len(password) < MIN_LENGTH:
        raise _refused(f"This password has {len(password)} characters; it takes at least {MIN_LENGTH}.")
    if plain in COMMONEST or len(set(plain)) < 4:
        raise _refused("This password is among the first that anybody would try.")
    name = email.casefold().partition("@")[0]
    if plain in (email.casefold(), name):
        raise _refused("This password is your e-mail address.")


def _refused(message: str) -> ClientError:
    advice = f"Choose another: {ADVISED_LENGTH} characters or more are advised, four or five words for example."
    return ClientError("weak_password", message, advice)
