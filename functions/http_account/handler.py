"""REST: what a signed-in person sees of the account."""

from __future__ import annotations

from sealmate import entry, wiring
from sealmate.accounts import answers
from sealmate.accounts.records import Session

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


def _session() -> Session:
    return wiring.sessions().authenticate(app.current_request)
