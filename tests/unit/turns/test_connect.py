"""A WebSocket opens for a page of ours or a terminal, with a ticket that works once, and for nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sealmate import errors
from sealmate.accounts.records import Session
from sealmate.accounts.tickets import LIFETIME, Tickets
from sealmate.turns.connect import PROTOCOL, Connect
from sealmate.turns.ports import Caller
from tests.fakes.accounts import FakeSessions, FakeTickets, Rows
from tests.fakes.clock import FakeClock, FakeRandom
from tests.fakes.connections import FakeConnections

ORIGIN = "https://sealmate.example"


@dataclass(kw_only=True)
class Door:
    """`session`: alive, unless a test deletes it from `rows`."""

    rows: Rows = field(default_factory=Rows)
    clock: FakeClock = field(default_factory=FakeClock)
    connections: FakeConnections = field(default_factory=FakeConnections)

    def __post_init__(self) -> None:
        sessions = FakeSessions(self.rows)
        self.tickets = Tickets(clock=self.clock, random=FakeRandom(), store=FakeTickets(self.rows), sessions=sessions)
        now = self.clock.now()
        self.session = Session(
            account_id="ada",
            session_id="session",
            device="laptop",
            created_at=now,
            last_seen_at=now,
            rotate_at=now + 10,
            expires_at=now + 100,
            lineage=b"",
            secret_hash=b"",
        )
        self.rows.sessions["ada", "session"] = self.session

    def open(self, *offered: str, **headers: str) -> str:
        connect = Connect(tickets=self.tickets, connections=self.connections, clock=self.clock, origins=(ORIGIN,))
        return connect("c1", {"Sec-WebSocket-Protocol": ", ".join(offered), **headers})

    def ticket(self) -> str:
        return f"ticket.{self.tickets.make(self.session)}"


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize("headers", [{}, {"Origin": ORIGIN}, {"origin": ORIGIN}, {"Origin": ""}])
def test_a_ticket_opens_for_our_page_and_for_a_terminal(door: Door, headers: dict[str, str]) -> None:
    assert door.open(PROTOCOL, door.ticket(), **headers) == PROTOCOL
    caller = door.connections.caller("c1")
    assert (caller.account_id, caller.session_id) == ("ada", "session")


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "null", f"{ORIGIN}.elsewhere.example", ORIGIN.upper(), "http://sealmate.example"],
)
def test_another_page_is_turned_away_and_its_ticket_not_used_up(door: Door, origin: str) -> None:
    ticket = door.ticket()
    with pytest.raises(errors.ForeignOrigin):
        door.open(PROTOCOL, ticket, Origin=origin)
    assert door.open(PROTOCOL, ticket, Origin=ORIGIN) == PROTOCOL


def test_headers_may_come_in_any_case_and_order(door: Door) -> None:
    ticket = door.ticket()
    connect = Connect(tickets=door.tickets, connections=door.connections, clock=door.clock, origins=())
    assert connect("c1", {"sec-websocket-protocol": f"{ticket},{PROTOCOL}"}) == PROTOCOL


@pytest.mark.parametrize("offered", [[], [PROTOCOL], [PROTOCOL, "ticket."], [PROTOCOL, "ticket.guessed"], ["chat"]])
def test_nobody_enters_without_a_ticket(door: Door, offered: list[str]) -> None:
    with pytest.raises(errors.NotSignedIn):
        door.open(*offered)
    assert door.connections.open == {}


def test_another_protocol_uses_up_no_ticket(door: Door) -> None:
    ticket = door.ticket()
    with pytest.raises(errors.NotSignedIn):
        door.open("sealmate.v2", ticket)
    assert door.open(PROTOCOL, ticket) == PROTOCOL


def test_a_ticket_opens_once(door: Door) -> None:
    ticket = door.ticket()
    door.open(PROTOCOL, ticket)
    with pytest.raises(errors.NotSignedIn):
        door.open(PROTOCOL, ticket)


def test_a_ticket_is_good_for_seconds(door: Door) -> None:
    ticket = door.ticket()
    door.clock.advance(LIFETIME)
    with pytest.raises(errors.NotSignedIn):
        door.open(PROTOCOL, ticket)


def test_a_session_that_was_revoked_opens_nothing(door: Door) -> None:
    ticket = door.ticket()
    del door.rows.sessions["ada", "session"]
    with pytest.raises(errors.NotSignedIn):
        door.open(PROTOCOL, ticket)


def test_a_session_that_is_revoked_at_that_very_moment_keeps_no_connection(door: Door) -> None:
    class Revoking(FakeConnections):
        def add(self, caller: Caller, *, now: int) -> None:
            super().add(caller, now=now)
            del door.rows.sessions["ada", "session"]

    door.connections = Revoking()
    with pytest.raises(errors.NotSignedIn):
        door.open(PROTOCOL, door.ticket())
    assert door.connections.open == {}
