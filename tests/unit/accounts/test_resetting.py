"""Everything is lost: days, mails and a fresh code before the account ends, and anyone who can get in stops it."""

from __future__ import annotations

import pytest

from functions.job_send_reminders.handler import handle as send_reminders
from sealmate import errors, wiring
from tests.fakes.http import Reply
from tests.fakes.mail import Mail
from tests.fakes.person import Person
from tests.unit.accounts.world import World

DAY = 86_400
WEEK = 7 * DAY


def ask(world: World, email: str, *, source: str = "192.0.2.1") -> Reply:
    return world.api.call("POST", "/auth/reset", {"email": email}, source=source)


def proof(world: World, person: Person) -> dict[str, str]:
    """A fresh code, and what it is for."""
    asked = ask(world, person.email)
    assert asked.status == 202, asked.body
    return {"request_id": asked.json["request_id"], "code": person.mailed_code(person.email)}


def look(world: World, person: Person) -> Reply:
    return world.api.post("/auth/reset/verify", proof(world, person))


def start(world: World, person: Person) -> Reply:
    return world.api.post("/auth/reset/start", proof(world, person))


def finish(world: World, person: Person) -> Reply:
    return world.api.post("/auth/reset/finish", proof(world, person))


def pass_time(world: World, seconds: int) -> None:
    """With the job that runs all the while."""
    until = world.clock.now() + seconds
    while world.clock.now() < until:
        world.clock.advance(min(6 * 3600, until - world.clock.now()))
        assert send_reminders({}, None)["failed"] == 0


def mails(world: World, person: Person) -> list[Mail]:
    """About a reset, without codes."""
    sent = [mail for mail in world.mailer.sent if mail.to == person.email and "Your code" not in mail.subject]
    return [mail for mail in sent if "erase" in mail.subject or "stays" in mail.subject]


def test_after_a_week_of_mails_and_with_a_fresh_code_the_account_ends(world: World, ada: Person) -> None:
    began = world.clock.now()
    assert look(world, ada).json == {"state": "none", "waiting_seconds": WEEK}
    begun = start(world, ada)
    assert (begun.status, begun.json["state"], begun.json["ready_at"]) == (202, "waiting", began + WEEK)
    pass_time(world, WEEK)
    first, half, last, ready = mails(world, ada)
    assert first.subject == "Your Sealmate account is to be erased on 22 January 2027, 08:00 UTC"
    assert half.subject.startswith("Reminder: ")
    assert last.subject.startswith("Last reminder: ")
    assert ready.subject == "Your Sealmate account can be erased now"
    assert ada.account_id in world.rows.accounts, "nothing ends by itself"
    assert look(world, ada).json["state"] == "ready"
    shown = proof(world, ada)
    ended = world.api.post("/auth/reset/finish", shown)
    assert ended.status == 202
    assert world.api.post("/auth/reset/finish", shown).json == ended.json, "again, after a lost reply"
    assert ada.call("GET", "/account").code == "not_signed_in"
    assert world.erasures.started == [ada.account_id]
    assert world.rows.resets == {}
    assert world.person(ada.email).sign_up().account_id != ada.account_id


def ready(world: World, person: Person) -> None:
    start(world, person)
    pass_time(world, WEEK)


def test_the_last_step_gives_its_receipt_again_when_all_is_done(world: World, ada: Person) -> None:
    ready(world, ada)
    shown = proof(world, ada)
    ended = world.api.post("/auth/reset/finish", shown)
    world.clock.advance(400)
    wiring.erase_remains()(ada.account_id)
    assert world.remains.erasure(ada.account_id) is None, "nothing of the account is left that could tell"
    assert world.rows.receipts[ended.json["erasure_id"]].erased_at is not None
    again = world.api.post("/auth/reset/finish", shown)
    assert (again.status, again.json) == (202, ended.json)
    receipt = world.api.get(f"/erasures/{again.json['erasure_id']}")
    assert receipt.json["erased_at"] == world.rows.receipts[ended.json["erasure_id"]].erased_at


