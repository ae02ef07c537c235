"""The client as a Python API: what the commands are made of, and what scripts can use."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx

from sealmate_cli import crypto
from sealmate_cli.account_life import AccountLife
from sealmate_cli.api import Api
from sealmate_cli.asking import OpenChat, Said, said_in_turn
from sealmate_cli.chain import in_parent_order, last_record
from sealmate_cli.connection import Connection
from sealmate_cli.crypto import ChatKey, CryptoError
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.evidence import Evidence
from sealmate_cli.giving import Giving
from sealmate_cli.line import PATIENCE, Patience
from sealmate_cli.lost_account import LostAccount
from sealmate_cli.profile import Identity, ProfileFile
from sealmate_cli.proving import prove
from sealmate_cli.reading import ChatKeys, ReadChat, ReadTurn, active_at, current_key, is_ahead, read_chat, read_turns
from sealmate_cli.renewing import Renewing
from sealmate_cli.securing import Securing
from sealmate_cli.session import SessionCalls
from sealmate_cli.signin import Login
from sealmate_cli.signup import Signup, SignupResult
from sealmate_cli.socket import Dial, dial_server
from sealmate_cli.taking import Taking
from sealmate_cli.turning import Turning
from sealmate_cli.typed import expect_email
from sealmate_cli.unreadable_chats import UnreadableChats
from sealmate_cli.wire import http as wire
from sealmate_cli.wire.events import Received, SealedAnswer, SealedSuggestions, TurnCharged

DEFAULT_SERVER = "http://localhost:8410"


class Client:
    """One device: `home` is the folder of its profile. `server` None means the one it is signed in to."""

    def __init__(
        self,
        server: str | None,
        home: Path,
        *,
        transport: httpx.BaseTransport | None = None,
        dial: Dial | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        pause: Callable[[float], None] = time.sleep,
        patience: Patience = PATIENCE,
        random: crypto.Random = crypto.system_random,
    ) -> None:
        self.random, self.now = random, now
        self._profile = ProfileFile(home)
        self._evidence = Evidence(home, now)
        server = server or self._profile.load().server or DEFAULT_SERVER
        self._api = Api(server, note=self._evidence.note, transport=transport)
        self._session = SessionCalls(self._api, self._profile, now)
        self._renew = Renewing(self._session, self._profile)
        self._turning = Turning(self._session, self._renew, random=random, now=now)
        self.account = AccountLife(self._session, self._profile, self._renew, random)
        self.securing = Securing(self._session, self._profile, self._renew, random)
        self._dial = dial or dial_server(self._api.server)
        self._sleep, self._pause, self._patience = sleep, pause, patience

    @property
    def server(self) -> str:
        return self._api.server

    def close(self) -> None:
        self._api.close()

    def keep_evidence(self, of: Tampered, *, once: bool = False) -> Path | None:
        """The file that holds the server's last answers, for whoever looks into it; with `once` the one that there is of the kind."""
        return self._evidence.keep(self.server, of.code, once=once)

    # --- signing up and in ---

    def begin_signup(self, email: str) -> Signup:
        self._expect_signed_out()
        return Signup(self._api, self._profile, expect_email(email), self.random)

    def signup(
        self,
        email: str,
        password: str,
        *,
        read_code: Callable[[], str],
        read_totp: Callable[[str, str], str],
    ) -> SignupResult:
        """`read_totp` is given the authenticator's secret and its otpauth URI."""
        signup = self.begin_signup(email)
        totp = signup.verify(read_code())
        signup.make_keys(password)
        return signup.complete(read_totp(totp.secret, totp.uri))

    def begin_login(self, email: str) -> Login:
        self._expect_signed_out()
        return Login(self._api, self._profile, expect_email(email))

    def login(self, email: str, secret: str, *, read_totp: Callable[[], str]) -> Identity:
        """`secret`: the password, or the recovery key."""
        login = self.begin_login(email)
        login.prove(secret)
        return login.confirm(read_totp())

    def take_keys(self, code: str) -> Taking:
        """Signs in with the help of a device that is signed in: `code` is what it shows, or its link."""
        self._expect_signed_out()
        return Taking(self._api, self._profile, code, random=self.random, pause=self._pause)

    def give_keys(self) -> Giving:
        """Adds a device, with the help of which it signs in."""
        return Giving(self._session, self._renew, random=self.random, pause=self._pause)

    def prove(self, secret: str, code: str) -> None:
        """For what asks for a fresh proof: the password or recovery key, and a code."""
        prove(self._session, secret, code)

    def lose_account(self, email: str) -> LostAccount:
        """Every way in is lost: it may end, after a waiting time. No session is needed for that."""
        self._expect_signed_out()
        return LostAccount.ask(self._api, self._profile, expect_email(email), now=self.now())

    def lost_account(self) -> LostAccount | None:
        """The one that was asked for here last, while the code that was mailed for it counts."""
        self._expect_signed_out()
        asked = self._profile.load().asked_reset
        return LostAccount(self._api, self._profile, asked) if asked and asked.until > self.now() else None

    def logout(self) -> None:
        self._session.end()

    # --- reading ---

    def identity(self) -> Identity:
        return self._session.identity()

    def whoami(self) -> wire.Account:
        account = self._session.get(wire.Account, "/account")
        self._check_epoch(account)
        return account

    def wallet(self) -> wire.Wallet:
        return self._session.get(wire.Wallet, "/wallet")

    def ledger(self) -> list[wire.LedgerRow]:
        """Newest first."""
        pages = self._session.pages(wire.LedgerPage, "/wallet/ledger", "cursor", lambda page: page.cursor)
        return [row for page in pages for row in page.rows]

    def mates(self) -> list[wire.Mate]:
        return self._session.get(wire.Mates, "/mates").mates

    def chats(self) -> list[ReadChat]:
        """Newest activity first; deleted ones are left out."""
        chats = [read_chat(self._reader_of(chat), chat) for chat in self._stored_chats()]
        return sorted(chats, key=lambda chat: -chat.active_at)

    def latest_chat(self) -> str | None:
        """The id of the chat with the newest activity."""
        latest: tuple[int, str] | None = None
        for chat in self._stored_chats():
            if latest and latest[0] >= chat.updated_at:
                break  # They come by their last change, and no message is later than that.
            latest = max(latest or (0, ""), (active_at(chat), chat.chat_id))
        return latest[1] if latest else None

    def turns(self, chat_id: str) -> list[ReadTurn]:
        """Each after the turn it goes on from, opened and checked; a turn that fails says so in `trouble`."""
        return read_turns(self.chat_keys(chat_id), self._stored_turns(chat_id))

    def delete_chat(self, chat_id: str) -> None:
        """On every device, for good; whatever of it can be read or not."""
        self._session.tell("DELETE", f"/chats/{_path(chat_id)}")

    # --- the WebSocket ---

    def arrive(self) -> None:
        """As a conversation begins: the account's keys are the present ones, and turned if that is due."""
        self._turning.if_due(self.whoami())

    @property
    def held_up(self) -> UnreadableChats | None:
        """What kept the account's key from being turned when it was due last."""
        return self._turning.held_up

    def connect(self) -> Connection:
        """`async with client.connect() as connection: async for event in connection.ask("Hello")`."""
        return Connection(self, dial=self._dial, patience=self._patience, sleep=self._sleep)

    def ticket(self) -> str:
        return self._session.ticket()

    def chat_keys(self, chat_id: str) -> ChatKeys:
        chat = self._session.get(wire.Chat, f"/chats/{_path(chat_id)}")
        if chat.chat_id != chat_id:
            raise Tampered("chat", "wrong_chat")
        if chat.deleted:
            raise ClientError("chat_not_found", "This chat was deleted.", "`sealmate chats` lists those there are.")
        return ChatKeys(self._reader_of(chat), chat)

    def open_chat(self, chat_id: str) -> OpenChat:
        """Ready for a next message: refused if anything in the chat was tampered with."""
        keys, stored = self.chat_keys(chat_id), self._stored_turns(chat_id)
        said: list[Said] = []
        for turn in read_turns(keys, stored):
            if turn.trouble is not None:
                raise Tampered("chat", turn.trouble.partition(": ")[2])
            if turn.text is not None and turn.answer is not None:
                said += said_in_turn(turn.text, turn.answer)
        return OpenChat(key=current_key(keys), stored=True, said=said, parent=last_record(stored))

    def stored_message(self, chat_id: str, turn_id: str) -> tuple[ChatKey, bytes]:
        """A turn's message envelope, with the key it is under."""
        turn = self._stored_turn(chat_id, turn_id)
        if turn is None or turn.message is None:
            raise ClientError("turn_not_found", "This message doesn't exist here.", "Load the chat again.")
        try:
            return self.chat_keys(chat_id).of_record(turn.message), turn.message
        except CryptoError as error:
            raise Tampered("message", error.reason) from error

    def stored_aftermath(self, chat_id: str, turn_id: str) -> list[Received]:
        """What is stored of a turn's answer, follow-ups and charge, as the events that would have told of them."""
        found: list[Received] = []
        turn = self._stored_turn(chat_id, turn_id)
        if turn is not None and turn.answer is not None:
            answered_at = turn.answered_at or turn.created_at
            found.append(SealedAnswer(turn_id=turn_id, chat_id=chat_id, answer=turn.answer, answered_at=answered_at))
        if turn is not None and turn.suggestions is not None:
            found.append(SealedSuggestions(turn_id=turn_id, chat_id=chat_id, suggestions=turn.suggestions))
        page = self._session.get(wire.LedgerPage, "/wallet/ledger")
        row = next((row for row in page.rows if row.turn_id == turn_id and row.kind == "charge"), None)
        if row is not None:
            charged = TurnCharged(
                turn_id=turn_id,
                chat_id=chat_id,
                credits=row.credits,
                available=self.wallet().available,
                input_tokens=row.input_tokens or 0,
                output_tokens=row.output_tokens or 0,
            )
            found.append(charged)
        return found

    def _stored_chats(self) -> Iterator[wire.Chat]:
        pages = self._session.pages(wire.ChatPage, "/chats", "cursor", lambda page: page.cursor)
        return (chat for page in pages for chat in page.chats if not chat.deleted)

    def _stored_turns(self, chat_id: str) -> list[wire.Turn]:
        path = f"/chats/{_path(chat_id)}/turns"
        pages = self._session.pages(wire.TurnPage, path, "after", lambda page: page.cursor)
        turns = [turn for page in pages for turn in page.turns]
        if any(turn.chat_id != chat_id for turn in turns):
            raise Tampered("chat", "wrong_chat")
        return in_parent_order(turns)

    def _stored_turn(self, chat_id: str, turn_id: str) -> wire.Turn | None:
        return next((turn for turn in self._stored_turns(chat_id) if turn.turn_id == turn_id), None)

    def _check_epoch(self, account: wire.Account) -> None:
        identity = self.identity()
        if account.account_id != identity.account:
            raise Tampered("account", "wrong_account")
        if account.epoch < self._profile.load().lowest_epoch(account.account_id):
            raise Tampered("account's epoch", "epoch_rolled_back")
        if account.epoch > identity.epoch:
            self._renew()

    def _reader_of(self, chat: wire.Chat) -> Identity:
        """This device's identity, with the keys that open this chat: another device may have turned the account's."""
        identity = self.identity()
        return self._renew() if is_ahead(chat, identity) else identity

    def _expect_signed_out(self) -> None:
        identity = self._profile.load().identity
        if identity is not None:
            raise ClientError(
                "already_signed_in",
                f"This device is signed in as {identity.email}.",
                "Use `sealmate logout` first, or another folder with --home.",
            )


def _path(identifier: str) -> str:
    if not identifier or not set(identifier) <= set("0123456789abcdef-"):
        raise ClientError("bad_id", "This is no id of a chat.", "`sealmate chats` lists them.")
    return identifier
