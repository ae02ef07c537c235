"""What this device remembers, in one file only its owner can read.

The file holds the session token and the master key, because a terminal program starts anew for every command and
must open chats without asking for the password and a code each time. Whoever can read the file can read the
account's chats: it is created with rights 0600 and replaced as a whole, `sealmate logout` wipes both, and so does a
session that the server has ended. Only the highest epoch and manifest seen stay, so that older ones are refused later too, and
the device's own signing key, so that it is known again at the next sign-in.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from sealmate_cli.crypto import Pins
from sealmate_cli.device_keys import make_device_key
from sealmate_cli.errors import ClientError
from sealmate_cli.wire.http import Session
from sealmate_cli.wire.shape import Bytes, Shape

if sys.platform != "win32":
    import fcntl


class Identity(Shape):
    """A signed-in account on this device."""

    email: str
    session: Session
    epoch: int
    master_key: Bytes
    signing_public_key: Bytes

    @property
    def account(self) -> str:
        return self.session.account_id


class Seen(Shape):
    """The highest epoch and manifest seen of an account, each with its hash."""

    epoch: int = 0
    statement: Bytes = b""
    sequence: int = 0
    manifest: Bytes = b""


class AskedReset(Shape):
    """Who has lost every way in was mailed a code; it counts until then, in seconds since 1970."""

    email: str
    request_id: str
    until: int


class Profile(Shape):
    server: str | None = None
    identity: Identity | None = None
    seen: dict[str, Seen] = Field(default_factory=dict)
    device_keys: dict[str, Bytes] = Field(default_factory=dict)
    settings_seen: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Of each app the highest revision of its settings. All three by account."""
    asked_reset: AskedReset | None = None

    def lowest_epoch(self, account: str) -> int:
        return self.pins_of(account).epoch

    def pins_of(self, account: str) -> Pins:
        return Pins(**dict(self.seen.get(account, Seen())))

    def signed_in(self, server: str, identity: Identity, pins: Pins) -> "Profile":
        seen = {**self.seen, identity.account: Seen(**vars(pins))}
        return self.model_copy(update={"server": server, "identity": identity, "seen": seen})

    def with_device_key(self, account: str, device_key: bytes) -> "Profile":
        return self.model_copy(update={"device_keys": {**self.device_keys, account: device_key}})

    def seen_settings(self, account: str, app: str) -> int:
        return self.settings_seen.get(account, {}).get(app, 0)

    def having_seen_settings(self, account: str, revisions: Mapping[str, int]) -> "Profile":
        seen = {**self.settings_seen.get(account, {}), **revisions}
        return self.model_copy(update={"settings_seen": {**self.settings_seen, account: seen}}) if revisions else self

    def signed_out(self) -> "Profile":
        return self.model_copy(update={"identity": None})

    def with_session(self, session: Session) -> "Profile":
        if self.identity is None:
            return self
        return self.model_copy(update={"identity": self.identity.model_copy(update={"session": session})})


class ProfileFile:
    def __init__(self, home: Path) -> None:
        self._home = home
        self.path = home / "profile.json"

    def load(self) -> Profile:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return Profile()
        except OSError as error:
            raise self._unreadable() from error
        self._close_to_others()
        try:
            return Profile.model_validate_json(text)
        except ValidationError as error:
            raise self._unreadable() from error

    def save(self, profile: Profile) -> None:
        """Atomic: a crash leaves the old file or the new one, never a part."""
        self._make_home()
        handle, temporary = tempfile.mkstemp(dir=self._home, prefix=".profile-")  # 0600 from the start
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(profile.model_dump_json(indent=1, exclude_none=True))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            os.unlink(temporary)
            raise

    def device_key(self, account: str) -> bytes:
        """A new one where there is none yet; it is kept when the device is signed in."""
        return self.load().device_keys.get(account) or make_device_key()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time: two that rotate one session at once would end it."""
        self._make_home()
        with open(self._home / ".lock", "w", encoding="utf-8") as lock:
            if sys.platform != "win32":
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_home(self) -> None:
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unreadable() from error

    def _close_to_others(self) -> None:
        if self.path.stat().st_mode & 0o077:
            self.path.chmod(0o600)

    def _unreadable(self) -> ClientError:
        return ClientError(
            "profile_unreadable",
            f"The profile in {self._home} can't be read or written.",
            "Repair or remove the file profile.json there, or name another folder with --home.",
        )
