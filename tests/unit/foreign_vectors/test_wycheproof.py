"""The primitives we lean on, against Project Wycheproof: does this build of them refuse what it must?

The files are not part of the project: SEALMATE_FOREIGN_VECTORS names their folder, else shared/vectors beside the
repository is tried, else these tests are skipped.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealmate_cli.crypto.keys import derive

Case = dict[str, Any]
BESIDE = Path(__file__).resolve().parents[4] / "shared" / "vectors"
FOLDER = Path(os.environ.get("SEALMATE_FOREIGN_VECTORS") or BESIDE)


def cases(name: str) -> Iterator[tuple[Case, Case]]:
    """(group, case) of one Wycheproof file."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"no Wycheproof file {name}: set SEALMATE_FOREIGN_VECTORS to the folder that holds it")
    for group in json.loads(path.read_text())["testGroups"]:
        for case in group["tests"]:
            yield group, case


def raw(case: Case, field: str) -> bytes:
    return bytes.fromhex(case[field])


def test_aes_256_gcm() -> None:
    tried = 0
    for group, case in cases("aes_gcm_test.json"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        tried += 1
        cipher, iv, aad = AESGCM(raw(case, "key")), raw(case, "iv"), raw(case, "aad")
        sealed = raw(case, "ct") + raw(case, "tag")
        if case["result"] == "valid":
            assert cipher.decrypt(iv, sealed, aad) == raw(case, "msg"), case["tcId"]
            assert cipher.encrypt(iv, raw(case, "msg"), aad) == sealed, case["tcId"]
        else:
            with pytest.raises(InvalidTag):
                cipher.decrypt(iv, sealed, aad)
    assert tried == 66


def test_hkdf_sha_256() -> None:
    tried = 0
    for _, case in cases("hkdf_sha256_test.json"):
        tried += 1
        inputs = raw(case, "ikm"), raw(case, "info"), case["size"]
        if case["result"] == "valid":
            assert derive(*inputs, salt=raw(case, "salt")) == raw(case, "okm"), case["tcId"]
        else:
            with pytest.raises(ValueError, match=r".+"):
                derive(*inputs, salt=raw(case, "salt"))
    assert tried == 86


def test_ed25519() -> None:
    tried = 0
    for group, case in cases("ed25519_test.json"):
        tried += 1
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(group["publicKey"]["pk"]))
        if case["result"] == "valid":
            key.verify(raw(case, "sig"), raw(case, "msg"))
        else:
            with pytest.raises(InvalidSignature):
                key.verify(raw(case, "sig"), raw(case, "msg"))
    assert tried >= 150


def test_x25519() -> None:
    tried = 0
    for _, case in cases("x25519_test.json"):
        tried += 1
        own = X25519PrivateKey.from_private_bytes(raw(case, "private"))
        other = X25519PublicKey.from_public_bytes(raw(case, "public"))
        if set(raw(case, "shared")) == {0}:
            # A low-order point: both ends must refuse rather than share a secret of zeros.
            with pytest.raises(ValueError, match=r".+"):
                own.exchange(other)
        else:
            assert own.exchange(other) == raw(case, "shared"), case["tcId"]
    assert tried == 518


def test_ml_kem_768() -> None:
    opened = 0
    for _, case in cases("mlkem_768_test.json"):
        seed, sealed = raw(case, "seed"), raw(case, "c")
        if case["result"] == "invalid":
            with pytest.raises(ValueError, match=r".*"):
                MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(sealed)
            continue
        key = MLKEM768PrivateKey.from_seed_bytes(seed)
        assert key.public_key().public_bytes_raw() == raw(case, "ek"), case["tcId"]
        assert key.decapsulate(sealed) == raw(case, "K"), case["tcId"]
        opened += 1
    assert opened > 0
