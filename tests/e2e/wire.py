"""One WebSocket as raw as a test wants it: sends anything, keeps all that it hears."""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from sealmate_cli.asking import OpenChat, make_question, make_uuid7
from sealmate_cli.client import Client
from sealmate_cli.crypto import make_chat_key, system_random

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
    """An `ask` as the client would send it; `changes` replace or add fields, None removes one."""
    question = make_question(
        chat or new_chat(client), text, identity=client.identity(), mate=None, random=system_random
    )
    return {name: value for name, value in {**question.action(cached=False), **changes}.items() if value is not None}


def new_chat(client: Client) -> OpenChat:
    return OpenChat(key=make_chat_key(client.identity().account, make_uuid7()), stored=False)
