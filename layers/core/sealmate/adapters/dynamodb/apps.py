"""Apps of accounts: one row each, with the app's key under the master key and its settings under that."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from sealmate.accounts.records import App
from sealmate.adapters.dynamodb.account_items import AccountItem, AppItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.table import committed, settled


class DynamoApps:
    def app(self, account_id: str, name: str) -> App | None:
        try:
            return app_of(AppItem.get(account_id, app_key(name), consistent_read=True))
        except DoesNotExist:
            return None

    def begin(self, account_id: str, app: App, *, epoch: int) -> bool:
        def write(transaction: TransactWrite) -> None:
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[AccountItem.ways_in.add(1)],
                condition=AccountItem.epoch == epoch,
            )
            item = AppItem(
                account_id,
                app_key(app.name),
                name=app.name,
                key=app.key,
                settings=app.settings,
                revision=app.revision,
            )
            seen = app.revision - 1
            transaction.save(item, condition=AppItem.revision == seen if seen else AppItem.pk.does_not_exist())

        return committed(write)

    def change(self, account_id: str, name: str, settings: bytes, *, seen: int) -> bool:
        item = AppItem(account_id, app_key(name))
        actions = set_settings(settings, revision=seen + 1)
        return applied(lambda: settled(lambda: item.update(actions=actions, condition=AppItem.revision == seen)))


def apps_of(account_id: str) -> list[App]:
    found = AppItem.query(account_id, AppItem.sk.startswith("APP#"), consistent_read=True)
    return [app_of(item) for item in found]


def set_settings(settings: bytes, *, revision: int) -> list[Action]:
    return [AppItem.settings.set(settings), AppItem.revision.set(revision)]


def app_key(name: str) -> str:
    return f"APP#{name}"


def app_of(item: AppItem) -> App:
    return App(name=item.name, key=item.key, settings=item.settings, revision=int(item.revision))
