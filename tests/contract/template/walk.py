"""Everything that people, state machines and schedules have our functions do, once, in a world that takes notes."""

from __future__ import annotations

import os
from typing import Any

import pytest

from sealmate import errors, wiring
from sealmate.model import to_base64url
from sealmate.turns.ports import Caller
from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.envelope import Namespace, Place
from tests.contract.template.walk_account_life import change_ways_in
from tests.contract.template.walk_reset import losing
from tests.contract.template.walk_rotation import secure, turn_the_key
from tests.contract.template.world import GONE, World, WorldApi
from tests.fakes import archive
from tests.fakes.person import Person
from tests.fakes.push import FakePush
from tests.pipeline.person import Person as Device
from tests.pipeline.person import new_turn_id
from tests.scripted_model.scripts import READING, REVIEW, Stream, Structured

SOCKET = "laptop"


def walk(world: World) -> None:
    wiring.provider_keys().put("custom", "a key of the operator's")
    ada = accounts(world)
    device = Device(push=FakePush(), account=ada.account_id, connection=SOCKET)
    sockets(world, ada, device)
    chats = [turns(world, device) for _ in range(2)]
    reading(ada, chats)
    over_http(world, ada, device)
    changing(world, ada, device)
    temporary(world, ada, device)
    withheld(world, device)
    failing(world, device)
    dying(world, device)
    keep_settings(ada)
    change_ways_in(ada)
    turn_the_key(ada)
    bea = Person(api=WorldApi(world), clock=world.clock, code_for=world.mailed_code, email="bea@example.org").sign_up()
    keep_settings(bea)
    secure(bea)
    losing(world, ada)
    leaving(world, ada)
    erasing(world, ada)


def accounts(world: World) -> Person:
    """Signing up and in, with everything that may go wrong on the way."""
    api = WorldApi(world)
    ada = Person(api=api, clock=world.clock, code_for=world.mailed_code, email="ada@example.org")
    ada.start_sign_up()
    ada.verify("000000")
    ada.verify()
    ada.complete(totp_code="000000")
    assert ada.complete().status == 201
    Person(api=api, clock=world.clock, code_for=world.mailed_code, email=ada.email).start_sign_up()
    ada.prove_password(ada.start_login(), bytes(32))
    ada.prove_code(ada.password_proved(), "000000")
    assert ada.log_in().status == 200
    assert ada.prove_code(ada.password_proved(), ada.backup_codes[0]).status == 200
    return ada


def sockets(world: World, ada: Person, device: Device) -> None:
    assert ada.call("GET", "/auth/nonce").status == 204
    ticket = ada.call("POST", "/auth/ticket").json["ticket"]
    opened = world.call("ws_connect", _frame("$connect", {"sec-websocket-protocol": f"sealmate.v1, ticket.{ticket}"}))
    assert opened["statusCode"] == 200
    chat = device.new_chat().chat
    refused: dict[str, dict[str, Any]] = {
        "focus": {"action": "focus", "chat_id": chat, "unknown": 1},
        "stop": {"action": "stop", "turn_id": chat},
        "default": {"action": "dance"},
    }
    for route, body in refused.items():
        _send(world, device, route, body)
    _send(world, device, "focus", {"action": "focus", "chat_id": chat})
    device.connect("closing")
    world.call("ws_disconnect", _frame("$disconnect", {}, connection="closing"))


def keep_settings(ada: Person) -> None:
    """Begun, changed, and changed too late."""
    path, app_key = "/apps/web/settings", bytes(32)

    def sealed(namespace: Namespace, key: bytes, *, version: int = 1) -> str:
        place = Place(namespace, ada.account_id, "web", "web", epoch=1, version=version)
        return to_base64url(envelope.seal(key, place, app_key, random=os.urandom))

    begun: dict[str, object] = {"revision": 0, "settings": sealed(Namespace.APP_SETTINGS, app_key)}
    begun["key"] = sealed(Namespace.APP_KEY, ada.device.master_key)
    assert ada.call("PUT", path, begun).status == 200
    for status in (200, 409):
        later = {"revision": 1, "settings": sealed(Namespace.APP_SETTINGS, app_key, version=2)}
        assert ada.call("PUT", path, later).status == status
    assert ada.call("GET", path).json["revision"] == 2


