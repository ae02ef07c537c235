"""What lies beneath everything: clock, randomness, keys, mail, and what speaks to other services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.settings import required, settings
from sealmate.wiring.made import once

if TYPE_CHECKING:
    import httpx

    from sealmate import ports
    from sealmate.adapters.dynamodb.provider_keys import DynamoProviderKeys


@once
def clock() -> ports.Clock:
    from sealmate.adapters.clock import SystemClock

    return SystemClock()


@once
def random() -> ports.Random:
    from sealmate.adapters.clock import SystemRandom

    return SystemRandom()


@once
def keys() -> ports.KeyService:
    from sealmate.adapters.kms import Kms

    return Kms(data_key=required("DATA_KEY"), mac_key=required("MAC_KEY"))


@once
def data_seal() -> ports.DataSeal:
    from sealmate.seal.data_keys import DataKeySeal

    return DataKeySeal(keys=keys(), random=random())


@once
def mailer() -> ports.Mailer:
    from sealmate.adapters.mail import Ses

    return Ses(sender=required("MAIL_SENDER"), region=settings().region)


@once
def provider_keys() -> DynamoProviderKeys:
    from sealmate.adapters.dynamodb.provider_keys import DynamoProviderKeys, ProviderKeyItem
    from sealmate.adapters.dynamodb.table import bind

    bind(ProviderKeyItem, table="ACCOUNTS_TABLE")
    return DynamoProviderKeys(seal=data_seal())


@once
def http() -> httpx.Client:
    """One client a process, so that connections to a provider are used again."""
    import httpx

    return httpx.Client()


@once
def models() -> ports.Models:
    from sealmate.adapters.providers.models import CatalogModels

    return CatalogModels(keys=provider_keys, http=http())


@once
def push() -> ports.Push:
    from sealmate.adapters.push import ApiGatewayPush

    return ApiGatewayPush(url=settings().websocket_url, region=settings().region, http=http())


@once
def executions() -> ports.Executions:
    from sealmate.adapters.executions import StepFunctions

    return StepFunctions(state_machine=required("ANSWER_TURN_ARN"))
