"""API keys of language-model providers: sealed rows of the accounts table, opened once a process."""

from __future__ import annotations

from pynamodb.attributes import BinaryAttribute
from pynamodb.exceptions import DoesNotExist

from sealmate.adapters.dynamodb.table import Item
from sealmate.ports import DataSeal

_PURPOSE = "provider_key"


class ProviderKeyItem(Item):
    """pk PROVIDER#name, sk KEY."""

    class Meta:
        pass

    sealed = BinaryAttribute(legacy_encoding=False)


class DynamoProviderKeys:
    def __init__(self, *, seal: DataSeal) -> None:
        self._seal = seal
        self._opened: dict[str, str] = {}

    def get(self, name: str) -> str:
        """The key, or empty if none is stored; that is looked up again each time, so that a key put later is found."""
        if name not in self._opened:
            try:
                item = ProviderKeyItem.get(_row(name), "KEY")
            except DoesNotExist:
                return ""
            self._opened[name] = self._seal.open(item.sealed, purpose=_PURPOSE, owner=name).decode()
        return self._opened[name]

    def put(self, name: str, key: str) -> None:
        """Stores a key in the place of the one before; other processes keep theirs until they end."""
        sealed = self._seal.seal(key.encode(), purpose=_PURPOSE, owner=name)
        ProviderKeyItem(_row(name), "KEY", sealed=sealed).save()
        self._opened[name] = key


def _row(name: str) -> str:
    return f"PROVIDER#{name}"
