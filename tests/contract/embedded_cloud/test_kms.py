"""KMS: authenticated encryption bound to its context, limits, and real MACs."""

from typing import Any

import pytest

CONTEXT = {"account": "a", "chat": "c"}


@pytest.fixture
def blob(probe: Any) -> bytes:
    answer = probe.client("kms").encrypt(KeyId=probe.outputs["DataKey"], Plaintext=b"secret", EncryptionContext=CONTEXT)
    return bytes(answer["CiphertextBlob"])


def test_what_was_sealed_opens_under_its_context_in_any_order(probe: Any, blob: bytes) -> None:
    turned = dict(reversed(CONTEXT.items()))
    answer = probe.client("kms").decrypt(CiphertextBlob=blob, EncryptionContext=turned)
    assert answer["Plaintext"] == b"secret"
    assert answer["KeyId"].endswith(probe.outputs["DataKey"])


@pytest.mark.parametrize("position", [0, 36, 37, 50, -1])
def test_a_blob_changed_anywhere_does_not_open(probe: Any, refusal: Any, blob: bytes, position: int) -> None:
    changed = bytearray(blob)
    changed[position] ^= 1
    decrypt = probe.client("kms").decrypt
    assert refusal(decrypt, CiphertextBlob=bytes(changed), EncryptionContext=CONTEXT)[0] == "InvalidCiphertextException"


def test_another_context_or_key_does_not_open_it(probe: Any, refusal: Any, blob: bytes) -> None:
    decrypt = probe.client("kms").decrypt
    for context in ({}, {"account": "a"}, {**CONTEXT, "chat": "d"}):
        code, _ = refusal(decrypt, CiphertextBlob=blob, EncryptionContext=context)
        assert code == "InvalidCiphertextException"
    other = {"CiphertextBlob": blob, "EncryptionContext": CONTEXT, "KeyId": probe.outputs["OtherKey"]}
    assert refusal(decrypt, **other)[0] == "IncorrectKeyException"


def test_encrypting_twice_gives_two_blobs_without_the_plaintext(probe: Any, blob: bytes) -> None:
    again = probe.client("kms").encrypt(KeyId=probe.outputs["DataKey"], Plaintext=b"secret", EncryptionContext=CONTEXT)
    assert again["CiphertextBlob"] != blob
    assert b"secret" not in blob


def test_at_most_4096_bytes_are_encrypted(probe: Any, refusal: Any) -> None:
    encrypt = probe.client("kms").encrypt
    encrypt(KeyId=probe.outputs["DataKey"], Plaintext=b"x" * 4096)
    assert refusal(encrypt, KeyId=probe.outputs["DataKey"], Plaintext=b"x" * 4097)[0] == "ValidationException"


def test_data_keys_open_to_themselves(probe: Any) -> None:
    kms = probe.client("kms")
    made = kms.generate_data_key(KeyId=probe.outputs["DataKey"], KeySpec="AES_256", EncryptionContext=CONTEXT)
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == made["Plaintext"]
    assert len(made["Plaintext"]) == 32
    hidden = kms.generate_data_key_without_plaintext(KeyId=probe.outputs["DataKey"], KeySpec="AES_256")
    assert "Plaintext" not in hidden
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 32


def test_re_encryption_changes_key_and_context(probe: Any, refusal: Any, blob: bytes) -> None:
    kms = probe.client("kms")
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=probe.outputs["OtherKey"],
        DestinationEncryptionContext={"new": "1"},
    )
    answer = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"new": "1"})
    assert answer["Plaintext"] == b"secret"
    assert answer["KeyId"].endswith(probe.outputs["OtherKey"])
    old_context = {"CiphertextBlob": moved["CiphertextBlob"], "EncryptionContext": CONTEXT}
    assert refusal(kms.decrypt, **old_context)[0] == "InvalidCiphertextException"


def test_macs_are_deterministic_and_verified(probe: Any, refusal: Any) -> None:
    kms, key = probe.client("kms"), {"KeyId": probe.outputs["MacKey"], "MacAlgorithm": "HMAC_SHA_256"}
    mac = kms.generate_mac(Message=b"a@example.org", **key)["Mac"]
    assert kms.generate_mac(Message=b"a@example.org", **key)["Mac"] == mac
    assert kms.generate_mac(Message=b"b@example.org", **key)["Mac"] != mac
    assert kms.verify_mac(Message=b"a@example.org", Mac=mac, **key)["MacValid"]
    assert refusal(kms.verify_mac, Message=b"b@example.org", Mac=mac, **key)[0] == "KMSInvalidMacException"
    encrypt = {"KeyId": probe.outputs["MacKey"], "Plaintext": b"x"}
    assert refusal(kms.encrypt, **encrypt)[0] == "InvalidKeyUsageException"
