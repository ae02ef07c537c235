"""What a hostile server may make of a chat's turns: bent, exchanged, moved, dropped, put in another order; stored ones and live ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealmate_cli.crypto import ChatKey, envelope
from sealmate_cli.crypto.envelope import Namespace
from sealmate_cli.crypto.keys import derive
from tests.vectors.fixed import Json, decode, encode, fixed

from .answers import OTHER, RUNNING, TALK, TURN
from .scenario import Act, Lie, Scenario, removed
from .two_keys import sealed_for_two
from .world import Chat, World, numbered

_TURNS = f"GET /chats/{numbered(0, TALK)}/turns"
_FIRST = numbered(TALK, 1)
_STRANGER = "0190cafe-0000-4000-8000-00000000cafe"


def scenarios(world: World) -> list[Scenario]:
    rows = world.talk.turns(TALK, "One", "Two", "Three")
    return [*_bent(world, rows), *_exchanged(world, rows), *_moved(world), *_dropped(rows), *_live(world)]


def _opened(name: str, code: str, *lies: Lie, act: Act = "open") -> Scenario:
    return Scenario(name=name, act=act, device="here", code=code, lies=lies)


def _in_turn(turn: int, *at: str | int, value: Any) -> Lie:
    return Lie((_TURNS, "turns", turn, *at), value)


def _bent(world: World, rows: list[Json]) -> list[Scenario]:
    message, answer = decode(rows[0]["message"]), decode(rows[0]["answer"])

    def at(place: int, value: int, data: bytes = message) -> str:
        return encode(data[:place] + bytes([value]) + data[place + 1 :])

    def of_message(name: str, code: str, data: str) -> Scenario:
        return _opened(name, code, _in_turn(0, "message", value=data))

    def of_answer(name: str, code: str, data: str) -> Scenario:
        return _opened(name, code, _in_turn(0, "answer", value=data))

    return [
        of_message("version of a message lowered", "unknown_version", at(4, 0)),
        of_message("version of a message raised", "unknown_version", at(4, 2)),
        of_message("message of a generation that isn't", "no_such_generation", at(18, 2)),
        of_message("commitment of a message bent", "commitment_mismatch", at(51, message[51] ^ 1)),
        of_message("bit of a message flipped", "not_authentic", at(95, message[95] ^ 1)),
        of_message("message cut short", "truncated", encode(message[:-1])),
        of_message("message cut to its header", "truncated", encode(message[:19])),
        of_message("message made longer", "not_authentic", encode(message + bytes(64))),
        of_message("message sealed for two keys", "commitment_mismatch", encode(_for_two(world.talk))),
        of_answer("suite of an answer lowered", "wrong_suite", at(5, 1, answer)),
        of_answer("bit of an answer flipped", "not_authentic", at(len(answer) - 1, answer[-1] ^ 1, answer)),
        of_answer("answer cut short", "truncated", encode(answer[:-1])),
    ]


def _for_two(chat: Chat) -> bytes:
    """Opens as AES-GCM under a record key of this chat's and of another's: made by who knows both, for the other's reader."""
    place = chat.key.place(Namespace.MESSAGE, _FIRST)
    head = envelope.header(place, envelope.key_id(chat.key.key))
    salt, iv = fixed("two keys salt"), fixed("two keys iv", 12)
    mine, theirs = (
        derive(key, b"sealmate v1 record" + head, 64, salt=salt) for key in (chat.key.key, fixed("another chat's key"))
    )
    content = envelope.pad(b'{"text":"Pay the seal."}')
    sealed = sealed_for_two(mine[:32], theirs[:32], iv=iv, aad=envelope.aad(place, head), plaintext=content)
    return head + salt + theirs[32:] + iv + sealed


