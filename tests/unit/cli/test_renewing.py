"""A terminal follows when another device has turned the account's master key, and refuses what a hostile server makes of it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.crypto.master_keys import open_signing_key
from sealmate_cli.crypto.statements import make_statement
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.profile import ProfileFile
from sealmate_cli.wire.http import WrappedKeysAnswer
from sealmate_cli.wire.shape import to_wire
from tests.unit.cli.conftest import EMAIL, PASSWORD, MakeClient
from tests.unit.cli.fake_server import (
    TOTP_CODE,
    FakeServer,
    FakeSocket,
    FakeTurn,
    answer_whole,
    decode,
    encode,
    problem,
    wrapped_keys,
)
from tests.unit.cli.talking import talk, text_of


class Turning:
    """Another device, which turns the account's key as the server keeps it."""

    def __init__(self, server: FakeServer, home: Path) -> None:
        self._server = server
        identity = ProfileFile(home).load().identity
        assert identity is not None
        seed = open_signing_key(self.wrapped(), identity.master_key)
        self.keys = crypto.MasterKeys(identity.account, identity.epoch, identity.master_key, seed)

    def wrapped(self) -> crypto.WrappedKeys:
        account = next(iter(self._server.accounts.values()))
        answer = {**wrapped_keys(account), **self._server.renewed}
        return WrappedKeysAnswer.model_validate(answer).keys()

    def turn(self) -> crypto.Turned:
        before, old = self.wrapped(), self.keys
        turned = crypto.turn_master(before, old)
        former = tuple(crypto.FormerMethod(m.method_id, m.master, m.public) for m in before.methods)
        turned = replace(turned, link=replace(turned.link, former=former))
        links = [to_wire(link) for link in (*before.links, turned.link)]
        manifest = turned.manifest
        named = [{"method_id": each, "public_hash": hashed} for each, hashed in manifest.methods]
        self._server.epoch = turned.keys.epoch
        self._server.renewed = {
            "epoch": turned.keys.epoch,
            "methods": [to_wire(method) for method in turned.methods],
            "signing": to_wire(turned.signing),
            "statement": to_wire(turned.link.statement),
            "manifest": to_wire({**vars(manifest), "methods": named}),
            "links": links,
        }
        for chat in self._server.chats.values():
            (wrap,) = [key for key in chat["keys"] if crypto.read_epoch(decode(key["envelope"])) == old.epoch]
            anew = crypto.rewrap_chat_key(
                decode(wrap["envelope"]), chat=chat["chat_id"], generation=1, old=old, new=turned.keys
            )
            chat["keys"] = [wrap, {"generation": 1, "envelope": encode(anew)}]
        self.keys = turned.keys
        return turned


@pytest.fixture
def other(client: Client, server: FakeServer, tmp_path: Path) -> Turning:
    """Of the account that `client` is signed in to."""
    client.whoami()
    return Turning(server, tmp_path / "first")


def epoch_of(home: Path) -> int:
    identity = ProfileFile(home).load().identity
    assert identity is not None
    return identity.epoch


def drop_old_wraps(server: FakeServer) -> None:
    for chat in server.chats.values():
        chat["keys"] = chat["keys"][-1:]


def test_chats_stay_readable_and_go_on_after_the_key_was_turned(
    client: Client, server: FakeServer, other: Turning, tmp_path: Path
) -> None:
    talk(client, "Hello")
    other.turn()
    (chat,) = client.chats()
    assert (chat.title, epoch_of(tmp_path / "first")) == ("A greeting", 1)
    other.turn()
    drop_old_wraps(server)
    (chat,) = client.chats()
    assert (chat.title, chat.trouble) == ("A greeting", None)
    assert epoch_of(tmp_path / "first") == 3
    assert server.requests[-1] == "POST /account/keys/acknowledged"
    assert [turn.text for turn in client.turns(chat.chat_id)] == ["Hello"]


def test_a_new_chat_is_under_the_present_key(client: Client, server: FakeServer, other: Turning) -> None:
    other.turn()
    talk(client, "Hello")
    assert crypto.read_epoch(decode(server.asks[-1]["chat_key"])) == 2


@pytest.mark.parametrize("stubborn", [False, True], ids=["once refused", "always refused"])
def test_a_chat_that_begins_while_the_key_is_turned_goes_under_the_present_one(
    client: Client, server: FakeServer, other: Turning, stubborn: bool
) -> None:
    """In a conversation that began before."""

    def ask(socket: FakeSocket, turn: FakeTurn) -> None:
        if server.epoch == 1:
            other.turn()
        if stubborn or crypto.read_epoch(decode(turn.ask["chat_key"])) < server.epoch:
            refused = {"type": "request_refused", "code": "wrong_epoch", "message": "No.", "next_step": "Do."}
            socket.tell({**refused, "request_id": "r", "turn_id": turn.ask["turn_id"]})
        else:
            answer_whole(socket, turn)

    server.on_ask = ask
    (events,) = talk(client, "Hello")
    assert [crypto.read_epoch(decode(ask["chat_key"])) for ask in server.asks] == [1, 2]
    if stubborn:
        assert events[-1].type == "request_refused"
    else:
        assert text_of(events) == "Hello, you."
        assert [chat.trouble for chat in client.chats()] == [None]


def test_in_a_long_conversation_it_is_looked_at_again(client: Client, server: FakeServer, other: Turning) -> None:
    async def converse() -> None:
        async with client.connect() as connection:
            other.turn()
            for hours in (0, 2):
                server.now += hours * 3600
                [_ async for _ in connection.ask("Hello")]

    asyncio.run(converse())
    assert [crypto.read_epoch(decode(ask["chat_key"])) for ask in server.asks] == [1, 2]


