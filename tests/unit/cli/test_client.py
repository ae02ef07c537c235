"""Signing up and in, sessions, and reading: with honest servers, strict ones and hostile ones."""

import asyncio
import copy
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sealmate_cli.client import Client
from sealmate_cli.crypto import Details, decode_recovery_key
from sealmate_cli.device_keys import signer
from sealmate_cli.errors import ClientError, NotSignedIn, ServerRefused, Tampered
from sealmate_cli.profile import ProfileFile, Seen
from sealmate_cli.wire.shape import from_base64url
from tests.unit.cli.conftest import EMAIL, PASSWORD, MakeClient, make_device
from tests.unit.cli.fake_server import MAIL_CODE, ORIGIN, TOTP_CODE, FakeServer, Json, encode, problem


def ask(client: Client, *messages: str) -> str:
    async def run() -> str:
        chat: str | None = None
        async with client.connect() as connection:
            for message in messages:
                async for event in connection.ask(message, chat=chat):
                    chat = getattr(event, "chat_id", chat)
        return chat or ""

    return asyncio.run(run())


def log_in(client: Client, password: str = PASSWORD, code: str = TOTP_CODE) -> None:
    client.login(EMAIL, password, read_totp=lambda: code)


def test_signup_gives_what_is_shown_once_and_signs_in(device: MakeClient) -> None:
    client = device("first")
    result = client.signup(EMAIL, PASSWORD, read_code=lambda: f" {MAIL_CODE} ", read_totp=lambda *_: "654 321")
    assert len(decode_recovery_key(result.recovery_key)) == 32
    assert len(result.backup_codes) == 10
    assert result.totp_uri.startswith("otpauth://")
    assert client.whoami().email == EMAIL


def test_neither_password_nor_recovery_key_nor_master_key_leaves_the_device(
    device: MakeClient, server: FakeServer
) -> None:
    client = device("first")
    result = client.signup(EMAIL, PASSWORD, read_code=lambda: MAIL_CODE, read_totp=lambda *_: TOTP_CODE)
    sent = str(server.accounts)
    assert PASSWORD not in sent
    assert result.recovery_key not in sent
    assert encode(client.identity().master_key) not in sent


@pytest.mark.parametrize(("mail", "totp"), [("000000", TOTP_CODE), (MAIL_CODE, "000000")])
def test_a_wrong_code_signs_nobody_up(device: MakeClient, server: FakeServer, mail: str, totp: str) -> None:
    client = device("first")
    with pytest.raises(ServerRefused) as raised:
        client.signup(EMAIL, PASSWORD, read_code=lambda: mail, read_totp=lambda *_: totp)
    assert raised.value.code == "wrong_code"
    assert server.accounts == {}
    with pytest.raises(NotSignedIn):
        client.whoami()


def test_a_second_device_reads_the_first_ones_chat(client: Client, device: MakeClient) -> None:
    chat = ask(client, "Hello", "And?")
    second = device("second")
    log_in(second)
    assert [each.title for each in second.chats()] == ["A greeting"]
    assert [(turn.text, turn.answer) for turn in second.turns(chat)] == [
        ("Hello", "Hello, you."),
        ("And?", "Hello, you."),
    ]
    assert second.wallet().available == 100
    assert second.ledger()[0].credits == 3
    assert second.mates()[0].mate == "sophia"


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("password", "code", "error"),
    [("wrong password", TOTP_CODE, "wrong_credentials"), (PASSWORD, "000000", "wrong_code")],
)
def test_wrong_proofs_are_refused(device: MakeClient, password: str, code: str, error: str) -> None:
    second = device("second")
    with pytest.raises(ServerRefused) as raised:
        log_in(second, password, code)
    assert raised.value.code == error
    with pytest.raises(NotSignedIn):
        second.chats()


