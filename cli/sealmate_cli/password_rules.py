"""What a new password must be; checked on the device, because the server never sees it."""

from pathlib import Path

from sealmate_cli.crypto import CryptoError
from sealmate_cli.crypto.passwords import normalise
from sealmate_cli.errors import ClientError

MIN_LENGTH = 8
ADVISED_LENGTH = 15

# Some 10,000 of eight characters or more from published leaks, the same that the web app ships; web/tools/common_passwords.js wrote
# them from @zxcvbn-ts/language-common (MIT).
COMMONEST = frozenset(Path(__file__).with_name("common_passwords.txt").read_text("ascii").split())


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