def test_what_was_seen_is_remembered_beyond_signing_out(client: Client, other: Turning, tmp_path: Path) -> None:
    other.turn()
    client.whoami()
    client.logout()
    (seen,) = ProfileFile(tmp_path / "first").load().seen.values()
    assert (seen.epoch, seen.sequence) == (2, 2)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("manifest withheld", "manifest_missing"),
        ("manifest older", "manifest_rolled_back"),
        ("method planted", "method_not_named"),
        ("statement replaced", "epoch_forked"),
        ("epoch lowered", "epoch_rolled_back"),
        ("link planted", "wrong_key"),
        ("history replaced", "statement_not_chained"),
    ],
)
def test_a_hostile_server_is_refused(
    client: Client, server: FakeServer, other: Turning, what: str, reason: str
) -> None:
    other.turn()
    first = dict(server.renewed)
    client.whoami()
    turned = other.turn()
    renewed = server.renewed
    if what == "manifest withheld":
        renewed["manifest"] = None
    elif what == "manifest older":
        client.whoami()
        # The account's own word, but an earlier one than was seen.
        stale = crypto.make_manifest(
            account=turned.keys.account,
            epoch=3,
            methods=turned.methods,
            signing_seed=turned.keys.signing_seed,
            before=None,
        )
        named = [{"method_id": each, "public_hash": hashed} for each, hashed in stale.methods]
        renewed["manifest"] = to_wire({**vars(stale), "methods": named})
        server.epoch = 4
    elif what == "method planted":
        planted = replace(turned.methods[0], method_id="33333333-0000-4000-8000-000000000000")
        renewed["methods"] = [*renewed["methods"], to_wire(planted)]
    elif what == "statement replaced":
        renewed["statement"] = first["statement"]
    elif what == "epoch lowered":
        server.renewed = {**first, "epoch": 1}
    elif what == "link planted":
        renewed["links"][-1]["forward"] = renewed["links"][0]["forward"]
    else:
        renewed["links"][-1]["statement"] = to_wire(_of_another_history(turned.keys))
    with pytest.raises(Tampered, match=reason):
        client.whoami()


def _of_another_history(keys: crypto.MasterKeys) -> crypto.EpochStatement:
    return make_statement(
        account=keys.account,
        epoch=keys.epoch,
        master_key=keys.master_key,
        signing_seed=keys.signing_seed,
        previous=bytes(32),
    )


@pytest.mark.parametrize("link", ["gone", "leads nobody on"])
def test_without_a_link_the_keys_come_by_signing_in(
    client: Client, server: FakeServer, other: Turning, link: str
) -> None:
    other.turn()
    server.renewed["links"] = [{**each, "forward": None} for each in server.renewed["links"] if link != "gone"]
    with pytest.raises(ClientError) as raised:
        client.whoami()
    assert raised.value.code == "keys_rotated"


def spoil_methods(server: FakeServer) -> None:
    """As a device does that has the master key and seals it to nobody."""
    methods = server.renewed["methods"]
    masters = [each["master"] for each in reversed(methods)]
    server.renewed["methods"] = [{**each, "master": master} for each, master in zip(methods, masters, strict=True)]


def test_who_was_locked_out_by_a_turn_signs_in_by_what_the_password_was(
    client: Client, device: MakeClient, server: FakeServer, other: Turning, tmp_path: Path
) -> None:
    talk(client, "Hello")
    other.turn()
    spoil_methods(server)
    login = device("second").begin_login(EMAIL)
    login.prove(PASSWORD)
    login.confirm(TOTP_CODE)
    assert login.fell_back
    assert epoch_of(tmp_path / "second") == 2
    assert [chat.title for chat in device("second").chats()] == ["A greeting"]


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("trouble", ["nothing kept", "not told"])
def test_without_anything_to_fall_back_to_no_session_is_left_behind(
    device: MakeClient, server: FakeServer, other: Turning, trouble: str
) -> None:
    other.turn()
    spoil_methods(server)
    if trouble == "nothing kept":
        server.renewed["links"] = []
    else:
        server.failures["GET /account/keys"] = [problem("internal", 500)]
    before = dict(server.tokens)
    login = device("second").begin_login(EMAIL)
    login.prove(PASSWORD)
    with pytest.raises(Tampered, match="wrong_key"):
        login.confirm(TOTP_CODE)
    assert server.tokens == before


def test_the_first_manifest_comes_with_the_account(client: Client, server: FakeServer, tmp_path: Path) -> None:
    (account,) = server.accounts.values()
    wrapped = WrappedKeysAnswer.model_validate(wrapped_keys(account)).keys()
    assert wrapped.manifest is not None
    crypto.verify_manifest(
        wrapped.manifest,
        account=wrapped.account,
        epoch=1,
        methods=wrapped.methods,
        signing_public=wrapped.signing.public_key,
    )
    client.whoami()
    (seen,) = ProfileFile(tmp_path / "first").load().seen.values()
    assert (seen.epoch, seen.sequence) == (1, 1)


def test_an_account_without_one_gets_its_first_manifest_from_the_next_device(
    client: Client, device: MakeClient, server: FakeServer, tmp_path: Path
) -> None:
    (account,) = server.accounts.values()
    del account["keys"]["manifest"]
    device("second").login(EMAIL, PASSWORD, read_totp=lambda: TOTP_CODE)
    assert account["keys"]["manifest"]["sequence"] == 1
    (seen,) = ProfileFile(tmp_path / "second").load().seen.values()
    assert seen.sequence == 1
    assert device("second").whoami().email == client.whoami().email
