"""A ciphertext that AES-GCM opens under two keys, as whoever knows both can make one: GCM alone isn't key-committing."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_BLOCK = 16
_REDUCTION = 0xE1 << 120


def sealed_for_two(one: bytes, other: bytes, *, iv: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """With its tag. Opens to `plaintext` under `one`, but for its last block, which is spent on making both tags alike."""
    spoken = plaintext[:-_BLOCK]
    blocks = _blocks(AESGCM(one).encrypt(iv, spoken, b"")[: len(spoken)])
    difference = _tag(one, iv, aad, [*blocks, 0]) ^ _tag(other, iv, aad, [*blocks, 0])
    # The last block counts times H² in each tag.
    weight = _times(_hash_key(one), _hash_key(one)) ^ _times(_hash_key(other), _hash_key(other))
    blocks.append(_times(difference, _inverse(weight)))
    tag = _tag(one, iv, aad, blocks)
    whole = b"".join(each.to_bytes(_BLOCK, "big") for each in [*blocks, tag])
    for key in (one, other):
        AESGCM(key).decrypt(iv, whole, aad)
    return whole


def _tag(key: bytes, iv: bytes, aad: bytes, blocks: list[int]) -> int:
    lengths = (len(aad) * 8) << 64 | len(blocks) * _BLOCK * 8
    hashed = 0
    for block in [*_blocks(aad + bytes(-len(aad) % _BLOCK)), *blocks, lengths]:
        hashed = _times(hashed ^ block, _hash_key(key))
    return hashed ^ _encrypted(key, iv + b"\0\0\0\1")


def _hash_key(key: bytes) -> int:
    return _encrypted(key, bytes(_BLOCK))


def _encrypted(key: bytes, block: bytes) -> int:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - one block: GCM's own hash key
    return int.from_bytes(encryptor.update(block), "big")


def _blocks(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + _BLOCK], "big") for at in range(0, len(data), _BLOCK)]


def _times(one: int, other: int) -> int:
    """In GCM's field: SP 800-38D, 6.3."""
    product = 0
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (_REDUCTION if other & 1 else 0)
    return product


def _inverse(element: int) -> int:
    """To the power of 2¹²⁸ - 2."""
    result, square = 1 << 127, element
    for _ in range(127):
        square = _times(square, square)
        result = _times(result, square)
    return result
