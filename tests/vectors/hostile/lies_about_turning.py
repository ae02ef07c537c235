"""What a hostile server may say of the chats while the master key turns in its time."""

from __future__ import annotations

from dataclasses import replace

from tests.vectors.accounts import ATTACKER, KEYS

from .answers import LEASE
from .scenario import Lie, Scenario
from .world import World

_CHATS = (f"GET /account/rotation/{LEASE}/staged", "chats")


def scenarios(world: World) -> list[Scenario]:
    talk, other, attacker = world.talk, world.other, replace(ATTACKER, epoch=KEYS.epoch + 1)
    keys, staged = (*_CHATS, 0, "keys"), ("staged", talk.key.chat)
    lies = [
        ("chat key planted while turning", "wrong_key", Lie((*keys, 0, "envelope"), talk.wrap(ATTACKER)["envelope"])),
        ("chat key of another chat while turning", "not_authentic", Lie((*keys, 0), other.wrap(KEYS))),
        ("chat key withheld while turning", "no_such_generation", Lie(keys, [])),
        ("chat key cut short while turning", "no_such_generation", Lie((*keys, 0, "envelope"), "AAAA")),
        ("staged chat keys withheld while turning", "no_such_generation", Lie(staged, [])),
        ("staged chat keys planted while turning", "no_such_generation", Lie(staged, [talk.wrap(attacker)])),
    ]
    return [Scenario(name=name, act="turn", device="here", code=code, lies=[lie]) for name, code, lie in lies]
