"""Parts of an archive as a device seals them anew for a chat; the server's own sealing stands in for the device's."""

from __future__ import annotations

import json
from typing import Any

from sealmate.model import to_base64url
from sealmate.seal.envelope import Address, Namespace, digest, seal_to
from sealmate_cli.crypto.chats import ChatKey, Details, wrap_chat_key

CREATED, ACTIVE = 1_700_000_000, 1_700_000_900


def part(key: ChatKey, master_key: bytes, *turns: dict[str, Any], epoch: int = 1, **changes: Any) -> dict[str, Any]:
    """The body of an import; `changes` replace or add fields, None removes one."""
    body = {
        "generation": 1,
        "chat_key": to_base64url(wrap_chat_key(key, master_key, epoch=epoch)),
        "created_at": CREATED,
        "active_at": ACTIVE,
        "details": details(key, revision=1),
        "turns": list(turns),
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def turn(
    key: ChatKey, turn_id: str, *, asked: str = "Hello", said: str | None = "Hi", after: bytes = b"", **changes: Any
) -> dict[str, Any]:
    """An answered turn with follow-ups; with nothing said, one that failed. `after`: the hash of the record it goes on from."""
    message = key.seal_message(turn=turn_id, text=asked, parent=after)
    made: dict[str, Any] = {
        "turn_id": turn_id,
        "created_at": CREATED,
        "message": to_base64url(message),
        "outcome": "failed",
    }
    if said is not None:
        content = {"text": said, "mate": "tavi", "model": "local", "finish": "complete"}
        sealed = sealed_to(key, Namespace.ANSWER, turn_id, content, parent=message)
        follow = {"suggestions": ["One?", "Two?", "Three?", "Four?", "Five?", "Six?"]}
        suggestions = sealed_to(key, Namespace.SUGGESTIONS, turn_id, follow, parent=sealed)
        made |= {
            "outcome": "answered",
            "answer": to_base64url(sealed),
            "suggestions": to_base64url(suggestions),
            "mate": "tavi",
            "model": "local",
            "finish": "complete",
            "answered_at": CREATED + 2,
        }
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def details(key: ChatKey, *, revision: int, **content: Any) -> str:
    return to_base64url(key.seal_details(Details(**content), revision=revision))


def sealed_to(key: ChatKey, namespace: Namespace, record: str, content: dict[str, Any], *, parent: bytes) -> bytes:
    return seal_to(
        key.answer_pair.public_key,
        json.dumps(content).encode(),
        namespace=namespace,
        epoch=key.generation,
        address=Address(account=key.account, scope=key.chat, record=record, parent=digest(parent)),
    )