@pytest.mark.usefixtures("client")
def test_too_many_tries_say_how_long_to_wait(device: MakeClient, server: FakeServer) -> None:
    server.failures["POST /auth/login/password"] = [problem("too_many_tries", 429, retry_after=40)]
    with pytest.raises(ServerRefused) as raised:
        log_in(device("second"))
    assert raised.value.as_json()["retry_after"] == 40


Spoil = Callable[[Json], None]


def planted(keys: Json) -> None:
    key = keys["signing"]["public_key"]
    keys["signing"]["public_key"] = ("B" if key[0] == "A" else "A") + key[1:]


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda keys: keys["password"].update(kdf_profile=0), "unknown_kdf_profile"),
        (lambda keys: keys["password"].update(salt="AAAA"), "bad_salt"),
        (lambda keys: keys["password"].update(secret=keys["recovery"]["secret"]), "wrong_key"),
        (lambda keys: keys["password"].update(master=keys["recovery"]["master"]), "wrong_key"),
        (lambda keys: keys["password"].update(public=keys["recovery"]["public"]), "not_authentic"),
        (planted, "signing_key_mismatch"),
        (lambda keys: keys["statement"].update(epoch=2), "wrong_epoch"),
    ],
)
def test_hostile_keys_are_refused_at_login(device: MakeClient, server: FakeServer, spoil: Spoil, reason: str) -> None:
    account = server.accounts[EMAIL]
    account["keys"] = copy.deepcopy(account["keys"])
    spoil(account["keys"])
    second = device("second")
    with pytest.raises(Tampered) as raised:
        log_in(second)
    assert raised.value.code == reason
    with pytest.raises(NotSignedIn):
        second.whoami()


def test_an_epoch_lower_than_seen_is_refused_even_after_logout(client: Client, tmp_path: Path) -> None:
    client.logout()
    file = ProfileFile(tmp_path / "first")
    account = next(iter(file.load().seen))
    file.save(file.load().model_copy(update={"seen": {account: Seen(epoch=2)}}))
    with pytest.raises(Tampered, match="epoch_rolled_back"):
        log_in(client)


def test_a_due_session_rotates_before_the_next_call(client: Client, server: FakeServer) -> None:
    before = set(server.tokens)
    server.now += 3600
    client.whoami()
    assert server.requests[-2:] == ["POST /auth/session/rotate", "GET /account"]
    assert before.isdisjoint(server.tokens)


def test_what_the_server_wants_signed_is_signed_with_the_devices_own_key(
    client: Client, server: FakeServer, tmp_path: Path
) -> None:
    server.failures["POST /auth/ticket"] = [problem("device_proof_needed", 401, nonce="the nonce")]
    assert client.ticket().startswith("ticket-")
    head, claims, _ = (from_base64url(part) for part in server.proofs[-1].split("."))
    said = json.loads(claims)
    assert (said["htm"], said["nonce"]) == ("POST", "the nonce")
    assert said["htu"].endswith("/api/auth/ticket")
    (device_key,) = ProfileFile(tmp_path / "first").load().device_keys.values()
    mine = signer(device_key, lambda: 0)("POST", "", "").split(".")[0]
    assert json.loads(head) == json.loads(from_base64url(mine))


def test_what_an_answer_says_to_sign_next_is_signed_at_once(client: Client, server: FakeServer) -> None:
    answer = {"ticket": "ticket-0", "expires_in": 30}
    server.failures["POST /auth/ticket"] = [
        problem("device_proof_needed", 401, nonce="first"),
        httpx.Response(200, json=answer, headers={"DPoP-Nonce": "second"}),
        httpx.Response(200, json=answer, headers={"DPoP-Nonce": "third"}),
    ]
    for _ in range(3):
        client.ticket()
    signed = [json.loads(from_base64url(proof.split(".")[1]))["nonce"] for proof in server.proofs[-3:]]
    assert signed == ["first", "second", "third"]
    assert server.requests.count("POST /auth/ticket") == 4, "refused once"


