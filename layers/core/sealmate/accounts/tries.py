"""How often something may be tried: some tries in a window, then, where a guess could win, waits that double.

A try is counted before it is evaluated, by compare-and-swap on its counter, so that of any number of parallel tries no
more than the allowed are evaluated: a swap that loses means that another one was counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sealmate import errors
from sealmate.accounts.records import Tries
from sealmate.accounts.stores import TryStore
from sealmate.ports import Clock

_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`first_wait` 0 means: nothing more until the window ends. `remembered`: for how long after a wait the next one doubles.

    All in seconds.
    """

    name: str
    allowed: int
    window: int
    first_wait: int = 0
    longest_wait: int = 3600
    remembered: int = _DAY

    def key(self, whose: str) -> str:
        return f"{self.name}#{whose}"


PASSWORD = Policy(name="password", allowed=5, window=900, first_wait=30)
CODE = Policy(name="code", allowed=5, window=900, first_wait=30)
EMAIL_CHANGES = Policy(name="email_changes", allowed=5, window=3600)
PAIRINGS = Policy(name="pairings", allowed=20, window=3600)
MAILS_TO_ADDRESS = Policy(name="mails", allowed=3, window=3600)
# Whoever knows an address can have mails sent to it, so these become rare.
RESETS_OF_ADDRESS = Policy(
    name="resets", allowed=3, window=3600, first_wait=1800, longest_wait=_DAY, remembered=2 * _DAY
)
RESETS_FROM_SOURCE = Policy(name="resets_from", allowed=20, window=3600, first_wait=60, longest_wait=3600)
# Many people may share a network, so it is allowed much, slowed down late, and forgiven soon.
SIGN_INS_FROM_SOURCE = Policy(name="sign_ins", allowed=300, window=900, first_wait=5, longest_wait=300, remembered=900)
# Nothing is proved by beginning, and a page of ours begins whenever it is shown; but each beginning is a row of ours.
SIGN_IN_STARTS_FROM_SOURCE = Policy(
    name="sign_in_starts", allowed=1200, window=900, first_wait=5, longest_wait=300, remembered=900
)
# A household, a school, a whole mobile network may share one address.
SIGN_UPS_FROM_SOURCE = Policy(name="sign_ups", allowed=60, window=3600)


def counted(tries: Tries | None, *, policy: Policy, now: int) -> Tries | None:
    """The counter with one try more; None if it must wait."""
    if tries is None or now >= tries.forget_at:
        tries = Tries(count=0, next_at=now, forget_at=now + policy.window)
    if now < tries.next_at:
        return None
    count = tries.count + 1
    if count < policy.allowed:
        return replace(tries, count=count)
    if not policy.first_wait:
        return replace(tries, count=count, next_at=tries.forget_at)
    # Doubling ends long before the exponent could grow beyond reason.
    wait = min(policy.first_wait * 2 ** min(count - policy.allowed, 20), policy.longest_wait)
    return Tries(count=count, next_at=now + wait, forget_at=now + wait + policy.remembered)


def count_try(whose: str, *, policy: Policy, counters: TryStore, clock: Clock) -> None:
    """Counts one try; TooManyTries if it must wait."""
    key, now = policy.key(whose), clock.now()
    for _ in range(policy.allowed + 3):
        stored = counters.get(key)
        new = counted(stored, policy=policy, now=now)
        if new is None:
            raise errors.TooManyTries(retry_after=stored.next_at - now if stored else 1)
        if counters.replace(key, expected=stored, new=new):
            return
    raise errors.TooManyTries(retry_after=1)


def forget(whose: str, *, policy: Policy, counters: TryStore) -> None:
    """After a success."""
    counters.forget(policy.key(whose))
