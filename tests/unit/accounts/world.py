"""A world of fakes behind the real handlers and the real wiring."""

from __future__ import annotations

from dataclasses import dataclass, field

from sealmate import wiring
from sealmate.accounts.account import OwnAccount
from sealmate.accounts.sessions import Sessions
from sealmate.seal.data_keys import DataKeySeal
from tests.fakes.accounts import (
    FakeAccounts,
    FakeDevices,
    FakeErasures,
    FakeGrantedWallets,
    FakeLogins,
    FakeReceipts,
    FakeRemains,
    FakeSessions,
    FakeSignUps,
    FakeTickets,
    FakeTries,
    Rows,
)
from tests.fakes.apps import FakeApps
from tests.fakes.chats import FakeChats, FakeHistoryCache
from tests.fakes.clock import FakeClock, FakeRandom
from tests.fakes.connections import FakeConnections
from tests.fakes.http import Api
from tests.fakes.keys import FakeKeyService
from tests.fakes.mail import FakeMailer
from tests.fakes.methods import FakeChallenges, FakeMethods
from tests.fakes.overdue import FakeOverdue
from tests.fakes.pairings import FakePairings
from tests.fakes.person import Person
from tests.fakes.push import FakePush
from tests.fakes.renewals import FakeRenewals
from tests.fakes.resets import FakeResets
from tests.fakes.rotations import FakeRotations
from tests.fakes.stores import Tables
from tests.fakes.turns import FakeTurns
from tests.unit.accounts.recorder import Recorder

ORIGIN = "https://sealmate.example"
GRANT = 1000
ROTATE_EVERY = 14 * 86_400


@dataclass(kw_only=True)
class World:
    """`calls` names every call to a store, a key or the mailer, in order."""

    clock: FakeClock = field(default_factory=FakeClock)
    random: FakeRandom = field(default_factory=FakeRandom)
    keys: FakeKeyService = field(default_factory=FakeKeyService)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    rows: Rows = field(default_factory=Rows)
    tables: Tables = field(default_factory=Tables)
    connections: FakeConnections = field(default_factory=FakeConnections)
    push: FakePush = field(default_factory=FakePush)
    erasures: FakeErasures = field(default_factory=FakeErasures)
    api: Api = field(
        default_factory=lambda: Api(
            "http_auth", "http_account", "http_rotation", "http_reset", "http_erasures", "http_apps", "http_chats"
        )
    )
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.remains = FakeRemains(self.rows)

    def wire(self) -> None:
        rows, calls = self.rows, self.calls
        keys = Recorder("keys", self.keys, calls)
        seal = DataKeySeal(keys=keys, random=self.random)
        accounts = Recorder("accounts", FakeAccounts(rows), calls)
        renewals = Recorder("renewals", FakeRenewals(rows), calls)
        resets = Recorder("resets", FakeResets(rows), calls)
        sessions = Sessions(
            clock=self.clock,
            random=self.random,
            keys=lambda: keys,
            store=Recorder("sessions", FakeSessions(rows), calls),
            connections=lambda: self.connections,
            push=lambda: self.push,
            origins=(ORIGIN,),
        )
        rotations = FakeRotations(rows, self.tables)
        wiring.override()
        wiring.override(
            clock=self.clock,
            random=self.random,
            keys=keys,
            data_seal=seal,
            mailer=Recorder("mailer", self.mailer, calls),
            account_store=accounts,
            session_store=sessions.store,
            sign_up_store=Recorder("sign_ups", FakeSignUps(rows), calls),
            login_store=Recorder("logins", FakeLogins(rows), calls),
            method_store=Recorder("methods", FakeMethods(rows), calls),
            challenge_store=Recorder("challenges", FakeChallenges(rows), calls),
            device_store=Recorder("devices", FakeDevices(rows), calls),
            connections=self.connections,
            push=self.push,
            pairings=Recorder("pairings", FakePairings(rows), calls),
            try_store=Recorder("tries", FakeTries(rows), calls),
            ticket_store=Recorder("tickets", FakeTickets(rows), calls),
            renewals=renewals,
            reset_store=resets,
            overdue_store=FakeOverdue(rows),
            erasures=self.erasures,
            remains=self.remains,
            receipt_store=FakeReceipts(rows),
            sessions=sessions,
            own_account=OwnAccount(
                clock=self.clock,
                seal=seal,
                accounts=accounts,
                renewals=renewals,
                wallets=FakeGrantedWallets(rows),
                sessions=sessions,
                resets=resets,
                rotate_every=ROTATE_EVERY,
            ),
            rotations=rotations,
            securing_store=rotations,
            chats=FakeChats(self.tables),
            turns=FakeTurns(self.tables),
            history_cache=FakeHistoryCache(self.tables, keep=3),
            app_store=Recorder("apps", FakeApps(rows), calls),
        )

    def person(self, email: str = "ada@example.org") -> Person:
        return Person(api=self.api, clock=self.clock, code_for=self.code_for, email=email)

    def code_for(self, email: str) -> str:
        return next(mail.code for mail in reversed(self.mailer.sent) if mail.to == email)
