"""REST: what a signed-in person sees of the account, and the end of it."""

from __future__ import annotations

from chalice.app import Response

from sealmate import entry, wiring
from sealmate.accounts import answers, pairing_shapes, requests
from sealmate.accounts.records import Session
from sealmate.accounts.transport import clear_cookie

app = entry.HttpApp("http_account")
handle = app


@app.serve("GET", "/account")
def show_account() -> answers.AccountAnswer:
    return wiring.own_account().show(_session())


@app.serve("GET", "/account/keys")
def show_keys() -> answers.WrappedKeys:
    return wiring.own_account().keys(_session(), former=app.query("former") == "true")


@app.serve("GET", "/account/sessions")
def list_sessions() -> answers.SessionList:
    return wiring.own_account().list_sessions(_session())


@app.serve("DELETE", "/account/sessions/{session_id}")
def end_session(session_id: str) -> None:
    wiring.own_account().end_session(_session(), session_id=session_id)


@app.serve("DELETE", "/account/sessions")
def end_other_sessions() -> None:
    wiring.own_account().end_other_sessions(_session())


@app.serve("GET", "/account/devices/new")
def list_new_devices() -> answers.NewDevices:
    return wiring.devices().unanswered(_session())


@app.serve("POST", "/account/devices/{device_id}/answer")
def answer_device(device_id: str) -> None:
    session, body = app.signed(), app.body(requests.AnswerDevice)
    wiring.devices().answer(session, device_id, mine=body.mine)


@app.serve("POST", "/account/step-up")
def step_up() -> answers.SteppedUp:
    session, body = app.signed(), app.body(requests.StepUp)
    return wiring.stepping_up()(session, auth=body.auth, code=body.code)


@app.serve("PUT", "/account/password")
def replace_password() -> None:
    session = app.proved()
    wiring.replacing()(session, app.body(requests.ReplacePassword).method)


@app.serve("PUT", "/account/recovery-key")
def replace_recovery_key() -> None:
    session = app.proved()
    wiring.replacing()(session, app.body(requests.ReplaceRecoveryKey).method)


@app.serve("POST", "/account/email", status=202)
def change_email() -> dict[str, str]:
    session, body = app.proved(), app.body(requests.ChangeEmail)
    wiring.changing_email().start(session, email=body.email)
    return {}


@app.serve("POST", "/account/email/confirm")
def confirm_email() -> None:
    session, body = app.proved(), app.body(requests.ConfirmEmail)
    wiring.changing_email().confirm(session, code_new=body.code_new, code_old=body.code_old)


@app.serve("POST", "/account/backup-codes")
def renew_backup_codes() -> answers.BackupCodes:
    return wiring.renewing().backup_codes(app.proved())


@app.serve("POST", "/account/totp/options")
def start_totp() -> answers.TotpSetup:
    return wiring.renewing().start_totp(app.proved())


@app.serve("POST", "/account/totp")
def renew_totp() -> None:
    session, body = app.proved(), app.body(requests.RenewTotp)
    wiring.renewing().totp(session, code=body.code)


@app.serve("POST", "/account/step-up/passkey/options")
def start_step_up_by_key() -> answers.CeremonyOptions:
    return wiring.stepping_up_by_key().start(_session())


@app.serve("POST", "/account/step-up/passkey")
def step_up_by_key() -> answers.SteppedUp:
    session, body = app.signed(), app.body(requests.StepUpByKey)
    return wiring.stepping_up_by_key()(session, challenge_id=body.challenge_id, assertion=body.assertion)


@app.serve("GET", "/account/methods")
def list_methods() -> answers.MethodList:
    return wiring.ways_in().show(_session())


@app.serve("POST", "/account/methods/options")
def start_adding_method() -> answers.CeremonyOptions:
    session = app.proved()
    return wiring.ways_in().start_adding(session, kind=app.body(requests.StartAdding).kind)


@app.serve("POST", "/account/methods", status=201)
def add_method() -> answers.MethodListed:
    session = app.proved()
    return wiring.ways_in().add(session, app.body(requests.AddMethod))


@app.serve("PUT", "/account/methods/{method_id}")
def rename_method(method_id: str) -> None:
    session = app.proved()
    wiring.ways_in().rename(session, method_id=method_id, name=app.body(requests.RenameMethod).name)


@app.serve("DELETE", "/account/methods/{method_id}")
def remove_method(method_id: str) -> None:
    session = app.proved()
    wiring.ways_in().remove(session, method_id=method_id)


@app.serve("POST", "/account/pairings", status=201)
def start_pairing() -> pairing_shapes.PairingStarted:
    session, body = _session(), app.body(pairing_shapes.StartPairing)
    return wiring.giving_keys().start(session, pairing_id=body.pairing_id)


@app.serve("GET", "/account/pairings/{pairing_id}")
def show_pairing(pairing_id: str) -> pairing_shapes.PairingShown:
    return wiring.giving_keys().show(_session(), pairing_id=pairing_id)


@app.serve("PUT", "/account/pairings/{pairing_id}/nonce")
def answer_pairing(pairing_id: str) -> None:
    session, body = _session(), app.body(pairing_shapes.AnswerPairing)
    wiring.giving_keys().answer(session, pairing_id=pairing_id, nonce=body.nonce)


@app.serve("PUT", "/account/pairings/{pairing_id}/sealed")
def give_keys(pairing_id: str) -> None:
    session = app.proved()
    wiring.giving_keys().give(session, pairing_id=pairing_id, sealed=app.body(pairing_shapes.GiveKeys).sealed)


@app.serve("DELETE", "/account/pairings/{pairing_id}")
def end_pairing(pairing_id: str) -> None:
    wiring.giving_keys().end(_session(), pairing_id=pairing_id)


@app.serve("DELETE", "/account/reset")
def stop_reset() -> None:
    wiring.resetting().stop(_session())


@app.serve("POST", "/account/erase")
def erase_account() -> Response:
    body = app.body(requests.EraseAccount)
    if body.auth is None or body.code is None:
        erasure_id = wiring.erase_account()(app.proved(), proofs=None)
    else:
        erasure_id = wiring.erase_account()(app.signed(), proofs=(body.auth, body.code))
    begun = answers.ErasureBegun(erasure_id=erasure_id).model_dump_json()
    headers: entry.Headers = {"Set-Cookie": clear_cookie(), "Content-Type": "application/json"}
    return Response(body=begun, status_code=202, headers=headers)


def _session() -> Session:
    return wiring.sessions().authenticate(app.current_request)
