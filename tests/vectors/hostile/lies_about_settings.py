"""What a hostile server may say of the settings that an account's devices share."""

from __future__ import annotations

from dataclasses import replace

from tests.vectors.accounts import ATTACKER, KEYS, OLD
from tests.vectors.fixed import decode, encode

from .answers import SETTINGS
from .lies_about_keys import STRANGER, bent
from .scenario import Lie, Scenario
from .world import SETTINGS_REVISION, World, app_key_under, settings_json

_KEY, _SEALED, _REVISION = ((SETTINGS, part) for part in ("key", "settings", "revision"))


def _settings(name: str, code: str, *lies: Lie) -> Scenario:
    return Scenario(name=name, act="settings", device="here", code=code, lies=lies)


def scenarios(world: World) -> list[Scenario]:
    return [*_of_the_key(world), *_of_the_record(world), *_of_revisions()]


def _of_the_key(world: World) -> list[Scenario]:
    def key(name: str, code: str, wrapped: bytes) -> Scenario:
        return _settings(name, code, Lie(_KEY, encode(wrapped)))

    talk = decode(world.talk.wrap(KEYS)["envelope"])
    return [
        key("key of the settings planted", "wrong_key", app_key_under(ATTACKER)),
        key("key of the settings of the epoch before", "wrong_key", app_key_under(OLD)),
        key("key of another account's settings", "not_authentic", app_key_under(replace(KEYS, account=STRANGER))),
        key("key of another app's settings", "not_authentic", app_key_under(KEYS, app="mail")),
        key("chat key told as key of the settings", "wrong_namespace", talk),
        _settings("key of the settings withheld", "bad_content", Lie(_KEY, None)),
    ]


def _of_the_record(world: World) -> list[Scenario]:
    def sealed(name: str, code: str, record: str) -> Scenario:
        return _settings(name, code, Lie(_SEALED, record))

    own = decode(settings_json(revision=SETTINGS_REVISION)["settings"])
    other_account, other_app = (
        settings_json(revision=SETTINGS_REVISION, account=account, app=app)
        for account, app in ((STRANGER, "web"), (KEYS.account, "mail"))
    )
    return [
        sealed("settings of another account", "not_authentic", other_account["settings"]),
        sealed("settings of another app", "not_authentic", other_app["settings"]),
        _settings("all of another app's settings", "not_authentic", Lie((SETTINGS,), other_app)),
        sealed("details of a chat told as settings", "wrong_namespace", encode(world.talk.details("Mine", revision=2))),
        sealed("title of a chat told as settings", "wrong_suite", encode(world.talk.title("Talk"))),
        sealed("version of the settings lowered", "unknown_version", bent(own, 4, 0)),
        sealed("bit of the settings flipped", "not_authentic", bent(own, len(own) - 1, own[-1] ^ 1)),
        sealed("settings cut short", "truncated", encode(own[:20])),
        _settings("settings withheld", "bad_content", Lie(_SEALED, None)),
    ]


def _of_revisions() -> list[Scenario]:
    older = settings_json(revision=SETTINGS_REVISION - 1)
    return [
        _settings("older settings", "settings_rolled_back", Lie((SETTINGS,), older)),
        _settings("older settings told as newer", "not_authentic", Lie(_SEALED, older["settings"])),
        _settings("settings said to be later", "not_authentic", Lie(_REVISION, SETTINGS_REVISION + 1)),
        _settings(
            "settings denied",
            "settings_rolled_back",
            Lie((SETTINGS,), {"app": "web", "revision": 0, "key": None, "settings": None}),
        ),
    ]
