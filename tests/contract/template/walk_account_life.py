"""What people do to their ways in: the part of the walk that needs a fresh proof."""

from __future__ import annotations

from sealmate.model import to_base64url
from tests.fakes.person import Person


def change_ways_in(ada: Person) -> None:
    step_up(ada)


def step_up(ada: Person) -> None:
    ada.log_in()
    ada.clock.sleep(30)
    proofs = {"auth": to_base64url(ada.device.password_auth), "code": ada.totp()}
    assert ada.call("POST", "/account/step-up", {**proofs, "code": "000000"}).code == "wrong_code"
    assert ada.call("POST", "/account/step-up", proofs).status == 200
