"""What every store of connections promises: who speaks, whom to tell, and what each shows."""

from __future__ import annotations

import uuid

import pytest

from sealmate import errors
from sealmate.turns.ports import Caller, Open
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import CHAT, NOW


def connect(stores: Stores, *, session: str = "session", account: str = "") -> Caller:
    caller = Caller(connection_id=uuid.uuid4().hex, account_id=account or stores.account, session_id=session)
    stores.connections.add(caller, now=NOW)
    return caller


def test_a_connection_leads_to_its_caller_until_it_closes(stores: Stores) -> None:
    caller = connect(stores)
    assert stores.connections.caller(caller.connection_id) == caller
    stores.connections.remove(caller.connection_id)
    stores.connections.remove(caller.connection_id)
    with pytest.raises(errors.NotSignedIn):
        stores.connections.caller(caller.connection_id)
    assert list(stores.connections.of_account(stores.account)) == []


def test_an_unknown_connection_is_nobodys(stores: Stores) -> None:
    with pytest.raises(errors.NotSignedIn):
        stores.connections.caller("unknown")


def test_an_account_has_its_own_connections_only(stores: Stores) -> None:
    mine = {connect(stores).connection_id for _ in range(3)}
    connect(stores, account=f"stranger of {stores.account}")
    assert {one.connection_id for one in stores.connections.of_account(stores.account)} == mine


def test_a_session_has_its_own_connections_only(stores: Stores) -> None:
    mine = {connect(stores, session="phone").connection_id for _ in range(2)}
    connect(stores, session="laptop")
    assert set(stores.connections.of_session(stores.account, "phone")) == mine


def test_a_connection_shows_one_chat_or_none(stores: Stores) -> None:
    caller = connect(stores)

    def shown() -> Open:
        (one,) = stores.connections.of_account(stores.account)
        return one

    assert shown() == Open(connection_id=caller.connection_id, session_id="session", focus=None, opened_at=NOW)
    stores.connections.focus(caller, CHAT)
    assert shown().focus == CHAT
    stores.connections.focus(caller, None)
    assert shown().focus is None


def test_a_closed_connection_shows_nothing_and_does_not_come_back(stores: Stores) -> None:
    caller = connect(stores)
    stores.connections.remove(caller.connection_id)
    with pytest.raises(errors.NotSignedIn):
        stores.connections.focus(caller, CHAT)
    assert list(stores.connections.of_account(stores.account)) == []
