"""Securing an account after somebody else had a device or a key of it: the compromise rotation of docs/decisions/0013-rotation.md.

On the steps of the scheduled one, but the flip leaves no link, and replaces everything that opened the account: master key,
signing key, every way in, backup codes, every other session; each chat gets a further generation of its key, each app another
key. It takes a session that was proved lately.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sealmate import errors
from sealmate.accounts import account_keys, backup, manifests, proofs
from sealmate.accounts.app_settings import SETTINGS_EPOCH
from sealmate.accounts.notices import Notices
from sealmate.accounts.records import Account, App, Method, Session
from sealmate.accounts.requests import MethodKeys, PasswordKeys
from sealmate.accounts.rotating import Rotating
from sealmate.accounts.rotation import Lease, Secure, SecuringStore
from sealmate.accounts.securing_shapes import EnrolledAgain, SecureAccount, Secured
from sealmate.accounts.staged_keys import key_id_of
from sealmate.accounts.stores import DeviceStore
from sealmate.ports import Clock, KeyService, Random
from sealmate.seal.envelope import Header, Namespace, digest

# Of the chats whose old wraps go at once; the next rotation goes on.
_TIDIED = 200


@dataclass(frozen=True, kw_only=True)
class Securing:
    clock: Clock
    random: Random
    keys: KeyService
    rotating: Rotating
    store: SecuringStore
    devices: DeviceStore
    notices: Notices

    def __call__(self, session: Session, lease_id: str, new: SecureAccount) -> Secured:
        """All of it in one transaction, or nothing. KeysChanged, LeaseOver, ManifestConflict, WrongEpoch, InvalidKeys.

        If the reply is lost, so are the backup codes: new ones are made as always.
        """
        lease, now = self.rotating.held(session, lease_id), self.clock.now()
        before = self.rotating.account(session, epoch=lease.epoch)
        after, methods = self._after(before, new), self._methods(before, lease, new)
        codes = backup.make(self.random)
        secure = Secure(
            before=before,
            after=replace(after, rotated_at=now),
            lease=lease,
            ring=new.ring,
            session=session,
            methods=methods,
            apps=self._apps(before, new),
            backup_macs=tuple(proofs.backup_macs(before.account_id, map(backup.read, codes), keys=self.keys)),
        )
        if not self.store.secure(secure, now=now):
            self.rotating.held(session, lease_id)
            self.rotating.account(session, epoch=lease.epoch)
            raise errors.KeysChanged()
        self.rotating.sessions.revoke_others(session)
        self._drop_questions(session)
        self.rotating.rotations.tidy(before.account_id, lease.epoch + 1, limit=_TIDIED)
        self.notices.tell(before, "secured")
        return Secured(epoch=lease.epoch + 1, rotation_due_at=now + self.rotating.every, backup_codes=codes)

    def _drop_questions(self, session: Session) -> None:
        """Nobody of before has anything left that opens the account: whoever comes back is new. Safe to repeat."""
        for device in self.devices.of_account(session.account_id):
            if not device.answered and device.key != session.device_key:
                self.devices.forget(session.account_id, device.key)

    @staticmethod
    def _after(before: Account, new: SecureAccount) -> Account:
        """The statement and the manifest follow the present ones, and are signed by the new key."""
        if new.signing.public_key == before.signing_public:
            raise errors.InvalidKeys(part="signing.public_key")
        after = replace(
            before,
            signing_public=new.signing.public_key,
            signing_private=new.signing.private,
            statement=account_keys.statement_record(new.statement),
            manifest=new.manifest.record(),
        )
        manifests.check_next(new.statement, before, signing_public=after.signing_public)
        epoch = before.statement.epoch + 1
        manifests.check_manifest(new.manifest.record(), before, epoch=epoch, signing_public=after.signing_public)
        return after

    def _methods(self, before: Account, lease: Lease, new: SecureAccount) -> tuple[Method, ...]:
        """All there are from now on, named in the manifest; with each chat's keys under the same master key. InvalidKeys, KeysChanged."""
        known, epoch = self.rotating.accounts.methods(before.account_id), lease.epoch + 1
        again = tuple(_again(each, known) for each in new.credentials)
        password = () if new.password is None else (self._password(before, new.password),)
        if not password and not again:
            raise errors.InvalidKeys(part="password")
        methods = (*password, self._recovery(before, new.recovery), *again)
        account_keys.check_all_new(methods, known, signing=new.signing.private, epoch=epoch)
        named = {(method.method_id, digest(method.public)) for method in methods}
        if named != set(new.manifest.record().methods):
            raise errors.InvalidKeys(part="manifest.methods")
        under = key_id_of(new.signing.private, Namespace.SIGNING_KEY, epoch=epoch)
        self.rotating.check_chats(lease, under=under, further=1)
        return methods

    def _apps(self, before: Account, new: SecureAccount) -> tuple[App, ...]:
        """Each there is, as it was kept last, under a key that it hasn't had. InvalidKeys, KeysChanged."""
        known = {app.name: app for app in self.rotating.accounts.apps(before.account_id)}
        apps = tuple(each.record() for each in new.apps)
        if sorted((each.name, each.revision - 1) for each in apps) != sorted(
            (a.name, a.revision) for a in known.values()
        ):
            raise errors.KeysChanged()
        epoch = before.statement.epoch + 1
        under = key_id_of(new.signing.private, Namespace.SIGNING_KEY, epoch=epoch)
        for app in apps:
            key = key_id_of(app.settings, Namespace.APP_SETTINGS, epoch=SETTINGS_EPOCH)
            same = key == Header.parse(known[app.name].settings).key_id
            if same or key_id_of(app.key, Namespace.APP_KEY, epoch=epoch) != under:
                raise errors.InvalidKeys(part="apps")
        return apps

    def _recovery(self, before: Account, keys: MethodKeys) -> Method:
        mac = proofs.auth_mac(before.account_id, keys.auth, keys=self.keys)
        return replace(account_keys.recovery_method(keys, auth_mac=mac), created_at=self.clock.now())

    def _password(self, before: Account, keys: PasswordKeys) -> Method:
        mac = proofs.auth_mac(before.account_id, keys.auth, keys=self.keys)
        return replace(account_keys.password_method(keys, auth_mac=mac), created_at=self.clock.now())


def _again(keys: EnrolledAgain, known: list[Method]) -> Method:
    """What its authenticator is and how it is called stay as they were."""
    found = next((method for method in known if method.method_id == keys.replaces and method.credential), None)
    if found is None:
        raise errors.InvalidKeys(part="credentials")
    return replace(found, method_id=keys.method_id, secret=keys.secret, master=keys.master, public=keys.public)
