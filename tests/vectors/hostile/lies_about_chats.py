"""What a hostile server may say of a chat's row: its key, its title, its details; and of the key of one that was just begun."""

from __future__ import annotations

from typing import Any

from tests.vectors.accounts import ATTACKER, KEYS
from tests.vectors.fixed import encode

from .answers import OTHER, TALK, TURN
from .scenario import Lie, Scenario, removed
from .world import World, numbered

_CHAT = f"GET /chats/{numbered(0, TALK)}"
_STRANGER = "0190cafe-0000-4000-8000-00000000cafe"


def scenarios(world: World) -> list[Scenario]:
    return [*_of_keys(world), *_of_words(world), *_of_rows(world)]


def _listed(name: str, code: str, *lies: Lie) -> Scenario:
    return Scenario(name=name, act="list", device="here", code=code, lies=lies)


def _in_row(*at: str | int, value: Any) -> Lie:
    return Lie(("GET /chats", "chats", 0, *at), value)


def _of_keys(world: World) -> list[Scenario]:
    talk, other = world.talk, world.other
    stranger = world.chat(1, account=_STRANGER)
    claimed = {**talk.wrap(KEYS), "generation": 2}
    return [
        _listed("chat key planted", "wrong_key", _in_row("keys", value=[talk.wrap(ATTACKER)])),
        _listed("chat key of another chat", "not_authentic", _in_row("keys", value=[other.wrap(KEYS)])),
        _listed("chat key of another account", "not_authentic", _in_row("keys", value=[stranger.wrap(KEYS)])),
        _listed(
            "chat key said to be of a later generation",
            "no_such_generation",
            _in_row("generation", value=2),
            _in_row("keys", value=[claimed]),
        ),
        _listed("chat key withheld", "no_such_generation", _in_row("keys", value=[])),
    ]


def _of_words(world: World) -> list[Scenario]:
    talk, other = world.talk, world.other
    answer = talk.answer(TURN, "Well.", b"")
    older = talk.details("Yours", revision=1)
    return [
        _listed("title of another chat", "wrong_key", _in_row("title", value=encode(other.title("Other")))),
        _listed(
            "suggestions told as a title",
            "wrong_namespace",
            _in_row("title", value=encode(talk.suggestions(TURN, answer))),
        ),
        _listed("details told as a title", "wrong_suite", _in_row("title", value=encode(older))),
        _listed("older details told as newer", "not_authentic", _in_row("details", value=encode(older))),
        _listed(
            "details of another chat", "wrong_key", _in_row("details", value=encode(other.details("Mine", revision=2)))
        ),
    ]


def _of_rows(world: World) -> list[Scenario]:
    other = world.other
    row = {"chat_id": other.key.chat, "generation": 1, "keys": [other.wrap(KEYS)], "title": None, "details": None}
    times = {"revision": 0, "deleted": False, "created_at": 1000, "updated_at": 2000, "active_at": 2000}
    return [
        Scenario(
            name="another chat's row for this one's",
            act="open",
            device="here",
            code="wrong_chat",
            lies=[removed("GET /chats", "chats", 0), Lie((_CHAT,), row | times)],
        ),
        Scenario(
            name="key of a chat that was just begun replaced",
            act="begin",
            written=("ask",),
            device="here",
            code="key_replaced",
            lies=[Lie(("begun", "keys"), [world.chat(OTHER).wrap(KEYS)])],
        ),
        Scenario(
            name="key of a chat that was just begun planted",
            act="begin",
            written=("ask",),
            device="here",
            code="key_replaced",
            lies=[Lie(("begun", "keys"), [world.chat(OTHER).wrap(ATTACKER)])],
        ),
    ]
