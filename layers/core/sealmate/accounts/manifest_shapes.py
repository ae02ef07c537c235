"""The account manifest as it travels, both ways; docs/formats.md says what is signed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sealmate.accounts.records import Manifest
from sealmate.model import Bytes, Shape, Uuid

Number = Annotated[int, Field(ge=1, lt=2**32, strict=True)]
Hash = Annotated[Bytes, Field(min_length=32, max_length=32)]
Signature = Annotated[Bytes, Field(min_length=64, max_length=64)]


class NamedMethod(Shape):
    method_id: Uuid
    public_hash: Hash


class SignedManifest(Shape):
    sequence: Number
    epoch: Number
    previous: Annotated[Bytes, Field(max_length=32)]
    methods: Annotated[list[NamedMethod], Field(min_length=1, max_length=64)]
    signature: Signature

    @classmethod
    def of(cls, manifest: Manifest) -> SignedManifest:
        named = [NamedMethod(method_id=method_id, public_hash=hashed) for method_id, hashed in manifest.methods]
        return cls(**{**vars(manifest), "methods": named})

    def record(self) -> Manifest:
        named = tuple((method.method_id, method.public_hash) for method in self.methods)
        return Manifest(**{**dict(self), "methods": named})
