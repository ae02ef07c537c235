"""The receipt of an erasure: what was deleted in numbers, mailed at the end, shown to who has its id, known as ours ever after."""

from __future__ import annotations

import json

import pytest

from functions.job_erase_account.handler import handle as erase_remains
from sealmate import errors, wiring
from tests.fakes.mail import Mail
from tests.fakes.person import Person
from tests.unit.accounts.world import World

NUMBERS = {"ways_in": 2, "backup_codes": 10, "sessions": 1, "other": 2}
SUBJECT = "Your Sealmate account is erased"


@pytest.fixture
def erasure_id(world: World, ada: Person) -> str:
    """Of Ada's account, which had 25 messages and four rows in the books."""
    world.remains.left[ada.account_id], world.remains.books[ada.account_id] = 25, 4
    reply = ada.step_up().call("POST", "/account/erase", {})
    assert reply.status == 202
    return str(reply.json["erasure_id"])


def to_its_end(world: World) -> None:
    erase_remains({}, None)
    world.clock.advance(360)
    erase_remains({}, None)


def mails(world: World) -> list[Mail]:
    return [mail for mail in world.mailer.sent if mail.subject == SUBJECT]


def test_whoever_has_the_id_sees_how_far_it_is_and_then_the_receipt(world: World, erasure_id: str) -> None:
    began = world.clock.now()
    told = world.api.get(f"/erasures/{erasure_id}").json
    assert told == {"erasure_id": erasure_id, "requested_at": began, "deleted": NUMBERS, "kept": 0}
    to_its_end(world)
    done = world.api.get(f"/erasures/{erasure_id}").json
    assert done["deleted"] == {**NUMBERS, "messages": 25}
    assert (done["kept"], done["erased_at"]) == (4, began + 360)
    assert world.api.post("/receipts/verify", done).json == {"genuine": True}


def test_it_is_mailed_once_and_then_the_address_is_forgotten(world: World, ada: Person, erasure_id: str) -> None:
    for _ in range(2):
        to_its_end(world)
    (mail,) = mails(world)
    assert mail.to == ada.email
    receipt = json.loads(mail.text[mail.text.index("{") : mail.text.rindex("}") + 1])
    assert receipt == world.api.get(f"/erasures/{erasure_id}").json
    assert world.rows.erasing == {}
    assert ada.account_id not in str(world.rows.receipts)


@pytest.mark.parametrize(
    "changed",
    [
        {"requested_at": 1},
        {"erased_at": 1},
        {"kept": 0},
        {"deleted": {**NUMBERS, "messages": 24}},
        {"erasure_id": "00000000-0000-4000-8000-000000000000"},
        {"mac": "A" * 43},
    ],
    ids=str,
)
def test_a_changed_receipt_is_not_ours(world: World, erasure_id: str, changed: dict[str, object]) -> None:
    to_its_end(world)
    receipt = world.api.get(f"/erasures/{erasure_id}").json
    assert world.api.post("/receipts/verify", {**receipt, **changed}).json == {"genuine": False}


def test_it_can_be_verified_when_it_is_no_longer_shown(world: World, erasure_id: str) -> None:
    to_its_end(world)
    receipt = world.api.get(f"/erasures/{erasure_id}").json
    world.clock.advance(30 * 86_400)
    assert world.api.get(f"/erasures/{erasure_id}").code == "not_found"
    assert world.api.post("/receipts/verify", receipt).json == {"genuine": True}


def test_an_unknown_id_is_not_found(world: World) -> None:
    assert world.api.get(f"/erasures/{wiring.random().uuid()}").code == "not_found"


def test_a_mail_that_fails_is_tried_again_for_three_days(
    world: World, erasure_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: str) -> None:
        raise errors.MailNotSent(reason="Throttling")

    monkeypatch.setattr(world.mailer, "send", away)
    to_its_end(world)
    assert "mac" in world.api.get(f"/erasures/{erasure_id}").json, "it is done all the same"
    world.clock.advance(3600)
    erase_remains({}, None)
    assert len(world.rows.erasing) == 1
    world.clock.advance(3 * 86_400)
    erase_remains({}, None)
    assert world.rows.erasing == {}, "the address isn't kept for it any longer"


def test_killed_at_its_end_it_goes_on_with_the_same_receipt(
    world: World, erasure_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(**_: object) -> None:
        raise Killed

    erase_remains({}, None)
    world.clock.advance(360)
    with monkeypatch.context() as patch:
        patch.setattr(world.mailer, "send", dies)
        with pytest.raises(Killed):
            erase_remains({}, None)
    before = world.api.get(f"/erasures/{erasure_id}").json
    world.clock.advance(3600)
    erase_remains({}, None)
    assert world.api.get(f"/erasures/{erasure_id}").json == before
    assert len(mails(world)) == 1
    assert world.rows.erasing == {}