def _frame(route: str, headers: dict[str, str], *, connection: str = SOCKET) -> dict[str, Any]:
    context = {
        "apiId": "api",
        "stage": "ws",
        "domainName": "api.example",
        "connectionId": connection,
        "routeKey": route,
    }
    return {"requestContext": context, "headers": headers, "isBase64Encoded": False}


def _send(world: World, device: Device, route: str, body: dict[str, Any]) -> None:
    with world.running(f"ws_{route}"):
        device.send(body, route=route)


def turns(world: World, device: Device) -> str:
    """A chat with two messages: the second one finds its history in the cache, and is asked and resumed twice."""
    key = device.new_chat()
    first = device.message(key, "Hello")
    _send(world, device, "ask", first)
    answer(world, device, first)
    second = device.message(
        key, "And now?", history="cached", chat_key=None, parent=device.parent_of(key, first["turn_id"])
    )
    _send(world, device, "ask", second)
    _send(world, device, "resume", {"action": "resume", "turn_id": second["turn_id"]})
    answer(world, device, second)
    _send(world, device, "ask", second)
    _send(world, device, "resume", {"action": "resume", "turn_id": second["turn_id"]})
    _send(world, device, "ask", device.message(key, "Another key"))
    return key.chat


def ids(device: Device, ask: dict[str, Any]) -> dict[str, str]:
    named = {"account_id": device.account, "turn_id": ask["turn_id"], "chat_id": ask["chat_id"]}
    return {**named, "connection_id": device.connection}


