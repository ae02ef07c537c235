"""Who is signed in, from which device, and what they are told of their account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.settings import settings
from sealmate.wiring.account_rows import challenge_store, device_store, session_store, ticket_store, try_store
from sealmate.wiring.made import once
from sealmate.wiring.platform import clock, data_seal, keys, mailer, push, random
from sealmate.wiring.rows import connections

if TYPE_CHECKING:
    from sealmate.accounts.challenges import Challenges
    from sealmate.accounts.devices import Devices
    from sealmate.accounts.networks import Networks
    from sealmate.accounts.notices import Notices
    from sealmate.accounts.sessions import Sessions
    from sealmate.accounts.tickets import Tickets
    from sealmate.accounts.webauthn import RelyingParty


@once
def devices() -> Devices:
    from sealmate.accounts.devices import Devices

    return Devices(
        clock=clock(),
        store=device_store(),
        sessions=sessions(),
        notices=notices(),
        connections=connections,
        push=push,
    )


@once
def challenges() -> Challenges:
    from sealmate.accounts.challenges import Challenges

    return Challenges(clock=clock(), random=random(), store=challenge_store())


@once
def relying_party() -> RelyingParty:
    from sealmate.accounts.webauthn import RelyingParty

    if not sessions().origins:
        raise RuntimeError("ORIGINS is empty; passkeys belong to the host of the first address in it")
    return RelyingParty.of(sessions().origins)


@once
def sessions() -> Sessions:
    from sealmate.accounts.sessions import Sessions

    return Sessions(
        clock=clock(),
        random=random(),
        keys=keys,
        store=session_store(),
        connections=connections,
        push=push,
        origins=settings().origins,
    )


@once
def tickets() -> Tickets:
    from sealmate.accounts.tickets import Tickets

    return Tickets(clock=clock(), random=random(), store=ticket_store(), sessions=session_store())


@once
def networks() -> Networks:
    from sealmate.accounts.networks import Networks

    return Networks(clock=clock(), keys=keys(), counters=try_store())


@once
def notices() -> Notices:
    from sealmate.accounts.notices import Notices

    return Notices(seal=data_seal(), mailer=mailer())
