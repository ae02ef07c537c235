"""One conditional write, and whether its condition held."""

from __future__ import annotations

from collections.abc import Callable

from pynamodb.exceptions import DeleteError, PutError, UpdateError


def applied(write: Callable[[], object]) -> bool:
    """False if the write's condition failed; every other failure is raised."""
    try:
        write()
    except (PutError, UpdateError, DeleteError) as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True
