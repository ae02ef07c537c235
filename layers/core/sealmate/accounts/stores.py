"""Where accounts are kept, as small Protocols. Reads are strongly consistent; a write that can lose a race says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sealmate.accounts.records import (
    Account,
    App,
    Challenge,
    CredentialUse,
    EmailChange,
    Erasure,
    Link,
    Login,
    Method,
    NewAccount,
    PendingTotp,
    SecondFactor,
    SeenDevice,
    Session,
    SignUp,
    Ticket,
    Tries,
)
from sealmate.accounts.resets import Reset
from sealmate.billing.ports import Wallet
from sealmate.turns.ports import Open


class AccountStore(Protocol):
    def id_of(self, email_key: str) -> str | None: ...

    def get(self, account_id: str) -> Account | None: ...

    def methods(self, account_id: str) -> list[Method]: ...

    def stand_in(self, account_id: str, methods: list[Method]) -> None:
        """Methods of an account that isn't one; whoever writes them last wins, which makes no difference."""

    def links(self, account_id: str) -> list[Link]:
        """Between the account's epochs, the oldest first; readers look at `expires_at` themselves."""

    def apps(self, account_id: str) -> list[App]:
        """Those that have a key."""

    def granted_before(self, email_key: str, *, now: int) -> bool:
        """Whether an account of this address was erased within the last year (GRANTED_AGAIN_AFTER)."""

    def create(self, new: NewAccount, *, sign_up: SignUp) -> bool:
        """All of it, its device and the end of the sign-up in one transaction.

        False: sign-up over, the e-mail was taken, or there is a grant though an account of the address was erased meanwhile.
        """

    def admit(self, session: Session, *, login: Login, factor: SecondFactor) -> bool:
        """Spends the factor, ends the login, begins the session and notes its device, in one transaction.

        It ends a reset: not everything is lost. False: one was spent before, the authenticator was replaced, or the method that proved
        the login is gone.
        """

    def prove(self, session: Session, *, factor: SecondFactor, until: int) -> bool:
        """Spends the factor and notes in the session until when it is proved, in one transaction.

        False: the factor was spent before, its authenticator was replaced, or the session has ended.
        A factor of nothing (a passkey's proof) spends nothing.
        """

    def shred(
        self, account: Account, *, factor: SecondFactor, now: int, erasure_id: str, reset: Reset | None = None
    ) -> bool:
        """Spends the factor and deletes the account with all that opens it, and notes that the rest is to be erased.

        One transaction: unlock methods, links, wrapped, app and signing keys, TOTP seed, backup codes, the address and its lookup, a reset.
        They are counted in the erasure's receipt, which begins with it. Noted is also that the address had its grant, by its key alone.
        False: the factor was spent before, its authenticator was replaced, or `reset`, if it is why, isn't under way as it was read.
        """


class AppStore(Protocol):
    """Apps of accounts, their keys and settings."""

    def app(self, account_id: str, name: str) -> App | None: ...

    def begin(self, account_id: str, app: App, *, epoch: int) -> bool:
        """In the place of the revision before, if there is one. A rotation that hasn't seen it fails.

        False if the app is at another revision than that, or the account isn't at this epoch, whose key the app's is under."""

    def change(self, account_id: str, name: str, settings: bytes, *, seen: int) -> bool:
        """The next revision. False if it is no longer at `seen`, or has not begun."""


class Renewals(Protocol):
    """What takes the place of something that opens an account, in one transaction, for a session that hasn't ended."""

    def backup_codes_left(self, account_id: str) -> int: ...

    def backup_codes(self, session: Session, *, macs: Sequence[bytes]) -> bool:
        """All codes there were end, these begin. False: they were replaced meanwhile, or the session has ended."""

    def method(self, session: Session, *, old: Method | None, new: Method, epoch: int, sequence: int | None) -> bool:
        """`new` takes the place of `old`, and the account's other sessions end: those beyond what a transaction can hold after it.

        False: `old` isn't the one of its kind (none, if it is None), the account isn't at this epoch and this sequence of its
        manifest, or the session has ended.
        """

    def put_totp(self, pending: PendingTotp) -> None: ...

    def pending_totp(self, account_id: str) -> PendingTotp | None: ...

    def totp(self, session: Session, *, pending: PendingTotp, step: int, old: bytes) -> bool:
        """The pending seed takes the place of `old` (empty if there was none), with `step` spent.

        False: one of the two is no longer there, or the session.
        """

    def put_email(self, change: EmailChange) -> None: ...

    def count_email_try(self, account_id: str, *, limit: int, now: int) -> EmailChange | None:
        """The change under way with one try more; None if there is none, it has expired or had `limit` tries."""

    def email(self, session: Session, *, change: EmailChange, old_key: str) -> bool:
        """The account and its lookup move to the new address, and the change is over.

        False: it was over, the address was taken meanwhile, the account's is no longer `old_key`, or the session has ended.
        """


