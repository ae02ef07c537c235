"""One WebSocket as raw as a test wants it: sends anything, keeps all that it hears."""

import json
import secrets
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from sealmate_cli.asking import OpenChat
from sealmate_cli.client import Client
from sealmate_cli.crypto import make_chat_key, wrap_chat_key
from sealmate_cli.wire.shape import to_wire

PROTOCOL = "sealmate.v1"


class Wire:
    """A context manager. Without `ticket`, a fresh one of the client's session."""

    def __init__(
        self,
        client: Client,
        url: str,
        *,
        ticket: str | None = None,
        protocols: Sequence[str] | None = None,
        origin: str | None = None,
    ) -> None:
        if protocols is None:
            protocols = [PROTOCOL, f"ticket.{ticket or client.ticket()}"]
        self._protocols = [Subprotocol(each) for each in protocols]
        self._address, self._origin = f"{url.replace('http', 'ws', 1)}/ws", Origin(origin) if origin else None
        self._open = ExitStack()
        self.heard: list[dict[str, Any]] = []
        self._unread: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        opening = connect(
            self._address,
            subprotocols=self._protocols or None,
            origin=self._origin,
            max_queue=None,
            open_timeout=60,
            ping_timeout=120,
            proxy=None,
        )
        self.socket = self._open.enter_context(opening)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def send(self, what: dict[str, Any] | str | bytes) -> None:
        self.socket.send(json.dumps(what) if isinstance(what, dict) else what)

    def hear(self, *kinds: str, seconds: float = 90, **fields: Any) -> dict[str, Any]:
        """The next event of one of these kinds with these fields; what comes between is kept for later."""
        until = time.monotonic() + seconds
        while True:
            for place, event in enumerate(self._unread):
                if event.get("type") in kinds and all(event.get(k) == v for k, v in fields.items()):
                    return self._unread.pop(place)
            try:
                frame = self.socket.recv(timeout=max(0.0, until - time.monotonic()))
            except TimeoutError:
                raise AssertionError(f"no {kinds} with {fields}, but {[e.get('type') for e in self.heard]}") from None
            event = json.loads(frame)
            self.heard.append(event)
            self._unread.append(event)

    def hear_close(self, seconds: float = 90) -> int | None:
        """The code that the server closes with."""
        until = time.monotonic() + seconds
        try:
            while True:
                self.heard.append(json.loads(self.socket.recv(timeout=max(0.0, until - time.monotonic()))))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def refusal(self, what: dict[str, Any] | str | bytes) -> dict[str, Any]:
        """Sends it, and the refusal that comes back."""
        self.send(what)
        return self.hear("request_refused")

    def lives(self) -> bool:
        return bool(self.refusal({"action": "are you there"})["code"] == "unknown_action")

    def kinds(self, turn: str) -> list[str]:
        return [event["type"] for event in self.heard if event.get("turn_id") == turn]


def message(client: Client, text: str, chat: OpenChat | None = None, **changes: Any) -> dict[str, Any]:
    """An `ask` as a client would send it; `changes` replace or add fields, None removes one."""
    chat, identity, turn = chat or new_chat(client), client.identity(), new_id()
    key, (parent, parent_hash) = chat.key, chat.parent or ("", b"")
    ask = {
        "action": "ask",
        "turn_id": turn,
        "chat_id": key.chat,
        "generation": key.generation,
        "message": text,
        "history": [],
        "parent": {"turn_id": parent, "hash": parent_hash} if parent else None,
        "answer_public_key": key.answer_pair.public_key,
        "cache_key": key.cache_key,
        "record": key.seal_message(turn=turn, text=text, parent=parent_hash),
        "chat_key": None if chat.stored else wrap_chat_key(key, identity.master_key, epoch=identity.epoch),
    }
    return {name: to_wire(value) for name, value in {**ask, **changes}.items() if value is not None}


def new_chat(client: Client) -> OpenChat:
    return OpenChat(key=make_chat_key(client.identity().account, new_id()), stored=False)


def new_id() -> str:
    """A UUIDv7 of now."""
    milliseconds = int(time.time() * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | secrets.randbits(62)))
