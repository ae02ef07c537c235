"""What a hostile server may say of an account's keys to who signs in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sealmate_cli.crypto import UnlockMethod
from tests.vectors.accounts import (
    ATTACKER,
    KEYS,
    PASSWORD_ID,
    RECOVERY_ID,
    method_under,
    signing_under,
    statement_under,
)
from tests.vectors.fixed import Json, encode, fixed, identifier
from tests.vectors.rotation import manifest_json, statement_json

from .scenario import Device, Lie, Scenario, removed
from .world import World, keys_json, manifest_of

_LOGIN, _DONE = "POST /auth/login", "POST /auth/login/totp"
STRANGER = identifier("stranger")
FORKED = statement_under(KEYS, fixed("another history"))


def bent(data: bytes, at: int, value: int) -> str:
    return encode(data[:at] + bytes([value]) + data[at + 1 :])


def scenarios(world: World) -> list[Scenario]:
    return [*_of_derivation(), *_of_methods(world), *_of_signatures(world), *_of_the_past(world)]


def _signing_in(name: str, code: str, *lies: Lie, device: Device = "new") -> Scenario:
    return Scenario(name=name, act="sign in", device=device, code=code, lies=lies)


def _in_keys(*at: str | int) -> Callable[[Any], Lie]:
    return lambda value: Lie((_DONE, "keys", *at), value)


def _of_derivation() -> list[Scenario]:
    return [
        _signing_in("password profile lowered", "unknown_kdf_profile", Lie((_LOGIN, "kdf_profile"), 0)),
        _signing_in("password profile nobody knows", "unknown_kdf_profile", Lie((_LOGIN, "kdf_profile"), 2)),
        _signing_in("salt cut short", "bad_salt", Lie((_LOGIN, "salt"), encode(fixed("short", 8)))),
        _signing_in("salt left out", "bad_salt", Lie((_LOGIN, "salt"), "")),
    ]


def _of_methods(world: World) -> list[Scenario]:
    password, recovery = world.now.methods
    planted = method_under("password", PASSWORD_ID, world.kek, ATTACKER, world.sealed)
    own = method_under("password", PASSWORD_ID, fixed("attacker kek"), ATTACKER, world.sealed)
    stranger = method_under("password", PASSWORD_ID, fixed("kek"), replace(KEYS, account=STRANGER), world.sealed)
    methods = methods_json(world.now.methods)
    first = _in_keys("methods", 0)
    secret, master, public = (_in_keys("methods", 0, part) for part in ("secret", "master", "public"))
    return [
        _signing_in("version of a method lowered", "unknown_version", secret(bent(password.secret, 4, 0))),
        _signing_in("suite of a method exchanged", "wrong_suite", secret(bent(password.secret, 5, 2))),
        _signing_in("suite nobody knows", "unknown_suite", secret(bent(password.secret, 5, 9))),
        _signing_in("master key planted", "wrong_key", master(encode(planted.master))),
        _signing_in(
            "master key planted with its public key",
            "wrong_master_key",
            master(encode(planted.master)),
            public(encode(planted.public)),
        ),
        _signing_in("method planted", "wrong_key", first(methods_json([own])[0])),
        _signing_in("method of another account", "wrong_key", first(methods_json([stranger])[0])),
        _signing_in("method of another kind", "wrong_key", first({**methods[1], "kind": "password"})),
        _signing_in("method under another's id", "not_authentic", _in_keys("methods", 0, "method_id")(RECOVERY_ID)),
        _signing_in("public key of another method", "not_authentic", public(encode(recovery.public))),
        _signing_in("method withheld", "no_such_method", removed(_DONE, "keys", "methods", 0)),
        _signing_in(
            "method planted beside the others",
            "method_not_named",
            _in_keys("methods")([*methods, {**methods[0], "method_id": STRANGER}]),
        ),
    ]


def _of_signatures(world: World) -> list[Scenario]:
    planted = method_under("password", PASSWORD_ID, world.kek, ATTACKER, world.sealed)
    attacker, own_word = signing_under(ATTACKER), statement_json(statement_under(ATTACKER, b""))
    manifest = manifest_of(world.now)
    statement = _in_keys("statement")
    return [
        _signing_in("keys of another account", "wrong_account", _in_keys("account_id")(STRANGER)),
        _signing_in("session of another account", "wrong_account", Lie((_DONE, "session", "account_id"), STRANGER)),
        _signing_in(
            "master key planted with the attacker's signature",
            "signing_key_mismatch",
            _in_keys("methods", 0)(methods_json([planted])[0] | {"secret": encode(world.now.methods[0].secret)}),
            _in_keys("signing")({"public_key": encode(attacker.public_key), "private": encode(attacker.private)}),
            statement(own_word),
        ),
        _signing_in(
            "signing key replaced",
            "signing_key_mismatch",
            _in_keys("signing", "public_key")(encode(attacker.public_key)),
        ),
        _signing_in(
            "private signing key replaced", "wrong_key", _in_keys("signing", "private")(encode(attacker.private))
        ),
        _signing_in("statement signed by another", "bad_signature", statement(own_word)),
        _signing_in("epoch raised", "wrong_epoch", _in_keys("epoch")(KEYS.epoch + 1)),
        _signing_in(
            "manifest's signature bent",
            "bad_signature",
            _in_keys("manifest", "signature")(bent(manifest.signature, 0, manifest.signature[0] ^ 1)),
        ),
        _signing_in(
            "method's name struck from the manifest",
            "bad_signature",
            removed(_DONE, "keys", "manifest", "methods", 1),
        ),
    ]


def _of_the_past(world: World) -> list[Scenario]:
    before, second, now = world.before, world.second, world.now
    fork = world.signed(replace(now, methods=now.methods + before.methods[:1]), second.manifest)
    manifest, old = _in_keys("manifest"), before.methods[0]
    return [
        _signing_in(
            "statement of the epoch before", "wrong_epoch", _in_keys("statement")(statement_json(before.statement))
        ),
        _signing_in(
            "master key of the epoch before",
            "wrong_epoch",
            _in_keys("methods", 0, "master")(encode(old.master)),
            _in_keys("methods", 0, "public")(encode(old.public)),
        ),
        _signing_in("manifest of the epoch before", "wrong_epoch", manifest(manifest_json(manifest_of(before)))),
        _signing_in(
            "whole epoch before",
            "epoch_rolled_back",
            Lie((_DONE, "keys"), _without_links(keys_json(before))),
            device="away",
        ),
        _signing_in(
            "another statement of this epoch",
            "epoch_forked",
            _in_keys("statement")(statement_json(FORKED)),
            device="away",
        ),
        _signing_in("manifest withheld", "manifest_missing", manifest(None), device="away"),
        _signing_in(
            "older manifest", "manifest_rolled_back", manifest(manifest_json(manifest_of(second))), device="away"
        ),
        _signing_in("another manifest of this number", "manifest_forked", manifest(manifest_json(fork)), device="away"),
    ]


def methods_json(methods: Sequence[UnlockMethod]) -> list[Json]:
    return [
        {
            "method_id": m.method_id,
            "kind": m.kind,
            **{part: encode(getattr(m, part)) for part in ("secret", "master", "public")},
        }
        for m in methods
    ]


def _without_links(keys: Json) -> Json:
    return {**keys, "links": []}
