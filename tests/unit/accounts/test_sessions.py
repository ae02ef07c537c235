"""Sessions: shown, checked, rotated, ended; a copied token ends itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sealmate import errors, wiring
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import ORIGIN, World

_DAY = 86_400


def _with(world: World, token: str, method: str = "GET", path: str = "/account") -> Reply:
    return world.api.call(method, path, authorization=f"Bearer {token}")


def _rotate(world: World, token: str) -> Reply:
    return _with(world, token, "POST", "/auth/session/rotate")


def _rotated(world: World, token: str) -> str:
    return str(_rotate(world, token).json["session"]["token"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer ../x.y.z"},
        {"cookie": "__Host-sealmate="},
        {"cookie": "sealmate=x; a"},
    ],
)
def test_without_a_token_nobody_is_signed_in(world: World, headers: dict[str, str]) -> None:
    for path in ("/account", "/account/keys", "/account/sessions"):
        reply = world.api.get(path, **headers)
        assert (reply.status, reply.code) == (401, "not_signed_in")


def test_a_token_is_good_for_its_own_session_only(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    account, session, secret = ada.token.split(".")
    for forged in (
        f"{bob.account_id}.{session}.{secret}",
        f"{account}.{bob.session_id}.{secret}",
        f"{bob.account_id}.{bob.session_id}.{secret}",
        f"{account}.{session}.{'A' * 43}",
        f"{account}.{session}.{secret[:-1]}",
    ):
        assert _with(world, forged).code == "not_signed_in"
    assert _with(world, ada.token).status == _with(world, bob.token).status == 200


def test_a_session_ends_thirty_days_after_its_last_rotation(world: World, ada: Person) -> None:
    world.clock.advance(29 * _DAY)
    token = _rotated(world, ada.token)
    world.clock.advance(30 * _DAY - 1)
    assert _with(world, token).code == "renewal_due"
    world.clock.advance(1)
    assert _with(world, token).code == "not_signed_in"
    assert wiring.sessions().of_account(ada.account_id) == []


# --- rotation ---


def test_rotation_keeps_the_old_token_for_a_minute(world: World, ada: Person) -> None:
    world.clock.advance(3600)
    reply = _rotate(world, ada.token)
    token = reply.json["session"]["token"]
    assert reply.json["session"]["rotate_at"] == world.clock.now() + 3600
    world.clock.advance(59)
    assert [_with(world, t).status for t in (token, ada.token)] == [200, 200]


def test_a_repeated_rotation_gives_the_same_token(world: World, ada: Person) -> None:
    """The reply was lost, or two tabs rotated at once."""
    token = _rotated(world, ada.token)
    assert token != ada.token
    assert _rotated(world, ada.token) == token
    assert _rotated(world, token) == token
    world.clock.advance(60)
    assert _rotated(world, token) not in (token, ada.token)


def test_an_old_token_used_late_ends_the_session(world: World, ada: Person) -> None:
    world.connections.open = {"c1": (ada.account_id, ada.session_id), "c2": (ada.account_id, "other")}
    token = _rotated(world, ada.token)
    world.clock.advance(60)
    assert _with(world, ada.token).code == "not_signed_in"
    assert _with(world, token).code == "not_signed_in"
    assert world.push.closed == ["c1"]
    assert list(world.connections.open) == ["c2"]


def test_a_token_several_rotations_old_ends_the_session_too(world: World, ada: Person) -> None:
    token = ada.token
    for _ in range(3):
        token = _rotated(world, token)
        world.clock.advance(61)
    assert _with(world, ada.token).code == "not_signed_in"
    assert _with(world, token).code == "not_signed_in"


def test_a_made_up_secret_ends_nothing(world: World, ada: Person) -> None:
    account, session, _ = ada.token.split(".")
    assert _with(world, f"{account}.{session}.{'A' * 43}").code == "not_signed_in"
    assert _with(world, ada.token).status == 200


def test_a_revoked_session_can_not_be_rotated_back_to_life(world: World, ada: Person) -> None:
    wiring.sessions().revoke(ada.account_id, ada.session_id)
    assert _rotate(world, ada.token).code == "not_signed_in"
    assert not world.rows.sessions


def test_a_token_that_its_device_did_not_renew_opens_nothing(world: World, ada: Person) -> None:
    """So a copy is of no use two hours later; the device itself goes on."""
    world.clock.advance(2 * 3600 - 1)
    assert _with(world, ada.token).status == 200
    world.clock.advance(1)
    assert _with(world, ada.token).code == "renewal_due"
    assert _with(world, _rotated(world, ada.token)).status == 200


# --- seen ---


def test_last_seen_is_written_once_an_hour(world: World, ada: Person) -> None:
    def touches(seconds: int) -> int:
        world.clock.advance(seconds)
        world.calls.clear()
        ada.token = _rotated(world, ada.token)
        ada.call("GET", "/account")
        return world.calls.count("sessions.touch")

    assert [touches(0), touches(3599), touches(1), touches(10), touches(3600)] == [0, 0, 1, 0, 1]


# --- cookies ---


def test_a_cookie_needs_one_of_our_pages_to_change_anything(world: World, ada: Person) -> None:
    cookie = f"__Host-sealmate={ada.token}"
    assert world.api.get("/account", cookie=cookie).status == 200
    for origin in ({}, {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": ORIGIN + ".evil.example"}):
        assert world.api.post("/auth/ticket", cookie=cookie, **origin).code == "foreign_origin"
    assert world.api.post("/auth/ticket", cookie=cookie, origin=ORIGIN).status == 200


def test_a_cookie_rotates_as_a_cookie(world: World, ada: Person) -> None:
    reply = world.api.post("/auth/session/rotate", cookie=f"__Host-sealmate={ada.token}", origin=ORIGIN)
    assert "token" not in reply.json["session"]
    cookie = reply.headers["Set-Cookie"].split(";")[0]
    assert cookie != f"__Host-sealmate={ada.token}"
    assert world.api.get("/account", cookie=cookie).status == 200


def test_logging_out_ends_the_session_and_the_cookie(world: World, ada: Person) -> None:
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    reply = world.api.post("/auth/logout", cookie=f"__Host-sealmate={ada.token}", origin=ORIGIN)
    assert (reply.status, reply.body) == (204, "")
    assert reply.headers["Set-Cookie"].startswith("__Host-sealmate=; ")
    assert reply.headers["Set-Cookie"].endswith("Max-Age=0")
    assert world.push.closed == ["c1"]
    assert ada.call("GET", "/account").code == "not_signed_in"


# --- the list ---


def test_the_list_shows_devices_and_which_is_this_one(ada: Person) -> None:
    ada.log_in()
    listed = ada.call("GET", "/account/sessions").json["sessions"]
    assert [(s["device"], s["current"]) for s in listed] == [("phone", True), ("laptop", False)]
    assert all(set(s) == {"session_id", "device", "created_at", "last_seen_at", "current"} for s in listed)


def test_ending_another_device_closes_its_connections(world: World, ada: Person) -> None:
    laptop, laptop_token = ada.session_id, ada.token
    world.connections.open = {"c1": (ada.account_id, laptop)}
    ada.log_in()
    assert ada.call("DELETE", f"/account/sessions/{laptop}").status == 204
    assert world.push.closed == ["c1"]
    assert _with(world, laptop_token).code == "not_signed_in"
    assert ada.call("DELETE", f"/account/sessions/{laptop}").status == 204


def test_a_connection_that_can_not_be_closed_keeps_no_rights(
    world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(connection_id: str) -> None:
        raise errors.DeliveryFailed(connection_id=connection_id)

    monkeypatch.setattr(world.push, "close", close)
    world.connections.open = dict.fromkeys(("c1", "c2"), (ada.account_id, ada.session_id))
    assert ada.call("POST", "/auth/logout").status == 204
    assert world.connections.open == {}


def test_another_persons_session_can_not_be_ended(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    assert bob.call("DELETE", f"/account/sessions/{ada.session_id}").status == 204
    assert ada.call("GET", "/account").status == 200
    assert list(world.connections.open) == ["c1"]


# --- breaking off, and being repeated ---


class _Tired:
    """Connections that fail at one question after so many answers, and then go on."""

    def __init__(self, world: World, *, answers: int) -> None:
        self._world, self._answers = world, answers

    def of_session(self, account_id: str, session_id: str) -> list[str]:
        self._answers -= 1
        if self._answers == -1:
            raise TimeoutError
        return self._world.connections.of_session(account_id, session_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.connections, name)


def _tiring(world: World, ada: Person, *, answers: int) -> None:
    """Ada's session has a WebSocket, and ending it will fail before or after its row is gone."""
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    tired = _Tired(world, answers=answers)
    sessions = replace(wiring.sessions(), connections=lambda: tired)
    wiring.override(sessions=sessions, own_account=replace(wiring.own_account(), sessions=sessions))


