"""Keys that nobody turns: marked when they are due, reminded once two weeks later, and no more once a device has been there."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.job_send_reminders.handler import handle as send_reminders
from sealmate import errors, wiring
from tests.fakes.accounts import turned
from tests.fakes.mail import Mail
from tests.fakes.person import Person
from tests.unit.accounts.world import World

DAY = 86_400
SUBJECT = "Your Sealmate keys wait for one of your devices"


def reminders(world: World) -> list[Mail]:
    return [mail for mail in world.mailer.sent if mail.subject == SUBJECT]


def days(world: World, number: int) -> None:
    for _ in range(2 * number):
        world.clock.advance(DAY // 2)
        send_reminders({}, None)


def turn(world: World, person: Person) -> None:
    """What a rotation's last transaction leaves behind (tests/contract/accounts/test_overdue.py)."""
    world.rows.overdue[person.account_id] = turned(person.account_id, world.clock.now())


def test_a_key_is_marked_when_it_is_due_and_reminded_of_once(world: World, ada: Person) -> None:
    days(world, 13)
    assert world.rows.overdue[ada.account_id].step == "rotation"
    days(world, 2)
    assert world.rows.overdue[ada.account_id].step == "reminder"
    days(world, 12)
    assert reminders(world) == []
    days(world, 2)
    (mail,) = reminders(world)
    assert mail.to == ada.email
    assert "http" not in mail.text
    days(world, 400)
    assert len(reminders(world)) == 1


def test_a_device_that_comes_ends_it_and_it_begins_anew(world: World, ada: Person) -> None:
    days(world, 27)
    turn(world, ada)
    days(world, 27)
    assert reminders(world) == []
    days(world, 2)
    assert len(reminders(world)) == 1
    turn(world, ada)
    days(world, 30)
    assert len(reminders(world)) == 2


def test_a_mail_that_fails_is_tried_the_next_day(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def away(**_: str) -> None:
        tries.append(world.clock.now())
        raise errors.MailNotSent(reason="Throttling")

    with monkeypatch.context() as patch:
        patch.setattr(world.mailer, "send", away)
        days(world, 31)
    assert 2 <= len(tries) <= 4
    days(world, 3)
    assert [mail.to for mail in reminders(world)] == [ada.email]


def test_an_account_that_ended_is_not_reminded(world: World, ada: Person) -> None:
    days(world, 20)
    ada.log_in()
    assert ada.step_up().call("POST", "/account/erase", {}).status == 202
    days(world, 20)
    assert reminders(world) == []


def test_of_two_runs_at_once_one_sends_it(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    days(world, 15)
    world.clock.advance(14 * DAY)
    send, overdue = world.mailer.send, wiring.reminding_overdue()
    again = partial(overdue.remind, overdue.forgotten(1)[0])

    def meanwhile(**mail: str) -> None:
        monkeypatch.setattr(world.mailer, "send", send)
        again()
        assert send_reminders({}, None)["reminders"] == 0
        send(**mail)

    monkeypatch.setattr(world.mailer, "send", meanwhile)
    send_reminders({}, None)
    assert [mail.to for mail in reminders(world)] == [ada.email]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.just("turn"), st.integers(1, 20)), max_size=12))
def test_there_is_one_reminder_at_most_between_two_turns(script: list[str | int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WALLETS_TABLE", "wallets")
        world = World()
        world.wire()
        ada = world.person().sign_up()
        idle = told = 0
        for event in script:
            if isinstance(event, int):
                days(world, event)
                idle += event
            else:
                turn(world, ada)
                idle, told = 0, len(reminders(world))
            assert len(reminders(world)) - told == (idle >= 28)
        wiring.override()
