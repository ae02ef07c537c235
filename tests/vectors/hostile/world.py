"""One account at an honest server: its keys turned once, three chats, a turn that is being answered. The scenarios bend what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property

from sealmate_cli.crypto import (
    ChatKey,
    Details,
    Manifest,
    WrappedKeys,
    derive_password,
    envelope,
    hash_of,
    make_manifest,
)
from sealmate_cli.crypto.chats import wrap_chat_key
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.crypto.manifests import manifest_hash
from sealmate_cli.crypto.master_keys import MasterKeys, WrappedApp
from sealmate_cli.crypto.statements import signing_public_key, statement_hash
from tests.vectors.accounts import (
    ACCOUNT,
    KEYS,
    OLD,
    PASSWORD_ID,
    RECOVERY_ID,
    method_under,
    signing_under,
    statement_under,
    wrapped_json,
)
from tests.vectors.fixed import FixedRandom, Json, Sealed, encode, fixed
from tests.vectors.rotation import link_between, links_json, manifest_json

EMAIL, PASSWORD, CODE = "mira@example.org", "kelp forest at noon", "123456"
SALT = fixed("hostile salt", 16)
PUBLIC = signing_public_key(KEYS.signing_seed)
LATER = 10_000_000_000
APP, SETTINGS_REVISION = "web", 4
"""The app whose settings are kept, and their revision that the account's devices have seen."""
_APP_KEY = fixed("hostile app key")


def numbered(kind: int, number: int) -> str:
    """Ids that sort by their number: version 7, like real ones."""
    return f"0190000{kind}-0000-7000-8000-{number:012d}"


@dataclass(frozen=True)
class Chat:
    """Whoever holds its key: seals what a device, and with its public half the server, would."""

    key: ChatKey
    sealed: Sealed

    def message(self, turn: str, text: str, parent: bytes) -> bytes:
        return self.key.seal_message(turn=turn, text=text, parent=parent, random=FixedRandom(f"{turn} {text}"))

    def answer(self, turn: str, text: str, message: bytes) -> bytes:
        said = {"text": text, "mate": "tavi", "model": "m", "finish": "complete"}
        return self._seal(Namespace.ANSWER, turn, said, hash_of(message))

    def suggestions(self, turn: str, answer: bytes) -> bytes:
        return self._seal(Namespace.SUGGESTIONS, turn, {"suggestions": ["More?"]}, hash_of(answer))

    def title(self, text: str) -> bytes:
        return self._seal(Namespace.TITLE, self.key.chat, {"title": text}, b"")

    def details(self, title: str, *, revision: int) -> bytes:
        return self.key.seal_details(Details(title=title), revision=revision, random=FixedRandom(f"{title} {revision}"))

    def wrap(self, keys: MasterKeys) -> Json:
        label = f"{self.key.chat} under {keys.epoch} {encode(keys.master_key)}"
        made = wrap_chat_key(self.key, keys.master_key, epoch=keys.epoch, random=FixedRandom(label))
        return {"generation": self.key.generation, "envelope": encode(made)}

    def turns(self, kind: int, *texts: str) -> list[Json]:
        """Each goes on from the one before and is answered."""
        rows: list[Json] = []
        parent: tuple[str, bytes] | None = None
        for number, text in enumerate(texts, start=1):
            turn = numbered(kind, number)
            message = self.message(turn, text, parent[1] if parent else b"")
            answer = self.answer(turn, f"re {text}", message)
            rows.append(
                asked(turn, self.key.chat, message, parent)
                | {
                    "outcome": "answered",
                    "answer": encode(answer),
                    "suggestions": encode(self.suggestions(turn, answer)),
                    "credits": 1,
                    "answered_at": 2000,
                }
            )
            parent = (turn, hash_of(answer))
        return rows

    def _seal(self, namespace: Namespace, record: str, content: Json, parent: bytes) -> bytes:
        place = self.key.place(namespace, record, parent)
        return self.sealed.envelope(self.key.answer_pair, place, json.dumps(content).encode())


