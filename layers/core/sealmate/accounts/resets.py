"""What a reset of a lost account works on: its request, its waiting period, and the store that keeps both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

_DAY = 86_400
# So many mails went out before an account may end: at the start, in the middle, and before the end.
WARNINGS = 3
# Once it may be finished there is a last mail; after it nothing is due but its end.
MAILS = WARNINGS + 1
_TIME_TO_FINISH = 14 * _DAY


@dataclass(frozen=True, kw_only=True)
class ResetRequest:
    """A mailed code, for minutes. For an unknown e-mail it names an account that doesn't exist, and looks no different."""

    request_id: str
    account_id: str
    code_mac: bytes
    expires_at: int
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class Reset:
    """A waiting period; an account has one at most.

    `mailed`: how many mails have gone out. `due_at`: when the next one is due, or the end. `ready_at`: from then on, and until
    `ends_at`, the account may be erased, if all warnings have gone out.
    """

    account_id: str
    reset_id: str
    started_at: int
    ready_at: int
    ends_at: int
    mailed: int
    due_at: int

    def ready(self, now: int) -> bool:
        return self.mailed >= WARNINGS and self.ready_at <= now < self.ends_at

    def after_mail(self, *, sent_at: int, waiting: int) -> Reset:
        """With one mail more. The last warning comes a day before the end, so one that is late puts the end off."""
        sent = replace(self, mailed=self.mailed + 1)
        if sent.mailed == 1:
            return replace(sent, due_at=self.started_at + waiting // 2)
        if sent.mailed == 2:
            return replace(sent, due_at=self.ready_at - notice(waiting))
        if sent.mailed == WARNINGS:
            ready_at = max(self.ready_at, sent_at + notice(waiting))
            return replace(sent, ready_at=ready_at, due_at=ready_at, ends_at=ready_at + _TIME_TO_FINISH)
        return replace(sent, due_at=self.ends_at)


def begun(account_id: str, reset_id: str, *, now: int, waiting: int) -> Reset:
    """`waiting`: seconds."""
    return Reset(
        account_id=account_id,
        reset_id=reset_id,
        started_at=now,
        ready_at=now + waiting,
        ends_at=now + waiting + _TIME_TO_FINISH,
        mailed=0,
        due_at=now,
    )


def notice(waiting: int) -> int:
    """Between the last warning and the end, in seconds: a day, of a shorter waiting period a seventh."""
    return min(_DAY, waiting // 7)


class ResetStore(Protocol):
    """Reads are strongly consistent, but for `due`."""

    def put_request(self, request: ResetRequest) -> None: ...

    def count_try(self, request_id: str, *, limit: int, now: int) -> ResetRequest | None:
        """The request with one try more; None if it isn't there, has expired or had `limit` tries."""

    def get(self, account_id: str) -> Reset | None: ...

    def start(self, reset: Reset) -> bool:
        """False if the account has one already, or is gone."""

    def claim(self, reset: Reset, *, until: int) -> bool:
        """Its next mail is the caller's to send, and nobody else's before `until`. False if it is no longer as it was read."""

    def note(self, reset: Reset, *, mailed: Reset) -> bool:
        """A mail went out. False if the reset was stopped, or someone else has sent this mail meanwhile."""

    def stop(self, reset: Reset) -> bool:
        """False if it was over. (Signing in and erasing end a reset too, in their own transactions.)"""

    def due(self, *, before: int, limit: int) -> list[str]:
        """Accounts whose reset has something due, the one that waits longest first."""
