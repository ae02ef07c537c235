"""The devices an account has seen, each under the thumbprint of its key; noted in the transactions that begin sessions."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from sealmate.accounts.records import SeenDevice, Session
from sealmate.adapters.dynamodb.account_items import DeviceItem
from sealmate.adapters.dynamodb.conditional import applied

# A device that hasn't signed in for so long is new again.
_REMEMBERED = 400 * 86_400


class DynamoDevices:
    def get(self, account_id: str, key: str) -> SeenDevice | None:
        try:
            return _device(DeviceItem.get(account_id, _sort_key(key), consistent_read=True))
        except DoesNotExist:
            return None

    def of_account(self, account_id: str) -> list[SeenDevice]:
        items = DeviceItem.query(account_id, DeviceItem.sk.startswith("DEVICE#"), consistent_read=True)
        return [_device(item) for item in items]

    def answer(self, account_id: str, key: str) -> None:
        item = DeviceItem(account_id, _sort_key(key))
        applied(lambda: item.update(actions=[DeviceItem.answered.set(True)], condition=DeviceItem.pk.exists()))

    def forget(self, account_id: str, key: str) -> None:
        DeviceItem(account_id, _sort_key(key)).delete()


def note_device(session: Session, transaction: TransactWrite, *, answered: bool = False) -> None:
    """A device that is known stays as it was answered, and keeps the time when it was first seen."""
    first_seen_at = DeviceItem.first_seen_at | session.created_at
    actions: list[Action] = [
        DeviceItem.name.set(session.device),
        DeviceItem.place.set(session.place),
        DeviceItem.first_seen_at.set(first_seen_at),
        DeviceItem.ttl.set(session.created_at + _REMEMBERED),
    ]
    if answered:
        actions.append(DeviceItem.answered.set(True))
    transaction.update(DeviceItem(session.account_id, _sort_key(session.device_key)), actions=actions)


def _device(item: DeviceItem) -> SeenDevice:
    return SeenDevice(
        account_id=item.pk,
        key=item.sk.removeprefix("DEVICE#"),
        name=item.name,
        place=item.place or "",
        first_seen_at=int(item.first_seen_at),
        answered=bool(item.answered),
    )


def _sort_key(key: str) -> str:
    return f"DEVICE#{key}"
