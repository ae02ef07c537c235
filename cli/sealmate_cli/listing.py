"""One of what a command lists, by its id or how that begins."""

from collections.abc import Callable
from typing import TypeVar

from sealmate_cli.errors import ClientError

Listed = TypeVar("Listed")


def find_one(listed: list[Listed], given: str, id_of: Callable[[Listed], str], what: str, command: str) -> Listed:
    """`command` lists them."""
    found = [each for each in listed if given and id_of(each).startswith(given)]
    if len(found) != 1:
        message = f"There is no {what} of this id." if not found else f"Several {what}s begin so."
        raise ClientError("unknown_id", message, f"`sealmate {command}` lists them.")
    return found[0]
