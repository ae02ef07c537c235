"""What the honest server says, by request, and to whoever follows the turn that is being answered."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.vectors.accounts import ACCOUNT, KEYS, OLD
from tests.vectors.fixed import Json, encode, identifier

from . import pairing
from .world import (
    APP,
    CODE,
    EMAIL,
    LATER,
    PASSWORD,
    PUBLIC,
    SALT,
    SETTINGS_REVISION,
    Chat,
    World,
    asked,
    keys_json,
    numbered,
    pins_json,
    settings_json,
)

TALK, OTHER, RUNNING = 1, 2, 3
TURN = numbered(RUNNING, 1)
"""The one that is being answered."""
LEASE = identifier("lease")
SECURE = f"POST /account/rotation/{LEASE}/secure"
FLIP = f"POST /account/rotation/{LEASE}/flip"
SETTINGS, CHANGED_SETTINGS = f"GET /apps/{APP}/settings", f"PUT /apps/{APP}/settings"
NEW_ACCOUNT = identifier("new account")
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
BACKUP_CODES = [f"{number:05}-ABCDE" for number in range(10)]
NO_RESET = {"state": "none", "waiting_seconds": 604_800}
WAITING = {**NO_RESET, "state": "waiting", "ready_at": 1000, "ends_at": 2000}


def said(world: World) -> Json:
    talk, other, running = world.talk, world.other, world.running
    message = running.message(TURN, "Well?", b"")
    chats = [
        _row(talk, title="Talk", details=talk.details("Mine", revision=2)),
        _row(other, title="Other"),
        _row(running, title=None),
    ]
    turns = {
        TALK: talk.turns(TALK, "One", "Two", "Three"),
        OTHER: other.turns(OTHER, "Elsewhere"),
        RUNNING: [asked(TURN, running.key.chat, message, None)],
    }
    return {
        **_signing_up(),
        **_account(world),
        "GET /chats": {"chats": chats},
        **{f"GET /chats/{row['chat_id']}": row for row in chats},
        **{f"GET /chats/{numbered(0, number)}/turns": {"turns": rows} for number, rows in turns.items()},
        **pairing.said(world, _arrived(world)),
        **_reset(),
        **_rotation(world),
        **_settings(),
        "events": _events(running, message),
        "begun": {"keys": None},
    }


def _signing_up() -> Json:
    """Of somebody new; what the account's keys are afterwards follows from what was sent, but for `signed_up`."""
    return {
        "POST /auth/signup": {"signup_id": identifier("sign-up")},
        "POST /auth/signup/verify": {
            "signup_token": "t",
            "account_id": NEW_ACCOUNT,
            "kdf_profile": 1,
            "totp": {"secret": TOTP_SECRET, "uri": totp_uri(TOTP_SECRET)},
        },
        "POST /auth/signup/complete": {"session": _session(NEW_ACCOUNT), "backup_codes": BACKUP_CODES},
        "signed_up": {},
    }


def totp_uri(secret: str) -> str:
    return f"otpauth://totp/Sealmate:{quote(EMAIL)}?secret={secret}&issuer=Sealmate"


def _session(account: str) -> Json:
    return {"token": "t", "session_id": "s", "account_id": account, "rotate_at": LATER, "expires_at": LATER}


def _account(world: World) -> Json:
    wallet = {"available": 10, "held": 0}
    return {
        "POST /auth/login": {"login_id": "l", "account_id": ACCOUNT, "kdf_profile": 1, "salt": encode(SALT)},
        "POST /auth/login/password": {"missing": ["totp"]},
        "POST /auth/login/totp": _arrived(world),
        "GET /account/keys": keys_json(world.now),
        "GET /account": {
            "account_id": ACCOUNT,
            "email": EMAIL,
            "created_at": 1,
            "epoch": KEYS.epoch,
            "rotation_due_at": LATER,
            "backup_codes_left": 10,
            "wallet": wallet,
        },
        "GET /wallet": wallet,
        "GET /wallet/ledger": {"rows": []},
        "GET /mates": {"mates": []},
        "POST /auth/ticket": {"ticket": "t", "expires_in": 30},
    }


