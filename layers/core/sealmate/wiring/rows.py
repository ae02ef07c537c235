"""Where chats, turns, money and open connections are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.wiring.made import once

if TYPE_CHECKING:
    from sealmate.billing.ports import Wallets
    from sealmate.turns.ports import Chats, Connections, HistoryCache, Turns


@once
def connections() -> Connections:
    from sealmate.adapters.dynamodb.connections import DynamoConnections
    from sealmate.adapters.dynamodb.items import CallerItem, ConnectionItem
    from sealmate.adapters.dynamodb.table import bind

    bind(CallerItem, ConnectionItem, table="CONNECTIONS_TABLE")
    return DynamoConnections()


@once
def chats() -> Chats:
    from sealmate.adapters.dynamodb.chats import DynamoChats
    from sealmate.adapters.dynamodb.items import ChatItem, EpochItem, RecordItem, RingItem
    from sealmate.adapters.dynamodb.table import bind

    bind(ChatItem, RecordItem, RingItem, table="CHATS_TABLE")
    bind(EpochItem, table="ACCOUNTS_TABLE")
    return DynamoChats()


@once
def turns() -> Turns:
    from sealmate import catalog
    from sealmate.adapters.dynamodb.items import (
        AskedItem,
        ChatItem,
        EpochItem,
        MessageItem,
        RecordItem,
        RingItem,
        StreamItem,
        TurnItem,
    )
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.turns import DynamoTurns

    bind(TurnItem, AskedItem, MessageItem, StreamItem, table="TURNS_TABLE")
    bind(ChatItem, RecordItem, RingItem, table="CHATS_TABLE")
    bind(EpochItem, table="ACCOUNTS_TABLE")
    limits = catalog.limits()
    return DynamoTurns(row_ttl=limits.turn_row_ttl_seconds, message_ttl=limits.vault_ttl_seconds)


@once
def history_cache() -> HistoryCache:
    from sealmate import catalog
    from sealmate.adapters.dynamodb.chats import DynamoHistoryCache
    from sealmate.adapters.dynamodb.items import CacheItem
    from sealmate.adapters.dynamodb.table import bind

    bind(CacheItem, table="TURNS_TABLE")
    return DynamoHistoryCache(keep=catalog.limits().cached_chats, ttl=catalog.limits().cache_ttl_seconds)


@once
def wallets() -> Wallets:
    from sealmate.adapters.dynamodb.items import HoldItem, LedgerItem, WalletItem
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.wallets import DynamoWallets

    bind(WalletItem, HoldItem, LedgerItem, table="WALLETS_TABLE")
    turns()  # its models take part in the same transactions
    return DynamoWallets()
