"""A server that says what a scenario of hostile_v1.json makes of the honest answers, and keeps what is written to it."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sealmate_cli.profile import Identity, Profile, ProfileFile, Seen
from sealmate_cli.wire.http import Session
from sealmate_cli.wire.shape import from_base64url
from tests.unit.cli.fake_server import ORIGIN, FakeServer, FakeSocket, Json, problem
from tests.vectors import make_vectors

VECTORS: Json = json.loads(make_vectors.HOSTILE_FILE.read_text())
PERSON: Json = VECTORS["person"]
_SIGNING_IN = {
    *(f"POST /auth/signup{step}" for step in ("", "/verify")),
    *(f"POST /auth/{step}" for step in ("login", "login/password", "login/totp", "logout", "ticket")),
    *(f"POST /auth/pairing/{step}" for step in ("join", "look", "reveal", "finish")),
    *(f"POST /auth/reset{step}" for step in ("", "/verify")),
}
# A mailbox that holds nothing before the keys are sealed into it; what is staged and never taken; and sessions that end.
_HARMLESS = re.compile(
    r"\w+ /account/(pairings(/[0-9a-f-]+(/nonce)?)?|rotation(/[0-9a-f-]+/staged)?)|DELETE /account/sessions"
)


def lied(lies: list[Json]) -> Json:
    """What is said, with these lies in it; those that take something away come last, so that places stay."""
    said: Json = copy.deepcopy(VECTORS["said"])
    for lie in lies:
        *path, last = lie["at"]
        place = said
        for step in path:
            place = place[step]
        if "value" in lie:
            place[last] = lie["value"]
        else:
            del place[last]
    return said


@dataclass
class HostileServer(FakeServer):
    said: Json = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    """What would have changed something, were it true."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        name = f"{request.method} {request.url.path.removeprefix('/api')}"
        if request.method != "GET" and name not in _SIGNING_IN and not _HARMLESS.fullmatch(name):
            self.written.append(name)
        if name == "POST /auth/signup/complete":
            self._sign_up(json.loads(request.content)["keys"])
        if name.endswith("/staged"):
            self._stage(name, json.loads(request.content or b"{}"))
        if name.endswith("/flip"):
            self._flip(name, json.loads(request.content))
        if name.endswith("/secure"):
            self._secure(json.loads(request.content))
        if name in self.said:
            return httpx.Response(200, json=self._next(name))
        return httpx.Response(204) if request.method != "GET" else problem("chat_not_found", 404)

    def _sign_up(self, keys: Json) -> None:
        """The account's keys from now on are those that were sent, but for what is said of them instead."""
        account = self.said["POST /auth/signup/verify"]["account_id"]
        methods = [{**keys.pop(kind), "kind": kind} for kind in ("password", "recovery")]
        now = {"account_id": account, "epoch": keys["statement"]["epoch"], "methods": methods, "links": []}
        self.said["GET /account/keys"] = {**now, **keys, **self.said["signed_up"]}
        self.said["GET /account"]["account_id"] = account

    def _next(self, name: str) -> Json:
        """Of a list one after the other; the last one stays."""
        said = self.said[name]
        if not isinstance(said, list):
            return said  # type: ignore[no-any-return]
        told: Json = said[0] if len(said) == 1 else said.pop(0)
        return told

    def _stage(self, name: str, sent: Json) -> None:
        """Beside what is there, lies and all; instead of what is said of a chat that it was staged with."""
        there = self.said[name.replace("PUT", "GET")]
        there["account"] = sent.get("account", there["account"])
        rows = {row["chat_id"]: row for row in there["chats"]}
        for chat in sent.get("chats", []):
            rows[chat["chat_id"]]["keys"] += self.said["staged"].get(chat["chat_id"], chat["keys"])

    def _flip(self, name: str, sent: Json) -> None:
        """The account's keys are those that were staged."""
        before = self.said["GET /account/keys"]
        staged = self.said[name.replace("POST", "GET").replace("/flip", "/staged")]["account"]
        methods = {each["method_id"]: each for each in staged["methods"]}
        self.said["GET /account/keys"] = {
            **before,
            "epoch": sent["statement"]["epoch"],
            "statement": sent["statement"],
            "manifest": sent["manifest"],
            "apps": staged["apps"],
            "methods": [each | methods[each["method_id"]] for each in before["methods"]],
            "signing": before["signing"] | {"private": staged["signing"]},
            "links": [*before["links"], {"statement": sent["statement"], **sent["link"]}],
        }

    def _secure(self, sent: Json) -> None:
        """The account's keys from now on are those that were sent, but for what is said of them instead."""
        methods = [{**sent[kind], "kind": kind} for kind in ("password", "recovery")]
        now = {"account_id": PERSON["account"], "epoch": sent["statement"]["epoch"], "methods": methods, "links": []}
        signed = {name: sent[name] for name in ("signing", "statement", "manifest", "apps")}
        self.said["GET /account/keys"] = {**now, **signed, **self.said["secured"]}

    def act(self, socket: FakeSocket, action: Json) -> None:
        if action["action"] == "resume":
            socket.tell(*self.said["events"])
        if action["action"] == "ask":
            self.written.append("ask")
            self._begin(action)
            ids = {"turn_id": action["turn_id"], "chat_id": action["chat_id"]}
            socket.tell({"type": "turn_accepted", **ids}, {"type": "turn_stopped", **ids})

    def _begin(self, ask: Json) -> None:
        keys = self.said["begun"]["keys"] or [{"generation": 1, "envelope": ask.get("chat_key", "")}]
        row = {"chat_id": ask["chat_id"], "generation": 1, "keys": keys, "created_at": 1, "updated_at": 1}
        self.said.setdefault(f"GET /chats/{ask['chat_id']}", row)


def prepare(home: Path, device: str) -> None:
    """The profile of a device as the scenarios know it."""
    known = VECTORS["devices"][device]
    account = PERSON["account"]
    seen = {account: Seen.model_validate(known["pins"])} if "pins" in known else {}
    identity = None
    if "master_key" in known:
        identity = Identity(
            email=PERSON["email"],
            session=Session.model_validate(VECTORS["said"]["POST /auth/login/totp"]["session"]),
            epoch=known["epoch"],
            master_key=from_base64url(known["master_key"]),
            signing_public_key=from_base64url(PERSON["signing_public_key"]),
        )
    settings = {account: {"web": known["settings_revision"]}} if "settings_revision" in known else {}
    ProfileFile(home).save(Profile(server=ORIGIN, identity=identity, seen=seen, settings_seen=settings))
