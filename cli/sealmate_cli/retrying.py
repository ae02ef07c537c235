"""Asking a person again: after a slip in what was typed, and for a fresh proof where one is needed."""

from collections.abc import Callable
from typing import TypeVar

from sealmate_cli.errors import ClientError
from sealmate_cli.invocation import Invocation

Result = TypeVar("Result")
_TYPED_WRONG = {"wrong_code", "wrong_credentials", "weak_password", "bad_pairing_code", "pairing_over"}


def until_right(run: Invocation, step: Callable[[], Result]) -> Result:
    """A person may try again; the server counts and says when it is too much. A script gets the error."""
    while True:
        try:
            return step()
        except ClientError as error:
            if not run.interactive or error.code not in _TYPED_WRONG:
                raise
            run.output.fail(error)


def proved(run: Invocation, action: Callable[[], Result]) -> Result:
    """Does it, once more after a fresh proof if the server wants one."""
    try:
        return action()
    except ClientError as error:
        if error.code != "step_up_needed":
            raise
    prove_anew(run)
    return action()


def prove_anew(run: Invocation) -> None:
    run.output.note(
        "This needs a fresh proof that it is you. A code works once: wait for the authenticator's next one."
    )
    until_right(run, lambda: _prove(run))


def _prove(run: Invocation) -> None:
    secret = run.ask("password", "Password, or recovery key", hidden=True)
    code = run.ask("totp_code", "Code from the authenticator, or a backup code")
    run.output.status("checking")
    run.client.prove(secret, code)
