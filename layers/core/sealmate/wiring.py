"""The only place where real adapters are built, each on first use; tests put fakes in by `override`.

Imports stand inside the functions so that a Lambda loads only what it uses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

from sealmate.settings import required, settings

if TYPE_CHECKING:
    import httpx

    from sealmate import ports
    from sealmate.accounts.account import OwnAccount
    from sealmate.accounts.app_settings import KeepingSettings
    from sealmate.accounts.challenges import Challenges
    from sealmate.accounts.changing_email import ChangingEmail
    from sealmate.accounts.closing import CloseErasure
    from sealmate.accounts.devices import Devices
    from sealmate.accounts.erasing import EraseAccount, EraseRemains
    from sealmate.accounts.giving_keys import GivingKeys
    from sealmate.accounts.networks import Networks
    from sealmate.accounts.notices import Notices
    from sealmate.accounts.overdue import OverdueStore, RemindingOverdue
    from sealmate.accounts.pairing import Pairings
    from sealmate.accounts.receipts import Receipts, ReceiptStore
    from sealmate.accounts.reminding import Reminding
    from sealmate.accounts.renewing import Renewing
    from sealmate.accounts.replacing import Replacing
    from sealmate.accounts.reset_mails import ResetMails
    from sealmate.accounts.resets import ResetStore
    from sealmate.accounts.resetting import Resetting
    from sealmate.accounts.rotating import Rotating
    from sealmate.accounts.rotation import RotationStore, SecuringStore
    from sealmate.accounts.securing import Securing
    from sealmate.accounts.sessions import Sessions
    from sealmate.accounts.signing_in import SigningIn
    from sealmate.accounts.signing_in_by_key import SigningInByKey
    from sealmate.accounts.signing_up import SigningUp
    from sealmate.accounts.stepping_up import SteppingUp
    from sealmate.accounts.stepping_up_by_key import SteppingUpByKey
    from sealmate.accounts.stores import (
        AccountStore,
        AppStore,
        ChallengeStore,
        DeviceStore,
        Erasures,
        LoginStore,
        MethodStore,
        Remains,
        Renewals,
        SessionStore,
        SignUpStore,
        TicketStore,
        TryStore,
    )
    from sealmate.accounts.taking_keys import TakingKeys
    from sealmate.accounts.tickets import Tickets
    from sealmate.accounts.ways_in import WaysIn
    from sealmate.accounts.webauthn import RelyingParty
    from sealmate.adapters.dynamodb.provider_keys import DynamoProviderKeys
    from sealmate.billing.end import End
    from sealmate.billing.ports import Wallets
    from sealmate.billing.precheck import Precheck
    from sealmate.billing.settle import Settle
    from sealmate.billing.sweep import Sweep
    from sealmate.events import Event
    from sealmate.turns.answer import Respond
    from sealmate.turns.audience import Audience
    from sealmate.turns.changing import Changing
    from sealmate.turns.connect import Connect
    from sealmate.turns.fail import Fail
    from sealmate.turns.importing import Importing
    from sealmate.turns.ports import Chats, Connections, HistoryCache, Turn, Turns
    from sealmate.turns.post_process import PostProcess
    from sealmate.turns.pre_process import PreProcess
    from sealmate.turns.resume import Resume, Stop
    from sealmate.turns.stages import StageInput
    from sealmate.turns.start import Execute, Start

T = TypeVar("T")

_made: dict[str, object] = {}


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """One object a process, kept in `_made` under the function's name."""

    @wraps(make)
    def get() -> T:
        if make.__name__ not in _made:
            _made[make.__name__] = make()
        return _made[make.__name__]  # type: ignore[return-value]

    return get


def override(**fakes: object) -> None:
    """Puts fakes in the place of what the functions below make, by their names; `override()` alone forgets everything made."""
    if not fakes:
        _made.clear()
    _made.update(fakes)


@_once
def clock() -> ports.Clock:
    from sealmate.adapters.clock import SystemClock

    return SystemClock()


@_once
def random() -> ports.Random:
    from sealmate.adapters.clock import SystemRandom

    return SystemRandom()


@_once
def keys() -> ports.KeyService:
    from sealmate.adapters.kms import Kms

    return Kms(data_key=required("DATA_KEY"), mac_key=required("MAC_KEY"))


@_once
def data_seal() -> ports.DataSeal:
    from sealmate.seal.data_keys import DataKeySeal

    return DataKeySeal(keys=keys(), random=random())


