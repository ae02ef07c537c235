"""The part of the walk in which an account's master key turns, with what may go wrong on the way."""

from __future__ import annotations

import os
from typing import Any

from sealmate.accounts.records import App
from sealmate_cli import crypto
from sealmate_cli.wire.http import WrappedKeysAnswer
from sealmate_cli.wire.shape import from_base64url, to_wire
from tests.fakes.person import Person
from tests.fakes.turning import SecuredAccount


def turn_the_key(ada: Person) -> None:
    """Twice, so that a chat has wraps of an epoch before; then another device follows, and those are tidied away."""
    other = ada.token
    ada.log_in()
    keys = _opened(ada)
    _name_methods(ada, keys)
    _refused(ada)
    for _ in range(2):
        keys = _turn(ada, keys)
        assert ada.call("POST", "/account/keys/acknowledged", {"epoch": keys.epoch}).status == 204
    own, ada.token = ada.token, other
    for session in ada.call("GET", "/account/sessions").json["sessions"]:
        if not session["current"]:
            ada.call("DELETE", f"/account/sessions/{session['session_id']}")
    assert ada.call("POST", "/account/keys/acknowledged", {"epoch": keys.epoch}).status == 204
    assert [(link["statement"]["epoch"], "former" in link) for link in _links(ada, "")] == [(2, False), (3, False)]
    assert all(link["former"] for link in _links(ada, "?former=true"))
    assert own != other


def _opened(ada: Person) -> crypto.MasterKeys:
    device = ada.device
    return crypto.MasterKeys(ada.account_id, 1, device.master_key, signing_seed=device.signing_seed)


def _wrapped(ada: Person) -> dict[str, Any]:
    answer: dict[str, Any] = ada.call("GET", "/account/keys").json
    return answer


def _links(ada: Person, query: str) -> Any:
    return ada.call("GET", f"/account/keys{query}").json["links"]


def _keys(ada: Person) -> crypto.WrappedKeys:
    return WrappedKeysAnswer.model_validate(_wrapped(ada)).keys()


def _name_methods(ada: Person, keys: crypto.MasterKeys) -> None:
    manifest = crypto.make_manifest(
        account=keys.account,
        epoch=keys.epoch,
        methods=_keys(ada).methods,
        signing_seed=keys.signing_seed,
        before=None,
    )
    body = {"manifest": _manifest(manifest)}
    assert ada.call("POST", "/account/manifest", body).status == 204
    assert ada.call("POST", "/account/manifest", body).code == "manifest_conflict"


def _refused(ada: Person) -> None:
    assert ada.call("POST", "/account/rotation", {"expected_epoch": 9}).code == "wrong_epoch"
    nobody = "33333333-0000-4000-8000-000000000000"
    assert ada.call("GET", f"/account/rotation/{nobody}/staged").code == "lease_over"


def _turn(ada: Person, keys: crypto.MasterKeys) -> crypto.MasterKeys:
    turned = crypto.turn_master(_keys(ada), keys)
    lease = ada.call("POST", "/account/rotation", {"expected_epoch": keys.epoch}).json
    at = f"/account/rotation/{lease['lease_id']}"
    methods = [{"method_id": m.method_id, "master": m.master, "public": m.public} for m in turned.methods]
    account = {"methods": methods, "signing": turned.signing.private, "apps": turned.apps}
    flip = {
        "ring": lease["ring"],
        "statement": turned.link.statement,
        "manifest": _manifest(turned.manifest),
        "link": {"forward": turned.link.forward, "device": turned.link.device},
    }
    assert ada.call("PUT", f"{at}/staged", to_wire({"account": account})).status == 204
    assert ada.call("POST", f"{at}/flip", to_wire(flip)).code == "keys_changed"
    assert (
        ada.call("POST", "/account/rotation", {"expected_epoch": keys.epoch, "lease_id": lease["lease_id"]}).status
        == 200
    )
    chats = ada.call("GET", f"{at}/staged").json["chats"]
    for chat in chats:
        wraps = {key["generation"]: _anew(chat["chat_id"], key, turned.keys) for key in chat["keys"]}
        anew = [{"generation": generation, "envelope": wrap} for generation, wrap in wraps.items()]
        staged = {"chats": [{"chat_id": chat["chat_id"], "keys": anew}]}
        assert ada.call("PUT", f"{at}/staged", to_wire(staged)).status == 204
    assert ada.call("POST", f"{at}/flip", to_wire(flip)).json["epoch"] == turned.keys.epoch
    return turned.keys


def _anew(chat: str, key: dict[str, Any], new: crypto.MasterKeys) -> bytes:
    """The chats of the walk are under keys of their own: what is in a wrap, the server can't know."""
    assert len(from_base64url(key["envelope"])) > 0
    own = crypto.ChatKey(new.account, chat, key["generation"], os.urandom(32))
    return crypto.wrap_chat_key(own, new.master_key, epoch=new.epoch)


def _manifest(manifest: crypto.Manifest) -> Any:
    named = [{"method_id": each, "public_hash": hashed} for each, hashed in manifest.methods]
    return to_wire({**vars(manifest), "methods": named})


def secure(bea: Person) -> None:
    """Somebody else was in: another session ends, and everything that opens the account is replaced."""
    stranger = bea.token
    bea.log_in()
    bea.step_up()
    lease = bea.call("POST", "/account/rotation", {"expected_epoch": 1}).json
    made, path = SecuredAccount(_keys(bea)), f"/account/rotation/{lease['lease_id']}/secure"
    assert bea.call("POST", path, made.body(lease["ring"]).model_dump(mode="json")).code == "keys_changed"
    apps = [made.app(_app(bea), _opened(bea))]
    assert (
        bea.call("POST", path, made.body(lease["ring"] + 1, apps=apps).model_dump(mode="json")).code == "keys_changed"
    )
    reply = bea.call("POST", path, made.body(lease["ring"], apps=apps).model_dump(mode="json"))
    assert (reply.status, reply.json["epoch"], len(reply.json["backup_codes"])) == (200, 2, 10)
    own, bea.token = bea.token, stranger
    assert bea.call("GET", "/account").code == "not_signed_in"
    bea.token = own
    assert bea.call("GET", "/account").json["backup_codes_left"] == 10
    assert _app(bea).revision == 3


def _app(bea: Person) -> App:
    shown = bea.call("GET", "/apps/web/settings").json
    key, settings = from_base64url(shown["key"]), from_base64url(shown["settings"])
    return App(name="web", key=key, settings=settings, revision=shown["revision"])
