"""The rows of chats, turns, wallets and connections. (Accounts have a file of their own.)

| table | pk | sk | row |
|---|---|---|---|
| chats | account | CHAT#chat | ChatItem: keys, title, details, times; of a deleted one its id and times |
| chats | account | RING | RingItem: the revision of an account's key ring, raised with each new chat |
| chats | account#chat | TURN#turn | RecordItem: the sealed message and what became of it |
| turns | account#turn | TURN | TurnItem: where the turn stands |
| turns | account#turn | MESSAGE | MessageItem: the message in flight, under the turn's data key |
| turns | account#turn | STREAM | StreamItem: the answer so far, who streams it, who wants it stopped |
| turns | account#ASKED | minute | AskedItem: how many messages an account sent in it |
| turns | account#IMPORTED | minute | AskedItem: how many parts of archives |
| turns | account#CACHE | chat | CacheItem: recent messages under the cache key and a data key |
| wallets | account | WALLET | WalletItem |
| wallets | account | HOLD#turn | HoldItem |
| wallets | account | LEDGER#time#row | LedgerItem |
| connections | CONNECTION#id | CONNECTION | CallerItem: whose connection this is |
| connections | ACCOUNT#account | CONNECTION#id | ConnectionItem: what it shows |
"""

from __future__ import annotations

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from sealmate.adapters.dynamodb.table import Item


