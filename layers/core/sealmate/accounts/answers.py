"""What clients are told about accounts; docs/protocol.md explains each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sealmate.accounts.app_shapes import WrappedApp
from sealmate.accounts.manifest_shapes import SignedManifest
from sealmate.accounts.records import Account, App, Link, Method, MethodKind
from sealmate.accounts.requests import EpochStatement, Signing
from sealmate.accounts.rotation_shapes import EpochLink
from sealmate.accounts.sessions import Issued
from sealmate.model import Bytes, Shape

SecondFactorKind = Literal["totp", "backup_code", "security_key"]


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


class ResetAsked(Shape):
    request_id: str


class ResetAnswer(Shape):
    """`waiting_seconds`: how long one would wait that begins now. The times are there unless the state is none."""

    state: Literal["none", "waiting", "ready"]
    waiting_seconds: int
    ready_at: int | None = None
    ends_at: int | None = None


class ErasureBegun(Shape):
    """Whoever has the id may see how far it is, and the receipt."""

    erasure_id: str


class ErasureAnswer(Shape):
    """`erased_at` and `mac` are there once all is done; `deleted` counts by kind, `kept` rows of the ledger."""

    erasure_id: str
    requested_at: int
    deleted: dict[str, int]
    kept: int
    erased_at: int | None = None
    mac: Bytes | None = None


class ReceiptVerified(Shape):
    genuine: bool


class LoginStarted(Shape):
    login_id: str
    account_id: str
    kdf_profile: int
    salt: Bytes


class PasswordProved(Shape):
    """Any one of what is named completes the sign-in."""

    missing: tuple[SecondFactorKind, ...]


class CeremonyOptions(Shape):
    """`options` are WebAuthn's own, in its JSON form."""

    challenge_id: str
    options: dict[str, Any]


class WrappedMethod(Shape):
    """Beside the envelopes what a device needs to open them offline: a password's salt, a passkey's credential."""

    method_id: str
    kind: MethodKind
    secret: Bytes
    master: Bytes
    public: Bytes
    salt: Bytes | None = None
    kdf_profile: int | None = None
    credential_id: Bytes | None = None
    transports: list[str] | None = None


class WrappedKeys(Shape):
    """`links`: from earlier epochs to this one, the oldest first; GET /account/keys alone tells them, and `apps`."""

    account_id: str
    epoch: int
    methods: list[WrappedMethod]
    signing: Signing
    statement: EpochStatement
    manifest: SignedManifest | None = None
    links: tuple[EpochLink, ...] = ()
    apps: tuple[WrappedApp, ...] | None = None


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
    """`reset_ready_at`: someone has said that every way in is lost, and from then on the account may be erased."""

    account_id: str
    email: str
    created_at: int
    epoch: int
    rotation_due_at: int
    backup_codes_left: int
    wallet: WalletAnswer
    reset_ready_at: int | None = None


class SessionListed(Shape):
    session_id: str
    device: str
    created_at: int
    last_seen_at: int
    place: str | None = None
    current: bool


class SessionList(Shape):
    sessions: list[SessionListed]


class NewDevice(Shape):
    device_id: str
    device: str
    place: str | None = None
    first_seen_at: int


class NewDevices(Shape):
    devices: list[NewDevice]


class MethodListed(Shape):
    """`unlocks`: whether it opens the keys, or is a second factor only."""

    method_id: str
    kind: MethodKind
    name: str | None = None
    created_at: int
    last_used_at: int | None = None
    unlocks: bool


class MethodList(Shape):
    methods: list[MethodListed]


def session_answer(issued: Issued, *, by_cookie: bool) -> SessionAnswer:
    session = issued.session
    return SessionAnswer(
        token=None if by_cookie else issued.token,
        session_id=session.session_id,
        account_id=session.account_id,
        rotate_at=session.rotate_at,
        expires_at=session.expires_at,
    )


def wrapped_keys(
    account: Account,
    methods: list[Method],
    *,
    links: Sequence[Link] = (),
    apps: Sequence[App] = (),
    former: bool = False,
) -> WrappedKeys:
    """`former`: with what the methods had in the epochs before."""
    statement = account.statement
    return WrappedKeys(
        account_id=account.account_id,
        epoch=statement.epoch,
        methods=[_wrapped(method) for method in methods if method.unlocks],
        signing=Signing(public_key=account.signing_public, private=account.signing_private),
        statement=EpochStatement(
            epoch=statement.epoch,
            commitment=statement.commitment,
            previous=statement.previous,
            signature=statement.signature,
        ),
        manifest=SignedManifest.of(account.manifest) if account.manifest else None,
        links=tuple(EpochLink.of(link, former=former) for link in links),
        apps=tuple(WrappedApp(app=app.name, key=app.key) for app in apps) or None,
    )


def _wrapped(method: Method) -> WrappedMethod:
    credential = method.credential
    return WrappedMethod(
        method_id=method.method_id,
        kind=method.kind,
        secret=method.secret,
        master=method.master,
        public=method.public,
        salt=method.salt,
        kdf_profile=method.kdf_profile,
        credential_id=credential and credential.credential_id,
        transports=credential and list(credential.transports),
    )


def method_listed(method: Method, *, account: Account) -> MethodListed:
    return MethodListed(
        method_id=method.method_id,
        kind=method.kind,
        name=method.name or None,
        created_at=method.created_at or account.created_at,
        last_used_at=method.last_used_at or None,
        unlocks=method.unlocks,
    )
