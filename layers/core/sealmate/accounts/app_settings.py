"""An app's settings: sealed on a device under the app's own key, kept as one record, and told to the account's other devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts.app_shapes import AppSettings, PutSettings
from sealmate.accounts.owner import account_of
from sealmate.accounts.records import App
from sealmate.accounts.stores import AccountStore, AppStore
from sealmate.events import Event, SettingsChanged
from sealmate.seal.envelope import Namespace
from sealmate.seal.received import header_of

# Settings outlive the epoch: an app's key is either handed on as it is, or replaced together with them.
SETTINGS_EPOCH = 1


@dataclass(frozen=True, kw_only=True)
class KeepingSettings:
    """`tell`: hands an event to all connections of an account."""

    accounts: AccountStore
    apps: AppStore
    tell: Callable[[str, Event], None]

    def show(self, account_id: str, name: str) -> AppSettings:
        return AppSettings.of(name, self.apps.app(account_id, name))

    def put(self, account_id: str, name: str, put: PutSettings) -> AppSettings:
        """InvalidRecord, WrongEpoch; SettingsConflict if another device was faster."""
        _expect_epoch(put.settings, Namespace.APP_SETTINGS, SETTINGS_EPOCH)
        if put.key is None and put.revision == 0:
            raise errors.InvalidRecord(reason="key")
        if put.key is None:
            stored = self.apps.change(account_id, name, put.settings, seen=put.revision)
        else:
            app = App(name=name, key=put.key, settings=put.settings, revision=put.revision + 1)
            stored = self._begin(account_id, app)
        now = self.apps.app(account_id, name)
        if stored:
            self.tell(account_id, SettingsChanged(app=name, revision=put.revision + 1))
        elif now is None or (now.revision, now.settings) != (put.revision + 1, put.settings):
            # Else it is this very change, sent again as its reply was lost.
            raise errors.SettingsConflict(revision=now.revision if now else 0)
        return AppSettings.of(name, now)

    def _begin(self, account_id: str, app: App) -> bool:
        epoch = account_of(self.accounts, account_id).statement.epoch
        _expect_epoch(app.key, Namespace.APP_KEY, epoch)
        return self.apps.begin(account_id, app, epoch=epoch)


def _expect_epoch(envelope: bytes, namespace: Namespace, epoch: int) -> None:
    if header_of(envelope, namespace).epoch != epoch:
        raise errors.WrongEpoch()
