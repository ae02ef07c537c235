"""A device and its session: signed, renewed, shared, ended, and never shown to another server."""

import json
from pathlib import Path

import httpx
import pytest

from sealmate_cli.client import Client
from sealmate_cli.device_keys import signer
from sealmate_cli.errors import ClientError, NotSignedIn
from sealmate_cli.profile import ProfileFile
from sealmate_cli.wire.shape import from_base64url
from tests.unit.cli.conftest import EMAIL, PASSWORD, MakeClient
from tests.unit.cli.fake_server import ORIGIN, TOTP_CODE, FakeServer, problem


def log_in(client: Client, password: str = PASSWORD, code: str = TOTP_CODE) -> None:
    client.login(EMAIL, password, read_totp=lambda: code)


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
