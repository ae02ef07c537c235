"""Reading chats: page by page, in order, and whatever was tampered with says so."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sealmate_cli.client import Client
from sealmate_cli.crypto import Details
from sealmate_cli.errors import ClientError, Tampered
from tests.unit.cli.conftest import EMAIL, PASSWORD, make_device
from tests.unit.cli.fake_server import TOTP_CODE, FakeServer, Json, encode
from tests.unit.cli.talking import ask


def test_pages_are_followed_to_the_end(client: Client, server: FakeServer) -> None:
    server.page = 2
    chat = ask(client, "1", "2", "3", "4", "5")
    assert [turn.text for turn in client.turns(chat)] == ["1", "2", "3", "4", "5"]


def test_a_cursor_that_stands_still_ends_the_reading(client: Client, server: FakeServer) -> None:
    standing = httpx.Response(200, json={"rows": [], "cursor": "same"})
    server.failures["GET /wallet/ledger"] = [standing] * 3
    assert client.ledger() == []


def swap_answers(turns: list[Json]) -> None:
    turns[0]["answer"], turns[1]["answer"] = turns[1]["answer"], turns[0]["answer"]


def drop_first(turns: list[Json]) -> None:
    del turns[0]


def deny_parent(turns: list[Json]) -> None:
    del turns[1]["parent"]


def sort_wrongly(turns: list[Json]) -> None:
    turns.reverse()


def answer_as_message(turns: list[Json]) -> None:
    turns[0]["message"] = turns[0]["answer"]


def replace_suggestions(turns: list[Json]) -> None:
    turns[0]["suggestions"] = turns[1]["suggestions"]


def drop_answer(turns: list[Json]) -> None:
    del turns[0]["answer"]


def withhold_answer(turns: list[Json]) -> None:
    """After the next message was asked: the stored hash still opens it."""
    drop_answer(turns)
    turns[0]["outcome"] = "withheld"


def withhold_nothing(turns: list[Json]) -> None:
    """Says that the answer was taken back, and shows another: what is shown is checked."""
    turns[0]["answer"], turns[0]["outcome"] = turns[1]["answer"], "withheld"


def delete_turn(turns: list[Json]) -> None:
    for name in ("message", "answer", "suggestions"):
        turns[0].pop(name)
    turns[0]["outcome"] = "deleted"


def drop_message(turns: list[Json]) -> None:
    """Without saying that it was deleted."""
    del turns[0]["message"]


def delete_all_but_the_answer(turns: list[Json]) -> None:
    del turns[0]["message"]
    turns[0]["outcome"] = "deleted"


@pytest.mark.parametrize(
    ("spoil", "troubles"),
    [
        (swap_answers, ["answer: not_authentic", "message: chain_broken"]),
        (drop_first, ["message: parent_missing"]),
        (deny_parent, [None, "message: not_authentic"]),
        (sort_wrongly, [None, None]),
        (answer_as_message, ["message: wrong_suite", None]),
        (replace_suggestions, ["suggestions: not_authentic", None]),
        (drop_answer, ["answer: answer_missing", "message: chain_broken"]),
        (withhold_nothing, ["answer: not_authentic", "message: chain_broken"]),
        (withhold_answer, [None, None]),
        (delete_turn, [None, None]),
        (drop_message, ["message: message_missing", "message: chain_broken"]),
        (delete_all_but_the_answer, ["answer: message_missing", "message: chain_broken"]),
    ],
)
def test_turns_swapped_or_dropped_show(
    client: Client, server: FakeServer, spoil: Callable[[list[Json]], None], troubles: list[str | None]
) -> None:
    chat = ask(client, "Hello", "And?")
    spoil(server.turns[chat])
    told = [turn.trouble for turn in client.turns(chat)]
    assert told == troubles


def test_a_device_whose_clock_is_slow_goes_on_with_a_chat(client: Client, server: FakeServer, tmp_path: Path) -> None:
    chat = ask(client, "Hello")
    slow = make_device(server, tmp_path / "slow", now=lambda: server.now - 900)
    slow.login(EMAIL, PASSWORD, read_totp=lambda: TOTP_CODE)
    asyncio.run(_ask_in(slow, chat))
    asyncio.run(_ask_in(client, chat))
    slow.close()
    ids = [row["turn_id"] for row in server.turns[chat]]
    assert ids == sorted(ids)
    assert [turn.trouble for turn in client.turns(chat)] == [None] * 3


def test_turns_are_shown_in_the_order_of_their_parents_and_go_on_from_the_last(
    client: Client, server: FakeServer
) -> None:
    chat = ask(client, "1", "2", "3")
    rows = server.turns[chat]
    rows[:] = [rows[2], rows[0], rows[1]]
    assert [(turn.text, turn.trouble) for turn in client.turns(chat)] == [("1", None), ("2", None), ("3", None)]
    last = rows[0]["turn_id"]
    asyncio.run(_ask_in(client, chat))
    assert server.asks[-1]["parent"]["turn_id"] == last
    assert [said["text"] for said in server.asks[-1]["history"] if said["role"] == "user"] == ["1", "2", "3"]


def test_a_chat_goes_on_from_the_last_turn_that_was_not_deleted(client: Client, server: FakeServer) -> None:
    chat = ask(client, "1", "2", "3")
    first, *others = server.turns[chat]
    for row in others:
        delete_turn([row])
    asyncio.run(_ask_in(client, chat))
    assert server.asks[-1]["parent"]["turn_id"] == first["turn_id"]
    assert [said["text"] for said in server.asks[-1]["history"] if said["role"] == "user"] == ["1"]
    delete_turn([first])
    del server.turns[chat][3:]
    asyncio.run(_ask_in(client, chat))
    assert "parent" not in server.asks[-1]
    assert [turn.trouble for turn in client.turns(chat)] == [None] * 4


def set_details(client: Client, row: Json, details: Details, *, revision: int = 1) -> None:
    sealed = client.chat_keys(row["chat_id"]).current().seal_details(details, revision=revision)
    row |= {"details": encode(sealed), "revision": revision}


def test_the_name_a_person_gave_goes_before_the_one_that_was_made(client: Client, server: FakeServer) -> None:
    row = server.chats[ask(client, "Hello")]
    set_details(client, row, Details(pinned=True, folder="Work"))
    (read,) = client.chats()
    assert (read.title, read.pinned, read.folder) == ("A greeting", True, "Work")
    set_details(client, row, Details(title="Mine"), revision=2)
    (read,) = client.chats()
    assert (read.title, read.pinned, read.folder, read.trouble) == ("Mine", False, None, None)


def test_details_of_an_older_revision_show(client: Client, server: FakeServer) -> None:
    row = server.chats[ask(client, "Hello")]
    set_details(client, row, Details(title="Old"))
    row["revision"] = 2
    (read,) = client.chats()
    assert (read.title, read.trouble) == (None, "not_authentic")


def test_chats_come_by_their_last_message_without_deleted_ones(client: Client, server: FakeServer) -> None:
    old, new, renamed, gone = (ask(client, "Hello") for _ in range(4))
    for at, chat in enumerate((old, new, renamed), start=1000):
        server.chats[chat] |= {"active_at": at, "updated_at": at}
    server.chats[old] |= {"active_at": 5, "updated_at": 5}
    server.chats[renamed] |= {"active_at": 900, "updated_at": 2000}
    server.chats[gone] = {**server.chats[gone], "keys": [], "deleted": True, "updated_at": 3000}
    server.chats = dict(sorted(server.chats.items(), key=lambda each: int(each[1]["updated_at"])))
    assert [chat.chat_id for chat in client.chats()] == [new, renamed, old]
    assert client.latest_chat() == new
    with pytest.raises(ClientError) as raised:
        client.turns(gone)
    assert raised.value.code == "chat_not_found"


def test_parents_in_a_circle_show_and_end(client: Client, server: FakeServer) -> None:
    chat = ask(client, "1", "2", "3")
    rows = server.turns[chat]
    rows[1]["parent"]["turn_id"] = rows[2]["turn_id"]
    assert {turn.text: turn.trouble for turn in client.turns(chat)} == {
        "1": None,
        "2": "message: chain_broken",
        "3": None,
    }


def test_who_answered_is_what_was_sealed_with_the_answer(client: Client, server: FakeServer) -> None:
    chat = ask(client, "Hello")
    server.turns[chat][0] |= {"mate": "another", "model": "larger"}
    (turn,) = client.turns(chat)
    assert (turn.mate, turn.model) == ("sophia", "small")


def test_a_chat_of_another_name_is_refused(client: Client, server: FakeServer) -> None:
    one = ask(client, "Hello")
    other = ask(client, "Hello")
    server.chats[other]["keys"] = server.chats[one]["keys"]
    assert next(each for each in client.chats() if each.chat_id == other).trouble == "not_authentic"
    server.chats[other] = server.chats[one]
    with pytest.raises(Tampered, match="wrong_chat"):
        client.turns(other)


def test_a_message_asked_before_the_answer_came_is_bound_to_the_message(client: Client, server: FakeServer) -> None:
    chat = ask(client, "Hello")
    row = server.turns[chat][0]
    answer, row["outcome"] = row.pop("answer"), "asked"
    asyncio.run(_ask_in(client, chat))
    row |= {"answer": answer, "outcome": "answered"}
    assert [turn.trouble for turn in client.turns(chat)] == [None, None]


async def _ask_in(client: Client, chat: str) -> None:
    async with client.connect() as connection:
        async for _ in connection.ask("And?", chat=chat):
            pass


@pytest.mark.parametrize("chat", ["", "../wallet", "é", "A"])
def test_odd_ids_never_become_addresses(client: Client, server: FakeServer, chat: str) -> None:
    before = len(server.requests)
    with pytest.raises(ClientError) as raised:
        client.turns(chat)
    assert raised.value.code == "bad_id"
    assert len(server.requests) == before
