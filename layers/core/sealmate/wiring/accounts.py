"""Signing up and in, and what opens an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.settings import settings
from sealmate.wiring.account_rows import (
    account_store,
    app_store,
    device_store,
    login_store,
    method_store,
    pairings,
    renewals,
    reset_store,
    rotations,
    securing_store,
    sign_up_store,
    try_store,
)
from sealmate.wiring.made import once
from sealmate.wiring.platform import clock, data_seal, keys, mailer, random
from sealmate.wiring.settling import audience
from sealmate.wiring.signed_in import challenges, devices, notices, relying_party, sessions

if TYPE_CHECKING:
    from sealmate.accounts.account import OwnAccount
    from sealmate.accounts.app_settings import KeepingSettings
    from sealmate.accounts.changing_email import ChangingEmail
    from sealmate.accounts.giving_keys import GivingKeys
    from sealmate.accounts.renewing import Renewing
    from sealmate.accounts.replacing import Replacing
    from sealmate.accounts.rotating import Rotating
    from sealmate.accounts.securing import Securing
    from sealmate.accounts.signing_in import SigningIn
    from sealmate.accounts.signing_in_by_key import SigningInByKey
    from sealmate.accounts.signing_up import SigningUp
    from sealmate.accounts.stepping_up import SteppingUp
    from sealmate.accounts.stepping_up_by_key import SteppingUpByKey
    from sealmate.accounts.taking_keys import TakingKeys
    from sealmate.accounts.ways_in import WaysIn
    from sealmate.events import Event


@once
def signing_up() -> SigningUp:
    from sealmate import catalog
    from sealmate.accounts.signing_up import SigningUp
    from sealmate.adapters.dynamodb.items import LedgerItem, WalletItem
    from sealmate.adapters.dynamodb.table import bind

    bind(WalletItem, LedgerItem, table="WALLETS_TABLE")
    return SigningUp(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        sign_ups=sign_up_store(),
        counters=try_store(),
        challenges=challenges(),
        party=relying_party,
        sessions=sessions(),
        grant=catalog.prices().signup_grant,
    )


@once
def signing_in() -> SigningIn:
    from sealmate.accounts.signing_in import SigningIn

    return SigningIn(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        accounts=account_store(),
        methods=method_store(),
        logins=login_store(),
        counters=try_store(),
        sessions=sessions(),
        devices=devices(),
    )


@once
def giving_keys() -> GivingKeys:
    from sealmate.accounts.giving_keys import GivingKeys

    return GivingKeys(clock=clock(), accounts=account_store(), counters=try_store(), pairings=pairings())


@once
def taking_keys() -> TakingKeys:
    from sealmate.accounts.taking_keys import TakingKeys

    return TakingKeys(
        clock=clock(), accounts=account_store(), pairings=pairings(), sessions=sessions(), notices=notices()
    )


@once
def own_account() -> OwnAccount:
    from sealmate.accounts.account import OwnAccount
    from sealmate.adapters.dynamodb.items import WalletItem
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.wallets import DynamoWallets

    bind(WalletItem, table="WALLETS_TABLE")
    return OwnAccount(
        clock=clock(),
        seal=data_seal(),
        accounts=account_store(),
        renewals=renewals(),
        wallets=DynamoWallets(),
        sessions=sessions(),
        resets=reset_store(),
        rotate_every=settings().rotation_days * 86_400,
    )


@once
def rotating() -> Rotating:
    from sealmate.accounts.rotating import Rotating

    return Rotating(
        clock=clock(),
        random=random(),
        accounts=account_store(),
        rotations=rotations(),
        sessions=sessions(),
        every=settings().rotation_days * 86_400,
    )


@once
def securing() -> Securing:
    from sealmate.accounts.securing import Securing

    return Securing(
        clock=clock(),
        random=random(),
        keys=keys(),
        rotating=rotating(),
        store=securing_store(),
        devices=device_store(),
        notices=notices(),
    )


@once
def keeping_settings() -> KeepingSettings:
    from sealmate.accounts.app_settings import KeepingSettings

    def tell(account_id: str, event: Event) -> None:
        audience(account_id, "").tell_everyone(event)

    return KeepingSettings(accounts=account_store(), apps=app_store(), tell=tell)


@once
def renewing() -> Renewing:
    from sealmate.accounts.renewing import Renewing

    return Renewing(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        accounts=account_store(),
        renewals=renewals(),
        counters=try_store(),
        notices=notices(),
    )


@once
def signing_in_by_key() -> SigningInByKey:
    from sealmate.accounts.signing_in_by_key import SigningInByKey

    return SigningInByKey(
        clock=clock(),
        party=relying_party(),
        accounts=account_store(),
        methods=method_store(),
        logins=login_store(),
        challenges=challenges(),
        sessions=sessions(),
        devices=devices(),
    )


@once
def ways_in() -> WaysIn:
    from sealmate.accounts.ways_in import WaysIn

    return WaysIn(
        clock=clock(),
        party=relying_party(),
        seal=data_seal(),
        accounts=account_store(),
        methods=method_store(),
        challenges=challenges(),
        notices=notices(),
    )


@once
def stepping_up_by_key() -> SteppingUpByKey:
    from sealmate.accounts.stepping_up_by_key import SteppingUpByKey

    return SteppingUpByKey(
        clock=clock(),
        party=relying_party(),
        accounts=account_store(),
        methods=method_store(),
        challenges=challenges(),
    )


@once
def replacing() -> Replacing:
    from sealmate.accounts.replacing import Replacing

    return Replacing(
        clock=clock(),
        keys=keys(),
        accounts=account_store(),
        renewals=renewals(),
        sessions=sessions(),
        notices=notices(),
    )


@once
def changing_email() -> ChangingEmail:
    from sealmate.accounts.changing_email import ChangingEmail

    return ChangingEmail(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        renewals=renewals(),
        counters=try_store(),
        notices=notices(),
    )


@once
def stepping_up() -> SteppingUp:
    from sealmate.accounts.stepping_up import SteppingUp

    return SteppingUp(clock=clock(), keys=keys(), seal=data_seal(), accounts=account_store(), counters=try_store())
