"""What a person does with chats besides asking: naming, deleting, importing, whispering; and a message too long for a frame."""

from typing import Any

import pytest

from sealmate_cli.asking import OpenChat
from sealmate_cli.crypto import Details, hash_of
from sealmate_cli.errors import ClientError
from sealmate_cli.wire.shape import from_base64url, to_base64url
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.rest import Rest
from tests.e2e.stack import Stack, wait_until
from tests.e2e.wire import Wire, message, new_chat, new_id
from tests.fakes import archive
from tests.scripted_model.scripts import ANSWER, Stream

SLOW = Stream(deltas=tuple(f"word-{n} " for n in range(100)), delay=0.05)
TEXT = "".join(ANSWER.deltas)


def details_of(person: Person, chat: str, title: str, *, revision: int) -> dict[str, Any]:
    key = person.laptop.chat_keys(chat).current()
    sealed = key.seal_details(Details(title=title, pinned=True, folder="Kitchen"), revision=revision + 1)
    return {"revision": revision, "details": to_base64url(sealed)}


def test_a_chat_that_is_renamed_has_its_new_name_on_every_device(stack: Stack, person: Person, rest: Rest) -> None:
    chat = ask(person.laptop, unique("How long do eggs boil?")).chat
    before = rest.listed(chat)
    second = person.device()
    with Wire(second, stack.url) as wire:
        renamed = rest("PUT", f"/chats/{chat}/details", details_of(person, chat, "Eggs", revision=0))
        assert wire.hear("chat_changed", chat_id=chat)["updated_at"] == renamed.json()["updated_at"]
    (read,) = [each for each in second.chats() if each.chat_id == chat]
    assert (read.title, read.pinned, read.folder) == ("Eggs", True, "Kitchen")
    after = rest.listed(chat)
    assert (after["revision"], after["active_at"]) == (1, before["active_at"])
    late = rest.code("PUT", f"/chats/{chat}/details", details_of(person, chat, "Hens", revision=0))
    assert late == (409, "details_conflict")


def test_a_deleted_chat_is_gone_for_good(stack: Stack, person: Person, rest: Rest) -> None:
    chat = ask(person.laptop, unique("A secret")).chat
    key = person.laptop.chat_keys(chat).current()
    with Wire(person.device(), stack.url) as wire:
        assert rest("DELETE", f"/chats/{chat}").status_code == 204
        wire.hear("chat_changed", chat_id=chat)
        assert rest("DELETE", f"/chats/{chat}").status_code == 204
        listed = rest.listed(chat)
        assert listed["deleted"]
        assert (listed["keys"], "title" in listed, "details" in listed) == ([], False, False)
        assert rest.code("GET", f"/chats/{chat}/turns") == (404, "chat_not_found")
        for stored in (True, False):
            body = message(person.laptop, unique("Again"), OpenChat(key=key, stored=stored))
            assert wire.refusal(body)["code"] == "chat_not_found"
        assert rest.code("POST", f"/chats/{chat}/import", archived(person, key))[1] == "chat_not_found"
    assert chat not in [each.chat_id for each in person.laptop.chats()]
    with pytest.raises(ClientError, match="deleted"):
        person.laptop.turns(chat)
    assert not [row for row in stack.rows("ChatsTable") if row["pk"]["S"].endswith(f"#{chat}")]


def test_a_chat_deleted_while_it_is_answered_stays_deleted_and_its_turn_is_stopped_and_paid(
    stack: Stack, person: Person, rest: Rest, playbook: Playbook
) -> None:
    text = unique("Go on")
    playbook.on(text).add(SLOW, to="stream")
    body = message(person.laptop, text)
    with Wire(person.laptop, stack.url) as wire:
        wire.send(body)
        wire.hear("answer_extended")
        assert rest("DELETE", f"/chats/{body['chat_id']}").status_code == 204
        assert wire.hear("answer_finished", turn_id=body["turn_id"])["finish"] == "stopped"
        wire.hear("turn_charged", turn_id=body["turn_id"])
    wait_until(lambda: not stack.holds(person.account), "the turn is paid")
    assert not [row for row in stack.rows("ChatsTable") if row["pk"]["S"].endswith(f"#{body['chat_id']}")]
    assert rest.listed(body["chat_id"])["keys"] == []


