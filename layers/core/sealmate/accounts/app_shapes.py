"""An app's settings as they travel, both ways; docs/protocol.md explains each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sealmate.accounts.records import App
from sealmate.model import Bytes, Shape

AppName = Literal["web"]
SettingsRevision = Annotated[int, Field(ge=0, lt=2**32 - 1, strict=True)]
# A key of 32 bytes in an envelope.
AppKeyEnvelope = Annotated[Bytes, Field(min_length=175, max_length=175)]
SettingsEnvelope = Annotated[Bytes, Field(min_length=175, max_length=16_384)]


class PutSettings(Shape):
    """`revision`: the one they were made from; 0 for the first. `key`: with the first, and where what there was opens nowhere."""

    revision: SettingsRevision
    settings: SettingsEnvelope
    key: AppKeyEnvelope | None = None


class RenewedApp(Shape):
    """An app's settings under a new key. `revision`: the one they were made from."""

    app: AppName
    revision: SettingsRevision
    key: AppKeyEnvelope
    settings: SettingsEnvelope

    def record(self) -> App:
        return App(name=self.app, key=self.key, settings=self.settings, revision=self.revision + 1)


class AppSettings(Shape):
    """Without key and settings at revision 0: the app has none yet."""

    app: str
    revision: int
    key: Bytes | None = None
    settings: Bytes | None = None

    @classmethod
    def of(cls, name: str, app: App | None) -> AppSettings:
        if app is None:
            return cls(app=name, revision=0)
        return cls(app=name, revision=app.revision, key=app.key, settings=app.settings)


class WrappedApp(Shape):
    """An app's key under the master key."""

    app: str
    key: Bytes
