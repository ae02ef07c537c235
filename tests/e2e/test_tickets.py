"""The WebSocket's door: one ticket, one use, 30 seconds, for our own pages, in the protocol we speak."""

from collections.abc import Sequence

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.person import Person
from tests.e2e.stack import Stack, wait_until
from tests.e2e.wire import PROTOCOL, Wire


def _status(stack: Stack, person: Person, *, protocols: Sequence[str] | None = None, origin: str | None = None) -> int:
    """What the handshake is refused with, or 101."""
    try:
        with Wire(person.laptop, stack.url, protocols=protocols, origin=origin):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_the_protocol_is_answered_and_the_ticket_is_not(stack: Stack, person: Person) -> None:
    with Wire(person.laptop, stack.url) as wire:
        assert wire.socket.subprotocol == PROTOCOL
        assert wire.lives()


def test_a_ticket_is_used_once(stack: Stack, person: Person) -> None:
    offered = [PROTOCOL, f"ticket.{person.laptop.ticket()}"]
    assert [_status(stack, person, protocols=offered) for _ in range(2)] == [101, 401]


def test_a_ticket_that_has_expired_is_refused(stack: Stack, person: Person) -> None:
    """Its row is set back in time, as waiting would."""
    ticket = person.laptop.ticket()
    before = {row["pk"]["S"] for row in stack.rows("ConnectionsTable") if row["pk"]["S"].startswith("TICKET#")}
    database = stack.client("dynamodb")
    for pk in before:
        database.update_item(
            TableName=stack.outputs["ConnectionsTable"],
            Key={"pk": {"S": pk}, "sk": {"S": "TICKET"}},
            UpdateExpression="SET expires_at = expires_at - :half_a_minute",
            ExpressionAttributeValues={":half_a_minute": {"N": "31"}},
        )
    assert before
    assert _status(stack, person, protocols=[PROTOCOL, f"ticket.{ticket}"]) == 401


def test_a_ticket_of_a_session_that_has_ended_is_refused(stack: Stack, person: Person) -> None:
    device = person.device()
    ticket = device.ticket()
    device.logout()
    assert _status(stack, person, protocols=[PROTOCOL, f"ticket.{ticket}"]) == 401


@pytest.mark.parametrize(
    "protocols",
    [
        (),
        (PROTOCOL,),
        (PROTOCOL, "ticket."),
        (PROTOCOL, "ticket.nonsense"),
        (PROTOCOL, f"ticket.{'x' * 2000}"),
        ("sealmate.v2", "ticket.nonsense"),
    ],
)
def test_without_a_good_ticket_there_is_no_connection(stack: Stack, person: Person, protocols: Sequence[str]) -> None:
    assert _status(stack, person, protocols=protocols) == 401


def test_without_our_protocol_a_ticket_is_worth_nothing(stack: Stack, person: Person) -> None:
    assert _status(stack, person, protocols=[f"ticket.{person.laptop.ticket()}"]) == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost", "http://localhost:1"])
def test_a_page_from_elsewhere_is_refused_and_the_ticket_kept(stack: Stack, person: Person, origin: str) -> None:
    offered = [PROTOCOL, f"ticket.{person.laptop.ticket()}"]
    assert _status(stack, person, protocols=offered, origin=origin) == 403
    assert _status(stack, person, protocols=offered, origin=stack.url) == 101


def test_a_connection_that_has_closed_is_forgotten(stack: Stack, person: Person) -> None:
    with Wire(person.laptop, stack.url) as wire:
        assert wire.lives()
        assert _connections(stack, person)
    wait_until(lambda: not _connections(stack, person), "the connection is forgotten")


def _connections(stack: Stack, person: Person) -> list[str]:
    rows = stack.rows("ConnectionsTable")
    return [row["sk"]["S"] for row in rows if row["pk"]["S"] == f"ACCOUNT#{person.account}"]