@_once
def mailer() -> ports.Mailer:
    from sealmate.adapters.mail import Ses

    return Ses(sender=required("MAIL_SENDER"), region=settings().region)


# --- language models ---


@_once
def provider_keys() -> DynamoProviderKeys:
    from sealmate.adapters.dynamodb.provider_keys import DynamoProviderKeys, ProviderKeyItem
    from sealmate.adapters.dynamodb.table import bind

    bind(ProviderKeyItem, table="ACCOUNTS_TABLE")
    return DynamoProviderKeys(seal=data_seal())


@_once
def http() -> httpx.Client:
    """One client a process, so that connections to a provider are used again."""
    import httpx

    return httpx.Client()


@_once
def models() -> ports.Models:
    from sealmate.adapters.providers.models import CatalogModels

    return CatalogModels(keys=provider_keys, http=http())


# --- turns and billing ---


@_once
def push() -> ports.Push:
    from sealmate.adapters.push import ApiGatewayPush

    return ApiGatewayPush(url=settings().websocket_url, region=settings().region, http=http())


@_once
def connections() -> Connections:
    from sealmate.adapters.dynamodb.connections import DynamoConnections
    from sealmate.adapters.dynamodb.items import CallerItem, ConnectionItem
    from sealmate.adapters.dynamodb.table import bind

    bind(CallerItem, ConnectionItem, table="CONNECTIONS_TABLE")
    return DynamoConnections()


@_once
def chats() -> Chats:
    from sealmate.adapters.dynamodb.chats import DynamoChats
    from sealmate.adapters.dynamodb.items import ChatItem, EpochItem, RecordItem, RingItem
    from sealmate.adapters.dynamodb.table import bind

    bind(ChatItem, RecordItem, RingItem, table="CHATS_TABLE")
    bind(EpochItem, table="ACCOUNTS_TABLE")
    return DynamoChats()


@_once
def turns() -> Turns:
    from sealmate import catalog
    from sealmate.adapters.dynamodb.items import (
        AskedItem,
        ChatItem,
        EpochItem,
        MessageItem,
        RecordItem,
        RingItem,
        StreamItem,
        TurnItem,
    )
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.turns import DynamoTurns

    bind(TurnItem, AskedItem, MessageItem, StreamItem, table="TURNS_TABLE")
    bind(ChatItem, RecordItem, RingItem, table="CHATS_TABLE")
    bind(EpochItem, table="ACCOUNTS_TABLE")
    limits = catalog.limits()
    return DynamoTurns(row_ttl=limits.turn_row_ttl_seconds, message_ttl=limits.vault_ttl_seconds)


@_once
def history_cache() -> HistoryCache:
    from sealmate import catalog
    from sealmate.adapters.dynamodb.chats import DynamoHistoryCache
    from sealmate.adapters.dynamodb.items import CacheItem
    from sealmate.adapters.dynamodb.table import bind

    bind(CacheItem, table="TURNS_TABLE")
    return DynamoHistoryCache(keep=catalog.limits().cached_chats, ttl=catalog.limits().cache_ttl_seconds)


@_once
def wallets() -> Wallets:
    from sealmate.adapters.dynamodb.items import HoldItem, LedgerItem, WalletItem
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.wallets import DynamoWallets

    bind(WalletItem, HoldItem, LedgerItem, table="WALLETS_TABLE")
    turns()  # its models take part in the same transactions
    return DynamoWallets()


@_once
def executions() -> ports.Executions:
    from sealmate.adapters.executions import StepFunctions

    return StepFunctions(state_machine=required("ANSWER_TURN_ARN"))


def audience(account_id: str, chat_id: str, connection_id: str = "") -> Audience:
    """`connection_id`: the one that asked, if one did."""
    from sealmate.turns.audience import Audience

    return Audience(
        account_id=account_id,
        chat_id=chat_id,
        connection_id=connection_id,
        connections=connections(),
        push=push(),
        clock=clock(),
    )


def audience_of(turn: StageInput | Turn) -> Audience:
    return audience(turn.account_id, turn.chat_id, turn.connection_id)


@_once
def changing() -> Changing:
    from sealmate.turns.changing import Changing

    return Changing(turns=turns(), chats=chats(), cache=history_cache(), clock=clock(), audience=audience)


@_once
def importing() -> Importing:
    from sealmate.turns.importing import Importing

    return Importing(turns=turns(), chats=chats(), clock=clock(), audience=audience)


@_once
def execute() -> Execute:
    from sealmate.turns.start import Execute

    return Execute(executions=executions())