class MethodStore(Protocol):
    """Changes to the ways in, and what passkeys and security keys prove."""

    def add(self, account_id: str, method: Method, *, epoch: int, sequence: int | None) -> bool:
        """False if there is a method of this id, or the account isn't at this epoch (its keys fit no longer) and this sequence of its
        manifest (which names it)."""

    def rename(self, account_id: str, method_id: str, *, name: str) -> bool:
        """False if it isn't there."""

    def remove(self, account_id: str, method_id: str, *, keeping: tuple[str, str]) -> bool:
        """In one transaction with the check that the methods `keeping` stay. False if one of the three isn't there."""

    def note_use(self, account_id: str, method_id: str, *, at: int) -> None:
        """A method that is gone stays gone."""

    def admit(self, session: Session, *, use: CredentialUse, login: Login | None) -> bool:
        """Notes the use, ends the login if there is one, and a reset, begins the session and notes its device, in one transaction.

        False: the credential or the account is gone, its counter has moved meanwhile, or the login was over.
        """

    def prove(self, session: Session, *, use: CredentialUse, until: int) -> bool:
        """Notes the use and until when the session is proved, in one transaction. False: one of the two isn't as it was."""


class ChallengeStore(Protocol):
    def put(self, challenge: Challenge) -> None: ...

    def take(self, challenge_id: str) -> Challenge | None:
        """The challenge, to the one who takes it first; None to all others."""


class SignUpStore(Protocol):
    def put(self, sign_up: SignUp) -> None: ...

    def get(self, signup_id: str) -> SignUp | None: ...

    def count_try(self, signup_id: str, *, limit: int, now: int) -> SignUp | None:
        """The row with one try more; None if it isn't there, has expired or had `limit` tries."""

    def prove_email(self, sign_up: SignUp, *, token_hash: bytes, totp_sealed: bytes, expires_at: int) -> bool:
        """The mailed code is spent and counting starts anew. False if it was spent before."""


class LoginStore(Protocol):
    def put(self, login: Login) -> None: ...

    def get(self, login_id: str) -> Login | None: ...

    def prove_password(self, login_id: str, *, method_id: str) -> None:
        """A login that is gone stays gone."""


class SessionStore(Protocol):
    def get(self, account_id: str, session_id: str) -> Session | None: ...

    def of_account(self, account_id: str) -> list[Session]: ...

    def rotate(self, rotated: Session, *, expected_hash: bytes) -> bool:
        """The new secret's hash and times; `expected_hash` becomes the previous one. False if it isn't the current."""

    def spend_nonce(self, session: Session, nonce: str, *, expires_at: int) -> bool:
        """To the first who spends it for this session; False to all others."""

    def touch(self, session: Session, *, now: int) -> None:
        """Remembers when it was last seen; a session that is gone stays gone."""

    def delete(self, account_id: str, session_id: str) -> None: ...


class DeviceStore(Protocol):
    """Devices are noted where their sessions begin: by `AccountStore` and `MethodStore`."""

    def get(self, account_id: str, key: str) -> SeenDevice | None: ...

    def of_account(self, account_id: str) -> list[SeenDevice]: ...

    def answer(self, account_id: str, key: str) -> None:
        """It is the owner's; a device that is gone stays gone."""

    def forget(self, account_id: str, key: str) -> None: ...


class TryStore(Protocol):
    def get(self, key: str) -> Tries | None: ...

    def replace(self, key: str, *, expected: Tries | None, new: Tries) -> bool:
        """False if what is stored is no longer `expected`."""

    def forget(self, key: str) -> None: ...


class TicketStore(Protocol):
    def put(self, ticket: Ticket) -> None: ...

    def take(self, ticket_hash: str) -> Ticket | None:
        """The ticket, to the one who takes it first; None to all others."""


class Remains(Protocol):
    """What is left of accounts that were shredded, until nothing is."""

    def pending(self) -> list[str]:
        """Some of the accounts that something may be left of."""

    def erasure(self, account_id: str) -> Erasure | None:
        """None if nothing is left of it, or if it wasn't shredded."""

    def erase_some(self, erasure: Erasure) -> int:
        """Deletes a batch of what is left, and counts each row in the receipt in the same transaction; how many there were. 0: nothing."""

    def kept(self, account_id: str) -> int:
        """Rows of the ledger."""

    def claim_mail(self, erasure: Erasure, *, now: int, until: int) -> bool:
        """The mail of the receipt is the caller's to send, and nobody else's before `until`. False if it is somebody's, or was sent."""

    def forget(self, account_id: str) -> None:
        """Nothing is left."""


class Erasures(Protocol):
    def start(self, account_id: str) -> bool:
        """Starts the state machine `erase_account`, named by the account. False if it could not be started."""


class Balances(Protocol):
    def wallet(self, account_id: str) -> Wallet: ...


class SessionConnections(Protocol):
    def of_account(self, account_id: str) -> Sequence[Open]: ...

    def of_session(self, account_id: str, session_id: str) -> list[str]:
        """Ids of the open WebSocket connections of a session."""

    def remove(self, connection_id: str) -> None: ...
