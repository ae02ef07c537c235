"""The HTTP answers, and the bodies that are more than a line."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, StringConstraints, model_validator

from sealmate_cli.crypto import (
    AccountKeys,
    EpochLink,
    EpochStatement,
    FormerMethod,
    Manifest,
    NewMethod,
    SigningKey,
    UnlockMethod,
    WrappedApp,
    WrappedKeys,
)

from .shape import Bytes, Shape, to_wire

Outcome = Literal["asked", "answered", "refused", "failed", "stopped", "withheld", "deleted"]


_UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def _ten_different(codes: list[str]) -> list[str]:
    if len(codes) != 10 or len(set(codes)) != 10:
        raise ValueError("not ten different codes")
    return codes


TenCodes = Annotated[list[str], AfterValidator(_ten_different)]


class Problem(Shape):
    """application/problem+json."""

    code: str
    title: str
    status: int
    next_step: str
    request_id: str = ""
    retry_after: int | None = None
    missing_credits: int | None = None
    nonce: str | None = None


class SignupStarted(Shape):
    signup_id: str


class Totp(Shape):
    """The secret has 160 bits or more; the link holds that very secret, and opens an authenticator and nothing else."""

    secret: Annotated[str, StringConstraints(pattern="^[A-Z2-7]{32,}$")]
    uri: str

    @model_validator(mode="after")
    def _of_one_secret(self) -> Self:
        link = urlsplit(self.uri)
        if (link.scheme, link.netloc) != ("otpauth", "totp") or parse_qs(link.query).get("secret") != [self.secret]:
            raise ValueError("another secret, or no authenticator's link")
        return self


class SignupVerified(Shape):
    signup_token: str
    account_id: str
    kdf_profile: int
    totp: Totp


class Session(Shape):
    session_id: str
    account_id: str
    rotate_at: int
    expires_at: int
    token: str


class SessionAnswer(Shape):
    session: Session


class SignupCompleted(SessionAnswer):
    backup_codes: TenCodes


class LoginStarted(Shape):
    login_id: str
    account_id: str
    kdf_profile: int
    salt: Bytes


class PasswordAccepted(Shape):
    missing: list[str]


class Method(Shape):
    """Salt and profile belong to passwords only."""

    method_id: str
    kind: str
    secret: Bytes
    master: Bytes
    public: Bytes
    salt: Bytes | None = None
    kdf_profile: int | None = None

    def method(self) -> UnlockMethod:
        return UnlockMethod(self.method_id, self.kind, self.secret, self.master, self.public)


class Signing(Shape):
    public_key: Bytes
    private: Bytes


class Statement(Shape):
    epoch: int
    commitment: Bytes
    previous: Bytes
    signature: Bytes

    def statement(self) -> EpochStatement:
        return EpochStatement(**dict(self))


class NamedMethod(Shape):
    method_id: str
    public_hash: Bytes


class SignedManifest(Shape):
    sequence: int
    epoch: int
    previous: Bytes
    methods: list[NamedMethod]
    signature: Bytes

    def manifest(self) -> Manifest:
        named = tuple((method.method_id, method.public_hash) for method in self.methods)
        return Manifest(**{**dict(self), "methods": named})


class Former(Shape):
    method_id: str
    master: Bytes
    public: Bytes


class Link(Shape):
    statement: Statement
    forward: Bytes | None = None
    device: Bytes
    former: tuple[Former, ...] | None = None

    def link(self) -> EpochLink:
        former = tuple(FormerMethod(**dict(method)) for method in self.former or ())
        return EpochLink(self.statement.statement(), self.forward, self.device, former)


class App(Shape):
    app: str
    key: Bytes


class WrappedKeysAnswer(Shape):
    account_id: str
    epoch: int
    methods: list[Method]
    signing: Signing
    statement: Statement
    manifest: SignedManifest | None = None
    links: tuple[Link, ...] = ()
    apps: tuple[App, ...] | None = None

    def keys(self) -> WrappedKeys:
        return WrappedKeys(
            account=self.account_id,
            epoch=self.epoch,
            methods=tuple(method.method() for method in self.methods),
            signing=SigningKey(**dict(self.signing)),
            statement=self.statement.statement(),
            manifest=self.manifest.manifest() if self.manifest else None,
            links=tuple(link.link() for link in self.links),
            apps=tuple(WrappedApp(**dict(app)) for app in self.apps or ()),
        )


class LoginCompleted(SessionAnswer):
    keys: WrappedKeysAnswer


class SteppedUp(Shape):
    proved_until: int


class SessionListed(Shape):
    session_id: str
    device: str
    created_at: int
    last_seen_at: int
    current: bool


class SessionList(Shape):
    sessions: list[SessionListed]


class MethodListed(Shape):
    method_id: str
    kind: str
    name: str | None = None
    created_at: int
    last_used_at: int | None = None
    unlocks: bool


class MethodList(Shape):
    methods: list[MethodListed]


class BackupCodes(Shape):
    codes: TenCodes


class PairingStarted(Shape):
    expires_at: int


class JoinedDevice(Shape):
    device: str
    public_key: Bytes
    commitment: Bytes


class PairingShown(Shape):
    joined: JoinedDevice | None = None
    nonce: Bytes | None = None
    finished: bool


class PairingJoined(Shape):
    account_id: str
    signing_public_key: Bytes


class PairingLooked(Shape):
    nonce: Bytes | None = None
    sealed: Bytes | None = None


class NewDevice(Shape):
    device_id: str
    device: str
    place: str | None = None
    first_seen_at: int


class NewDevices(Shape):
    devices: list[NewDevice]


class ResetAsked(Shape):
    request_id: str


class Reset(Shape):
    """The times are 0 if the state is none."""

    state: Literal["none", "waiting", "ready"]
    waiting_seconds: int
    ready_at: int = 0
    ends_at: int = 0


class ErasureBegun(Shape):
    """The id stands in the address of the receipt."""

    erasure_id: Annotated[str, StringConstraints(pattern=_UUID)]


class Ticket(Shape):
    ticket: str
    expires_in: int


class Wallet(Shape):
    available: int
    held: int


class Account(Shape):
    account_id: str
    email: str
    created_at: int
    epoch: int
    rotation_due_at: int | None = None
    """From then on the master key is to be turned; None from a server that doesn't say."""
    backup_codes_left: int = 0
    wallet: Wallet
    reset_ready_at: int | None = None
    """Somebody says that every way in is lost; from then on the account may be erased."""


