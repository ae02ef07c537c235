"""The chat command: one message, or a conversation at the prompt; Ctrl-C once stops the answer, twice leaves."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from sealmate_cli.connection import Connection
from sealmate_cli.errors import ClientError, NoFollowUp, NotSignedIn, Tampered
from sealmate_cli.invocation import Invocation, read_line
from sealmate_cli.unreadable_chats import UnreadableChats
from sealmate_cli.watching import Outcome, TurnView

Run = Callable[[Coroutine[Any, Any, Any]], Any]
_HELP = "Ctrl-C stops an answer, Ctrl-D leaves, /new begins another chat, 1 to 6 asks a follow-up."
_FOLLOW_UPS = 6
_LEFT = "\n[left without waiting for the end: `sealmate history` shows what came of it]"
_NOT_SENT = "[stopped before the message was sent, nothing charged]"


class Left(Exception):
    """Ctrl-C a second time."""


class Chatting:
    def __init__(self, run: Invocation, *, chat: str | None, mate: str | None) -> None:
        self._run, self._chat, self._mate = run, chat, mate
        self._suggestions: list[str] = []
        self._told: UnreadableChats | None = None

    def once(self, message: str) -> None:
        with _loop(self._run) as (connection, run):
            self._tell_what_holds_up()
            outcome = run(self.turn(connection, message))
        if outcome.failure is not None:
            raise outcome.failure

    def converse(self) -> None:
        with _loop(self._run) as (connection, run):
            if self._run.interactive:
                self._run.output.note(_HELP)
            self._tell_what_holds_up()
            while (line := self._next_line()) is not None:
                self._say(line, connection, run)
                self._tell_what_holds_up()

    def _say(self, line: str, connection: Connection, run: Run) -> None:
        """A failure ends a script; a person reads it and goes on, unless there is no going on."""
        try:
            if not (text := self._meant(line)):
                return
            outcome: Outcome = run(self.turn(connection, text))
            if outcome.failure is not None:
                raise outcome.failure
        except ClientError as error:
            if not self._run.interactive or isinstance(error, (NotSignedIn, Tampered)):
                raise
            self._run.output.fail(error)

    def _tell_what_holds_up(self) -> None:
        """The account's key wasn't turned, and why; told once, and the conversation goes on."""
        held_up = self._run.client.held_up
        if held_up is None or (self._told and self._told.chats == held_up.chats):
            return
        self._told = held_up
        held_up.kept_in(self._run.client.keep_evidence(held_up, once=True))
        self._run.output.result("keys_held_up", held_up.as_json(), f"{held_up.message}\n{held_up.next_step}")

    async def turn(self, connection: Connection, text: str) -> Outcome:
        view = TurnView(self._run.output)
        watching = asyncio.ensure_future(self._watch(connection, text, view))
        interrupt = Interrupt(connection, view.outcome, watching)
        with _on_ctrl_c(interrupt.hit):
            try:
                await watching
            except asyncio.CancelledError:
                if not view.outcome.settled:
                    self._run.output.note(_LEFT if view.outcome.turn_id else _NOT_SENT)
                    raise Left from None
            finally:
                self._run.output.status(None)
        self._suggestions = view.outcome.suggestions
        if view.outcome.failure is None or view.outcome.answer is not None:
            self._chat = view.outcome.chat_id
        return view.outcome

    async def _watch(self, connection: Connection, text: str, view: TurnView) -> None:
        events = connection.ask(text, chat=self._chat, mate=self._mate)
        async with contextlib.aclosing(events):
            async for event in events:
                view.show(event)

    def _next_line(self) -> str | None:
        if not self._run.interactive:
            return read_line()
        try:
            return input("\n› ")
        except (EOFError, KeyboardInterrupt):
            self._run.output.note("")
            return None

    def _meant(self, line: str) -> str:
        """The text to send; empty if there is none."""
        text = line.strip()
        if text == "/new":
            self._chat, self._suggestions = None, []
            return ""
        if text.isdecimal() and 1 <= (number := int(text)) <= _FOLLOW_UPS:
            if number > len(self._suggestions):
                raise NoFollowUp(number)
            text = self._suggestions[number - 1]
            self._run.output.note(text)
        return text


class Interrupt:
    """What Ctrl-C does while a turn is followed."""

    def __init__(self, connection: Connection, outcome: Outcome, watching: asyncio.Future[None]) -> None:
        self._connection, self._outcome, self._watching = connection, outcome, watching
        self._stopping: asyncio.Task[None] | None = None

    def hit(self) -> None:
        """Stops the answer; a second time, or when only follow-ups are to come, goes without waiting."""
        if self._stopping is not None or self._outcome.settled or self._outcome.turn_id is None:
            self._watching.cancel()
        else:
            self._stopping = asyncio.ensure_future(self._connection.stop(self._outcome.turn_id))


@contextlib.contextmanager
def _loop(run: Invocation) -> Iterator[tuple[Connection, Run]]:
    """The event loop stands still at the prompt; a line that fell meanwhile is dialled again with the next message."""
    with asyncio.Runner() as runner:
        connection = run.client.connect()
        run.output.status("connecting")
        runner.run(connection.open())
        try:
            yield connection, runner.run
        finally:
            run.output.status(None)
            runner.run(connection.close())


@contextlib.contextmanager
def _on_ctrl_c(hit: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":  # no signal handlers there: Ctrl-C leaves at once
        yield
        return
    try:
        loop.add_signal_handler(signal.SIGINT, hit)
    except (ValueError, RuntimeError):  # not in the main thread: there is no Ctrl-C to wait for
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
