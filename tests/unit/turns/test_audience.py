"""Who hears of a turn, and that nobody else does."""

from __future__ import annotations

from sealmate.events import TurnAccepted
from sealmate.turns.audience import Audience
from sealmate.turns.ports import Caller
from tests.fakes.clock import START, FakeClock
from tests.fakes.connections import FakeConnections
from tests.fakes.push import FakePush

CHAT, OTHER_CHAT = "chat", "other chat"
HOURS_LATER = START + 2 * 3600
EVENT = TurnAccepted(turn_id="turn", chat_id=CHAT)


def audience(
    connections: FakeConnections, push: FakePush, asker: str = "asker", clock: FakeClock | None = None
) -> Audience:
    return Audience(
        account_id="ada",
        chat_id=CHAT,
        connection_id=asker,
        connections=connections,
        push=push,
        clock=clock or FakeClock(HOURS_LATER),
    )


def people(*names: str, account: str = "ada") -> FakeConnections:
    connections = FakeConnections()
    for name in names:
        connections.add(Caller(connection_id=name, account_id=account, session_id="session"), now=START)
    return connections


def test_the_asker_and_those_who_show_the_chat_hear_and_others_get_a_notice() -> None:
    connections, push = people("asker", "beside", "elsewhere"), FakePush()
    connections.focus(connections.caller("beside"), CHAT)
    connections.focus(connections.caller("elsewhere"), OTHER_CHAT)
    told = audience(connections, push)
    told.tell(EVENT)
    told.notify_others("turn")
    assert push.types("asker") == push.types("beside") == ["turn_accepted"]
    assert push.types("elsewhere") == ["chat_answered"]


def test_an_asker_of_another_account_is_never_written_to() -> None:
    push = FakePush()
    audience(people("theirs", account="bob"), push, asker="theirs").tell(EVENT)
    assert push.sent == []


def test_a_connection_that_is_gone_is_forgotten() -> None:
    connections, push = people("asker", "gone"), FakePush()
    connections.focus(connections.caller("gone"), CHAT)
    push.gone.add("gone")
    told = audience(connections, push)
    told.tell(EVENT)
    told.tell(EVENT)
    assert [c.connection_id for c in connections.of_account("ada")] == ["asker"]
    assert push.types("asker") == ["turn_accepted"] * 2


def test_a_connection_that_is_still_opening_hears_what_follows() -> None:
    connections, push = people("asker", "opening"), FakePush()
    connections.focus(connections.caller("opening"), CHAT)
    push.gone.add("opening")
    told = audience(connections, push, clock=FakeClock(START + 1))
    for _ in range(9):
        told.tell(EVENT)
    push.gone.remove("opening")
    told.tell(EVENT)
    assert push.types("opening") == ["turn_accepted"]
    assert len(connections.of_account("ada")) == 2


def test_a_frame_that_is_not_taken_harms_nobody_else() -> None:
    connections, push = people("asker", "stuck"), FakePush()
    connections.focus(connections.caller("stuck"), CHAT)
    push.failing.add("stuck")
    audience(connections, push).tell(EVENT)
    assert push.types("asker") == ["turn_accepted"]
    assert len(connections.of_account("ada")) == 2, "it may come back"


def test_who_joins_hears_what_follows_and_is_new_only_once() -> None:
    push = FakePush()
    told = audience(people("asker"), push)
    assert told.join({"late"}) == {"late"}
    assert told.join({"late"}) == set()
    told.tell(EVENT)
    assert push.types("late") == ["turn_accepted"]
