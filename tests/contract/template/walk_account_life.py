"""What people do to their ways in: the part of the walk that needs a fresh proof."""

from __future__ import annotations

from sealmate.model import to_base64url
from sealmate.seal.envelope import Address, Namespace, seal_to
from sealmate_cli.crypto import KeyPair
from tests.contract.template.world import ORIGIN
from tests.fakes.authenticator import Authenticator
from tests.fakes.person import Person
from tests.fakes.ways_in import add, passkey_login, second_factor


def change_ways_in(ada: Person) -> None:
    step_up(ada)
    renew_codes(ada)
    replace_methods(ada)
    change_email(ada)
    use_keys(ada)
    add_device(ada)


def use_keys(ada: Person) -> None:
    """A passkey and a security key: added, listed, named, used for all they are good for, removed."""
    laptop, token = (Authenticator(name=name, origin=ORIGIN) for name in ("laptop", "token"))
    passkey, second = add(ada, laptop), add(ada, token, kind="security_key", unlocks=False)
    assert ada.call("GET", "/account/methods").status == 200
    assert ada.call("PUT", f"/account/methods/{passkey}", {"name": "Laptop"}).status == 204
    started = ada.call("POST", "/account/step-up/passkey/options").json
    body = {"challenge_id": started["challenge_id"], "assertion": laptop.get(started["options"])}
    assert ada.call("POST", "/account/step-up/passkey", body).status == 200
    assert ada.api.post("/auth/login/passkey", passkey_login(ada, laptop)).status == 200
    assert ada.api.post("/auth/login/security-key", second_factor(ada, token, ada.password_proved())).status == 200
    for method in (passkey, second):
        assert ada.call("DELETE", f"/account/methods/{method}").status == 204


def add_device(ada: Person) -> None:
    """One that signs in with the help of this one; and one that doesn't."""
    for pairing, refused in (
        ("0b55061d-82e6-419b-819e-371ff8a1ee82", False),
        ("1b55061d-82e6-419b-819e-371ff8a1ee82", True),
    ):
        at, shown = f"/account/pairings/{pairing}", {"pairing_id": pairing, "claim": to_base64url(bytes(32))}
        pair, nonce = KeyPair(bytes(32)), {"nonce": to_base64url(bytes(32))}
        assert ada.call("POST", "/account/pairings", {"pairing_id": pairing}).status == 201
        said = {"device": "phone", "public_key": to_base64url(pair.public_key), "commitment": nonce["nonce"]}
        assert ada.api.post("/auth/pairing/join", shown | said).status == 200
        assert ada.call("PUT", f"{at}/nonce", nonce).status == 204
        assert ada.api.post("/auth/pairing/reveal", shown | nonce).status == 204
        assert ada.api.post("/auth/pairing/look", shown).status == 200
        if refused:
            assert ada.call("DELETE", at).status == 204
            continue
        where = Address(account=ada.account_id, scope="pairing", record=pairing, parent=bytes(32))
        sealed = seal_to(pair.public_key, bytes(100), namespace=Namespace.PAIRING, epoch=1, address=where)
        assert ada.call("PUT", f"{at}/sealed", {"sealed": to_base64url(sealed)}).status == 204
        assert ada.api.post("/auth/pairing/finish", shown | {"transport": "bearer"}).status == 200
        assert ada.call("GET", at).json["finished"]


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


def replace_methods(ada: Person) -> None:
    """With another session open, and again after a lost reply."""
    made = ada.device.new_recovery_key("next")
    for _ in range(2):
        assert ada.call("PUT", "/account/recovery-key", {"method": made}).status == 204


def change_email(ada: Person) -> None:
    """To an address that has an account, then to one that has none."""
    assert ada.call("POST", "/account/email", {"email": ada.email}).status == 202
    before, after = ada.email, "countess@example.org"
    assert ada.call("POST", "/account/email", {"email": after}).status == 202
    codes = {"code_new": ada.mailed_code(after), "code_old": ada.mailed_code(before)}
    assert ada.call("POST", "/account/email/confirm", {**codes, "code_new": "000000"}).code == "wrong_code"
    assert ada.call("POST", "/account/email/confirm", codes).status == 204
    ada.email = after