class WrappedChatKey(Shape):
    generation: int
    envelope: Bytes


class Chat(Shape):
    chat_id: str
    generation: int
    keys: list[WrappedChatKey]
    title: Bytes | None = None
    details: Bytes | None = None
    revision: int = 0
    deleted: bool = False
    created_at: int
    updated_at: int
    active_at: int | None = None
    """None from a server that doesn't say."""


class ChatPage(Shape):
    chats: list[Chat]
    cursor: str | None = None


class Parent(Shape):
    """The turn before, and the hash of its record that this message was sealed with."""

    turn_id: str
    hash: Bytes


class Turn(Shape):
    turn_id: str
    chat_id: str
    parent: Parent | None = None
    created_at: int
    message: Bytes | None = None
    """None if the turn was deleted."""
    answer: Bytes | None = None
    suggestions: Bytes | None = None
    outcome: Outcome
    code: str | None = None
    mate: str | None = None
    model: str | None = None
    credits: int | None = None
    answered_at: int | None = None


class TurnPage(Shape):
    turns: list[Turn]
    cursor: str | None = None


class LedgerRow(Shape):
    row_id: str
    kind: Literal["grant", "charge"]
    credits: int
    turn_id: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    at: int


class LedgerPage(Shape):
    rows: list[LedgerRow]
    cursor: str | None = None


class Mate(Shape):
    mate: str
    name: str
    topic: str


class Mates(Shape):
    mates: list[Mate]


def account_keys_body(keys: AccountKeys) -> dict[str, Any]:
    """AccountKeys of docs/protocol.md."""
    password = {"salt": keys.password_salt, "kdf_profile": keys.kdf_profile, "auth": keys.password_auth}
    body = {
        "password": _method_body(keys.password) | password,
        "recovery": _method_body(keys.recovery) | {"auth": keys.recovery_auth},
        "signing": keys.signing,
        "statement": keys.statement,
        "manifest": manifest_body(keys.manifest),
    }
    wire: dict[str, Any] = to_wire(body)
    return wire


def manifest_body(manifest: Manifest) -> dict[str, Any]:
    named = [{"method_id": method_id, "public_hash": hashed} for method_id, hashed in manifest.methods]
    body: dict[str, Any] = to_wire({**vars(manifest), "methods": named})
    return body


def new_method_body(new: NewMethod) -> dict[str, Any]:
    of_password = {"salt": new.salt, "kdf_profile": new.kdf_profile} if new.salt else {}
    wire: dict[str, Any] = to_wire(_method_body(new.method) | {"auth": new.auth} | of_password)
    return wire


def _method_body(method: UnlockMethod) -> dict[str, Any]:
    return {
        "method_id": method.method_id,
        "secret": method.secret,
        "master": method.master,
        "public": method.public,
    }
