"""What people do to their ways in: the part of the walk that needs a fresh proof."""

from __future__ import annotations

from sealmate.model import to_base64url
from tests.fakes.person import Person


def change_ways_in(ada: Person) -> None:
    step_up(ada)
    renew_codes(ada)


def step_up(ada: Person) -> None:
    ada.log_in()
    ada.clock.sleep(30)
    proofs = {"auth": to_base64url(ada.device.password_auth), "code": ada.totp()}
    assert ada.call("POST", "/account/step-up", {**proofs, "code": "000000"}).code == "wrong_code"
    assert ada.call("POST", "/account/step-up", proofs).status == 200


def renew_codes(ada: Person) -> None:
    ada.backup_codes = ada.call("POST", "/account/backup-codes").json["codes"]
    secret = ada.call("POST", "/account/totp/options").json["secret"]
    assert ada.call("POST", "/account/totp", {"code": "000000"}).code == "wrong_code"
    ada.totp_secret = secret
    assert ada.call("POST", "/account/totp", {"code": ada.totp()}).status == 204