def stage(world: World, device: Device, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """One state."""
    _leave_a_gone_connection(world, device, event["chat_id"])
    done: dict[str, Any] = world.call(function, event)
    return done


def _leave_a_gone_connection(world: World, device: Device, chat_id: str) -> None:
    """A connection of the account that has shown this chat for an hour and has gone without saying so."""
    caller = Caller(connection_id=GONE, account_id=device.account, session_id="session")
    wiring.connections().add(caller, now=world.clock.now() - 3600)
    wiring.connections().focus(caller, chat_id)


def reserve(world: World, device: Device, ask: dict[str, Any]) -> dict[str, Any]:
    given = {**ids(device, ask), "characters": 100, "execution_id": ask["turn_id"]}
    held = stage(world, device, "turn_billing_precheck", given)
    assert stage(world, device, "turn_billing_precheck", given) == held, "a retry finds its own hold"
    return held


def answer(world: World, device: Device, ask: dict[str, Any], *, bill: bool = True) -> None:
    """The states of answer_turn in their order."""
    held = reserve(world, device, ask)
    choices = stage(world, device, "turn_pre_processing", ids(device, ask))
    stage(world, device, "turn_main_processing", {**ids(device, ask), **choices, "reserved_at": held["reserved_at"]})
    stage(world, device, "turn_post_processing", ids(device, ask))
    if bill:
        for _ in range(2):
            stage(world, device, "turn_billing", {**ids(device, ask), **held})


def reading(ada: Person, chats: list[str]) -> None:
    for path in ("/account", "/account/keys", "/account/sessions", "/wallet", "/wallet/ledger", "/mates", "/chats"):
        assert ada.call("GET", path).status == 200, path
    for path in (f"/chats/{chats[0]}", f"/chats/{chats[0]}/turns"):
        assert ada.call("GET", path).status == 200, path


def over_http(world: World, ada: Person, device: Device) -> None:
    """Asked by REST: a first message, one more, the same again, and one that can't have a place."""
    key = device.new_chat()
    first = rest(device.message(key, "Hello"))
    _leave_a_gone_connection(world, device, device.new_chat().chat)
    assert ada.call("POST", "/turns", first).json["begun"]
    answer(world, device, first)
    second = rest(device.message(key, "And now?", history="cached", chat_key=None))
    assert ada.call("POST", "/turns", second).json["begun"]
    assert not ada.call("POST", "/turns", second).json["begun"]
    assert ada.call("POST", "/turns", rest(device.message(key, "Another key"))).code == "chat_key_conflict"


def rest(ask: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ask.items() if name != "action"}


def changing(world: World, ada: Person, device: Device) -> None:
    """A chat gets details, loses a turn, and is deleted; so is a message that nobody ever answered. Others are imported."""
    key = device.new_chat()
    first, never = device.message(key, "Hello"), device.message(key, "Never begins", chat_key=None)
    _send(world, device, "ask", first)
    answer(world, device, first)
    _send(world, device, "ask", never)
    world.clock.advance(400)
    details = {"revision": 0, "details": archive.details(key, revision=1)}
    _leave_a_gone_connection(world, device, key.chat)
    assert ada.call("PUT", f"/chats/{key.chat}/details", details).status == 200
    for turn in (first["turn_id"], never["turn_id"]):
        assert ada.call("DELETE", f"/chats/{key.chat}/turns/{turn}").status == 204
    _send(world, device, "ask", device.message(key, "Never read", chat_key=None))
    assert ada.call("DELETE", f"/chats/{key.chat}").status == 204
    key = device.new_chat()
    part = archive.part(key, device.master_key, archive.turn(key, new_turn_id()))
    for stored in (1, 0):
        assert ada.call("POST", f"/chats/{key.chat}/import", part).json == {"imported": stored}
    more = {**part, "turns": [archive.turn(key, new_turn_id(), said=None)]}
    assert ada.call("POST", f"/chats/{key.chat}/import", more).json == {"imported": 1}


def temporary(world: World, ada: Person, device: Device) -> None:
    """Answered and resumed without a trace in the chats."""
    ask = device.message(device.new_chat(), "Psst", chat_key=None, temporary=True)
    _send(world, device, "ask", ask)
    answer(world, device, ask)
    _send(world, device, "resume", {"action": "resume", "turn_id": ask["turn_id"]})
    world.scripts.add(Structured(content={**REVIEW, "misuse": 9}), to="Review")
    again = device.message(device.new_chat(), "Hm", chat_key=None, temporary=True)
    assert ada.call("POST", "/turns", rest(again)).json["begun"]
    answer(world, device, again)


def withheld(world: World, device: Device) -> None:
    ask = device.message(device.new_chat(), "Hm")
    _send(world, device, "ask", ask)
    world.scripts.add(Structured(content={**REVIEW, "misuse": 9}), to="Review")
    answer(world, device, ask)


def failing(world: World, device: Device) -> None:
    """Refused before and after its hold, stopped, out of credits, and answered but not billed."""
    refused = device.message(device.new_chat(), "Terrible")
    _send(world, device, "ask", refused)
    fail(world, device, refused, "States.Timeout")
    harmful = device.message(device.new_chat(), "Terrible")
    _send(world, device, "ask", harmful)
    reserve(world, device, harmful)
    world.scripts.add(Structured(content={**READING, "harm": 9}), to="Reading")
    with pytest.raises(errors.HarmRefused):
        stage(world, device, "turn_pre_processing", ids(device, harmful))
    fail(world, device, harmful, "HarmRefused")
    broken = device.message(device.new_chat(), "Half an answer")
    _send(world, device, "ask", broken)
    held = reserve(world, device, broken)
    choices = stage(world, device, "turn_pre_processing", ids(device, broken))
    world.scripts.add(Stream(deltas=("half ", "an ", "answer"), fault="error"), to="stream")
    event = {**ids(device, broken), **choices, "reserved_at": held["reserved_at"]}
    with pytest.raises(errors.ProviderBusy):
        stage(world, device, "turn_main_processing", event)
    _send(world, device, "resume", {"action": "resume", "turn_id": broken["turn_id"]})
    fail(world, device, broken, "ProviderBusy")
    stopped = device.message(device.new_chat(), "Never mind")
    _send(world, device, "ask", stopped)
    _send(world, device, "stop", {"action": "stop", "turn_id": stopped["turn_id"]})
    unbilled = device.message(device.new_chat(), "Answered")
    _send(world, device, "ask", unbilled)
    answer(world, device, unbilled, bill=False)
    fail(world, device, unbilled, "States.Timeout")


def fail(world: World, device: Device, ask: dict[str, Any], error: str) -> None:
    failure = {"Error": error, "Cause": "{}"}
    stage(world, device, "turn_failed", {**ids(device, ask), "execution_id": ask["turn_id"], "failure": failure})


def dying(world: World, device: Device) -> None:
    """Executions that end without a word: noticed by the next ask, by a resume, and by the sweeper."""
    routes = {"ask": True, "resume": True, "sweep": True, "sweep answered": False}
    for route in routes:
        ask = device.message(device.new_chat(), "Dies")
        _send(world, device, "ask", ask)
        if route == "sweep answered":
            answer(world, device, ask, bill=False)
        else:
            reserve(world, device, ask)
        world.clock.advance(400)
        if route.startswith("sweep"):
            stage(world, device, "job_sweep_holds", {"chat_id": ask["chat_id"]})
        else:
            _leave_a_gone_connection(world, device, ask["chat_id"])
            _send(world, device, route, ask if route == "ask" else {"action": "resume", "turn_id": ask["turn_id"]})
    for route in ("ask", "resume"):
        for seconds in (20, 400):
            ask = device.message(device.new_chat(), "Never begins")
            _send(world, device, "ask", ask)
            world.clock.advance(seconds)
            _leave_a_gone_connection(world, device, ask["chat_id"])
            _send(world, device, route, ask if route == "ask" else {"action": "resume", "turn_id": ask["turn_id"]})


def a_new_device(world: World, ada: Person) -> None:
    """Two of them: one is the owner's, the other isn't; then all others are signed out."""
    for mine in (True, False):
        other = Person(api=WorldApi(world), clock=world.clock, code_for=world.mailed_code, email=ada.email)
        other.account_id, other.totp_secret = ada.account_id, ada.totp_secret
        assert other.log_in().status == 200
        (new,) = ada.call("GET", "/account/devices/new").json["devices"]
        assert ada.call("POST", f"/account/devices/{new['device_id']}/answer", {"mine": mine}).status == 204
    assert ada.call("DELETE", "/account/sessions").status == 204


def leaving(world: World, ada: Person) -> None:
    """Sessions that rotate, end, and are used after their end, with a WebSocket open."""
    device = Device(push=FakePush(), account=ada.account_id)

    def open_socket() -> None:
        caller = Caller(connection_id="old", account_id=device.account, session_id=ada.session_id)
        wiring.connections().add(caller, now=world.clock.now())

    paths = ("/account", "/chats", "/wallet", "/account/rotation/none/staged", "/apps/web/settings")
    for method, path in (*(("GET", path) for path in paths), ("POST", "/turns")):
        ada.log_in()
        open_socket()
        old = ada.token
        ada.token = ada.call("POST", "/auth/session/rotate").json["session"]["token"]
        world.clock.advance(3_600)
        ada.call(method, path)
        ada.token = old
        ada.call(method, path)
    ada.log_in()
    open_socket()
    a_new_device(world, ada)
    ada.call("DELETE", f"/account/sessions/{ada.session_id}")
    ada.log_in()
    open_socket()
    assert ada.call("POST", "/auth/logout").status == 204


def erasing(world: World, ada: Person) -> None:
    """The account ends, with a session and a WebSocket open; what is left goes in the background, and by the schedule."""
    ada.log_in()
    wiring.connections().add(
        Caller(connection_id="last", account_id=ada.account_id, session_id=ada.session_id), now=world.clock.now()
    )
    wiring.connections().add(
        Caller(connection_id=GONE, account_id=ada.account_id, session_id="of nobody"), now=world.clock.now()
    )
    proofs = {"auth": to_base64url(ada.device.password_auth), "code": ada.backup_codes[1]}
    assert ada.call("POST", "/account/erase", {**proofs, "code": "000000"}).code == "wrong_code"
    erasure = ada.call("POST", "/account/erase", proofs).json["erasure_id"]
    wiring.connections().add(
        Caller(connection_id="late", account_id=ada.account_id, session_id="of nobody"), now=world.clock.now()
    )
    left = {"account_id": ada.account_id}
    while world.call("job_erase_account", left)["more"]:
        pass
    world.clock.advance(400)
    assert world.call("job_erase_account", {})["more"] == 0
    assert wiring.remains().pending() == []
    receipt = ada.api.get(f"/erasures/{erasure}").json
    assert ada.api.post("/receipts/verify", receipt).json == {"genuine": True}
