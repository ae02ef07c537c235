"""Signing in: e-mail, then proof of the password or recovery key, then the second factor; only then the wrapped keys.

An unknown e-mail walks the same way with an account that doesn't exist: the same calls in the same order, as much that is
read (standing_in.py), and a proof that can't be right.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import proofs, tries
from sealmate.accounts.answers import LoginStarted, PasswordProved, SecondFactorKind, WrappedKeys, wrapped_keys
from sealmate.accounts.devices import Devices
from sealmate.accounts.proving import factor_of, prove_auth
from sealmate.accounts.records import Device, Login
from sealmate.accounts.sessions import Issued, Sessions
from sealmate.accounts.signing_in_by_key import security_keys
from sealmate.accounts.signing_up import KDF_PROFILE
from sealmate.accounts.standing_in import STAND_IN, methods_of
from sealmate.accounts.stores import AccountStore, LoginStore, MethodStore, TryStore
from sealmate.accounts.whole_keys import read_whole
from sealmate.ports import Clock, DataSeal, KeyService, Random

_LIFETIME = 600


@dataclass(frozen=True, kw_only=True)
class SigningIn:
    clock: Clock
    random: Random
    keys: KeyService
    seal: DataSeal
    accounts: AccountStore
    methods: MethodStore
    logins: LoginStore
    counters: TryStore
    sessions: Sessions
    devices: Devices

    def start(self, *, email: str) -> LoginStarted:
        """`email` is normalised."""
        email_key = proofs.email_key(email, keys=self.keys)
        decoy_id, decoy_salt = proofs.decoy(email, keys=self.keys)
        known = self.accounts.id_of(email_key)
        methods = methods_of(known or STAND_IN, accounts=self.accounts, random=self.random)
        found = next((method.salt for method in methods if method.salt), decoy_salt)
        account_id, salt = (known, found) if known else (decoy_id, decoy_salt)
        login = Login(
            login_id=self.random.uuid(),
            account_id=account_id,
            methods_of=known or STAND_IN,
            email_key=email_key,
            expires_at=self.clock.now() + _LIFETIME,
        )
        self.logins.put(login)
        return LoginStarted(login_id=login.login_id, account_id=account_id, kdf_profile=KDF_PROFILE, salt=salt)

    def prove_password(self, *, login_id: str, auth: bytes) -> PasswordProved:
        """`auth` of any of the account's unlock methods. StepExpired, TooManyTries, WrongCredentials."""
        login = self._under_way(login_id)
        method = prove_auth(
            auth,
            account_id=login.account_id,
            methods_of=login.methods_of,
            whose=login.email_key,
            keys=self.keys,
            accounts=self.accounts,
            counters=self.counters,
            clock=self.clock,
        )
        self.logins.prove_password(login_id, method_id=method.method_id)
        self.methods.note_use(login.account_id, method.method_id, at=self.clock.now())
        return PasswordProved(missing=self._missing(login.account_id))

    def prove_code(self, *, login_id: str, code: str, device: Device) -> tuple[Issued, WrappedKeys]:
        """Six digits of the authenticator or a backup code, either good once. StepExpired, TooManyTries, WrongCode."""
        login = self._under_way(login_id)
        if login.proved_by is None:
            raise errors.StepExpired()
        tries.count_try(login.email_key, policy=tries.CODE, counters=self.counters, clock=self.clock)
        account = self.accounts.get(login.account_id)
        if account is None:
            raise errors.StepExpired()
        issued = self.sessions.make(account_id=account.account_id, device=device)
        factor = factor_of(account, code, keys=self.keys, seal=self.seal, clock=self.clock)
        new = self.devices.is_new(issued.session)
        if not self.accounts.admit(issued.session, login=login, factor=factor):
            raise errors.WrongCode()
        tries.forget(login.email_key, policy=tries.CODE, counters=self.counters)
        # Read anew: a key that was turned meanwhile must not make the code spent in vain.
        whole = read_whole(self.accounts, account.account_id)
        if new:
            self.devices.announce(whole.account, issued.session)
        return issued, wrapped_keys(whole.account, whole.methods)

    def _missing(self, account_id: str) -> tuple[SecondFactorKind, ...]:
        """Any one of these; a backup code may also stand in for the authenticator's."""
        account = self.accounts.get(account_id)
        by_code: SecondFactorKind = "totp" if account and account.totp_sealed else "backup_code"
        if security_keys(self.accounts.methods(account_id)):
            return (by_code, "security_key")
        return (by_code,)

    def _under_way(self, login_id: str) -> Login:
        login = self.logins.get(login_id)
        if login is None or login.expires_at <= self.clock.now():
            raise errors.StepExpired()
        return login