def test_a_deleted_turn_leaves_its_place_and_the_chat_goes_on(
    stack: Stack, person: Person, rest: Rest, playbook: Playbook
) -> None:
    first = ask(person.laptop, unique("First"))
    chat = first.chat
    second = ask(person.laptop, unique("Second"), chat=chat)
    for _ in range(2):
        assert rest("DELETE", f"/chats/{chat}/turns/{first.turn}").status_code == 204
    gone, kept = person.laptop.turns(chat)
    assert (gone.outcome, gone.text, gone.answer, gone.trouble) == ("deleted", None, None, None)
    assert (kept.turn_id, kept.answer, kept.trouble) == (second.turn, TEXT, None)
    assert rest("DELETE", f"/chats/{chat}/turns/{second.turn}").status_code == 204
    third = ask(person.laptop, unique("Third"), chat=chat)
    assert third.one("answer_finished").streamed == "equal"
    assert [turn.trouble for turn in person.laptop.turns(chat)] == [None, None, None]
    assert rest.code("DELETE", f"/chats/{chat}/turns/{new_id()}") == (404, "turn_not_found")
    text = unique("Slowly")
    playbook.on(text).add(SLOW, to="stream")
    body = message(person.laptop, text)
    with Wire(person.laptop, stack.url) as wire:
        wire.send(body)
        wire.hear("answer_extended")
        path = f"/chats/{body['chat_id']}/turns/{body['turn_id']}"
        assert rest.code("DELETE", path) == (409, "turn_already_running")
        wire.hear("turn_charged", turn_id=body["turn_id"])


def archived(person: Person, key: Any, *turns: dict[str, Any]) -> dict[str, Any]:
    identity = person.laptop.identity()
    return archive.part(key, identity.master_key, *turns, epoch=identity.epoch)


def test_an_imported_chat_reads_as_it_did_and_goes_on(stack: Stack, person: Person, rest: Rest) -> None:
    key, (first, second) = new_chat(person.laptop).key, sorted((new_id(), new_id()))
    one = archive.turn(key, first, asked="Once upon a time?", said="There was a seal.")
    parent = hash_of(from_base64url(one["answer"]))
    two = archive.turn(key, second, asked="And then?", said="It swam.", after=parent)
    two["parent"] = {"turn_id": first, "hash": to_base64url(parent)}
    part = archived(person, key, one, two)
    with Wire(person.device(), stack.url) as wire:
        assert rest("POST", f"/chats/{key.chat}/import", part).json() == {"imported": 2}
        wire.hear("chat_changed", chat_id=key.chat)
    assert rest("POST", f"/chats/{key.chat}/import", part).json() == {"imported": 0}
    read = person.laptop.turns(key.chat)
    assert [(turn.text, turn.answer, turn.trouble) for turn in read] == [
        ("Once upon a time?", "There was a seal.", None),
        ("And then?", "It swam.", None),
    ]
    assert len(read[0].suggestions) == 6
    assert ask(person.laptop, unique("Go on"), chat=key.chat).one("answer_finished").text == TEXT
    another = archived(person, key, archive.turn(key, new_id()))
    assert rest.code("POST", f"/chats/{key.chat}/import", another) == (409, "chat_key_conflict")


def test_an_import_may_be_large_but_not_endless(person: Person, rest: Rest) -> None:
    key = new_chat(person.laptop).key
    turns = [archive.turn(key, new_id(), asked="a" * 24_000, said="b" * 32_000) for _ in range(20)]
    assert rest("POST", f"/chats/{key.chat}/import", archived(person, key, *turns)).json() == {"imported": 20}
    assert rest("DELETE", f"/chats/{key.chat}").status_code == 204
    key = new_chat(person.laptop).key
    huge = [archive.turn(key, new_id(), asked="a" * 60_000, said="b" * 60_000) for _ in range(20)]
    assert rest.code("POST", f"/chats/{key.chat}/import", archived(person, key, *huge)) == (413, "request_too_large")


