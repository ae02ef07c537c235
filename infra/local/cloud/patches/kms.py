"""KMS: real AES-256-GCM with the encryption context authenticated, ReEncrypt, and AWS's limits."""

import base64
import json
import os
from importlib import import_module
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.local.cloud.patches.source import Patch, Source
from infra.local.cloud.settings import Settings

_MODULE = "ministack.services.kms"
_PLAINTEXT_BYTES = 4096
_KEY_ID_BYTES = 36
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_DATA_KEY_BYTES = {"AES_256": 32, "AES_128": 16}

Answer = tuple[int, dict[str, str], bytes]
Request = dict[str, Any]

# Blob: key id (36, where MiniStack's IAM check looks for it) | format | nonce (12) | ciphertext and tag.


class KmsError(Exception):
    """An error answer: AWS's code and message."""


class Kms:
    """The symmetric operations, on MiniStack's own key records."""

    def __init__(self) -> None:
        self._module: Any = import_module(_MODULE)

    def encrypt(self, data: Request) -> Request:
        key = self._key(data.get("KeyId", ""), "Encrypt")
        plaintext = base64.b64decode(data.get("Plaintext", ""))
        if not 1 <= len(plaintext) <= _PLAINTEXT_BYTES:
            raise KmsError(
                "ValidationException",
                "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
                f"Member must have length between 1 and {_PLAINTEXT_BYTES}",
            )
        blob = _seal(key, plaintext, data.get("EncryptionContext"))
        return {"KeyId": key["Arn"], "CiphertextBlob": _text(blob), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def decrypt(self, data: Request) -> Request:
        key, plaintext = self._open(data, "CiphertextBlob", "KeyId", "EncryptionContext", "Decrypt")
        return {"KeyId": key["Arn"], "Plaintext": _text(plaintext), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def re_encrypt(self, data: Request) -> Request:
        source, plaintext = self._open(
            data, "CiphertextBlob", "SourceKeyId", "SourceEncryptionContext", "ReEncryptFrom"
        )
        target = self._key(data.get("DestinationKeyId", ""), "ReEncryptTo")
        blob = _seal(target, plaintext, data.get("DestinationEncryptionContext"))
        return {
            "CiphertextBlob": _text(blob),
            "SourceKeyId": source["Arn"],
            "KeyId": target["Arn"],
            "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }

    def generate_data_key(self, data: Request) -> Request:
        key = self._key(data.get("KeyId", ""), "GenerateDataKey")
        size = data.get("NumberOfBytes") or _DATA_KEY_BYTES.get(data.get("KeySpec", ""))
        if not size or (data.get("NumberOfBytes") and data.get("KeySpec")) or size > 1024:
            raise KmsError("ValidationException", "Please specify either number of bytes (1 to 1024) or key spec.")
        data_key = os.urandom(size)
        blob = _seal(key, data_key, data.get("EncryptionContext"))
        return {"KeyId": key["Arn"], "Plaintext": _text(data_key), "CiphertextBlob": _text(blob)}

    def generate_data_key_without_plaintext(self, data: Request) -> Request:
        answer = self.generate_data_key(data)
        del answer["Plaintext"]
        return answer

    def _open(self, data: Request, blob: str, key: str, context: str, operation: str) -> tuple[Request, bytes]:
        sealed = base64.b64decode(data.get(blob, ""))
        named = sealed[:_KEY_ID_BYTES].decode("ascii", "replace")
        record = self._module._resolve_key(named)
        if not record or sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + 1] != _FORMAT:
            raise KmsError("InvalidCiphertextException", "")
        asked = self._key(data[key], operation) if data.get(key) else record
        if asked is not record:
            raise KmsError(
                "IncorrectKeyException",
                "The key ID in the request does not identify a CMK that can perform this operation.",
            )
        checked = self._key(named, operation)
        nonce, ciphertext = sealed[_KEY_ID_BYTES + 1 :][:_NONCE_BYTES], sealed[_KEY_ID_BYTES + 1 + _NONCE_BYTES :]
        try:
            return checked, AESGCM(checked["_symmetric_key"]).decrypt(
                nonce, ciphertext, _authenticated(checked, data.get(context))
            )
        except (InvalidTag, ValueError) as error:
            raise KmsError("InvalidCiphertextException", "") from error

    def _key(self, reference: str, operation: str) -> Request:
        record: Request | None = self._module._resolve_key(reference)
        if not record:
            raise KmsError("NotFoundException", f"Key '{reference}' does not exist")
        refused = self._module._reject_hmac_key(record, operation) or self._module._check_key_state(record)
        if refused:
            told = json.loads(refused[2])
            raise KmsError(told["__type"], told["message"])
        if "_symmetric_key" not in record:
            raise KmsError("InvalidKeyUsageException", f"{record['Arn']} is not a symmetric encryption key.")
        return record


def _seal(key: Request, plaintext: bytes, context: dict[str, str] | None) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key["_symmetric_key"]).encrypt(nonce, plaintext, _authenticated(key, context))
    return bytes(key["KeyId"].encode() + _FORMAT + nonce + sealed)


def _authenticated(key: Request, context: dict[str, str] | None) -> bytes:
    return json.dumps([key["KeyId"], _FORMAT[0], context or {}], sort_keys=True).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _install(_settings: Settings) -> None:
    module: Any = import_module(_MODULE)
    operations = Kms()
    replaced = {
        "Encrypt": operations.encrypt,
        "Decrypt": operations.decrypt,
        "ReEncrypt": operations.re_encrypt,
        "GenerateDataKey": operations.generate_data_key,
        "GenerateDataKeyWithoutPlaintext": operations.generate_data_key_without_plaintext,
    }
    handle = module.handle_request

    async def handled(method: str, path: str, headers: Any, body: bytes, query: Any) -> Answer:
        operation = replaced.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if not operation:
            answer: Answer = await handle(method, path, headers, body, query)
            return answer
        try:
            data = json.loads(body)
            if data.get("DryRun"):
                raise KmsError("DryRunOperationException", "The request would have succeeded, but DryRun is set.")
            answer = module.json_response(operation(data))
        except KmsError as error:
            answer = module.error_response_json(*error.args, 400)
        except ValueError:
            answer = module.error_response_json("SerializationException", "The request is not valid", 400)
        return answer

    module.handle_request = handled


PATCHES = (
    Patch(
        name="kms-aes-gcm",
        mends=(
            "Encryption was XOR with a derived pad: a tampered blob or a wrong key decrypted to garbage with status "
            "200; there was no ReEncrypt and no limit of 4096 bytes."
        ),
        replaces=(
            Source(
                "ministack.services.kms:handle_request",
                "cbcba1e01b41681afdf93e82c298d6b2bb8b2df74ec0b6c3c7f255ce9871b601",
            ),
            Source(
                "ministack.services.kms:_encrypt", "27489558008da3a9c0e9818c592837c3f78300c57668fbfd8ca7ce2379c0e244"
            ),
            Source(
                "ministack.services.kms:_decrypt", "8a00105d85b03868f840ff750394957f0a8af7e399d68461f7486144bc239e6d"
            ),
            Source(
                "ministack.services.kms:_generate_data_key_common",
                "9f8997377f8e870d42c1592c004b9a4517d00c802328a618bf0dcf0721ccca28",
            ),
            Source(
                "ministack.services.kms:_resolve_key",
                "90e6b84ded7c823f75cf7a9678ac127f23c81219c0118a9b3df9ca85ff83f935",
            ),
            Source(
                "ministack.services.kms:_check_key_state",
                "d0518d69f8e506236123314d2a72c35a8e5c3d5b5a47d8bace312e690ba76619",
            ),
            Source(
                "ministack.services.kms:_reject_hmac_key",
                "70580243f07cf00fb8b8256864d18545bd4c92e8dc9a8c4a3e04e1d6baeebd01",
            ),
            Source(
                "ministack.core.iam_actions:_kms_key_id_from_ciphertext",
                "9a193cf2adae8765325e4dd5be65e2b2ac729d0b01eccad700d830e78b800603",
            ),
        ),
        apply=_install,
    ),
)