@_once
def connect() -> Connect:
    from sealmate.turns.connect import Connect

    return Connect(tickets=tickets(), connections=connections(), clock=clock(), origins=settings().origins)


@_once
def start() -> Start:
    from sealmate.turns.start import Start

    return Start(
        turns=turns(),
        wallets=wallets(),
        cache=history_cache(),
        data_seal=data_seal(),
        keys=keys(),
        random=random(),
        clock=clock(),
        execute=execute(),
    )


@_once
def stop() -> Stop:
    from sealmate.turns.resume import Stop

    return Stop(turns=turns())


@_once
def resume() -> Resume:
    from sealmate.turns.resume import Resume

    return Resume(
        turns=turns(),
        chats=chats(),
        connections=connections(),
        wallets=wallets(),
        keys=keys(),
        random=random(),
        clock=clock(),
        end=end(),
        execute=execute(),
    )


@_once
def precheck() -> Precheck:
    from sealmate.billing.precheck import Precheck

    return Precheck(wallets=wallets(), clock=clock(), model_set=settings().model_set)


@_once
def pre_process() -> PreProcess:
    from sealmate.turns.pre_process import PreProcess

    return PreProcess(
        turns=turns(),
        chats=chats(),
        models=models(),
        keys=keys(),
        random=random(),
        clock=clock(),
        model_set=settings().model_set,
    )


@_once
def respond() -> Respond:
    from sealmate.turns.answer import Respond

    return Respond(
        turns=turns(),
        cache=history_cache(),
        models=models(),
        data_seal=data_seal(),
        keys=keys(),
        random=random(),
        clock=clock(),
        model_set=settings().model_set,
    )


@_once
def post_process() -> PostProcess:
    from sealmate.turns.post_process import PostProcess

    return PostProcess(
        turns=turns(),
        chats=chats(),
        cache=history_cache(),
        models=models(),
        keys=keys(),
        random=random(),
        clock=clock(),
        model_set=settings().model_set,
    )


@_once
def settle() -> Settle:
    from sealmate.billing.settle import Settle

    return Settle(wallets=wallets(), turns=turns())


@_once
def end() -> End:
    from sealmate.billing.end import End

    return End(wallets=wallets(), turns=turns(), settle=settle(), clock=clock(), audience_of=audience_of)


@_once
def fail() -> Fail:
    from sealmate.turns.fail import Fail

    return Fail(turns=turns(), clock=clock(), end=end())


@_once
def sweep() -> Sweep:
    from sealmate.billing.sweep import Sweep

    return Sweep(wallets=wallets(), turns=turns(), clock=clock(), end=end())


# --- accounts ---


@_once
def account_store() -> AccountStore:
    from sealmate.adapters.dynamodb.account_items import (
        AccountItem,
        AppItem,
        BackupItem,
        EmailItem,
        ErasureItem,
        GrantedItem,
        LinkItem,
        MethodItem,
        RotationItem,
    )
    from sealmate.adapters.dynamodb.accounts import DynamoAccounts
    from sealmate.adapters.dynamodb.table import bind

    bind(AccountItem, AppItem, BackupItem, EmailItem, ErasureItem, table="ACCOUNTS_TABLE")
    bind(GrantedItem, LinkItem, MethodItem, RotationItem, table="ACCOUNTS_TABLE")
    receipt_store()  # erasing begins one in the same transaction
    reset_store()  # signing in and erasing end a reset in the same transaction
    session_store()  # creating an account and signing in begin a session in the same transaction,
    device_store()  # and note its device
    return DynamoAccounts()


@_once
def session_store() -> SessionStore:
    from sealmate.adapters.dynamodb.account_items import NonceItem, SessionItem
    from sealmate.adapters.dynamodb.sessions import DynamoSessions
    from sealmate.adapters.dynamodb.table import bind

    bind(NonceItem, SessionItem, table="ACCOUNTS_TABLE")
    return DynamoSessions()


@_once
def device_store() -> DeviceStore:
    from sealmate.adapters.dynamodb.account_items import DeviceItem
    from sealmate.adapters.dynamodb.devices import DynamoDevices
    from sealmate.adapters.dynamodb.table import bind

    bind(DeviceItem, table="ACCOUNTS_TABLE")
    return DynamoDevices()


@_once
def devices() -> Devices:
    from sealmate.accounts.devices import Devices

    return Devices(
        clock=clock(),
        store=device_store(),
        sessions=sessions(),
        notices=notices(),
        connections=connections,
        push=push,
    )


