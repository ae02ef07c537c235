"""REST: what a signed-in person sees of the account, and the end of it."""

from __future__ import annotations

from chalice.app import Response

from sealmate import entry, wiring
from sealmate.accounts import answers, requests
from sealmate.accounts.records import Session
from sealmate.accounts.transport import clear_cookie

app = entry.HttpApp("http_account")
handle = app


@app.serve("GET", "/account")
def show_account() -> answers.AccountAnswer:
    return wiring.own_account().show(_session())


@app.serve("GET", "/account/keys")
def show_keys() -> answers.WrappedKeys:
    return wiring.own_account().keys(_session())


@app.serve("GET", "/account/sessions")
def list_sessions() -> answers.SessionList:
    return wiring.own_account().list_sessions(_session())


@app.serve("DELETE", "/account/sessions/{session_id}")
def end_session(session_id: str) -> None:
    wiring.own_account().end_session(_session(), session_id=session_id)


@app.serve("POST", "/account/step-up")
def step_up() -> answers.SteppedUp:
    session, body = _session(), app.body(requests.StepUp)
    return wiring.stepping_up()(session, auth=body.auth, code=body.code)


@app.serve("POST", "/account/backup-codes")
def renew_backup_codes() -> answers.BackupCodes:
    return wiring.renewing().backup_codes(_proved())


@app.serve("POST", "/account/totp/options")
def start_totp() -> answers.TotpSetup:
    return wiring.renewing().start_totp(_proved())


@app.serve("POST", "/account/totp")
def renew_totp() -> None:
    session, body = _proved(), app.body(requests.RenewTotp)
    wiring.renewing().totp(session, code=body.code)


@app.serve("POST", "/account/erase")
def erase_account() -> Response:
    session, body = _session(), app.body(requests.EraseAccount)
    wiring.erase_account()(session, auth=body.auth, code=body.code)
    return Response(body="", status_code=202, headers={"Set-Cookie": clear_cookie()})


def _session() -> Session:
    return wiring.sessions().authenticate(app.current_request)


def _proved() -> Session:
    """Of someone who may change the ways in."""
    return wiring.sessions().proved(app.current_request)