def test_a_device_stays_the_same_when_it_signs_in_again(client: Client, tmp_path: Path) -> None:
    file = ProfileFile(tmp_path / "first")
    before = file.load().device_keys
    client.logout()
    log_in(client)
    assert file.load().device_keys == before


def test_two_processes_of_one_device_share_a_rotated_session(
    client: Client, device: MakeClient, server: FakeServer
) -> None:
    same = device("first")
    server.now += 3600
    client.whoami()
    same.whoami()
    assert server.requests.count("POST /auth/session/rotate") == 1


def test_a_session_the_server_ended_is_wiped_here(client: Client, server: FakeServer, tmp_path: Path) -> None:
    server.tokens.clear()
    with pytest.raises(NotSignedIn) as raised:
        client.chats()
    assert "sealmate login" in raised.value.next_step
    assert ProfileFile(tmp_path / "first").load().identity is None


def test_logout_wipes_and_tells(client: Client, server: FakeServer, tmp_path: Path) -> None:
    client.logout()
    assert server.tokens == {}
    text = (tmp_path / "first" / "profile.json").read_text()
    assert "master_key" not in text
    assert "token" not in text
    assert EMAIL not in text


def test_logout_wipes_even_if_the_server_is_gone(client: Client, server: FakeServer, tmp_path: Path) -> None:
    server.failures["POST /auth/logout"] = [httpx.Response(502)]
    with pytest.raises(ClientError):
        client.logout()
    assert ProfileFile(tmp_path / "first").load().identity is None


@pytest.mark.usefixtures("client")
def test_a_token_never_goes_to_another_server(server: FakeServer, tmp_path: Path) -> None:
    other = Client("http://localhost:9999", tmp_path / "first", transport=server.transport, dial=server.dial)
    before = len(server.requests)
    with pytest.raises(ClientError) as raised:
        other.whoami()
    assert raised.value.code == "other_server"
    assert len(server.requests) == before
    other.close()


@pytest.mark.usefixtures("client")
def test_the_server_signed_in_to_is_the_default(server: FakeServer, tmp_path: Path) -> None:
    same = Client(None, tmp_path / "first", transport=server.transport, dial=server.dial, now=lambda: server.now)
    assert same.whoami().email == EMAIL
    same.close()


@pytest.mark.parametrize(
    ("address", "code"),
    [("http://example.org", "insecure_server"), ("example.org", "bad_server"), ("ftp://localhost", "bad_server")],
)
def test_addresses_that_would_leak_are_refused(tmp_path: Path, address: str, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        Client(address, tmp_path)
    assert raised.value.code == code


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"account_id": 7}),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(500, text="Internal Server Error"),
        httpx.Response(404, json={"message": "Not Found"}),
    ],
)
def test_answers_that_make_no_sense_are_one_clear_error(
    client: Client, server: FakeServer, answer: httpx.Response
) -> None:
    server.failures["GET /account"] = [answer]
    with pytest.raises(ClientError) as raised:
        client.whoami()
    assert raised.value.code == "unexpected_answer"


def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    client = Client(ORIGIN, tmp_path, transport=httpx.MockTransport(refuse))
    with pytest.raises(ClientError) as raised:
        client.begin_login(EMAIL)
    assert raised.value.code == "server_unreachable"
    client.close()


def test_signing_in_twice_on_one_device_is_refused(client: Client) -> None:
    with pytest.raises(ClientError) as raised:
        log_in(client)
    assert raised.value.code == "already_signed_in"


@pytest.mark.parametrize("email", ["", "lena", "@example.org", "lena@", "a@b@c", "le na@example.org"])
def test_odd_addresses_are_refused_here(device: MakeClient, server: FakeServer, email: str) -> None:
    with pytest.raises(ClientError) as raised:
        device("first").begin_signup(email)
    assert raised.value.code == "bad_email"
    assert server.requests == []


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
    log_in(slow)
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
