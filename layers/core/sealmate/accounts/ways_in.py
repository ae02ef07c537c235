"""The ways into an account, as its owner keeps them: seen, added, named, removed. Never fewer than two that unlock it.

What changes them takes a session that was proved lately; the edge asks for that (`Sessions.proved`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import account_keys, manifests
from sealmate.accounts.answers import CeremonyOptions, MethodList, MethodListed, method_listed
from sealmate.accounts.challenges import Challenges
from sealmate.accounts.notices import Notices
from sealmate.accounts.owner import account_of, email_of
from sealmate.accounts.records import Account, Credential, CredentialKind, Method, Session
from sealmate.accounts.requests import AddMethod
from sealmate.accounts.stores import AccountStore, MethodStore
from sealmate.accounts.webauthn import RelyingParty
from sealmate.ports import Clock, DataSeal

MOST = 12


@dataclass(frozen=True, kw_only=True)
class WaysIn:
    clock: Clock
    party: RelyingParty
    seal: DataSeal
    accounts: AccountStore
    methods: MethodStore
    challenges: Challenges
    notices: Notices

    def show(self, session: Session) -> MethodList:
        """The oldest first."""
        account = account_of(self.accounts, session.account_id)
        listed = [method_listed(method, account=account) for method in self.accounts.methods(session.account_id)]
        return MethodList(methods=sorted(listed, key=lambda each: (each.created_at, each.method_id)))

    def start_adding(self, session: Session, *, kind: CredentialKind) -> CeremonyOptions:
        """TooManyMethods. An authenticator that has one already refuses to make another."""
        account, known = account_of(self.accounts, session.account_id), self.accounts.methods(session.account_id)
        if len(known) >= MOST:
            raise errors.TooManyMethods()
        email = email_of(account, self.seal)
        made = self.challenges.make("add", account_id=account.account_id, bound_to=session.session_id)
        options = self.party.creation(
            kind,
            challenge=made.challenge,
            account_id=account.account_id,
            email=email,
            known=_credentials(known),
        )
        return CeremonyOptions(challenge_id=made.challenge_id, options=options)

    def add(self, session: Session, body: AddMethod) -> MethodListed:
        """StepExpired, InvalidPasskey, TooManyMethods, ManifestConflict; InvalidKeys, also if the master key was replaced meanwhile."""
        account, known = account_of(self.accounts, session.account_id), self.accounts.methods(session.account_id)
        challenge = self.challenges.spend(
            body.challenge_id, "add", account_id=account.account_id, bound_to=session.session_id
        )
        credential = self.party.credential(body.registration, challenge=challenge)
        if len(known) >= MOST:
            raise errors.TooManyMethods()
        if credential.credential_id in {each.credential_id for each in _credentials(known)}:
            raise errors.InvalidPasskey(reason="known")
        if body.keys is None and body.kind == "passkey":
            raise errors.InvalidPasskey(reason="unlocks_nothing")
        if body.keys is not None:
            account_keys.check_added(body.keys, account=account)
        method = account_keys.credential_method(
            body.method_id, body.kind, credential, body.keys, name=body.name, now=self.clock.now()
        )
        manifests.check_named(account, method)
        if not self.methods.add(
            account.account_id, method, epoch=account.statement.epoch, sequence=account.manifest_sequence
        ):
            raise self._why_not(session, account)
        self.notices.tell(account, "way_added")
        return method_listed(method, account=account)

    def rename(self, session: Session, *, method_id: str, name: str) -> None:
        """MethodNotFound."""
        if not self.methods.rename(session.account_id, method_id, name=name):
            raise errors.MethodNotFound()

    def remove(self, session: Session, *, method_id: str) -> None:
        """MethodNotFound; LastMethod if the recovery key or the last way beside it would go."""
        account = account_of(self.accounts, session.account_id)
        methods = {method.method_id: method for method in self.accounts.methods(session.account_id)}
        if method_id not in methods:
            raise errors.MethodNotFound()
        kept = [method for method in methods.values() if method.unlocks and method.method_id != method_id]
        recovery = next((method for method in kept if method.kind == "recovery"), None)
        other = next((method for method in kept if method.kind != "recovery"), None)
        if recovery is None or other is None:
            raise errors.LastMethod()
        keeping = (recovery.method_id, other.method_id)
        if not self.methods.remove(session.account_id, method_id, keeping=keeping):
            # Somebody removes another at this moment: who looks again sees what is left.
            raise errors.MethodNotFound()
        self.notices.tell(account, "way_removed")

    def _why_not(self, session: Session, before: Account) -> errors.SealmateError:
        """Of one that was refused by what had changed since it was looked at."""
        now = account_of(self.accounts, session.account_id)
        if now.statement.epoch == before.statement.epoch and now.manifest_sequence != before.manifest_sequence:
            return errors.ManifestConflict()
        return errors.InvalidKeys(part="method")


def _credentials(methods: list[Method]) -> list[Credential]:
    return [method.credential for method in methods if method.credential]