@_once
def method_store() -> MethodStore:
    from sealmate.adapters.dynamodb.methods import DynamoMethods

    account_store()  # its models take part in the same transactions
    login_store()
    return DynamoMethods()


@_once
def challenge_store() -> ChallengeStore:
    from sealmate.adapters.dynamodb.account_items import ChallengeItem
    from sealmate.adapters.dynamodb.methods import DynamoChallenges
    from sealmate.adapters.dynamodb.table import bind

    bind(ChallengeItem, table="ACCOUNTS_TABLE")
    return DynamoChallenges()


@_once
def challenges() -> Challenges:
    from sealmate.accounts.challenges import Challenges

    return Challenges(clock=clock(), random=random(), store=challenge_store())


@_once
def relying_party() -> RelyingParty:
    from sealmate.accounts.webauthn import RelyingParty

    if not sessions().origins:
        raise RuntimeError("ORIGINS is empty; passkeys belong to the host of the first address in it")
    return RelyingParty.of(sessions().origins)


@_once
def sign_up_store() -> SignUpStore:
    from sealmate.adapters.dynamodb.account_items import SignUpItem
    from sealmate.adapters.dynamodb.sign_ups import DynamoSignUps
    from sealmate.adapters.dynamodb.table import bind

    bind(SignUpItem, table="ACCOUNTS_TABLE")
    return DynamoSignUps()


@_once
def login_store() -> LoginStore:
    from sealmate.adapters.dynamodb.account_items import LoginItem
    from sealmate.adapters.dynamodb.sign_ups import DynamoLogins
    from sealmate.adapters.dynamodb.table import bind

    bind(LoginItem, table="ACCOUNTS_TABLE")
    return DynamoLogins()


@_once
def try_store() -> TryStore:
    from sealmate.adapters.dynamodb.account_items import TriesItem
    from sealmate.adapters.dynamodb.sign_ups import DynamoTries
    from sealmate.adapters.dynamodb.table import bind

    bind(TriesItem, table="ACCOUNTS_TABLE")
    return DynamoTries()


@_once
def ticket_store() -> TicketStore:
    from sealmate.adapters.dynamodb.account_items import TicketItem
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.tickets import DynamoTickets

    bind(TicketItem, table="CONNECTIONS_TABLE")
    return DynamoTickets()


@_once
def sessions() -> Sessions:
    from sealmate.accounts.sessions import Sessions

    return Sessions(
        clock=clock(),
        random=random(),
        keys=keys,
        store=session_store(),
        connections=connections,
        push=push,
        origins=settings().origins,
    )


@_once
def tickets() -> Tickets:
    from sealmate.accounts.tickets import Tickets

    return Tickets(clock=clock(), random=random(), store=ticket_store(), sessions=session_store())


@_once
def signing_up() -> SigningUp:
    from sealmate import catalog
    from sealmate.accounts.signing_up import SigningUp
    from sealmate.adapters.dynamodb.items import LedgerItem, WalletItem
    from sealmate.adapters.dynamodb.table import bind

    bind(WalletItem, LedgerItem, table="WALLETS_TABLE")
    return SigningUp(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        sign_ups=sign_up_store(),
        counters=try_store(),
        challenges=challenges(),
        party=relying_party,
        sessions=sessions(),
        grant=catalog.prices().signup_grant,
    )


@_once
def networks() -> Networks:
    from sealmate.accounts.networks import Networks

    return Networks(clock=clock(), keys=keys(), counters=try_store())


@_once
def signing_in() -> SigningIn:
    from sealmate.accounts.signing_in import SigningIn

    return SigningIn(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        accounts=account_store(),
        methods=method_store(),
        logins=login_store(),
        counters=try_store(),
        sessions=sessions(),
        devices=devices(),
    )


@_once
def pairings() -> Pairings:
    from sealmate.adapters.dynamodb.account_items import PairingItem
    from sealmate.adapters.dynamodb.pairings import DynamoPairings
    from sealmate.adapters.dynamodb.table import bind

    bind(PairingItem, table="ACCOUNTS_TABLE")
    account_store()  # its models take part in the same transaction
    return DynamoPairings()


@_once
def giving_keys() -> GivingKeys:
    from sealmate.accounts.giving_keys import GivingKeys

    return GivingKeys(clock=clock(), accounts=account_store(), counters=try_store(), pairings=pairings())