def asked(turn: str, chat: str, message: bytes, parent: tuple[str, bytes] | None) -> Json:
    """A turn without an answer, as the server gives it."""
    return {
        "turn_id": turn,
        "chat_id": chat,
        "parent": parent and {"turn_id": parent[0], "hash": encode(parent[1])},
        "created_at": 1000,
        "message": encode(message),
        "outcome": "asked",
    }


@dataclass(frozen=True)
class World:
    sealed: Sealed

    @cached_property
    def kek(self) -> bytes:
        return derive_password(PASSWORD, account=ACCOUNT, salt=SALT, profile=1).kek

    def chat(self, number: int, account: str = ACCOUNT) -> Chat:
        key = ChatKey(account, numbered(0, number), 1, fixed(f"hostile chat key {number} {account}"))
        return Chat(key, self.sealed)

    @property
    def talk(self) -> Chat:
        """The one that is lied about."""
        return self.chat(1)

    @property
    def other(self) -> Chat:
        return self.chat(2)

    @property
    def running(self) -> Chat:
        return self.chat(3)

    @cached_property
    def before(self) -> WrappedKeys:
        account = self._account(OLD, b"")
        return replace(account, manifest=self.signed(account, None))

    @cached_property
    def second(self) -> WrappedKeys:
        """Turned once."""
        account = self._account(KEYS, statement_hash(ACCOUNT, self.before.statement))
        links = (link_between(OLD, KEYS, account.statement),)
        return replace(account, manifest=self.signed(account, self.before.manifest), links=links)

    @cached_property
    def now(self) -> WrappedKeys:
        """A method was changed since: its third manifest."""
        return replace(self.second, manifest=self.signed(self.second, self.second.manifest))

    def signed(self, account: WrappedKeys, before: Manifest | None) -> Manifest:
        return make_manifest(
            account=ACCOUNT,
            epoch=account.epoch,
            methods=account.methods,
            signing_seed=KEYS.signing_seed,
            before=before,
        )

    def _account(self, keys: MasterKeys, previous: bytes) -> WrappedKeys:
        return WrappedKeys(
            account=ACCOUNT,
            epoch=keys.epoch,
            methods=(
                method_under("password", PASSWORD_ID, self.kek, keys, self.sealed),
                method_under("recovery", RECOVERY_ID, fixed("hostile recovery kek"), keys, self.sealed),
            ),
            signing=signing_under(keys),
            statement=statement_under(keys, previous),
            apps=(WrappedApp(APP, app_key_under(keys)),),
        )


def settings_json(*, revision: int, account: str = ACCOUNT, app: str = APP) -> Json:
    place = Place(Namespace.APP_SETTINGS, account, scope=app, record=app, epoch=1, version=revision)
    content = json.dumps({"theme": "dark"}).encode()
    settings = envelope.seal(_APP_KEY, place, content, random=FixedRandom(f"hostile settings {revision}"))
    key = app_key_under(replace(KEYS, account=account), app=app)
    return {"app": app, "revision": revision, "key": encode(key), "settings": encode(settings)}


def app_key_under(keys: MasterKeys, *, app: str = APP) -> bytes:
    place = Place(Namespace.APP_KEY, keys.account, scope=app, record=app, epoch=keys.epoch)
    return envelope.seal(keys.master_key, place, _APP_KEY, random=FixedRandom(f"hostile app key under {keys.epoch}"))


def manifest_of(account: WrappedKeys) -> Manifest:
    if account.manifest is None:
        raise ValueError("not signed yet")
    return account.manifest


def keys_json(wrapped: WrappedKeys) -> Json:
    manifest = manifest_json(manifest_of(wrapped))
    apps = [{"app": each.app, "key": encode(each.key)} for each in wrapped.apps]
    return {**wrapped_json(wrapped), "manifest": manifest, "links": links_json(wrapped), "apps": apps}


def pins_json(wrapped: WrappedKeys) -> Json:
    """What a device remembers that has seen these."""
    manifest = manifest_of(wrapped)
    return {
        "epoch": wrapped.epoch,
        "statement": encode(statement_hash(ACCOUNT, wrapped.statement)),
        "sequence": manifest.sequence,
        "manifest": encode(manifest_hash(ACCOUNT, manifest, PUBLIC)),
    }
