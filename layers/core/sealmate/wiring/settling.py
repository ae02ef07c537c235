"""Who hears of a turn, what it may cost, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.settings import settings
from sealmate.wiring.made import once
from sealmate.wiring.platform import clock, push
from sealmate.wiring.rows import connections, turns, wallets

if TYPE_CHECKING:
    from sealmate.billing.end import End
    from sealmate.billing.precheck import Precheck
    from sealmate.billing.settle import Settle
    from sealmate.billing.sweep import Sweep
    from sealmate.turns.audience import Audience
    from sealmate.turns.fail import Fail
    from sealmate.turns.ports import Turn
    from sealmate.turns.stages import StageInput


def audience(account_id: str, chat_id: str, connection_id: str = "") -> Audience:
    """`connection_id`: the one that asked, if one did."""
    from sealmate.turns.audience import Audience

    return Audience(
        account_id=account_id,
        chat_id=chat_id,
        connection_id=connection_id,
        connections=connections(),
        push=push(),
        clock=clock(),
    )


def audience_of(turn: StageInput | Turn) -> Audience:
    return audience(turn.account_id, turn.chat_id, turn.connection_id)


@once
def precheck() -> Precheck:
    from sealmate.billing.precheck import Precheck

    return Precheck(wallets=wallets(), clock=clock(), model_set=settings().model_set)


@once
def settle() -> Settle:
    from sealmate.billing.settle import Settle

    return Settle(wallets=wallets(), turns=turns())


@once
def end() -> End:
    from sealmate.billing.end import End

    return End(wallets=wallets(), turns=turns(), settle=settle(), clock=clock(), audience_of=audience_of)


@once
def fail() -> Fail:
    from sealmate.turns.fail import Fail

    return Fail(turns=turns(), clock=clock(), end=end())


@once
def sweep() -> Sweep:
    from sealmate.billing.sweep import Sweep

    return Sweep(wallets=wallets(), turns=turns(), clock=clock(), end=end())
