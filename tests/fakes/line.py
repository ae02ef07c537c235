"""The whole line of a turn over stores in memory: each step is the product's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sealmate import catalog
from sealmate.billing.end import End
from sealmate.billing.ports import Wallets
from sealmate.billing.precheck import Precheck
from sealmate.billing.settle import Settle
from sealmate.billing.sweep import Sweep
from sealmate.seal.data_keys import DataKeySeal
from sealmate.turns.answer import Respond
from sealmate.turns.audience import Audience
from sealmate.turns.changing import Changing
from sealmate.turns.fail import Fail
from sealmate.turns.importing import Importing
from sealmate.turns.ports import Caller, Turn, Turns
from sealmate.turns.post_process import PostProcess
from sealmate.turns.pre_process import PreProcess
from sealmate.turns.resume import Resume, Stop
from sealmate.turns.stages import StageInput
from sealmate.turns.start import Execute, Start
from tests.fakes.chats import FakeChats, FakeHistoryCache
from tests.fakes.clock import FakeClock, FakeRandom
from tests.fakes.connections import FakeConnections
from tests.fakes.executions import FakeExecutions
from tests.fakes.keys import FakeKeyService
from tests.fakes.models import FakeModel, FakeModels
from tests.fakes.push import FakePush
from tests.fakes.stores import Tables
from tests.fakes.turns import FakeTurns
from tests.fakes.wallets import FakeWallets
from tests.scripted_model.scripts import Scripts

ACCOUNT = "ada"
CALLER = Caller(connection_id="laptop", account_id=ACCOUNT, session_id="session")
MODEL_SET = "mistral"


@dataclass(kw_only=True)
class Line:
    """`between` wraps the stores of turns and wallets, for tests in which something happens between two of their calls."""

    tables: Tables = field(default_factory=Tables)
    clock: FakeClock = field(default_factory=FakeClock)
    random: FakeRandom = field(default_factory=FakeRandom)
    keys: FakeKeyService = field(default_factory=FakeKeyService)
    push: FakePush = field(default_factory=FakePush)
    connections: FakeConnections = field(default_factory=FakeConnections)
    executions: FakeExecutions = field(default_factory=FakeExecutions)
    scripts: Scripts = field(default_factory=Scripts)
    credits: int = 1000
    between: Callable[[Any], Any] = lambda store: store

    def __post_init__(self) -> None:
        self.tables.open_account(ACCOUNT, credits_=self.credits)
        self.connections.add(CALLER, now=self.clock.now())

    @cached_property
    def turns(self) -> Turns:
        store: Turns = self.between(FakeTurns(self.tables))
        return store

    @cached_property
    def wallets(self) -> Wallets:
        store: Wallets = self.between(FakeWallets(self.tables))
        return store

    @cached_property
    def chats(self) -> FakeChats:
        return FakeChats(self.tables)

    @cached_property
    def cache(self) -> FakeHistoryCache:
        return FakeHistoryCache(self.tables, keep=catalog.limits().cached_chats)

    @cached_property
    def models(self) -> FakeModels:
        return FakeModels(FakeModel(self.scripts, clock=self.clock))

    @cached_property
    def data_seal(self) -> DataKeySeal:
        return DataKeySeal(keys=self.keys, random=self.random)

    def audience(self, account_id: str, chat_id: str, connection_id: str = "") -> Audience:
        return Audience(
            account_id=account_id,
            chat_id=chat_id,
            connection_id=connection_id,
            connections=self.connections,
            push=self.push,
            clock=self.clock,
        )

    def audience_of(self, turn: Turn | StageInput) -> Audience:
        return self.audience(turn.account_id, turn.chat_id, turn.connection_id)

    # --- the steps ---

    @cached_property
    def execute(self) -> Execute:
        return Execute(executions=self.executions)

    @cached_property
    def start(self) -> Start:
        return Start(
            turns=self.turns,
            wallets=self.wallets,
            cache=self.cache,
            data_seal=self.data_seal,
            keys=self.keys,
            random=self.random,
            clock=self.clock,
            execute=self.execute,
        )

    @cached_property
    def precheck(self) -> Precheck:
        return Precheck(wallets=self.wallets, clock=self.clock, model_set=MODEL_SET)

    @cached_property
    def pre_process(self) -> PreProcess:
        return PreProcess(
            turns=self.turns,
            chats=self.chats,
            models=self.models,
            keys=self.keys,
            random=self.random,
            clock=self.clock,
            model_set=MODEL_SET,
        )

    @cached_property
    def respond(self) -> Respond:
        return Respond(
            turns=self.turns,
            cache=self.cache,
            models=self.models,
            data_seal=self.data_seal,
            keys=self.keys,
            random=self.random,
            clock=self.clock,
            model_set=MODEL_SET,
        )

    @cached_property
    def post_process(self) -> PostProcess:
        return PostProcess(
            turns=self.turns,
            chats=self.chats,
            cache=self.cache,
            models=self.models,
            keys=self.keys,
            random=self.random,
            clock=self.clock,
            model_set=MODEL_SET,
        )

    @cached_property
    def settle(self) -> Settle:
        return Settle(wallets=self.wallets, turns=self.turns)

    @cached_property
    def end(self) -> End:
        return End(
            wallets=self.wallets,
            turns=self.turns,
            settle=self.settle,
            clock=self.clock,
            audience_of=self.audience_of,
        )

    @cached_property
    def fail(self) -> Fail:
        return Fail(turns=self.turns, clock=self.clock, end=self.end)

    @cached_property
    def sweep(self) -> Sweep:
        return Sweep(wallets=self.wallets, turns=self.turns, clock=self.clock, end=self.end)

    @cached_property
    def resume(self) -> Resume:
        return Resume(
            turns=self.turns,
            chats=self.chats,
            connections=self.connections,
            wallets=self.wallets,
            keys=self.keys,
            random=self.random,
            clock=self.clock,
            end=self.end,
            execute=self.execute,
        )

    @cached_property
    def changing(self) -> Changing:
        return Changing(turns=self.turns, chats=self.chats, cache=self.cache, clock=self.clock, audience=self.audience)

    @cached_property
    def importing(self) -> Importing:
        return Importing(turns=self.turns, chats=self.chats, clock=self.clock, audience=self.audience)

    @cached_property
    def stop(self) -> Stop:
        return Stop(turns=self.turns)