def _exchanged(world: World, rows: list[Json]) -> list[Scenario]:
    talk = world.talk
    message = decode(rows[0]["message"])
    details = talk.details("Mine", revision=2)
    another = talk.answer(_FIRST, "A lie", message)
    attacker = Chat(replace(talk.key, key=fixed("attacker chat key")), world.sealed)
    return [
        _opened("answers exchanged", "not_authentic", _swap(rows, "answer", 0, 1), _swap(rows, "answer", 1, 0)),
        _opened("messages exchanged", "not_authentic", _swap(rows, "message", 0, 1), _swap(rows, "message", 1, 0)),
        _opened("answer told as a message", "wrong_suite", _in_turn(0, "message", value=rows[0]["answer"])),
        _opened("message told as an answer", "wrong_suite", _in_turn(0, "answer", value=rows[0]["message"])),
        _opened("details told as a message", "wrong_namespace", _in_turn(0, "message", value=encode(details))),
        _opened(
            "suggestions told as an answer", "wrong_namespace", _in_turn(0, "answer", value=rows[0]["suggestions"])
        ),
        _opened("suggestions of another answer", "not_authentic", _swap(rows, "suggestions", 0, 1)),
        _opened(
            "answer sealed to another key",
            "wrong_key",
            _in_turn(0, "answer", value=encode(attacker.answer(_FIRST, "re One", message))),
        ),
        _opened(
            "answer replaced by another one to the same message",
            "chain_broken",
            _in_turn(0, "answer", value=encode(another)),
            _in_turn(0, "suggestions", value=encode(talk.suggestions(_FIRST, another))),
        ),
    ]


def _swap(rows: list[Json], part: str, turn: int, by: int) -> Lie:
    return _in_turn(turn, part, value=rows[by][part])


def _moved(world: World) -> list[Scenario]:
    (elsewhere,) = world.other.turns(OTHER, "Elsewhere")
    stranger = Chat(ChatKey(_STRANGER, numbered(0, TALK), 1, world.talk.key.key), world.sealed)
    foreign = stranger.message(_FIRST, "One", b"")
    return [
        _opened("message of another chat", "wrong_key", _in_turn(0, "message", value=elsewhere["message"])),
        _opened("answer of another chat", "wrong_key", _in_turn(0, "answer", value=elsewhere["answer"])),
        _opened("message of another account", "not_authentic", _in_turn(0, "message", value=encode(foreign))),
        _opened("message under another turn's id", "not_authentic", _in_turn(2, "turn_id", value=numbered(TALK, 4))),
        _opened("turn of another chat", "wrong_chat", _in_turn(0, value=elsewhere)),
    ]


def _dropped(rows: list[Json]) -> list[Scenario]:
    return [
        _opened("first turn dropped", "parent_missing", removed(_TURNS, "turns", 0)),
        _opened("turn dropped from the middle", "parent_missing", removed(_TURNS, "turns", 1)),
        _opened("message dropped", "message_missing", _in_turn(0, "message", value=None)),
        _opened("answer dropped", "answer_missing", _in_turn(0, "answer", value=None)),
        _opened("parent denied", "not_authentic", _in_turn(1, "parent", value=None)),
        _opened("parent exchanged", "chain_broken", _in_turn(2, "parent", "turn_id", value=_FIRST)),
        _opened("place in the chain exchanged", "not_authentic", _in_turn(2, "parent", value=rows[1]["parent"])),
    ]


def _live(world: World) -> list[Scenario]:
    running, other = world.running, world.other
    attacker = Chat(replace(running.key, key=fixed("attacker chat key")), world.sealed)
    message, another = running.message(TURN, "Well?", b""), running.message(TURN, "Another?", b"")
    lie = running.answer(TURN, "Well.", another)

    def live(name: str, code: str, event: int, part: str, data: bytes) -> Scenario:
        return _opened(name, code, Lie(("events", event, part), encode(data)), act="answer")

    return [
        live("live answer sealed to another key", "wrong_key", 3, "answer", attacker.answer(TURN, "Well.", message)),
        live("live answer to another message", "not_authentic", 3, "answer", lie),
        live(
            "live answer of another turn",
            "not_authentic",
            3,
            "answer",
            running.answer(numbered(RUNNING, 2), "Well.", message),
        ),
        live("live title of another chat", "wrong_key", 0, "title", other.title("Other")),
        live("live suggestions of another answer", "not_authentic", 5, "suggestions", running.suggestions(TURN, lie)),
    ]
