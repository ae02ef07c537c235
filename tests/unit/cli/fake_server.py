"""A server in this process: HTTP by httpx.MockTransport, the WebSocket as queues; it misbehaves when told to."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from sealmate_cli.crypto import envelope, hash_of
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.socket import Socket, SocketClosed

Json = dict[str, Any]
ORIGIN = "http://localhost:8410"
MAIL_CODE, TOTP_CODE = "123456", "654321"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SUGGESTIONS = ["One?", "Two?", "Three?", "Four?", "Five?", "Six?"]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def problem(code: str, status: int, **details: int | str) -> httpx.Response:
    body = {"type": f"urn:sealmate:error:{code}", "code": code, "title": f"It is {code}.", "status": status}
    return httpx.Response(status, json={**body, "next_step": "Do this.", "request_id": "r", **details})


class FakeSocket:
    def __init__(self, server: "FakeServer", ticket: str) -> None:
        self.server, self.ticket = server, ticket
        self.frame_sizes: list[int] = []
        self._inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._fallen = False

    async def send(self, frames: list[str]) -> None:
        if self._fallen:
            raise SocketClosed
        self.frame_sizes += [len(frame.encode()) for frame in frames]
        self.server.act(self, json.loads("".join(frames)))

    async def receive(self) -> str | bytes:
        message = await self._inbox.get()
        if message is None:
            raise SocketClosed
        return message

    async def close(self) -> None:
        self.fall()

    def tell(self, *events: Json) -> None:
        for event in events:
            self.raw(json.dumps(event))

    def raw(self, message: str | bytes) -> None:
        self._inbox.put_nowait(message)

    def fall(self) -> None:
        self._fallen = True
        self._inbox.put_nowait(None)


@dataclass
class FakeTurn:
    """What the server says of one turn; each method is one event."""

    ask: Json
    account: str
    text: str = "Hello, you."
    answer: bytes = b""

    def of(self, kind: str, **fields: Any) -> Json:
        return {"type": kind, "turn_id": self.ask["turn_id"], "chat_id": self.ask["chat_id"], **fields}

    def accepted(self) -> Json:
        return self.of("turn_accepted")

    def read(self) -> Json:
        return self.of(
            "message_read", mate="sophia", mate_name="Sophia", reason="software", complexity="simple", model="small"
        )

    def titled(self, title: str = "A greeting") -> Json:
        return self.of("chat_titled", title=encode(self.seal(Namespace.TITLE, {"title": title}, b"", chat=True)))

    def started(self, attempt: int = 1) -> Json:
        return self.of("answer_started", attempt=attempt, mate="sophia", model="small")

    def extended(self, seq: int, delta: str, attempt: int = 1) -> Json:
        return self.of("answer_extended", attempt=attempt, seq=seq, delta=delta)

    def resumed(self, seq: int, text: str, attempt: int = 1) -> Json:
        return self.of("answer_resumed", attempt=attempt, seq=seq, text=text, mate="sophia", model="small")

    def finished(self, text: str | None = None, finish: str = "complete") -> Json:
        content = {"text": text or self.text, "mate": "sophia", "model": "small", "finish": finish}
        self.answer = self.seal(Namespace.ANSWER, content, hash_of(decode(self.ask["record"])))
        return self.of(
            "answer_finished",
            finish=finish,
            answer=encode(self.answer),
            mate="sophia",
            model="small",
            answered_at=200,
        )

    def suggested(self) -> Json:
        sealed = self.seal(Namespace.SUGGESTIONS, {"suggestions": SUGGESTIONS}, hash_of(self.answer))
        return self.of("suggestions_made", suggestions=encode(sealed))

    def charged(self) -> Json:
        return self.of("turn_charged", credits=3, available=97, input_tokens=10, output_tokens=20)

    def whole(self) -> list[Json]:
        deltas = [self.text[start : start + 4] for start in range(0, len(self.text), 4)]
        title = [self.titled()] if "chat_key" in self.ask else []
        return [
            self.accepted(),
            self.of("credits_reserved", credits=5),
            self.read(),
            *title,
            self.started(),
            *[self.extended(seq, delta) for seq, delta in enumerate(deltas, start=1)],
            self.finished(),
            self.charged(),
            self.suggested(),
        ]

    def seal(self, namespace: Namespace, content: Json, parent: bytes, *, chat: bool = False) -> bytes:
        place = Place(
            namespace,
            self.account,
            scope=self.ask["chat_id"],
            record=self.ask["chat_id" if chat else "turn_id"],
            epoch=self.ask["generation"],
            parent=parent,
        )
        return envelope.seal_to(decode(self.ask["answer_public_key"]), place, json.dumps(content).encode())


def answer_whole(socket: FakeSocket, turn: FakeTurn) -> None:
    socket.server.play(socket, turn, turn.whole())


def resume_nothing(socket: FakeSocket, action: Json) -> None:
    socket.tell({"type": "turn_accepted", "turn_id": action["turn_id"], "chat_id": socket.server.asks[-1]["chat_id"]})


@dataclass
class FakeServer:
    now: int = 1000
    on_ask: Callable[[FakeSocket, FakeTurn], None] = answer_whole
    on_resume: Callable[[FakeSocket, Json], None] = resume_nothing
    on_stop: Callable[[FakeSocket], None] = lambda _: None
    accounts: dict[str, Json] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    """Token to account id; those not in here are refused."""
    chats: dict[str, Json] = field(default_factory=dict)
    turns: dict[str, list[Json]] = field(default_factory=dict)
    ledger: list[Json] = field(default_factory=list)
    sockets: list[FakeSocket] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    failures: dict[str, list[httpx.Response]] = field(default_factory=dict)
    """By "METHOD /path": answers given before the honest one."""
    dials_that_fail: int = 0
    epoch: int = 1
    renewed: Json = field(default_factory=dict)
    """What is other in the wrapped keys since signing up."""
    page: int = 50

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    @property
    def asks(self) -> list[Json]:
        return [action for action in self.actions if action["action"] == "ask"]

    async def dial(self, ticket: str) -> Socket:
        if self.dials_that_fail:
            self.dials_that_fail -= 1
            raise SocketClosed
        socket = FakeSocket(self, ticket)
        self.sockets.append(socket)
        return socket

    # --- WebSocket ---

    def act(self, socket: FakeSocket, action: Json) -> None:
        self.actions.append(action)
        if action["action"] == "ask":
            turn = FakeTurn(action, account=self._only_account()["account_id"])
            self.on_ask(socket, turn)
        elif action["action"] == "resume":
            self.on_resume(socket, action)
        elif action["action"] == "stop":
            self.on_stop(socket)

    def play(self, socket: FakeSocket, turn: FakeTurn, events: list[Json], outcome: str = "answered") -> None:
        """Stores what the events tell of, and tells them."""
        self.store(turn, events, outcome)
        socket.tell(*events)

    def store(self, turn: FakeTurn, events: list[Json], outcome: str = "answered") -> None:
        ask = turn.ask
        told = {event["type"]: event for event in events}
        if "chat_key" in ask:
            self.chats[ask["chat_id"]] = {
                "chat_id": ask["chat_id"],
                "generation": ask["generation"],
                "keys": [{"generation": ask["generation"], "envelope": ask["chat_key"]}],
                "created_at": self.now,
                "updated_at": self.now,
            }
            if "chat_titled" in told:
                self.chats[ask["chat_id"]]["title"] = told["chat_titled"]["title"]
        row = {
            "turn_id": ask["turn_id"],
            "chat_id": ask["chat_id"],
            "created_at": self.now,
            "message": ask["record"],
            "outcome": outcome,
        }
        if "parent" in ask:
            row["parent"] = ask["parent"]
        if "answer_finished" in told:
            row |= {"answer": told["answer_finished"]["answer"], "mate": "sophia", "model": "small"}
        if "suggestions_made" in told:
            row["suggestions"] = told["suggestions_made"]["suggestions"]
        if "turn_charged" in told:
            row["credits"] = 3
            charge = {"row_id": "l", "kind": "charge", "credits": 3, "turn_id": ask["turn_id"], "at": self.now}
            self.ledger.insert(0, {**charge, "input_tokens": 10, "output_tokens": 20})
        self.turns.setdefault(ask["chat_id"], []).append(row)

    # --- HTTP ---

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        name = f"{request.method} {path}"
        self.requests.append(name)
        self.proofs += request.headers.get_list("dpop")
        if self.failures.get(name):
            return self.failures[name].pop(0)
        body = json.loads(request.content or b"{}")
        open_routes: dict[str, Callable[[Json], httpx.Response]] = {
            "POST /auth/signup": lambda _: httpx.Response(202, json={"signup_id": body["email"]}),
            "POST /auth/signup/verify": self._verify,
            "POST /auth/signup/complete": self._complete,
            "POST /auth/login": self._login,
            "POST /auth/login/password": self._password,
            "POST /auth/login/totp": self._totp,
        }
        if name in open_routes:
            return open_routes[name](body)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return problem("not_signed_in", 401)
        if name == "POST /account/manifest":
            self._only_account()["keys"]["manifest"] = body["manifest"]
            return httpx.Response(204)
        return self._signed_in(name, token, dict(request.url.params))

    def _signed_in(self, name: str, token: str, query: Json) -> httpx.Response:
        account = self._only_account()
        wallet = {"available": 100, "held": 0}
        fixed: dict[str, Json] = {
            "POST /auth/ticket": {"ticket": f"ticket-{len(self.sockets)}", "expires_in": 30},
            "GET /account": {
                "account_id": account["account_id"],
                "email": account["email"],
                "created_at": 1,
                "epoch": self.epoch,
                "wallet": wallet,
            },
            "GET /wallet": wallet,
            "GET /wallet/ledger": {"rows": self.ledger},
            "GET /mates": {"mates": [{"mate": "sophia", "name": "Sophia", "topic": "software"}]},
        }
        if name in fixed:
            return httpx.Response(200, json=fixed[name])
        if name == "GET /account/keys":
            return httpx.Response(200, json=self._wrapped(account, former=query.get("former") == "true"))
        if name == "POST /account/keys/acknowledged":
            return httpx.Response(204)
        if name == "POST /auth/session/rotate":
            del self.tokens[token]
            return httpx.Response(200, json={"session": self._session(account)})
        if name == "POST /auth/logout":
            del self.tokens[token]
            return httpx.Response(204)
        return self._reading(name.removeprefix("GET /chats").strip("/").split("/"), query)

    def _reading(self, path: list[str], query: Json) -> httpx.Response:
        if path == [""]:
            return self._page("chats", list(reversed(self.chats.values())), query.get("cursor"))
        if path[0] not in self.chats:
            return problem("chat_not_found", 404)
        if len(path) == 1:
            return httpx.Response(200, json=self.chats[path[0]])
        return self._page("turns", self.turns[path[0]], query.get("after"))

    def _page(self, name: str, rows: list[Json], cursor: str | None) -> httpx.Response:
        start = int(cursor or 0)
        end = start + self.page
        more = {"cursor": str(end)} if end < len(rows) else {}
        return httpx.Response(200, json={name: rows[start:end], **more})

    def _verify(self, body: Json) -> httpx.Response:
        if body["code"] != MAIL_CODE:
            return problem("wrong_code", 401)
        uri = f"otpauth://totp/Sealmate:a?secret={TOTP_SECRET}&issuer=Sealmate"
        return httpx.Response(
            200,
            json={
                "signup_token": body["signup_id"],
                "account_id": "0190aaaa-0000-7000-8000-00000000000a",
                "kdf_profile": 1,
                "totp": {"secret": TOTP_SECRET, "uri": uri},
            },
        )

    def _complete(self, body: Json) -> httpx.Response:
        if body["totp_code"] != TOTP_CODE:
            return problem("wrong_code", 401)
        email = body["signup_token"]
        account_id = "0190aaaa-0000-7000-8000-00000000000a"
        self.accounts[email] = {"email": email, "account_id": account_id, "keys": body["keys"]}
        session = self._session(self.accounts[email])
        codes = [f"code-{number}" for number in range(10)]
        return httpx.Response(201, json={"session": session, "backup_codes": codes})

    def _login(self, body: Json) -> httpx.Response:
        password = self.accounts[body["email"]]["keys"]["password"]
        return httpx.Response(
            200,
            json={
                "login_id": body["email"],
                "account_id": self.accounts[body["email"]]["account_id"],
                "kdf_profile": password["kdf_profile"],
                "salt": password["salt"],
            },
        )

    def _password(self, body: Json) -> httpx.Response:
        if body["auth"] != self.accounts[body["login_id"]]["keys"]["password"]["auth"]:
            return problem("wrong_credentials", 401)
        return httpx.Response(200, json={"missing": ["totp"]})

    def _totp(self, body: Json) -> httpx.Response:
        if body["code"] != TOTP_CODE:
            return problem("wrong_code", 401)
        account = self.accounts[body["login_id"]]
        keys = {**self._wrapped(account, former=False), "links": []}
        return httpx.Response(200, json={"session": self._session(account), "keys": keys})

    def _wrapped(self, account: Json, *, former: bool) -> Json:
        wrapped = {**wrapped_keys(account), **self.renewed}
        links = [link if former else {**link, "former": []} for link in wrapped.get("links", [])]
        return {**wrapped, "links": links}

    def _session(self, account: Json) -> Json:
        token = f"token-{len(self.requests)}"
        self.tokens[token] = account["account_id"]
        return {
            "token": token,
            "session_id": "s",
            "account_id": account["account_id"],
            "rotate_at": self.now + 3600,
            "expires_at": self.now + 86400,
        }

    def _only_account(self) -> Json:
        return next(iter(self.accounts.values()))


def wrapped_keys(account: Json) -> Json:
    keys = account["keys"]
    envelopes = ("method_id", "secret", "master", "public")
    return {
        "account_id": account["account_id"],
        "epoch": keys["statement"]["epoch"],
        "methods": [
            {"kind": kind, **{name: keys[kind][name] for name in envelopes}} for kind in ("password", "recovery")
        ],
        "signing": keys["signing"],
        "statement": keys["statement"],
        "manifest": keys.get("manifest"),
    }
