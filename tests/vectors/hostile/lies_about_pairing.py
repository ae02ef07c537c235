"""What a hostile server may say to two devices of which one gives the other the account's keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealmate_cli.crypto import KeyPair, commit
from tests.vectors.accounts import ATTACKER, KEYS, signing_under, statement_under
from tests.vectors.fixed import encode, fixed
from tests.vectors.rotation import manifest_json, statement_json

from .lies_about_keys import FORKED, STRANGER, bent, methods_json
from .pairing import DEVICE, INVITATION, SHOWN, agreed, joined_json, sealed
from .scenario import Lie, Scenario
from .world import World, keys_json, manifest_of

_JOIN, _LOOK, _FINISH, _KEYS = (
    "POST /auth/pairing/join",
    "POST /auth/pairing/look",
    "POST /auth/pairing/finish",
    "GET /account/keys",
)
_THEIRS, _THEIR_NONCE = KeyPair(fixed("hostile go-between")), fixed("go-between's nonce")


def scenarios(world: World) -> list[Scenario]:
    return [*_to_the_new_device(world), *_of_what_was_given(world), *_after_it(world), *_to_the_giver(world)]


def _take(name: str, code: str, *lies: Lie) -> Scenario:
    return Scenario(name=name, act="take", device="new", code=code, lies=lies)


def _to_the_new_device(world: World) -> list[Scenario]:
    key, nonce = encode(signing_under(ATTACKER).public_key), encode(_THEIR_NONCE)
    return [
        _take("pairing for another account", "codes_differ", Lie((_JOIN, "account_id"), STRANGER)),
        _take("pairing under another signing key", "codes_differ", Lie((_JOIN, "signing_public_key"), key)),
        _take("giver's nonce exchanged", "codes_differ", Lie((_LOOK, "nonce"), nonce)),
        _take(
            "go-between in the giver's place",
            "codes_differ",
            Lie((_LOOK,), {"nonce": nonce, "sealed": sealed(world, replace(agreed(), digest=fixed("guessed")))}),
        ),
    ]


def _of_what_was_given(world: World) -> list[Scenario]:
    guessed = replace(agreed(), digest=fixed("guessed"))
    given = sealed(world, agreed())
    title = world.talk.title("Talk")

    def given_as(name: str, code: str, value: str) -> Scenario:
        return _take(name, code, Lie((_LOOK, "sealed"), value))

    return [
        given_as("given keys planted by who doesn't know the invitation", "not_authentic", sealed(world, guessed)),
        given_as("given keys sealed to another device", "wrong_key", sealed(world, agreed(), _THEIRS)),
        given_as("given keys cut short", "truncated", given[:100]),
        given_as("title told as given keys", "wrong_namespace", encode(title)),
    ]


def _after_it(world: World) -> list[Scenario]:
    attacker = signing_under(ATTACKER)
    manifest, methods = manifest_of(world.now), methods_json(world.now.methods)
    fork = world.signed(replace(world.now, methods=world.now.methods + world.before.methods[:1]), world.second.manifest)

    def arrived(name: str, code: str, *at: str | int, value: Any) -> Scenario:
        return _take(name, code, Lie((_FINISH, *at), value))

    def keys(name: str, code: str, *at: str | int, value: Any) -> Scenario:
        return arrived(name, code, "keys", *at, value=value)

    before = {**keys_json(world.before), "links": []}
    return [
        arrived("session of another account by pairing", "wrong_account", "session", "account_id", value=STRANGER),
        keys("keys of another account by pairing", "wrong_account", "account_id", value=STRANGER),
        keys(
            "signing key replaced by pairing",
            "signing_key_mismatch",
            "signing",
            "public_key",
            value=encode(attacker.public_key),
        ),
        keys(
            "private signing key replaced by pairing", "wrong_key", "signing", "private", value=encode(attacker.private)
        ),
        keys(
            "statement signed by another by pairing",
            "bad_signature",
            "statement",
            value=statement_json(statement_under(ATTACKER, b"")),
        ),
        keys("epoch raised by pairing", "wrong_epoch", "epoch", value=KEYS.epoch + 1),
        keys("another statement of this epoch by pairing", "epoch_forked", "statement", value=statement_json(FORKED)),
        arrived("whole epoch before by pairing", "wrong_master_key", "keys", value=before),
        keys("manifest withheld by pairing", "manifest_missing", "manifest", value=None),
        keys(
            "older manifest by pairing",
            "manifest_rolled_back",
            "manifest",
            value=manifest_json(manifest_of(world.second)),
        ),
        keys("another manifest of this number by pairing", "manifest_forked", "manifest", value=manifest_json(fork)),
        keys(
            "manifest's signature bent by pairing",
            "bad_signature",
            "manifest",
            "signature",
            value=bent(manifest.signature, 0, manifest.signature[0] ^ 1),
        ),
        keys(
            "method planted by pairing",
            "method_not_named",
            "methods",
            value=[*methods, {**methods[0], "method_id": STRANGER}],
        ),
        _take("another account shown after pairing", "wrong_account", Lie(("GET /account", "account_id"), STRANGER)),
    ]


def _to_the_giver(world: World) -> list[Scenario]:
    theirs = {
        **joined_json(),
        "public_key": encode(_THEIRS.public_key),
        "commitment": encode(commit(INVITATION.pairing_id, _THEIRS.public_key, _THEIR_NONCE)),
    }
    methods = methods_json(world.now.methods)

    def give(name: str, code: str, *lies: Lie) -> Scenario:
        return Scenario(name=name, act="give", device="here", code=code, lies=lies)

    def later(part: str, value: str) -> list[Lie]:
        return [Lie((SHOWN, look, "joined", part), value) for look in (1, 2)]

    between = [Lie((SHOWN, look, "joined"), theirs) for look in (0, 1, 2)]
    return [
        give(
            "go-between in the new device's place",
            "codes_differ",
            *between,
            *(Lie((SHOWN, look, "nonce"), encode(_THEIR_NONCE)) for look in (1, 2)),
        ),
        give(
            "name of the new device exchanged",
            "codes_differ",
            *(Lie((SHOWN, n, "joined", "device"), "?") for n in range(3)),
        ),
        give("another nonce than was committed to", "nonce_mismatch", Lie((SHOWN, 1, "nonce"), encode(_THEIR_NONCE))),
        give("commitment changed after the answer", "device_changed", *later("commitment", theirs["commitment"])),
        give("key changed after the answer", "device_changed", *later("public_key", theirs["public_key"])),
        give("name changed after the answer", "device_changed", *later("device", f"{DEVICE.name}?")),
        give("epoch turned back while giving", "epoch_rolled_back", Lie((_KEYS,), keys_json(world.before))),
        give("keys of another account while giving", "wrong_account", Lie((_KEYS, "account_id"), STRANGER)),
        give("manifest withheld while giving", "manifest_missing", Lie((_KEYS, "manifest"), None)),
        give(
            "method planted while giving",
            "method_not_named",
            Lie((_KEYS, "methods"), [*methods, {**methods[0], "method_id": STRANGER}]),
        ),
    ]
