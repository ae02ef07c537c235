"""The ways into an account, and the challenges that passkeys and security keys answer."""

from __future__ import annotations

from typing import cast

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from sealmate.accounts.records import (
    Challenge,
    ChallengePurpose,
    Credential,
    CredentialUse,
    Login,
    Method,
    MethodKind,
    Session,
)
from sealmate.adapters.dynamodb.account_items import AccountItem, ChallengeItem, LoginItem, MethodItem, SessionItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.devices import note_device
from sealmate.adapters.dynamodb.links import signed_as
from sealmate.adapters.dynamodb.resets import end_reset
from sealmate.adapters.dynamodb.sessions import session_item, session_key
from sealmate.adapters.dynamodb.table import committed


class DynamoMethods:
    def add(self, account_id: str, method: Method, *, epoch: int, sequence: int | None) -> bool:
        def write(transaction: TransactWrite) -> None:
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[AccountItem.ways_in.add(1)],
                condition=(AccountItem.epoch == epoch) & signed_as(sequence),
            )
            transaction.save(method_item(account_id, method), condition=MethodItem.pk.does_not_exist())

        return committed(write)

    def rename(self, account_id: str, method_id: str, *, name: str) -> bool:
        item = MethodItem(account_id, _key(method_id))
        return applied(lambda: item.update(actions=[MethodItem.name.set(name)], condition=MethodItem.pk.exists()))

    def remove(self, account_id: str, method_id: str, *, keeping: tuple[str, str]) -> bool:
        def write(transaction: TransactWrite) -> None:
            for kept in keeping:
                transaction.condition_check(MethodItem, account_id, _key(kept), condition=MethodItem.secret.exists())
            transaction.delete(MethodItem(account_id, _key(method_id)), condition=MethodItem.pk.exists())

        return committed(write)

    def note_use(self, account_id: str, method_id: str, *, at: int) -> None:
        item = MethodItem(account_id, _key(method_id))
        applied(lambda: item.update(actions=[MethodItem.last_used_at.set(at)], condition=MethodItem.pk.exists()))

    def admit(self, session: Session, *, use: CredentialUse, login: Login | None) -> bool:
        def write(transaction: TransactWrite) -> None:
            _note(use, session.account_id, transaction)
            transaction.condition_check(AccountItem, session.account_id, "ACCOUNT", condition=AccountItem.pk.exists())
            if login is not None:
                end_login(login, transaction)
            end_reset(session.account_id, transaction)
            transaction.save(session_item(session))
            note_device(session, transaction)

        return committed(write)

    def prove(self, session: Session, *, use: CredentialUse, until: int) -> bool:
        def write(transaction: TransactWrite) -> None:
            _note(use, session.account_id, transaction)
            transaction.update(
                SessionItem(session.account_id, session_key(session.session_id)),
                actions=[SessionItem.proved_until.set(until)],
                condition=SessionItem.pk.exists(),
            )

        return committed(write)


class DynamoChallenges:
    def put(self, challenge: Challenge) -> None:
        ChallengeItem(
            f"CHALLENGE#{challenge.challenge_id}",
            "CHALLENGE",
            challenge_id=challenge.challenge_id,
            purpose=challenge.purpose,
            challenge=challenge.challenge,
            account_id=challenge.account_id,
            bound_to=challenge.bound_to,
            expires_at=challenge.expires_at,
            ttl=challenge.expires_at,
        ).save()

    def take(self, challenge_id: str) -> Challenge | None:
        try:
            item = ChallengeItem.get(f"CHALLENGE#{challenge_id}", "CHALLENGE", consistent_read=True)
        except DoesNotExist:
            return None
        # Of all who read it, the one whose delete finds it has taken it.
        if not applied(lambda: item.delete(condition=ChallengeItem.pk.exists())):
            return None
        return Challenge(
            challenge_id=item.challenge_id,
            purpose=cast(ChallengePurpose, item.purpose),
            challenge=item.challenge,
            account_id=item.account_id,
            bound_to=item.bound_to,
            expires_at=int(item.expires_at),
        )


def end_login(login: Login, transaction: TransactWrite) -> None:
    """It ends once, and only while the method that proved it is there: a password that was changed meanwhile admits nobody."""
    proved_by = str(login.proved_by)
    transaction.condition_check(MethodItem, login.account_id, _key(proved_by), condition=MethodItem.pk.exists())
    transaction.delete(LoginItem(f"LOGIN#{login.login_id}", "LOGIN"), condition=LoginItem.proved_by == proved_by)


def method_item(account_id: str, method: Method) -> MethodItem:
    credential = method.credential
    return MethodItem(
        account_id,
        _key(method.method_id),
        method_id=method.method_id,
        kind=method.kind,
        auth_mac=method.auth_mac,
        secret=method.secret or None,
        master=method.master or None,
        public=method.public or None,
        salt=method.salt,
        kdf_profile=method.kdf_profile,
        credential_id=credential and credential.credential_id,
        credential_key=credential and credential.public_key,
        sign_count=None if credential is None else credential.sign_count,
        transports=credential and ",".join(credential.transports),
        name=method.name or None,
        created_at=method.created_at or None,
        last_used_at=method.last_used_at or None,
    )


def method_of(item: MethodItem) -> Method:
    return Method(
        method_id=item.method_id,
        kind=cast(MethodKind, item.kind),
        auth_mac=item.auth_mac,
        secret=item.secret or b"",
        master=item.master or b"",
        public=item.public or b"",
        salt=item.salt,
        kdf_profile=None if item.kdf_profile is None else int(item.kdf_profile),
        credential=_credential(item),
        name=item.name or "",
        created_at=int(item.created_at or 0),
        last_used_at=int(item.last_used_at or 0),
    )


def _credential(item: MethodItem) -> Credential | None:
    if item.credential_id is None:
        return None
    return Credential(
        credential_id=item.credential_id,
        public_key=item.credential_key,
        sign_count=int(item.sign_count),
        transports=tuple(filter(None, (item.transports or "").split(","))),
    )


def _note(use: CredentialUse, account_id: str, transaction: TransactWrite) -> None:
    """Only if the counter still is what the proof was held against."""
    transaction.update(
        MethodItem(account_id, _key(use.method_id)),
        actions=[MethodItem.sign_count.set(use.counted), MethodItem.last_used_at.set(use.at)],
        condition=MethodItem.sign_count == use.counted_before,
    )


def _key(method_id: str) -> str:
    return f"METHOD#{method_id}"
