"""Signing in by a passkey, which is both factors at once, and by a security key as the second factor after a password.

A passkey names its account itself, so nobody types an address, and nothing is asked about one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts.answers import CeremonyOptions, WrappedKeys, wrapped_keys
from sealmate.accounts.asserting import prove_assertion
from sealmate.accounts.challenges import Challenges
from sealmate.accounts.devices import Devices
from sealmate.accounts.records import Challenge, Device, Login, Method
from sealmate.accounts.requests import Assertion
from sealmate.accounts.sessions import Issued, Sessions
from sealmate.accounts.stores import AccountStore, LoginStore, MethodStore
from sealmate.accounts.webauthn import RelyingParty
from sealmate.accounts.whole_keys import read_whole
from sealmate.ports import Clock


@dataclass(frozen=True, kw_only=True)
class SigningInByKey:
    clock: Clock
    party: RelyingParty
    accounts: AccountStore
    methods: MethodStore
    logins: LoginStore
    challenges: Challenges
    sessions: Sessions
    devices: Devices

    def start(self) -> CeremonyOptions:
        made = self.challenges.make("sign_in")
        return _options(made, self.party.request(challenge=made.challenge))

    def finish(self, *, challenge_id: str, assertion: Assertion, device: Device) -> tuple[Issued, WrappedKeys]:
        """By a method that unlocks. StepExpired, WrongCredentials."""
        challenge = self.challenges.spend(challenge_id, "sign_in")
        account_id = (assertion.user_handle or b"").decode(errors="replace")
        methods = [method for method in self.accounts.methods(account_id) if method.unlocks] if account_id else []
        return self._admit(account_id, methods, assertion, challenge=challenge, device=device, login=None)

    def start_second(self, *, login_id: str) -> CeremonyOptions:
        """For a login whose password is proved. StepExpired, also if the account has no security key."""
        login = self._proved(login_id)
        keys = security_keys(self.accounts.methods(login.account_id))
        if not keys:
            raise errors.StepExpired()
        made = self.challenges.make("second_factor", account_id=login.account_id, bound_to=login_id)
        allowed = [method.credential for method in keys if method.credential]
        return _options(made, self.party.request(challenge=made.challenge, allowed=allowed))

    def finish_second(
        self, *, login_id: str, challenge_id: str, assertion: Assertion, device: Device
    ) -> tuple[Issued, WrappedKeys]:
        """StepExpired, WrongCredentials."""
        login = self._proved(login_id)
        challenge = self.challenges.spend(challenge_id, "second_factor", account_id=login.account_id, bound_to=login_id)
        keys = security_keys(self.accounts.methods(login.account_id))
        return self._admit(login.account_id, keys, assertion, challenge=challenge, device=device, login=login)

    def _admit(
        self,
        account_id: str,
        methods: list[Method],
        assertion: Assertion,
        *,
        challenge: bytes,
        device: Device,
        login: Login | None,
    ) -> tuple[Issued, WrappedKeys]:
        if not account_id or self.accounts.get(account_id) is None:
            raise errors.WrongCredentials()
        use = prove_assertion(
            assertion,
            account_id=account_id,
            methods=methods,
            challenge=challenge,
            party=self.party,
            now=self.clock.now(),
        )
        issued = self.sessions.make(account_id=account_id, device=device)
        new = self.devices.is_new(issued.session)
        if not self.methods.admit(issued.session, use=use, login=login):
            raise errors.WrongCredentials()
        whole = read_whole(self.accounts, account_id)
        if new:
            self.devices.announce(whole.account, issued.session)
        return issued, wrapped_keys(whole.account, whole.methods)

    def _proved(self, login_id: str) -> Login:
        login = self.logins.get(login_id)
        if login is None or login.expires_at <= self.clock.now() or login.proved_by is None:
            raise errors.StepExpired()
        return login


def security_keys(methods: list[Method]) -> list[Method]:
    """Those that may be the second factor after a password."""
    return [method for method in methods if method.kind == "security_key"]


def _options(made: Challenge, options: dict[str, object]) -> CeremonyOptions:
    return CeremonyOptions(challenge_id=made.challenge_id, options=options)