@_once
def taking_keys() -> TakingKeys:
    from sealmate.accounts.taking_keys import TakingKeys

    return TakingKeys(
        clock=clock(), accounts=account_store(), pairings=pairings(), sessions=sessions(), notices=notices()
    )


@_once
def own_account() -> OwnAccount:
    from sealmate.accounts.account import OwnAccount
    from sealmate.adapters.dynamodb.items import WalletItem
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.wallets import DynamoWallets

    bind(WalletItem, table="WALLETS_TABLE")
    return OwnAccount(
        clock=clock(),
        seal=data_seal(),
        accounts=account_store(),
        renewals=renewals(),
        wallets=DynamoWallets(),
        sessions=sessions(),
        resets=reset_store(),
        rotate_every=settings().rotation_days * 86_400,
    )


@_once
def rotations() -> RotationStore:
    from sealmate.adapters.dynamodb.items import ChatItem, RingItem
    from sealmate.adapters.dynamodb.rotations import DynamoRotations
    from sealmate.adapters.dynamodb.table import bind

    account_store()  # its models take part in the same transactions
    bind(ChatItem, RingItem, table="CHATS_TABLE")
    return DynamoRotations()


@_once
def rotating() -> Rotating:
    from sealmate.accounts.rotating import Rotating

    return Rotating(
        clock=clock(),
        random=random(),
        accounts=account_store(),
        rotations=rotations(),
        sessions=sessions(),
        every=settings().rotation_days * 86_400,
    )


@_once
def securing_store() -> SecuringStore:
    from sealmate.adapters.dynamodb.securing import DynamoSecuring

    rotations()  # their models take part in the same transaction
    renewals()
    return DynamoSecuring()


@_once
def securing() -> Securing:
    from sealmate.accounts.securing import Securing

    return Securing(
        clock=clock(),
        random=random(),
        keys=keys(),
        rotating=rotating(),
        store=securing_store(),
        notices=notices(),
    )


@_once
def app_store() -> AppStore:
    from sealmate.adapters.dynamodb.apps import DynamoApps

    account_store()  # its models take part in the same transactions
    return DynamoApps()


@_once
def keeping_settings() -> KeepingSettings:
    from sealmate.accounts.app_settings import KeepingSettings

    def tell(account_id: str, event: Event) -> None:
        audience(account_id, "").tell_everyone(event)

    return KeepingSettings(accounts=account_store(), apps=app_store(), tell=tell)


@_once
def renewals() -> Renewals:
    from sealmate.adapters.dynamodb.account_items import PendingEmailItem, PendingTotpItem
    from sealmate.adapters.dynamodb.renewals import DynamoRenewals
    from sealmate.adapters.dynamodb.table import bind

    bind(PendingEmailItem, PendingTotpItem, table="ACCOUNTS_TABLE")
    account_store()  # its models take part in the same transactions
    return DynamoRenewals()


@_once
def notices() -> Notices:
    from sealmate.accounts.notices import Notices

    return Notices(seal=data_seal(), mailer=mailer())


@_once
def renewing() -> Renewing:
    from sealmate.accounts.renewing import Renewing

    return Renewing(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        accounts=account_store(),
        renewals=renewals(),
        counters=try_store(),
        notices=notices(),
    )


@_once
def signing_in_by_key() -> SigningInByKey:
    from sealmate.accounts.signing_in_by_key import SigningInByKey

    return SigningInByKey(
        clock=clock(),
        party=relying_party(),
        accounts=account_store(),
        methods=method_store(),
        logins=login_store(),
        challenges=challenges(),
        sessions=sessions(),
        devices=devices(),
    )


@_once
def ways_in() -> WaysIn:
    from sealmate.accounts.ways_in import WaysIn

    return WaysIn(
        clock=clock(),
        party=relying_party(),
        seal=data_seal(),
        accounts=account_store(),
        methods=method_store(),
        challenges=challenges(),
        notices=notices(),
    )


@_once
def stepping_up_by_key() -> SteppingUpByKey:
    from sealmate.accounts.stepping_up_by_key import SteppingUpByKey

    return SteppingUpByKey(
        clock=clock(),
        party=relying_party(),
        accounts=account_store(),
        methods=method_store(),
        challenges=challenges(),
    )


@_once
def replacing() -> Replacing:
    from sealmate.accounts.replacing import Replacing

    return Replacing(
        clock=clock(),
        keys=keys(),
        accounts=account_store(),
        renewals=renewals(),
        sessions=sessions(),
        notices=notices(),
    )


