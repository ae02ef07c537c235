"""What who has lost every way in does, and what the job does meanwhile: begun, stopped, run out, and finished."""

from __future__ import annotations

from sealmate import wiring
from sealmate.turns.ports import Caller
from tests.contract.template.world import World
from tests.fakes.http import Reply
from tests.fakes.person import Person

DAY = 86_400


def losing(world: World, ada: Person) -> None:
    ada.log_in()
    assert ada.api.post("/auth/reset", {"email": "nobody@example.org"}).status == 202
    assert by_code(ada, "start").status == 202
    assert ada.call("DELETE", "/account/reset").status == 204
    assert by_code(ada, "start").status == 202
    days(world, 30)
    assert by_code(ada, "verify").json["state"] == "none", "it has run out"
    ending(world, ada)


def ending(world: World, ada: Person) -> None:
    """Of somebody else, with a session and a WebSocket open; warnings that the job didn't send are sent by who looks."""
    bob = Person(api=ada.api, clock=world.clock, code_for=world.mailed_code, email="bob@example.org").sign_up()
    assert by_code(bob, "start").status == 202
    world.clock.advance(8 * DAY)
    assert by_code(bob, "verify").json["state"] == "waiting"
    world.clock.advance(DAY)
    caller = Caller(connection_id="bobs", account_id=bob.account_id, session_id=bob.session_id)
    wiring.connections().add(caller, now=world.clock.now())
    assert by_code(bob, "finish").status == 202
    world.clock.advance(400)
    while world.call("job_erase_account", {})["more"]:
        pass


def by_code(person: Person, step: str) -> Reply:
    """With a fresh one."""
    asked = person.api.post("/auth/reset", {"email": person.email})
    assert asked.status == 202, asked.body
    body = {"request_id": asked.json["request_id"], "code": person.mailed_code(person.email)}
    return person.api.post(f"/auth/reset/{step}", body)


def days(world: World, number: int) -> None:
    for _ in range(2 * number):
        world.clock.advance(DAY // 2)
        world.call("job_send_reminders", {})
