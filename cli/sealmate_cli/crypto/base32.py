"""Bytes as text that a person can read, type or write down: Crockford's base32 in groups of four."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": ""})


def write(data: bytes) -> str:
    """For lengths that are a multiple of five bytes."""
    number = int.from_bytes(data, "big")
    digits = len(data) * 8 // 5
    text = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(digits)))
    return "-".join(text[start : start + 4] for start in range(0, digits, 4))


def read(text: str, *, length: int) -> bytes:
    """ValueError if it is not the text of so many bytes."""
    characters = normalise(text)
    if len(characters) != length * 8 // 5 or not set(characters) <= set(_ALPHABET):
        raise ValueError("not base32")
    number = 0
    for character in characters:
        number = number << 5 | _ALPHABET.index(character)
    return number.to_bytes(length, "big")


def normalise(text: str) -> str:
    """Any part of it as it was meant, however it was typed."""
    return "".join(text.split()).upper().translate(_READ_AS)
