"""Every failure this client reports: a stable code, what happened, and the next step."""

from pathlib import Path
from typing import Any

from sealmate_cli.wire.http import Problem

_STEPS_HERE = {
    "chat_not_found": "`sealmate history` lists your chats; `sealmate chat --new` (in a conversation: /new) begins another."
}


def step_here(code: str, told: str) -> str:
    """The next step that the server told, or what it comes to in a terminal if it speaks of what programs do."""
    return _STEPS_HERE.get(code, told)


class ClientError(Exception):
    passing = False
    """The same may well work in a moment: a connection that was lost is tried again."""

    def __init__(self, code: str, message: str, next_step: str, **details: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step
        self.details = details

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "next_step": self.next_step, **self.details}


class ServerRefused(ClientError):
    """The server answered with a problem document; the code is the server's."""

    def __init__(self, problem: Problem) -> None:
        numbers = {"retry_after": problem.retry_after, "missing_credits": problem.missing_credits}
        details = {name: number for name, number in numbers.items() if number is not None}
        super().__init__(problem.code, problem.title, step_here(problem.code, problem.next_step), **details)
        self.passing = problem.status >= 500
        self.nonce = problem.nonce


class Unreachable(ClientError):
    passing = True

    def __init__(self, server: str) -> None:
        super().__init__(
            "server_unreachable",
            f"The server at {server} can't be reached.",
            "Check that it runs (on this machine: `make status`, `make up`) and that the address is right: "
            "--server or SEALMATE_SERVER.",
        )


class UnexpectedAnswer(ClientError):
    def __init__(self, *, passing: bool = False) -> None:
        super().__init__(
            "unexpected_answer",
            "The server's answer isn't what this client understands.",
            "Check that the address is a Sealmate server, and that this client is up to date.",
        )
        self.passing = passing


class NotSignedIn(ClientError):
    def __init__(self, message: str = "You are not signed in here, or this session has ended.") -> None:
        super().__init__(
            "not_signed_in", message, "Sign in with `sealmate login`, or make an account with `sealmate signup`."
        )


class Tampered(ClientError):
    """Something the server gave us does not open or verify; `reason` is the key scheme's."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(
            reason,
            f"The {what} the server sent can't be trusted ({reason}).",
            "Don't go on with this server before you know why: tell its operator, with this code.",
        )

    def kept_in(self, evidence: Path | None) -> None:
        """Says where what the server sent was kept."""
        if evidence is not None:
            self.next_step += f" What it sent is kept in {evidence}."


class AnswerOverdue(ClientError):
    def __init__(self) -> None:
        super().__init__(
            "answer_overdue",
            "The server says that there is an answer, but does not send it.",
            "`sealmate history` shows what is stored; otherwise ask again.",
        )


class ConnectionLost(ClientError):
    def __init__(self) -> None:
        super().__init__(
            "connection_lost",
            "The connection was lost and could not be made again.",
            "Check the network and the server; `sealmate history` shows what was stored meanwhile.",
        )


class NoFollowUp(ClientError):
    def __init__(self, number: int) -> None:
        super().__init__(
            "no_follow_up",
            f"There is no follow-up {number} now; nothing was sent.",
            f"Write what you want to ask; to send just the number, write it with a full stop: {number}.",
        )
