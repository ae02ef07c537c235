"""A reset in any order of what people, the job and crashes do: the account is whole or it is gone, and it is gone only for a reason."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.job_send_reminders.handler import handle as send_reminders
from sealmate import errors, wiring
from tests.unit.accounts.world import World

# `make prove` asks for more.
EXAMPLES = int(os.environ.get("SEALMATE_EXAMPLES", "60"))
HOUR, DAY = 3600, 86_400
_CHANGES = {
    "account_store": ("shred", "admit"),
    "reset_store": ("put_request", "start", "claim", "note", "stop"),
    "mailer": ("send",),
}

# What is killed dies before its n-th mail or write from now, whoever makes it.
events = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["ask", "start", "start", "finish", "finish", "look", "job"]), st.just(0)),
        st.tuples(st.just("days"), st.sampled_from([1, 2, 4, 6, 8])),
        st.tuples(st.just("days"), st.sampled_from([1, 2, 4, 6, 8])),
        st.tuples(st.just("wait"), st.sampled_from([60, 1200, DAY, 8 * DAY])),
        st.tuples(st.sampled_from(["stop", "sign_in"]), st.just(0)),
        st.tuples(st.just("kill"), st.integers(0, 6)),
        st.tuples(st.just("warnings_pass"), st.booleans()),
    ),
    max_size=25,
)


class Killed(BaseException):
    """Nothing catches it, as nothing catches the end of a process."""


class Dying:
    """Lets through so many calls that change something, and then none for once."""

    def __init__(self, play: Play, target: object, changes: tuple[str, ...]) -> None:
        self._play, self._target, self._changes = play, target, changes

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._target, name)
        return self._mortal(real) if name in self._changes else real

    def _mortal(self, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            left, self._play.left = self._play.left, self._play.left - 1
            if left == 0:
                raise Killed
            return real(*arguments, **named)

        return call


class Play:
    """`left`: calls until the next death; below zero none is to come. `warned`: when each reset's warnings went out."""

    def __init__(self, world: World) -> None:
        self.world, self.left = world, -1
        self.ada = world.person().sign_up()
        self.proof: dict[str, str] = {}
        self.passing = True
        self.warned: dict[str, list[int]] = defaultdict(list)
        send = world.mailer.send

        def noted(**mail: str) -> None:
            if not self.passing and "code" not in mail["subject"]:
                raise errors.MailNotSent(reason="Throttling")
            send(**mail)
            reset = world.rows.resets.get(self.ada.account_id)
            if reset and "is to be erased on" in mail["subject"]:
                self.warned[reset.reset_id].append(world.clock.now())

        world.mailer.send = noted  # type: ignore[method-assign]
        world.wire()
        wiring.override(**{name: Dying(self, getattr(wiring, name)(), changes) for name, changes in _CHANGES.items()})

    @property
    def whole(self) -> bool:
        """Or gone; AssertionError if it is neither."""
        rows, mine = self.world.rows, self.ada.account_id
        kept = (mine in rows.accounts, mine in rows.emails.values(), bool(rows.methods.get(mine)))
        assert len({*kept, mine not in rows.erasing}) == 1, kept
        assert kept[0] or mine not in rows.resets
        return kept[0]

    def play(self, event: str, argument: int) -> None:
        before, was_whole = self.world.rows.resets.get(self.ada.account_id), self.whole
        with suppress(Killed):
            getattr(self, event)(argument)
        if was_whole and not self.whole:
            assert event == "finish"
            assert before is not None
            warned = self.warned[before.reset_id]
            assert len(warned) >= 3, "three warnings at least, the last of them a day ago"
            assert warned[2] + DAY <= self.world.clock.now()

    def ask(self, _: int = 0) -> None:
        self.world.rows.tries.clear()
        asked = self.world.api.post("/auth/reset", {"email": self.ada.email})
        if self.whole:
            code = self.ada.mailed_code(self.ada.email)
            self.proof = {"request_id": asked.json["request_id"], "code": code}

    def start(self, _: int) -> None:
        self.ask()
        if self._by_code("start") == 202:
            assert self.ada.account_id in self.world.rows.resets

    def finish(self, _: int) -> None:
        self.ask()
        if self._by_code("finish") == 202:
            assert not self.whole

    def look(self, _: int) -> None:
        self._by_code("verify")

    def stop(self, _: int) -> None:
        if self.ada.call("DELETE", "/account/reset").status == 204:
            assert self.ada.account_id not in self.world.rows.resets

    def sign_in(self, _: int) -> None:
        self.world.clock.advance(HOUR)
        login = self.ada.start_login()
        if self.ada.prove_password(login).status == 200 and self.ada.prove_code(login).status == 200:
            assert self.whole
            assert self.ada.account_id not in self.world.rows.resets

    def job(self, _: int) -> None:
        send_reminders({}, None)

    def days(self, number: int) -> None:
        """With the job that runs all the while."""
        for _ in range(2 * number):
            self.world.clock.advance(DAY // 2)
            with suppress(Killed):
                send_reminders({}, None)

    def kill(self, calls: int) -> None:
        self.left = calls

    def warnings_pass(self, passing: bool) -> None:
        """Or the mail service takes none but codes."""
        self.passing = passing

    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    def _by_code(self, step: str) -> int:
        return self.world.api.post(f"/auth/reset/{step}", self.proof).status if self.proof else 0


def played(script: list[tuple[str, int]]) -> bool:
    """Whether the account is whole at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WALLETS_TABLE", "wallets")
        world = World()
        world.wire()
        play = Play(world)
        try:
            for event, argument in script:
                play.play(event, argument)
            return play.whole
        finally:
            wiring.override()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(events)
def test_an_account_is_whole_or_gone_and_never_without_warning(script: list[tuple[str, int]]) -> None:
    played(script)


@pytest.mark.parametrize("calls", range(12))
def test_killed_anywhere_it_goes_on_to_its_end(calls: int) -> None:
    started = [("start", 0), ("start", 0), ("days", 8)]
    assert not played([("kill", calls), *started, ("finish", 0), ("finish", 0)])
    assert not played([*started, ("kill", calls), ("finish", 0), ("finish", 0)])
    assert played([*started, ("kill", calls), ("sign_in", 0), ("sign_in", 0), ("finish", 0)])
