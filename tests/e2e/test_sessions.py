"""Sessions end when they are told to, everywhere and at once; their tokens rotate; codes work once."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sealmate_cli.client import Client
from sealmate_cli.errors import ClientError
from sealmate_cli.wire.http import SessionAnswer
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack, wait_until
from tests.e2e.wire import Wire, message
from tests.scripted_model.scripts import ANSWER, Stream


def _call(person: Person, method: str, path: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, f"{person.url}/api{path}", headers=headers, trust_env=False, timeout=60)


def _rotate(device: Client, token: str) -> str:
    """As the device would, with a token that it may have used before."""
    answer = device._api.call(SessionAnswer, "POST", "/auth/session/rotate", token=token, sign=device._session._sign())
    return answer.session.token


def _token(device: Client) -> str:
    return device.identity().session.token


def test_a_revoked_session_loses_its_connections_and_its_token(stack: Stack, person: Person) -> None:
    lost = person.device()
    token, session = _token(lost), lost.identity().session.session_id
    with Wire(lost, stack.url) as theirs, Wire(lost, stack.url) as too, Wire(person.laptop, stack.url) as ours:
        assert theirs.lives()
        assert too.lives()
        listed = _call(person, "GET", "/account/sessions", _token(person.laptop)).json()["sessions"]
        assert session in [each["session_id"] for each in listed]
        assert _call(person, "DELETE", f"/account/sessions/{session}", _token(person.laptop)).status_code == 204
        assert theirs.hear_close() == 1000
        assert too.hear_close() == 1000
        assert ours.lives(), "other sessions stay"
    assert _call(person, "GET", "/wallet", token).json()["code"] == "not_signed_in"
    with pytest.raises(ClientError) as ended:
        lost.wallet()
    assert ended.value.code == "not_signed_in"
    with pytest.raises(ClientError):
        lost.identity()
    assert person.laptop.wallet().held == 0


def test_a_revoked_device_hears_nothing_more_of_an_answer(stack: Stack, person: Person, playbook: Playbook) -> None:
    lost = person.device()
    text = unique("Not for the thief")
    playbook.on(text).add(Stream(deltas=tuple(f"{n} " for n in range(60)), delay=0.05), to="stream")
    body = message(person.laptop, text)
    with Wire(lost, stack.url) as theirs, Wire(person.laptop, stack.url) as ours:
        theirs.send({"action": "focus", "chat_id": body["chat_id"]})
        assert theirs.lives()
        ours.send(body)
        theirs.hear("answer_extended", seq=2)
        session = lost.identity().session.session_id
        assert _call(person, "DELETE", f"/account/sessions/{session}", _token(person.laptop)).status_code == 204
        theirs.hear_close()
        assert ours.hear("answer_finished")["finish"] == "complete"
    assert "answer_finished" not in theirs.kinds(body["turn_id"])


def test_signing_out_ends_the_session_and_its_connections(stack: Stack, person: Person) -> None:
    device = person.device()
    token = _token(device)
    with Wire(device, stack.url) as wire:
        assert wire.lives()
        device.logout()
        assert wire.hear_close() == 1000
    assert _call(person, "GET", "/account", token).json()["code"] == "not_signed_in"
    assert _call(person, "POST", "/auth/logout", token).status_code == 204, "safe to repeat"


def test_a_token_rotates_and_a_lost_reply_can_be_asked_for_again(person: Person) -> None:
    device = person.device()
    old = _token(device)
    new = _rotate(device, old)
    assert new != old
    assert _rotate(device, old) == new
    assert _call(person, "GET", "/wallet", new).status_code == 200
    assert _call(person, "GET", "/wallet", old).status_code == 200, "for a minute"


def test_a_copied_token_opens_no_connection_and_lasts_no_longer(person: Person) -> None:
    """Whoever has the token, but not the key of the device it was given to."""
    token = _token(person.device())
    for path in ("/auth/ticket", "/auth/session/rotate"):
        assert _call(person, "POST", path, token).json()["code"] == "device_proof_needed"
        thief = person.device()
        with pytest.raises(ClientError) as refused:
            thief._api.call(SessionAnswer, "POST", path, token=token, sign=thief._session._sign())
        assert refused.value.code == "invalid_device_proof"


def test_a_token_used_long_after_its_rotation_ends_the_session(stack: Stack, person: Person) -> None:
    """Somebody else holds a copy. The minute is taken from the session's row, as waiting would."""
    device = person.device()
    old, session = _token(device), device.identity().session.session_id
    new = _rotate(device, old)
    (row,) = [row for row in stack.rows("AccountsTable") if session in row["sk"]["S"]]
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["AccountsTable"],
        Key={"pk": row["pk"], "sk": row["sk"]},
        UpdateExpression="SET previous_until = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    assert _call(person, "GET", "/wallet", old).json()["code"] == "not_signed_in"
    assert _call(person, "GET", "/wallet", new).json()["code"] == "not_signed_in"


def test_codes_work_once(newcomer: Callable[[], Person], person: Person) -> None:
    new = newcomer()
    new.laptop.logout()
    code = new.next_code()
    new.laptop.login(new.email, new.password, read_totp=lambda: code)
    assert ask(new.laptop, unique("Hello again")).one("answer_finished").text == "".join(ANSWER.deltas)
    new.laptop.logout()
    assert _login_code(new, code) == "wrong_code"
    backup = new.backup_codes.pop()
    new.laptop.login(new.email, new.password, read_totp=lambda: backup)
    new.laptop.logout()
    assert _login_code(new, backup) == "wrong_code"
    assert _login_code(new, person.backup_codes[0]) == "wrong_code"


def test_a_wrong_password_and_an_unknown_address_are_told_alike(person: Person, newcomer: Callable[[], Person]) -> None:
    device = newcomer().laptop
    device.logout()
    told = []
    for email in (person.email, f"nobody-{person.email}"):
        with pytest.raises(ClientError) as refused:
            device.login(email, "not the password at all", read_totp=lambda: "000000")
        told.append((refused.value.code, str(refused.value), refused.value.next_step))
    assert told[0] == told[1]
    assert told[0][0] == "wrong_credentials"


def test_sessions_are_listed_and_end_one_by_one(stack: Stack, newcomer: Callable[[], Person]) -> None:
    person = newcomer()
    person.device()
    listed: list[dict[str, Any]] = _call(person, "GET", "/account/sessions", _token(person.laptop)).json()["sessions"]
    assert sorted(each["current"] for each in listed) == [False, True]
    (other,) = [each["session_id"] for each in listed if not each["current"]]
    _call(person, "DELETE", f"/account/sessions/{other}", _token(person.laptop))
    wait_until(lambda: len(_sessions(stack, person)) == 1, "one session is left")


def _sessions(stack: Stack, person: Person) -> list[str]:
    rows = stack.rows("AccountsTable")
    return [r["sk"]["S"] for r in rows if person.account in r["pk"]["S"] and r["sk"]["S"].startswith("SESSION#")]


def _login_code(person: Person, code: str) -> str:
    with pytest.raises(ClientError) as refused:
        person.laptop.login(person.email, person.password, read_totp=lambda: code)
    return refused.value.code
