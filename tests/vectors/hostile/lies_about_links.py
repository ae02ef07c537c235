"""What a hostile server may say of an account's keys to a device that follows when another one has turned them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealmate_cli.crypto import EpochLink, envelope
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.crypto.statements import statement_hash
from tests.vectors.accounts import ACCOUNT, ATTACKER, KEYS, OLD, signing_under, statement_under
from tests.vectors.fixed import FixedRandom, encode
from tests.vectors.rotation import link_between, links_json, statement_json

from .lies_about_keys import FORKED, STRANGER, methods_json
from .scenario import Device, Lie, Scenario
from .world import World, keys_json

_KEYS, _ACCOUNT = "GET /account/keys", "GET /account"


def scenarios(world: World) -> list[Scenario]:
    now, history = world.now, statement_hash(ACCOUNT, world.before.statement)
    (link,) = now.links
    own = link_between(OLD, ATTACKER, statement_under(ATTACKER, history))
    other_key = link_between(OLD, ATTACKER, now.statement)
    methods, private = methods_json(now.methods), encode(signing_under(ATTACKER).private)

    def follow(name: str, code: str, *lies: Lie, device: Device = "behind") -> Scenario:
        return Scenario(name=name, act="follow", device=device, code=code, lies=lies)

    def linked(planted: EpochLink) -> Lie:
        return Lie((_KEYS, "links"), links_json(replace(now, links=(planted,))))

    def to(*at: str | int, value: Any) -> Lie:
        return Lie((_KEYS, *at), value)

    return [
        follow("link planted", "wrong_key", linked(replace(link, forward=_forward(ATTACKER.master_key, ACCOUNT)))),
        follow(
            "link of another account",
            "not_authentic",
            linked(replace(link, forward=_forward(OLD.master_key, STRANGER))),
        ),
        follow("link to a key of the attacker's", "bad_signature", linked(own)),
        follow("link to another key than the statement's", "wrong_master_key", linked(other_key)),
        follow("link without its history", "statement_not_chained", linked(replace(link, statement=FORKED))),
        follow("statement exchanged behind the link", "epoch_forked", to("statement", value=statement_json(FORKED))),
        follow(
            "epoch turned back",
            "epoch_rolled_back",
            Lie((_KEYS,), keys_json(world.before)),
            Lie((_ACCOUNT, "epoch"), OLD.epoch),
            device="here",
        ),
        follow(
            "keys of another account behind the link",
            "wrong_account",
            to("account_id", value=STRANGER),
            Lie((_ACCOUNT, "account_id"), STRANGER),
        ),
        follow("private signing key replaced behind the link", "wrong_key", to("signing", "private", value=private)),
        follow("manifest withheld behind the link", "manifest_missing", to("manifest", value=None)),
        follow(
            "method planted behind the link",
            "method_not_named",
            to("methods", value=[*methods, {**methods[0], "method_id": STRANGER}]),
        ),
        follow(
            "method's public key exchanged behind the link",
            "method_not_named",
            to("methods", 0, "public", value=methods[1]["public"]),
        ),
    ]


def _forward(key: bytes, account: str) -> bytes:
    place = Place(Namespace.LINK, account, "account", account, epoch=OLD.epoch, version=KEYS.epoch)
    return envelope.seal(key, place, KEYS.master_key, random=FixedRandom(f"forward {account}"))
