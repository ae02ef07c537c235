"""KMS: data keys under an encryption context, and the HMAC that only the service can compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate import errors
from sealmate.ports import Context, DataKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class Kms:
    """`data_key` and `mac_key` are key ids or ARNs."""

    def __init__(self, *, data_key: str, mac_key: str, client: KMSClient | None = None) -> None:
        import boto3

        self._kms = client or boto3.client("kms")
        self._data_key, self._mac_key = data_key, mac_key

    def make_data_key(self, context: Context) -> DataKey:
        made = self._kms.generate_data_key(KeyId=self._data_key, KeySpec="AES_256", EncryptionContext=dict(context))
        return DataKey(plain=made["Plaintext"], sealed=made["CiphertextBlob"])

    def open_data_key(self, sealed: bytes, context: Context) -> bytes:
        try:
            return self._kms.decrypt(KeyId=self._data_key, CiphertextBlob=sealed, EncryptionContext=dict(context))[
                "Plaintext"
            ]
        except (self._kms.exceptions.InvalidCiphertextException, self._kms.exceptions.IncorrectKeyException):
            raise errors.SealBroken() from None

    def mac(self, message: bytes) -> bytes:
        return self._kms.generate_mac(KeyId=self._mac_key, Message=message, MacAlgorithm="HMAC_SHA_256")["Mac"]