def test_nobody_else_is_given_the_receipt(world: World, ada: Person) -> None:
    ready(world, ada)
    before, shown = proof(world, ada), proof(world, ada)
    unknown = ask(world, "nobody@example.org").json["request_id"]
    ended = world.api.post("/auth/reset/finish", shown)
    assert world.api.post("/auth/reset/finish", before).json == ended.json, "the mailbox has both codes"
    world.clock.advance(400)
    wiring.erase_remains()(ada.account_id)
    wrong = {**shown, "code": "000000" if shown["code"] != "000000" else "000001"}
    assert world.api.post("/auth/reset/finish", wrong).code == "wrong_code"
    assert world.api.post("/auth/reset/finish", {**wrong, "request_id": unknown}).code == "wrong_code"
    assert world.api.post("/auth/reset/finish", before).code == "step_expired", "another request's code"
    world.clock.advance(1800)
    assert world.api.post("/auth/reset/finish", shown).code == "step_expired"


def test_warnings_say_how_to_stop_it_and_have_no_link(world: World, ada: Person) -> None:
    start(world, ada)
    pass_time(world, WEEK)
    for mail in mails(world, ada):
        assert "Signing in stops it" in mail.text
        assert "http" not in mail.text
        assert "{" not in mail.text


def test_before_its_time_nothing_is_erased(world: World, ada: Person) -> None:
    assert finish(world, ada).code == "reset_not_ready"
    start(world, ada)
    pass_time(world, WEEK - 7200)
    assert finish(world, ada).code == "reset_not_ready"
    assert ada.account_id in world.rows.accounts


def test_starting_again_does_not_put_it_off(world: World, ada: Person) -> None:
    ready_at = start(world, ada).json["ready_at"]
    pass_time(world, DAY)
    assert start(world, ada).json["ready_at"] == ready_at
    assert len(mails(world, ada)) == 1