def test_a_message_too_long_for_a_frame_is_asked_over_http(stack: Stack, person: Person, rest: Rest) -> None:
    chat = new_chat(person.laptop)
    text = unique("Ü" * 23_900)
    history = [{"role": role, "text": "ö" * 11_000} for role in ("user", "assistant") * 2]
    body = message(person.laptop, text, chat, history=history)
    del body["action"]
    with Wire(person.laptop, stack.url) as watcher, Wire(person.device(), stack.url) as other:
        watcher.send({"action": "focus", "chat_id": body["chat_id"]})
        wait_until(lambda: _focused(stack, person, body["chat_id"]), "the device shows the chat")
        asked = rest("POST", "/turns", body)
        assert (asked.status_code, asked.json()) == (202, {"turn_id": body["turn_id"], "begun": True})
        other.hear("chat_changed", chat_id=body["chat_id"])
        watcher.hear("turn_charged", turn_id=body["turn_id"])
        finished = next(e for e in watcher.heard if e["type"] == "answer_finished")
        other.hear("chat_answered", turn_id=body["turn_id"])
    answer = from_base64url(finished["answer"])
    record = from_base64url(body["record"])
    assert chat.key.open_answer(answer, turn=body["turn_id"], message=record)["text"] == TEXT
    assert rest("POST", "/turns", body).json() == {"turn_id": body["turn_id"], "begun": False}
    (read,) = person.laptop.turns(body["chat_id"])
    assert read.text == text


def _focused(stack: Stack, person: Person, chat: str) -> bool:
    rows = [row for row in stack.rows("ConnectionsTable") if row["pk"]["S"] == f"ACCOUNT#{person.account}"]
    return any(row.get("focus", {}).get("S") == chat for row in rows)


def test_a_temporary_chat_leaves_nothing(stack: Stack, person: Person, rest: Rest) -> None:
    chat = new_chat(person.laptop)
    body = message(person.laptop, unique("Psst"), chat, chat_key=None, temporary=True)
    with Wire(person.laptop, stack.url) as wire, Wire(person.device(), stack.url) as other:
        wire.send(body)
        finished = wire.hear("answer_finished", turn_id=body["turn_id"])
        wire.hear("turn_charged", turn_id=body["turn_id"])
        wire.hear("suggestions_made", turn_id=body["turn_id"])
        assert "chat_titled" not in wire.kinds(body["turn_id"])
        record = from_base64url(body["record"])
        opened = chat.key.open_answer(from_base64url(finished["answer"]), turn=body["turn_id"], message=record)
        assert opened["text"] == TEXT
        wait_until(lambda: not _in_flight(stack, body["turn_id"]), "what was in flight is forgotten")
        gone = wire.refusal({"action": "resume", "turn_id": body["turn_id"]})
        assert gone["code"] == "answer_not_kept"
        assert other.lives()
        assert [e for e in other.heard if e["type"] != "request_refused"] == []
    assert rest.code("GET", f"/chats/{body['chat_id']}") == (404, "chat_not_found")
    assert not [row for row in stack.rows("ChatsTable") if body["chat_id"] in str(row)]


def _in_flight(stack: Stack, turn: str) -> list[Any]:
    rows = [row for row in stack.rows("TurnsTable") if row["pk"]["S"].endswith(f"#{turn}")]
    return [row for row in rows if row["sk"]["S"] != "TURN"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/turns", {}, (400, "invalid_request")),
        ("PUT", "/chats/no-id/details", {"revision": 0, "details": ""}, (404, "chat_not_found")),
        ("PUT", f"/chats/{new_id()}/details", {"revision": -1, "details": ""}, (400, "invalid_request")),
        ("PUT", f"/chats/{new_id()}/details", {"revision": 0, "details": ""}, (404, "chat_not_found")),
        ("DELETE", f"/chats/{new_id()}", None, (404, "chat_not_found")),
        ("DELETE", f"/chats/{new_id()}/turns/{new_id()}", None, (404, "chat_not_found")),
        ("POST", f"/chats/{new_id()}/import", {"turns": [{}] * 21}, (400, "invalid_request")),
    ],
)
def test_what_fits_nothing_is_refused(rest: Rest, method: str, path: str, body: object, code: tuple[int, str]) -> None:
    assert rest.code(method, path, body) == code


def test_nobody_changes_anothers_chat(stranger: Person, rest: Rest) -> None:
    theirs = ask(stranger.laptop, unique("Mine"))
    details = details_of(stranger, theirs.chat, "Yours", revision=0)
    for method, path, body in (
        ("PUT", f"/chats/{theirs.chat}/details", details),
        ("DELETE", f"/chats/{theirs.chat}", None),
        ("DELETE", f"/chats/{theirs.chat}/turns/{theirs.turn}", None),
    ):
        assert rest.code(method, path, body) == (404, "chat_not_found")
    (read,) = stranger.laptop.turns(theirs.chat)
    assert read.answer == TEXT
