"""Who hears of a turn: the connections that show its chat and the one that asked; the account's others get a notice."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from sealmate import errors
from sealmate.events import ChatAnswered, Event
from sealmate.ports import Clock, Push
from sealmate.turns.ports import Connections, Open

_log = logging.getLogger(__name__)

# Frames that may fail before a connection is left out of the turn: a stuck one must not hold up the others. It may resume.
_PATIENCE = 2
# Seconds: API Gateway knows no connection before its $connect has been answered, and waits 29 for that.
_OPENING = 30


class Audience:
    """The connections as they were when first asked for; `join` adds those that come later."""

    def __init__(
        self,
        *,
        account_id: str,
        chat_id: str,
        connection_id: str,
        connections: Connections,
        push: Push,
        clock: Clock,
    ) -> None:
        self._account_id, self._chat_id, self._asker = account_id, chat_id, connection_id
        self._connections, self._push, self._clock = connections, push, clock
        self._found: dict[str, Open] | None = None
        self._joined: set[str] = set()
        self._gone: set[str] = set()
        self._failed: Counter[str] = Counter()

    def tell(self, event: Event) -> None:
        """To those who have the chat before them."""
        self._send(self._showing(), event)

    def tell_everyone(self, event: Event) -> None:
        """To all of the account's connections."""
        self._send(set(self._all()) | self._showing(), event)

    def tell_one(self, connection_id: str, event: Event) -> None:
        self._send({connection_id}, event)

    def tell_others(self, event: Event) -> None:
        """To the account's connections that have something else before them."""
        self._send(set(self._all()) - self._showing(), event)

    def notify_others(self, turn_id: str) -> None:
        self.tell_others(ChatAnswered(turn_id=turn_id, chat_id=self._chat_id))

    def join(self, connections: Iterable[str]) -> set[str]:
        """Adds connections to those who have the chat before them; returns the ones that are new."""
        new = set(connections) - self._joined - self._gone
        self._joined |= new
        for connection_id in new:
            del self._failed[connection_id]
        return new

    def _all(self) -> dict[str, Open]:
        if self._found is None:
            try:
                self._found = {c.connection_id: c for c in self._connections.of_account(self._account_id)}
            except Exception as error:  # noqa: BLE001 - telling is best effort; the turn itself goes on
                _log.warning("audience unknown", extra={"error": type(error).__name__})
                return {}
        return self._found

    def _showing(self) -> set[str]:
        showing = {c.connection_id for c in self._all().values() if c.focus == self._chat_id}
        # The one that asked may have closed since; a connection that is not the account's is never written to.
        return showing | ({self._asker} & set(self._all())) | self._joined

    def _send(self, to: set[str], event: Event) -> None:
        for connection_id in sorted(to - self._gone):
            if self._failed[connection_id] >= _PATIENCE:
                continue
            try:
                self._push.send(connection_id, event)
            except errors.ConnectionGone:
                if not self._is_opening(connection_id):
                    self._forget(connection_id)
            except Exception as error:  # noqa: BLE001 - the client sees the gap in `seq`, or its connection's end, and resumes
                self._failed[connection_id] += 1
                _log.warning("not delivered", extra={"connection_id": connection_id, "error": type(error).__name__})

    def _is_opening(self, connection_id: str) -> bool:
        """Its handshake may not be over: it asks for what it missed once it is, and hears what follows."""
        found = self._all().get(connection_id)
        return found is not None and self._clock.now() - found.opened_at < _OPENING

    def _forget(self, connection_id: str) -> None:
        self._gone.add(connection_id)
        try:
            self._connections.remove(connection_id)
        except Exception as error:  # noqa: BLE001 - its row expires by itself
            _log.warning("not forgotten", extra={"connection_id": connection_id, "error": type(error).__name__})
