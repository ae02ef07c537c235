"""The keys of passkeys, derived once more with Python's own hmac: a second witness beside the library that made the vectors."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from sealmate_cli.crypto.accounts import unlock_account
from sealmate_cli.crypto.errors import CryptoError
from sealmate_cli.wire.http import WrappedKeysAnswer

from . import make_vectors
from .fixed import Json, decode
from .test_cli_vectors import named

VECTORS: Json = json.loads(make_vectors.FILE.read_text())["passkeys"]
ACCOUNT: Json = VECTORS["account"]


def kek_of(output: bytes, *, account: str, credential: bytes) -> bytes:
    """RFC 5869 written out: extract without a salt, then one block of expand."""
    parts = (account.encode(), credential)
    info = b"sealmate v1 passkey kek" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    extracted = hmac.digest(bytes(32), output, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")


def test_the_input_is_fixed() -> None:
    assert decode(VECTORS["input"]) == hashlib.sha256(b"sealmate v1 prf").digest()


@pytest.mark.parametrize("vector", VECTORS["keks"])
def test_kek(vector: Json) -> None:
    given = {"account": vector["account"], "credential": decode(vector["credential_id"])}
    assert kek_of(decode(vector["output"]), **given) == decode(vector["kek"])


def opened_by(kind: Any, wrapped: Json) -> bytes:
    credential = next(each["credential_id"] for each in wrapped["methods"] if each["kind"] == kind)
    kek = kek_of(decode(ACCOUNT["outputs"][kind]), account=ACCOUNT["account"], credential=decode(credential))
    keys = WrappedKeysAnswer.model_validate(wrapped).keys()
    return unlock_account(keys, account=ACCOUNT["account"], kind=kind, kek=kek, lowest_epoch=0).master_key


@pytest.mark.parametrize("kind", ["passkey", "security_key"])
def test_an_account_opens(kind: str) -> None:
    assert opened_by(kind, ACCOUNT["wrapped"]) == decode(ACCOUNT["master_key"])


@named(ACCOUNT["refused"])
def test_a_method_that_is_not_its_own_is_refused(vector: Json) -> None:
    method = vector["method"]
    kek = kek_of(
        decode(ACCOUNT["outputs"]["passkey"]),
        account=ACCOUNT["account"],
        credential=decode(method["credential_id"]),
    )
    keys = WrappedKeysAnswer.model_validate({**ACCOUNT["wrapped"], "methods": [method]}).keys()
    with pytest.raises(CryptoError) as raised:
        unlock_account(keys, account=ACCOUNT["account"], kind=method["kind"], kek=kek, lowest_epoch=0)
    assert raised.value.reason == vector["reason"]