def _arrived(world: World) -> Json:
    return {"session": _session(ACCOUNT), "keys": {**keys_json(world.now), "links": []}}


def _reset() -> Json:
    """Looked at twice: before it is begun, and when its waiting time is over."""
    asked = {"request_id": identifier("reset")}
    return {
        "POST /auth/reset": asked,
        "POST /auth/reset/verify": [NO_RESET, {**WAITING, "state": "ready"}],
        "POST /auth/reset/start": WAITING,
        "POST /auth/reset/finish": {"erasure_id": identifier("erasure")},
    }


def _rotation(world: World) -> Json:
    """For turning and securing; what was staged and the keys afterwards follow from what was sent, but for `staged` and `secured`."""
    lease = {"lease_id": LEASE, "epoch": KEYS.epoch, "ring": 1, "expires_at": LATER}
    chats = [{"chat_id": chat.key.chat, "keys": [chat.wrap(KEYS)]} for chat in (world.talk, world.other)]
    return {
        "POST /account/rotation": lease,
        f"GET /account/rotation/{LEASE}/staged": {"chats": chats, "account": None},
        FLIP: {"epoch": KEYS.epoch + 1, "rotation_due_at": LATER},
        SECURE: {"epoch": KEYS.epoch + 1, "rotation_due_at": LATER, "backup_codes": BACKUP_CODES},
        "staged": {},
        "secured": {},
    }


def _settings() -> Json:
    return {
        SETTINGS: settings_json(revision=SETTINGS_REVISION),
        CHANGED_SETTINGS: settings_json(revision=SETTINGS_REVISION + 1),
    }


def _row(chat: Chat, *, title: str | None, details: bytes | None = None) -> Json:
    return {
        "chat_id": chat.key.chat,
        "generation": 1,
        "keys": [chat.wrap(OLD), chat.wrap(KEYS)],
        "title": encode(chat.title(title)) if title else None,
        "details": encode(details) if details else None,
        "revision": 2 if details else 0,
        "deleted": False,
        "created_at": 1000,
        "updated_at": 2000,
        "active_at": 2000,
    }


def _events(chat: Chat, message: bytes) -> list[Json]:
    answer = chat.answer(TURN, "Well.", message)
    ids = {"turn_id": TURN, "chat_id": chat.key.chat}
    made = {"mate": "tavi", "model": "m"}
    told: list[Json] = [
        {"type": "chat_titled", "title": encode(chat.title("Well"))},
        {"type": "answer_started", "attempt": 1, **made},
        {"type": "answer_extended", "attempt": 1, "seq": 1, "delta": "Well."},
        {"type": "answer_finished", "finish": "complete", "answer": encode(answer), "answered_at": 2000, **made},
        {"type": "turn_charged", "credits": 1, "available": 9, "input_tokens": 2, "output_tokens": 1},
        {"type": "suggestions_made", "suggestions": encode(chat.suggestions(TURN, answer))},
    ]
    return [{**ids, **event} for event in told]


def devices(world: World) -> dict[str, Any]:
    """What each of them has: see Device in scenario.py."""
    return {
        "new": {},
        "away": {"pins": pins_json(world.now)},
        "here": {
            "epoch": KEYS.epoch,
            "master_key": encode(KEYS.master_key),
            "pins": pins_json(world.now),
            "settings_revision": SETTINGS_REVISION,
        },
        "behind": {"epoch": OLD.epoch, "master_key": encode(OLD.master_key), "pins": pins_json(world.before)},
    }


def person() -> Json:
    return {
        "account": ACCOUNT,
        "email": EMAIL,
        "password": PASSWORD,
        "code": CODE,
        "signing_public_key": encode(PUBLIC),
        "talk": numbered(0, TALK),
        "running": numbered(0, RUNNING),
        "turn": TURN,
    }
