"""Signing up: mailed code, then password and authenticator, or a passkey; then everything at once.

A known and an unknown e-mail get the same answer for the same work; only the mail differs, and a known one's code is
never told to anyone. If the reply to `complete` is lost, the account is whole: the token is spent, and the person signs
in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import account_keys, backup, mails, manifests, proofs, totp, tries
from sealmate.accounts.answers import CeremonyOptions, SignUpStarted, SignUpVerified, TotpSetup
from sealmate.accounts.challenges import Challenges
from sealmate.accounts.records import Account, Device, Grant, Method, NewAccount, SignUp
from sealmate.accounts.requests import AccountKeys, CompleteSignUp
from sealmate.accounts.sessions import Issued, Sessions
from sealmate.accounts.stores import AccountStore, SignUpStore, TryStore
from sealmate.accounts.webauthn import RelyingParty
from sealmate.model import from_base64url, to_base64url
from sealmate.ports import Clock, DataSeal, KeyService, Mailer, Random

KDF_PROFILE = 1
_CODE_LIFETIME = 600
_TOKEN_LIFETIME = 1800
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class SigningUp:
    """`grant`: credits a new account is given, once an address. `party` comes as a function: only passkeys need it."""

    clock: Clock
    random: Random
    keys: KeyService
    seal: DataSeal
    mailer: Mailer
    accounts: AccountStore
    sign_ups: SignUpStore
    counters: TryStore
    challenges: Challenges
    party: Callable[[], RelyingParty]
    sessions: Sessions
    grant: int

    def start(self, *, email: str, source: str) -> SignUpStarted:
        """`email` is normalised; `source` is the network address it is asked from. TooManyTries, MailNotSent."""
        email_key = proofs.email_key(email, keys=self.keys)
        self._count(proofs.source_key(source, keys=self.keys), tries.SIGN_UPS_FROM_SOURCE)
        self._count(email_key, tries.MAILS_TO_ADDRESS)
        known = self.accounts.id_of(email_key) is not None
        signup_id, account_id = self.random.uuid(), self.random.uuid()
        code = mails.make_code(self.random)
        self.sign_ups.put(
            SignUp(
                signup_id=signup_id,
                account_id=account_id,
                email_key=email_key,
                email_sealed=self.seal.seal(email.encode(), purpose="email", owner=account_id),
                expires_at=self.clock.now() + _CODE_LIFETIME,
                code_mac=proofs.mail_code_mac(signup_id, code, keys=self.keys),
            )
        )
        if known:
            mails.send_known(self.mailer, to=email)
        else:
            mails.send_code(self.mailer, to=email, code=code)
        return SignUpStarted(signup_id=signup_id)

    def verify(self, *, signup_id: str, code: str) -> SignUpVerified:
        """Trades the mailed code, once, for a token and a TOTP seed. WrongCode; StepExpired, also after five tries."""
        sign_up = self._counted(signup_id)
        if sign_up.code_mac is None:
            raise errors.StepExpired()
        if not proofs.matches(proofs.mail_code_mac(signup_id, code, keys=self.keys), sign_up.code_mac):
            raise errors.WrongCode()
        secret, seed = self.random.bytes(32), totp.make_seed(self.random)
        email = self.seal.open(sign_up.email_sealed, purpose="email", owner=sign_up.account_id).decode()
        if not self.sign_ups.prove_email(
            sign_up,
            token_hash=proofs.sha256(secret),
            totp_sealed=self.seal.seal(seed, purpose="totp", owner=sign_up.account_id),
            expires_at=self.clock.now() + _TOKEN_LIFETIME,
        ):
            raise errors.StepExpired()
        return SignUpVerified(
            signup_token=f"{signup_id}.{to_base64url(secret)}",
            account_id=sign_up.account_id,
            kdf_profile=KDF_PROFILE,
            totp=TotpSetup(secret=totp.as_text(seed), uri=totp.provisioning_uri(seed, email=email)),
        )

    def start_passkey(self, *, signup_token: str) -> CeremonyOptions:
        """For an account that a passkey is to open. StepExpired."""
        sign_up = self._holder(signup_token)
        email = self.seal.open(sign_up.email_sealed, purpose="email", owner=sign_up.account_id).decode()
        made = self.challenges.make("sign_up", account_id=sign_up.account_id, bound_to=sign_up.signup_id)
        options = self.party().creation("passkey", challenge=made.challenge, account_id=sign_up.account_id, email=email)
        return CeremonyOptions(challenge_id=made.challenge_id, options=options)

    def complete(self, body: CompleteSignUp, *, device: Device) -> tuple[Issued, list[str]]:
        """The first session and the backup codes.

        InvalidKeys, ManifestConflict, InvalidPasskey, WrongCode; StepExpired, also if the e-mail is taken.
        """
        sign_up = self._holder(body.signup_token)
        account_keys.check(body.keys, account_id=sign_up.account_id)
        sign_up = self._counted(sign_up.signup_id)
        method, totp_sealed, totp_step = self._first(sign_up, body)
        codes = backup.make(self.random)
        issued = self.sessions.make(account_id=sign_up.account_id, device=device)
        new = self._new_account(
            sign_up,
            body.keys,
            first=method,
            issued=issued,
            codes=codes,
            totp_sealed=totp_sealed,
            totp_step=totp_step,
        )
        if not self.accounts.create(new, sign_up=sign_up):
            raise errors.StepExpired()
        return issued, codes

    def _first(self, sign_up: SignUp, body: CompleteSignUp) -> tuple[Method, bytes, int]:
        """What opens the account beside the recovery key, with the authenticator's seed and step if it has one."""
        keys, now = body.keys, self.clock.now()
        if keys.password is not None:
            sealed = sign_up.totp_sealed or b""
            seed = self.seal.open(sealed, purpose="totp", owner=sign_up.account_id)
            step = totp.step_of(body.totp_code or "", seed=seed, now=now)
            if step is None:
                raise errors.WrongCode()
            mac = proofs.auth_mac(sign_up.account_id, keys.password.auth, keys=self.keys)
            return account_keys.password_method(keys.password, auth_mac=mac), sealed, step
        if keys.passkey is None or body.passkey is None:
            raise errors.InvalidKeys(part="passkey")
        new = body.passkey
        challenge = self.challenges.spend(
            new.challenge_id, "sign_up", account_id=sign_up.account_id, bound_to=sign_up.signup_id
        )
        credential = self.party().credential(new.registration, challenge=challenge)
        passkey = account_keys.credential_method(
            keys.passkey.method_id, "passkey", credential, keys.passkey, name=new.name, now=now
        )
        return passkey, b"", 0

    def _new_account(
        self,
        sign_up: SignUp,
        keys: AccountKeys,
        *,
        first: Method,
        issued: Issued,
        codes: list[str],
        totp_sealed: bytes,
        totp_step: int,
    ) -> NewAccount:
        account_id = sign_up.account_id
        recovery_mac = proofs.auth_mac(account_id, keys.recovery.auth, keys=self.keys)
        methods = (first, account_keys.recovery_method(keys.recovery, auth_mac=recovery_mac))
        account = Account(
            account_id=account_id,
            created_at=self.clock.now(),
            email_key=sign_up.email_key,
            email_sealed=sign_up.email_sealed,
            totp_sealed=totp_sealed,
            totp_step=totp_step,
            signing_public=keys.signing.public_key,
            signing_private=keys.signing.private,
            statement=account_keys.statement_record(keys.statement),
            manifest=keys.manifest.record() if keys.manifest else None,
        )
        manifests.check_first(account, list(methods))
        # Asked here, where the mailed code was shown: nobody else learns whether the address was here before.
        before = self.accounts.granted_before(account.email_key, now=account.created_at)
        return NewAccount(
            account=account,
            methods=methods,
            backup_macs=tuple(proofs.backup_macs(account_id, map(backup.read, codes), keys=self.keys)),
            session=issued.session,
            grant=None if before else Grant(row_id=self.random.uuid(), credits=self.grant),
        )

    def _holder(self, signup_token: str) -> SignUp:
        signup_id, _, secret = signup_token.partition(".")
        sign_up = self.sign_ups.get(signup_id)
        try:
            given = proofs.sha256(from_base64url(secret))
        except ValueError:
            raise errors.StepExpired() from None
        if sign_up is None or sign_up.expires_at <= self.clock.now() or not proofs.matches(given, sign_up.token_hash):
            raise errors.StepExpired()
        return sign_up

    def _counted(self, signup_id: str) -> SignUp:
        """The sign-up with one try more, counted before anything is compared."""
        sign_up = self.sign_ups.count_try(signup_id, limit=_TRIES, now=self.clock.now())
        if sign_up is None:
            raise errors.StepExpired()
        return sign_up

    def _count(self, whose: str, policy: tries.Policy) -> None:
        tries.count_try(whose, policy=policy, counters=self.counters, clock=self.clock)
