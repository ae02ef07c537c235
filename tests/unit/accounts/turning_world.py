"""An account with chats and some devices, over the stores in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from sealmate.accounts.account import OwnAccount
from sealmate.accounts.notices import Notices
from sealmate.accounts.records import Device, Session
from sealmate.accounts.rotating import Rotating
from sealmate.accounts.securing import Securing
from sealmate.accounts.sessions import Sessions
from sealmate.seal.data_keys import DataKeySeal
from tests.fakes.accounts import FakeAccounts, FakeDevices, FakeGrantedWallets, FakeSessions, Rows
from tests.fakes.chats import FakeChats
from tests.fakes.clock import FakeClock, FakeRandom
from tests.fakes.connections import FakeConnections
from tests.fakes.keys import FakeKeyService
from tests.fakes.mail import FakeMailer
from tests.fakes.push import FakePush
from tests.fakes.renewals import FakeRenewals
from tests.fakes.resets import FakeResets
from tests.fakes.rotations import FakeRotations
from tests.fakes.stores import Tables
from tests.fakes.turning import ACCOUNT, Turning, account

FOURTEEN_DAYS = 14 * 86_400


def chat_id(number: int) -> str:
    return f"22222222-0000-4000-8000-{number:012d}"


@dataclass(kw_only=True)
class TurningWorld:
    clock: FakeClock = field(default_factory=FakeClock)
    rows: Rows = field(default_factory=Rows)
    tables: Tables = field(default_factory=Tables)

    def __post_init__(self) -> None:
        stored, methods = account()
        self.rows.accounts[ACCOUNT], self.rows.methods[ACCOUNT] = stored, methods
        self.tables.open_account(ACCOUNT, credits_=0)
        self.chats, self.rotations = FakeChats(self.tables), FakeRotations(self.rows, self.tables)
        accounts, random = FakeAccounts(self.rows), FakeRandom()
        sessions = Sessions(
            clock=self.clock,
            random=random,
            keys=FakeKeyService,
            store=FakeSessions(self.rows),
            connections=FakeConnections,
            push=FakePush,
            origins=(),
        )
        self.sessions = sessions
        self.rotating = Rotating(
            clock=self.clock,
            random=random,
            accounts=accounts,
            rotations=self.rotations,
            sessions=sessions,
            every=FOURTEEN_DAYS,
        )
        seal = DataKeySeal(keys=FakeKeyService(), random=random)
        self.mailer = FakeMailer()
        self.securing = Securing(
            clock=self.clock,
            random=random,
            keys=FakeKeyService(),
            rotating=self.rotating,
            store=self.rotations,
            devices=FakeDevices(self.rows),
            notices=Notices(seal=seal, mailer=self.mailer),
        )
        self.own = OwnAccount(
            clock=self.clock,
            seal=seal,
            accounts=accounts,
            wallets=FakeGrantedWallets(self.rows),
            sessions=sessions,
            renewals=FakeRenewals(self.rows),
            resets=FakeResets(self.rows),
            rotate_every=FOURTEEN_DAYS,
        )

    def device(self) -> Turning:
        session = self.session()
        return Turning(rotating=self.rotating, own=self.own, chats=self.chats, session=session)

    def session(self) -> Session:
        session = self.sessions.make(account_id=ACCOUNT, device=Device(key="laptop", name="laptop")).session
        self.rows.sessions[ACCOUNT, session.session_id] = session
        return session

    @property
    def epoch(self) -> int:
        return self.rows.accounts[ACCOUNT].statement.epoch
