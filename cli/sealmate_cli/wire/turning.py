"""What travels while the master key turns, quietly or because the account is secured."""

from collections.abc import Sequence
from typing import Any

from sealmate_cli.crypto import SecuredAccount, StoredApp, Turned

from .http import App, Former, TenCodes, WrappedChatKey, manifest_body, new_method_body
from .shape import Bytes, Shape, to_wire


class LeaseTaken(Shape):
    lease_id: str
    ring: int


class ChatRing(Shape):
    """All wraps of a chat's keys; each envelope names its epoch."""

    chat_id: str
    keys: list[WrappedChatKey]


class AccountAnew(Shape):
    """What is staged beside the chats."""

    methods: frozenset[Former]
    signing: Bytes
    apps: frozenset[App] = frozenset()


class StagedKeys(Shape):
    chats: list[ChatRing]
    account: AccountAnew | None = None
    cursor: str | None = None


class Flipped(Shape):
    epoch: int


class Secured(Flipped):
    backup_codes: TenCodes


class AppSettings(Shape):
    """Without key and settings: the app has none yet."""

    revision: int
    key: Bytes | None = None
    settings: Bytes | None = None


def account_anew(turned: Turned) -> AccountAnew:
    methods = (Former(method_id=each.method_id, master=each.master, public=each.public) for each in turned.methods)
    apps = (App(app=each.app, key=each.key) for each in turned.apps)
    return AccountAnew(methods=frozenset(methods), signing=turned.signing.private, apps=frozenset(apps))


def flip_body(turned: Turned, ring: int) -> dict[str, Any]:
    link = {"forward": turned.link.forward, "device": turned.link.device}
    body = {"ring": ring, "statement": turned.link.statement, "manifest": manifest_body(turned.manifest), "link": link}
    wire: dict[str, Any] = to_wire(body)
    return wire


def secure_body(made: SecuredAccount, ring: int, apps: Sequence[StoredApp]) -> dict[str, Any]:
    """An app's `revision` is the one that it was made from."""
    body = {
        "ring": ring,
        "password": new_method_body(made.password),
        "recovery": new_method_body(made.recovery),
        "signing": made.signing,
        "statement": made.statement,
        "manifest": manifest_body(made.manifest),
        "apps": [{**vars(app), "revision": app.revision - 1} for app in apps],
    }
    wire: dict[str, Any] = to_wire(body)
    return wire