class RecentChats(GlobalSecondaryIndex["ChatItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "recent_chats"
        projection = AllProjection()

    account_id = UnicodeAttribute(hash_key=True)
    updated_at = NumberAttribute(range_key=True)


class ChatItem(Item):
    """`keys` is {generation as text: base64url of the chat_key envelope}; rows older than `active_at` have none.

    `staged` is {"lease", "epoch", "keys": as above, under that epoch's master key}.
    """

    class Meta:
        pass

    chat_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    generation = NumberAttribute()
    keys = JSONAttribute()
    staged = JSONAttribute(null=True)
    title = BinaryAttribute(legacy_encoding=False, null=True)
    details = BinaryAttribute(legacy_encoding=False, null=True)
    revision = NumberAttribute(null=True)
    deleted = BooleanAttribute(null=True)
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    active_at = NumberAttribute(null=True)
    recent_chats = RecentChats()


class RingItem(Item):
    class Meta:
        pass

    revision = NumberAttribute(default=0)


class RecordItem(Item):
    """`message` goes when the turn is deleted."""

    class Meta:
        pass

    turn_id = UnicodeAttribute()
    chat_id = UnicodeAttribute()
    parent_turn_id = UnicodeAttribute(null=True)
    parent_hash = BinaryAttribute(legacy_encoding=False, null=True)
    created_at = NumberAttribute()
    message = BinaryAttribute(legacy_encoding=False, null=True)
    outcome = UnicodeAttribute()
    code = UnicodeAttribute(null=True)
    answer = BinaryAttribute(legacy_encoding=False, null=True)
    suggestions = BinaryAttribute(legacy_encoding=False, null=True)
    mate = UnicodeAttribute(null=True)
    model = UnicodeAttribute(null=True)
    finish = UnicodeAttribute(null=True)
    credits = NumberAttribute(null=True)
    answered_at = NumberAttribute(null=True)


class TurnItem(Item):
    """`status`: asked, running, answered, settled, or ended (with a code, and nothing charged)."""

    class Meta:
        pass

    chat_id = UnicodeAttribute()
    status = UnicodeAttribute()
    created_at = NumberAttribute()
    connection_id = UnicodeAttribute()
    characters = NumberAttribute()
    temporary = BooleanAttribute(null=True)
    execution_id = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    mate = UnicodeAttribute(null=True)
    model = UnicodeAttribute(null=True)
    finish = UnicodeAttribute(null=True)
    input_tokens = NumberAttribute(null=True)
    output_tokens = NumberAttribute(null=True)
    credits = NumberAttribute(null=True)
    ttl = NumberAttribute()


class AskedItem(Item):
    class Meta:
        pass

    asked = NumberAttribute(default=0)
    ttl = NumberAttribute()


class MessageItem(Item):
    class Meta:
        pass

    sealed = BinaryAttribute(legacy_encoding=False)
    ttl = NumberAttribute()


class StreamItem(Item):
    """`answer`: the sealed one, of a temporary turn alone; others have it in their record."""

    class Meta:
        pass

    attempt = NumberAttribute(default=0)
    lease_until = NumberAttribute(default=0)
    stop = BooleanAttribute(null=True)
    joined = UnicodeSetAttribute(null=True)
    seq = NumberAttribute(null=True)
    snapshot = BinaryAttribute(legacy_encoding=False, null=True)
    answer = BinaryAttribute(legacy_encoding=False, null=True)
    mate = UnicodeAttribute(null=True)
    model = UnicodeAttribute(null=True)
    ttl = NumberAttribute()


class CacheItem(Item):
    class Meta:
        pass

    sealed = BinaryAttribute(legacy_encoding=False)
    saved_at = NumberAttribute()
    ttl = NumberAttribute()


class OpenHolds(GlobalSecondaryIndex["HoldItem"]):  # type: ignore[no-untyped-call]
    """Holds by deadline. Sparse: it lists what is open and nothing else."""

    class Meta:
        index_name = "open_holds"
        projection = AllProjection()

    hold_state = UnicodeAttribute(hash_key=True)
    deadline = NumberAttribute(range_key=True)


class WalletItem(Item):
    """Whole credits. Both numbers only ever change in one transaction with a hold or a ledger row."""

    class Meta:
        pass

    available = NumberAttribute(default=0)
    held = NumberAttribute(default=0)


class HoldItem(Item):
    class Meta:
        pass

    account_id = UnicodeAttribute()
    turn_id = UnicodeAttribute()
    credits = NumberAttribute()
    reserved_at = NumberAttribute()
    hold_state = UnicodeAttribute(default="open")
    deadline = NumberAttribute()
    open_holds = OpenHolds()


class LedgerItem(Item):
    """What happened to the money; never changed, never deleted. A charge's row is named by its turn, so it can't be written twice."""

    class Meta:
        pass

    row_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    credits = NumberAttribute()
    at = NumberAttribute()
    turn_id = UnicodeAttribute(null=True)
    model = UnicodeAttribute(null=True)
    input_tokens = NumberAttribute(null=True)
    output_tokens = NumberAttribute(null=True)


class EpochItem(Item):
    """An account's row (accounts.py), seen from here: only its current epoch is compared."""

    class Meta:
        pass

    epoch = NumberAttribute()


class CallerItem(Item):
    class Meta:
        pass

    account_id = UnicodeAttribute()
    session_id = UnicodeAttribute()
    ttl = NumberAttribute()


class ConnectionItem(Item):
    class Meta:
        pass

    connection_id = UnicodeAttribute()
    session_id = UnicodeAttribute()
    focus = UnicodeAttribute(null=True)
    opened_at = NumberAttribute()
    ttl = NumberAttribute()


def ledger_key(at: int, row_id: str) -> str:
    """Sorts by time; `at` in seconds."""
    return f"LEDGER#{at:020d}#{row_id}"


def turn_key(account_id: str, turn_id: str) -> str:
    """Turns are keyed under their account, so that a foreign turn's id leads nowhere."""
    return f"{account_id}#{turn_id}"


def raise_ring(transaction: TransactWrite, account_id: str) -> None:
    """Belongs into each transaction that begins a chat: a rotation that hasn't seen its key must not be finished."""
    transaction.update(RingItem(account_id, "RING"), actions=[RingItem.revision.add(1)])


def chat_records_key(account_id: str, chat_id: str) -> str:
    return f"{account_id}#{chat_id}"