@_once
def changing_email() -> ChangingEmail:
    from sealmate.accounts.changing_email import ChangingEmail

    return ChangingEmail(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        renewals=renewals(),
        counters=try_store(),
        notices=notices(),
    )


@_once
def stepping_up() -> SteppingUp:
    from sealmate.accounts.stepping_up import SteppingUp

    return SteppingUp(clock=clock(), keys=keys(), seal=data_seal(), accounts=account_store(), counters=try_store())


@_once
def erasures() -> Erasures:
    from sealmate.adapters.erasures import EraseAccountMachine

    return EraseAccountMachine(state_machine=required("ERASE_ACCOUNT_ARN"))


@_once
def erase_account() -> EraseAccount:
    from sealmate.accounts.erasing import EraseAccount

    return EraseAccount(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        accounts=account_store(),
        counters=try_store(),
        sessions=sessions(),
        erasures=erasures(),
    )


@_once
def reset_store() -> ResetStore:
    from sealmate.adapters.dynamodb.account_items import ResetItem, ResetRequestItem
    from sealmate.adapters.dynamodb.resets import DynamoResets
    from sealmate.adapters.dynamodb.table import bind

    bind(ResetItem, ResetRequestItem, table="ACCOUNTS_TABLE")
    return DynamoResets()


@_once
def reset_mails() -> ResetMails:
    from sealmate.accounts.reset_mails import ResetMails

    return ResetMails(
        clock=clock(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        resets=reset_store(),
        waiting=settings().reset_seconds,
    )


@_once
def resetting() -> Resetting:
    from sealmate.accounts.resetting import Resetting

    return Resetting(
        clock=clock(),
        random=random(),
        keys=keys(),
        mailer=mailer(),
        accounts=account_store(),
        resets=reset_store(),
        counters=try_store(),
        progress=reset_mails(),
        erase=erase_account(),
        remains=remains(),
        waiting=settings().reset_seconds,
    )


@_once
def overdue_store() -> OverdueStore:
    from sealmate.adapters.dynamodb.overdue import DynamoOverdue

    account_store()  # it works on the account's own row
    return DynamoOverdue()


@_once
def reminding_overdue() -> RemindingOverdue:
    from sealmate.accounts.overdue import RemindingOverdue

    return RemindingOverdue(
        clock=clock(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        store=overdue_store(),
        every=settings().rotation_days * 86_400,
    )


@_once
def reminding() -> Reminding:
    from sealmate.accounts.reminding import Reminding

    return Reminding(clock=clock(), resets=reset_store(), progress=reset_mails(), overdue=reminding_overdue())


@_once
def remains() -> Remains:
    from sealmate.adapters.dynamodb.account_items import ErasureItem
    from sealmate.adapters.dynamodb.items import ChatItem, LedgerItem
    from sealmate.adapters.dynamodb.remains import (
        AccountsRow,
        ChatsRow,
        ConnectionsRow,
        DynamoRemains,
        TurnsRow,
        WalletsRow,
    )
    from sealmate.adapters.dynamodb.table import bind

    receipt_store()  # what is deleted is counted in the same transaction
    bind(AccountsRow, ErasureItem, table="ACCOUNTS_TABLE")
    bind(ChatItem, ChatsRow, table="CHATS_TABLE")
    bind(TurnsRow, table="TURNS_TABLE")
    bind(WalletsRow, LedgerItem, table="WALLETS_TABLE")
    bind(ConnectionsRow, table="CONNECTIONS_TABLE")
    return DynamoRemains()


@_once
def erase_remains() -> EraseRemains:
    from sealmate.accounts.erasing import EraseRemains

    return EraseRemains(clock=clock(), remains=remains(), close=close_erasure())


@_once
def receipt_store() -> ReceiptStore:
    from sealmate.adapters.dynamodb.account_items import ReceiptItem
    from sealmate.adapters.dynamodb.receipts import DynamoReceipts
    from sealmate.adapters.dynamodb.table import bind

    bind(ReceiptItem, table="ACCOUNTS_TABLE")
    return DynamoReceipts()


@_once
def receipts() -> Receipts:
    from sealmate.accounts.receipts import Receipts

    return Receipts(clock=clock(), keys=keys, store=receipt_store())


@_once
def close_erasure() -> CloseErasure:
    from sealmate.accounts.closing import CloseErasure

    return CloseErasure(
        clock=clock(), remains=remains(), receipts=receipt_store(), keys=keys, seal=data_seal, mailer=mailer
    )