def test_without_a_job_whoever_looks_sends_what_is_due_and_then_waits_the_last_day(world: World, ada: Person) -> None:
    start(world, ada)
    world.clock.advance(30 * DAY // 2)
    looked = look(world, ada).json
    assert (looked["state"], looked["ready_at"]) == ("waiting", world.clock.now() + DAY)
    assert len(mails(world, ada)) == 3, "each of them before the account can end"
    assert finish(world, ada).code == "reset_not_ready"
    world.clock.advance(DAY)
    assert finish(world, ada).status == 202


def test_a_mail_that_cannot_be_sent_puts_it_off(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    start(world, ada)

    def away(**_: str) -> None:
        raise errors.MailNotSent(reason="Throttling")

    with monkeypatch.context() as patch:
        patch.setattr(world.mailer, "send", away)
        pass_time(world, WEEK)
    assert finish(world, ada).code == "reset_not_ready"
    pass_time(world, 7200)
    assert len(mails(world, ada)) == 3
    pass_time(world, DAY)
    assert finish(world, ada).status == 202


def test_what_nobody_finishes_ends_without_a_loss(world: World, ada: Person) -> None:
    start(world, ada)
    pass_time(world, WEEK + 15 * DAY)
    assert mails(world, ada)[-1].subject == "Your Sealmate account stays as it is"
    assert finish(world, ada).code == "reset_not_ready"
    assert world.rows.resets == {}
    assert look(world, ada).json["state"] == "none"


# --- stopped ---


def test_a_signed_in_device_sees_it_and_stops_it(world: World, ada: Person) -> None:
    ready_at = start(world, ada).json["ready_at"]
    assert ada.call("GET", "/account").json["reset_ready_at"] == ready_at
    for _ in range(2):
        assert ada.call("DELETE", "/account/reset").status == 204
    assert "reset_ready_at" not in ada.call("GET", "/account").json
    assert [mail.subject for mail in mails(world, ada)][1:] == ["Your Sealmate account will not be erased"]
    pass_time(world, WEEK)
    assert finish(world, ada).code == "reset_not_ready"


def test_signing_in_stops_it(world: World, ada: Person) -> None:
    start(world, ada)
    assert ada.log_in().status == 200
    assert look(world, ada).json["state"] == "none"


def test_half_a_sign_in_stops_nothing(world: World, ada: Person) -> None:
    start(world, ada)
    ada.prove_code(ada.password_proved(), "000000")
    assert look(world, ada).json["state"] == "waiting"


def test_erasing_by_its_owner_ends_it(world: World, ada: Person) -> None:
    start(world, ada)
    assert ada.step_up().call("POST", "/account/erase", {}).status == 202
    assert world.rows.resets == {}
    pass_time(world, WEEK)
    assert len(mails(world, ada)) == 1


def test_nobody_stops_it_without_a_session(world: World) -> None:
    assert world.api.call("DELETE", "/account/reset", authorization="Bearer nonsense").code == "not_signed_in"


# --- codes and tries ---


def test_an_unknown_address_looks_the_same_and_its_mail_has_no_code(world: World, ada: Person) -> None:
    walks = []
    for email in (ada.email, "nobody@example.org"):
        world.calls.clear()
        asked = ask(world, email)
        body = {"request_id": asked.json["request_id"], "code": "000000"}
        tried = [world.api.post(f"/auth/reset/{step}", body).code for step in ("verify", "start", "finish")]
        walks.append((asked.status, sorted(asked.json), tried, list(world.calls)))
    assert walks[0] == walks[1]
    assert world.mailer.last.to == "nobody@example.org"
    with pytest.raises(AssertionError, match="no code"):
        assert world.mailer.last.code


def test_a_code_is_for_its_request_for_half_an_hour_and_few_tries(world: World, ada: Person) -> None:
    first, second = proof(world, ada), proof(world, ada)
    crossed = {**first, "code": second["code"]}
    assert world.api.post("/auth/reset/start", crossed).code == "wrong_code"
    world.clock.advance(1800)
    assert world.api.post("/auth/reset/start", second).code == "step_expired"
    guessed = proof(world, ada)
    wrong = {**guessed, "code": f"{(int(guessed['code']) + 1) % 10**6:06}"}
    assert [world.api.post("/auth/reset/start", wrong).code for _ in range(8)] == ["wrong_code"] * 8
    assert world.api.post("/auth/reset/start", guessed).code == "step_expired"
    assert world.rows.resets == {}


def test_a_sign_up_code_resets_nothing(world: World) -> None:
    other = world.person("bob@example.org")
    other.start_sign_up()
    body = {"request_id": other.signup_id, "code": other.mailed_code(other.email)}
    assert world.api.post("/auth/reset/start", body).code == "step_expired"


def test_mails_to_an_address_become_rare_and_never_end(world: World, ada: Person) -> None:
    waits = []
    for _ in range(20):
        reply = ask(world, ada.email)
        if reply.status == 429:
            waits.append(reply.json["retry_after"])
            world.clock.advance(waits[-1])
    assert waits[:4] == [1800, 3600, 7200, 14400]
    assert max(waits) == DAY
    assert ask(world, ada.email).status in (202, 429)


def test_a_network_is_slowed_down(world: World) -> None:
    replies = [ask(world, f"{n}@example.org").status for n in range(21)]
    assert replies == [202] * 20 + [429]
    assert ask(world, "x@example.org", source="198.51.100.7").status == 202


# --- the job ---


def counts() -> tuple[int, int]:
    """How many resets a run looked at, and how many failed."""
    done = send_reminders({}, None)
    return done["resets"], done["failed"]


def test_one_accounts_trouble_keeps_no_other_waiting(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    for person in (ada, bob):
        start(world, person)
    broken = world.rows.accounts[ada.account_id]
    object.__setattr__(broken, "email_sealed", b"broken")
    world.clock.advance(4 * DAY)
    assert counts() == (2, 1)
    assert [mail.subject[:9] for mail in mails(world, bob)][1:] == ["Reminder:"]
    assert counts() == (0, 0), "it is tried again later, not at once"


def test_the_job_stops_when_its_time_is_up_and_goes_on_next_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [world.person(f"{n}@example.org").sign_up() for n in range(3)]
    for person in people:
        start(world, person)
    world.clock.advance(4 * DAY)
    slow = world.mailer.send

    def send(**mail: str) -> None:
        world.clock.advance(59)
        slow(**mail)

    monkeypatch.setattr(world.mailer, "send", send)
    looked = [send_reminders({}, None)["resets"] for _ in range(3)]
    assert sum(looked) == 3
    assert max(looked) < 3
    assert all(len(mails(world, person)) == 2 for person in people)
