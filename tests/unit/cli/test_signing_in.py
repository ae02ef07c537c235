"""Signing up and in, with honest servers, strict ones and hostile ones."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from sealmate_cli.client import Client
from sealmate_cli.crypto import decode_recovery_key
from sealmate_cli.errors import ClientError, NotSignedIn, ServerRefused, Tampered
from sealmate_cli.profile import ProfileFile, Seen
from tests.unit.cli.conftest import EMAIL, PASSWORD, MakeClient
from tests.unit.cli.fake_server import MAIL_CODE, TOTP_CODE, FakeServer, Json, encode, problem
from tests.unit.cli.talking import ask


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
