"""What is kept of an account: its rows as values, free of any database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CredentialKind = Literal["passkey", "security_key"]
MethodKind = Literal["password", "recovery"] | CredentialKind


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A passkey or security key as WebAuthn knows it. `public_key` is COSE; `sign_count` stays 0 if it doesn't count."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way in: three envelopes, and the keyed hash of its auth or a credential. Salt and profile belong to passwords only.

    Without envelopes it unlocks nothing: a security key that is a second factor only.
    """

    method_id: str
    kind: MethodKind
    secret: bytes = b""
    master: bytes = b""
    public: bytes = b""
    auth_mac: bytes | None = None
    salt: bytes | None = None
    kdf_profile: int | None = None
    credential: Credential | None = None
    name: str = ""
    created_at: int = 0
    last_used_at: int = 0

    @property
    def unlocks(self) -> bool:
        return bool(self.secret)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The signed epoch statement; `previous` is empty in epoch 1."""

    epoch: int
    commitment: bytes
    previous: bytes
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What belongs to an account, signed: ids of its methods, each with the SHA-256 of its public envelope."""

    sequence: int
    epoch: int
    previous: bytes
    methods: tuple[tuple[str, bytes], ...]
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class FormerMethod:
    """What a method had in an earlier epoch: with its `secret` it opens that epoch's key, whatever a turn has sealed to it since."""

    method_id: str
    master: bytes
    public: bytes


@dataclass(frozen=True, kw_only=True)
class Link:
    """From an epoch to the next, `statement.epoch`, for its time. Without `forward` nobody is led on.

    `former`: the methods as they were in the epoch before; `acknowledged`: sessions that have followed.
    """

    statement: Statement
    forward: bytes | None
    device: bytes
    made_at: int
    expires_at: int
    former: tuple[FormerMethod, ...] = ()
    acknowledged: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class App:
    """An app of an account: its key under the master key, and its settings under that, as of a revision."""

    name: str
    key: bytes
    settings: bytes
    revision: int


@dataclass(frozen=True, kw_only=True)
class Account:
    """`totp_step` is the last time step whose code was used; sealed blobs are under the server's data keys.

    `totp_sealed` is empty where no authenticator was set up. `rotated_at`: since when its epoch is the present one; None for the first.
    `ways_in` counts the methods that were added or replaced since signing up, and the apps that got a key.
    """

    account_id: str
    created_at: int
    email_key: str
    email_sealed: bytes
    totp_sealed: bytes
    totp_step: int
    signing_public: bytes
    signing_private: bytes
    statement: Statement
    manifest: Manifest | None = None
    rotated_at: int | None = None
    ways_in: int = 0

    @property
    def manifest_sequence(self) -> int | None:
        return self.manifest.sequence if self.manifest else None


GRANTED_AGAIN_AFTER = 365 * 86_400
"""So long after an account was erased, a new one of its address is given no credits."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Credits given at sign-up; `row_id` names their ledger row."""

    row_id: str
    credits: int


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """A sign-up under way. `code_mac` is there until the mailed code is used; token and TOTP seed come after it."""

    signup_id: str
    account_id: str
    email_key: str
    email_sealed: bytes
    expires_at: int
    tries: int = 0
    code_mac: bytes | None = None
    token_hash: bytes | None = None
    totp_sealed: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """An account that is gone, while something is left of it. Its sealed address is kept to mail the receipt to."""

    account_id: str
    erasure_id: str
    shredded_at: int
    email_sealed: bytes


@dataclass(frozen=True, kw_only=True)
class Login:
    """A login under way. For an unknown e-mail it names an account that doesn't exist, and looks no different.

    `methods_of`: against whose methods its proof is held: its account's, or for an unknown e-mail the stand-in's.
    `proved_by`: the unlock method whose auth was right; the proof counts only while that method is there.
    """

    login_id: str
    account_id: str
    methods_of: str
    email_key: str
    expires_at: int
    proved_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Device:
    """What signs in. `key`: the JWK thumbprint of its public key, which its requests prove; `place`: coarse, or empty."""

    key: str
    name: str
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class SeenDevice:
    """A device that has signed in before. `answered`: its owner said that it is theirs, or it was there from the beginning."""

    account_id: str
    key: str
    name: str
    place: str
    first_seen_at: int
    answered: bool


@dataclass(frozen=True, kw_only=True)
class Session:
    """A device that is signed in. Only hashes of its secrets are kept; `device_key` and `place` are those of `Device`.

    `lineage` tells a secret that was once valid from a made-up one; `previous_hash` is of the secret before the last
    rotation, good until `previous_until`. `proved_until`: until when it may change the ways in without proving anew.
    """

    account_id: str
    session_id: str
    device: str
    created_at: int
    last_seen_at: int
    rotate_at: int
    expires_at: int
    lineage: bytes
    secret_hash: bytes
    previous_hash: bytes | None = None
    previous_until: int = 0
    proved_until: int = 0
    device_key: str = ""
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Tries:
    """A counter of tries: no further one before `next_at`, and all is forgotten at `forget_at`."""

    count: int
    next_at: int
    forget_at: int


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A one-use pass for the WebSocket, kept under its SHA-256."""

    ticket_hash: str
    account_id: str
    session_id: str
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class PendingTotp:
    """A new authenticator that has not shown a code yet; an account has one at most, of the session that asked last."""

    account_id: str
    session_id: str
    totp_sealed: bytes
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class EmailChange:
    """A change of address under way, with keyed hashes of the codes that went to both ends; an account has one at most."""

    account_id: str
    session_id: str
    change_id: str
    email_key: str
    email_sealed: bytes
    new_mac: bytes
    old_mac: bytes
    expires_at: int
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """All that comes into being with an account, in one transaction. No `grant` where its address had one before."""

    account: Account
    methods: tuple[Method, ...]
    backup_macs: tuple[bytes, ...]
    session: Session
    grant: Grant | None


@dataclass(frozen=True, kw_only=True)
class SecondFactor:
    """What a login spends: the TOTP time step, of the authenticator whose sealed seed it is, or else the keyed hash of a backup code."""

    totp_step: int | None = None
    totp_sealed: bytes = b""
    backup_mac: bytes | None = None


ChallengePurpose = Literal["add", "sign_in", "second_factor", "sign_up", "step_up"]


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """What an authenticator is to sign, once. `bound_to`: the session, login or sign-up it was made for; empty if none."""

    challenge_id: str
    purpose: ChallengePurpose
    challenge: bytes
    account_id: str
    bound_to: str
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class CredentialUse:
    """A verified assertion: the counter it showed, and the one that was stored when it was looked at."""

    method_id: str
    counted: int
    counted_before: int
    at: int
