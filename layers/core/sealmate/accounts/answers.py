"""What clients are told about accounts; docs/protocol.md explains each."""

from __future__ import annotations

from typing import Literal

from sealmate.accounts.records import Account, Method, MethodKind
from sealmate.accounts.requests import EpochStatement, Signing
from sealmate.accounts.sessions import Issued
from sealmate.model import Bytes, Shape


class SessionAnswer(Shape):
    """The token is absent where it travels as a cookie."""

    token: str | None = None
    session_id: str
    account_id: str
    rotate_at: int
    expires_at: int


class SignUpStarted(Shape):
    signup_id: str


class TotpSetup(Shape):
    secret: str
    uri: str


class SignUpVerified(Shape):
    signup_token: str
    account_id: str
    kdf_profile: int
    totp: TotpSetup


class SignUpCompleted(Shape):
    session: SessionAnswer
    backup_codes: list[str]


class LoginStarted(Shape):
    login_id: str
    account_id: str
    kdf_profile: int
    salt: Bytes


class PasswordProved(Shape):
    missing: tuple[Literal["totp"], ...] = ("totp",)


class WrappedMethod(Shape):
    method_id: str
    kind: MethodKind
    secret: Bytes
    master: Bytes
    public: Bytes


class WrappedKeys(Shape):
    account_id: str
    epoch: int
    methods: list[WrappedMethod]
    signing: Signing
    statement: EpochStatement


class LoggedIn(Shape):
    session: SessionAnswer
    keys: WrappedKeys


class SessionRotated(Shape):
    session: SessionAnswer


class SteppedUp(Shape):
    proved_until: int


class BackupCodes(Shape):
    codes: list[str]


class TicketMade(Shape):
    ticket: str
    expires_in: int


class WalletAnswer(Shape):
    available: int
    held: int


class AccountAnswer(Shape):
    account_id: str
    email: str
    created_at: int
    epoch: int
    backup_codes_left: int
    wallet: WalletAnswer


class SessionListed(Shape):
    session_id: str
    device: str
    created_at: int
    last_seen_at: int
    current: bool


class SessionList(Shape):
    sessions: list[SessionListed]


def session_answer(issued: Issued, *, by_cookie: bool) -> SessionAnswer:
    session = issued.session
    return SessionAnswer(
        token=None if by_cookie else issued.token,
        session_id=session.session_id,
        account_id=session.account_id,
        rotate_at=session.rotate_at,
        expires_at=session.expires_at,
    )


def wrapped_keys(account: Account, methods: list[Method]) -> WrappedKeys:
    statement = account.statement
    return WrappedKeys(
        account_id=account.account_id,
        epoch=statement.epoch,
        methods=[
            WrappedMethod(method_id=m.method_id, kind=m.kind, secret=m.secret, master=m.master, public=m.public)
            for m in methods
        ],
        signing=Signing(public_key=account.signing_public, private=account.signing_private),
        statement=EpochStatement(
            epoch=statement.epoch,
            commitment=statement.commitment,
            previous=statement.previous,
            signature=statement.signature,
        ),
    )
