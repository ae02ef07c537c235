"""What a hostile server may say while everything that opens an account is made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.vectors.accounts import ATTACKER, KEYS, signing_under, statement_under
from tests.vectors.fixed import encode
from tests.vectors.rotation import manifest_json, statement_json

from .answers import BACKUP_CODES, LEASE, SECURE, SETTINGS
from .lies_about_keys import STRANGER, methods_json
from .scenario import Lie, Scenario, removed
from .world import SETTINGS_REVISION, World, keys_json, manifest_of, settings_json

_KEYS, _STAGED = "GET /account/keys", f"GET /account/rotation/{LEASE}/staged"


def _secure(name: str, code: str, *lies: Lie, written: tuple[str, ...] = ()) -> Scenario:
    return Scenario(name=name, act="secure", device="here", code=code, lies=lies, written=written)


def scenarios(world: World) -> list[Scenario]:
    return [*_before_it(world), *_of_chats(world), *_of_settings(), *_of_codes(), *_after_it(world)]


def _before_it(world: World) -> list[Scenario]:
    methods, second = methods_json(world.now.methods), manifest_json(manifest_of(world.second))
    planted = [*methods, {**methods[0], "method_id": STRANGER}]
    return [
        _secure("keys of another account before securing", "wrong_account", Lie((_KEYS, "account_id"), STRANGER)),
        _secure("epoch turned back before securing", "epoch_rolled_back", Lie((_KEYS,), keys_json(world.before))),
        _secure("manifest withheld before securing", "manifest_missing", Lie((_KEYS, "manifest"), None)),
        _secure("older manifest before securing", "manifest_rolled_back", Lie((_KEYS, "manifest"), second)),
        _secure("method planted before securing", "method_not_named", Lie((_KEYS, "methods"), planted)),
    ]


def _of_chats(world: World) -> list[Scenario]:
    talk, other = world.talk, world.other
    at = (_STAGED, "chats", 0, "keys", 0, "envelope")
    attacker, staged = replace(ATTACKER, epoch=KEYS.epoch + 1), ("staged", talk.key.chat)
    planted = [{**talk.wrap(attacker), "generation": generation} for generation in (1, 2)]
    return [
        _secure("chat key planted while securing", "wrong_key", Lie(at, talk.wrap(ATTACKER)["envelope"])),
        _secure("chat key of another chat while securing", "not_authentic", Lie(at, other.wrap(KEYS)["envelope"])),
        _secure("staged chat keys withheld", "no_such_generation", Lie(staged, [])),
        _secure("staged chat keys planted", "no_such_generation", Lie(staged, planted)),
    ]


def _of_settings() -> list[Scenario]:
    older = settings_json(revision=SETTINGS_REVISION - 1)
    return [
        _secure("older settings while securing", "settings_rolled_back", Lie((SETTINGS,), older)),
        _secure("settings withheld while securing", "bad_content", Lie((SETTINGS, "settings"), None)),
        _secure("key of the settings withheld while securing", "bad_content", Lie((SETTINGS, "key"), None)),
    ]


def _of_codes() -> list[Scenario]:
    """All was replaced by then; what came with it is not shown."""
    codes, written = (SECURE, "backup_codes"), (SECURE,)
    return [
        _secure("new backup codes withheld", "unexpected_answer", Lie(codes, []), written=written),
        _secure("fewer new backup codes", "unexpected_answer", removed(*codes, 0), written=written),
        _secure("new backup code given twice", "unexpected_answer", Lie((*codes, 0), BACKUP_CODES[1]), written=written),
    ]


def _after_it(world: World) -> list[Scenario]:
    attacker, methods = signing_under(ATTACKER), methods_json(world.now.methods)
    signing = {"public_key": encode(attacker.public_key), "private": encode(attacker.private)}

    def secured(name: str, code: str, told: dict[str, Any]) -> Scenario:
        return _secure(name, code, Lie(("secured",), told), written=(SECURE,))

    return [
        secured("securing denied", "epoch_rolled_back", keys_json(world.now)),
        secured("keys of another account after securing", "wrong_account", {"account_id": STRANGER}),
        secured("signing key replaced after securing", "signing_key_mismatch", {"signing": signing}),
        secured(
            "statement signed by another after securing",
            "bad_signature",
            {"statement": statement_json(statement_under(ATTACKER, b""))},
        ),
        secured("manifest withheld after securing", "manifest_missing", {"manifest": None}),
        secured("methods of before after securing", "method_not_named", {"methods": methods}),
    ]