@pytest.mark.parametrize("answers", [0, 1])
def test_ending_a_session_that_broke_off_is_finished_by_repeating_it(world: World, ada: Person, answers: int) -> None:
    laptop, laptop_token = ada.session_id, ada.token
    _tiring(world, ada, answers=answers)
    ada.log_in()
    assert ada.call("DELETE", f"/account/sessions/{laptop}").code == "internal"
    world.connections.open["c2"] = (ada.account_id, laptop)
    assert ada.call("DELETE", f"/account/sessions/{laptop}").status == 204
    assert world.connections.open == {}
    assert _with(world, laptop_token).code == "not_signed_in"


@pytest.mark.parametrize("answers", [0, 1])
def test_logging_out_that_broke_off_is_finished_by_repeating_it(world: World, ada: Person, answers: int) -> None:
    _tiring(world, ada, answers=answers)
    assert ada.call("POST", "/auth/logout").code == "internal"
    world.connections.open["c2"] = (ada.account_id, ada.session_id)
    assert ada.call("POST", "/auth/logout").status == 204
    assert world.connections.open == {}
    assert ada.call("GET", "/account").code == "not_signed_in"


def test_a_copied_token_that_could_not_be_revoked_is_revoked_at_its_next_use(world: World, ada: Person) -> None:
    token = _rotated(world, ada.token)
    world.clock.advance(60)
    _tiring(world, ada, answers=0)
    assert _with(world, ada.token).code == "internal"
    assert _with(world, ada.token).code == "not_signed_in"
    assert world.connections.open == {}
    assert _with(world, token).code == "not_signed_in"


def test_a_made_up_secret_logs_nobody_out(world: World, ada: Person) -> None:
    account, session, _ = ada.token.split(".")
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    assert _with(world, f"{account}.{session}.{'A' * 43}", "POST", "/auth/logout").code == "not_signed_in"
    assert list(world.connections.open) == ["c1"]
    assert ada.call("GET", "/account").status == 200


# --- tickets ---


def _redeemed(ticket: str) -> tuple[str, str] | None:
    try:
        return wiring.tickets().redeem(ticket)
    except errors.NotSignedIn:
        return None


def _ticket(ada: Person) -> str:
    made = ada.call("POST", "/auth/ticket").json
    assert made["expires_in"] == 30
    return str(made["ticket"])


def test_a_ticket_lets_its_holder_in_once(world: World, ada: Person) -> None:
    ticket = _ticket(ada)
    assert ticket not in repr(world.rows)
    assert _redeemed(ticket) == (ada.account_id, ada.session_id)
    assert _redeemed(ticket) is None


def test_a_ticket_lasts_thirty_seconds(world: World, ada: Person) -> None:
    late, in_time = _ticket(ada), _ticket(ada)
    world.clock.advance(29)
    assert _redeemed(in_time) is not None
    world.clock.advance(1)
    assert _redeemed(late) is None


def test_a_ticket_dies_with_its_session(ada: Person) -> None:
    ticket = _ticket(ada)
    ada.call("POST", "/auth/logout")
    assert _redeemed(ticket) is None


@pytest.mark.parametrize("ticket", ["", "x", "é", "\ud800"])
@pytest.mark.usefixtures("world")
def test_made_up_tickets_let_nobody_in(ticket: str) -> None:
    assert _redeemed(ticket) is None
