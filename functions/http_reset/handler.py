"""REST: for who has lost every way into an account. (Stopping it takes a session, so http_account has that.)"""

from __future__ import annotations

from sealmate import entry, wiring
from sealmate.accounts import answers, requests
from sealmate.accounts.transport import source_of
from sealmate.settings import settings

app = entry.HttpApp("http_reset")
handle = app


@app.serve("POST", "/auth/reset", status=202)
def ask_reset() -> answers.ResetAsked:
    return wiring.resetting().ask(email=app.body(requests.AskReset).email, source=_source())


@app.serve("POST", "/auth/reset/verify")
def verify_reset() -> answers.ResetAnswer:
    body = _counted()
    return wiring.resetting().look(request_id=body.request_id, code=body.code)


@app.serve("POST", "/auth/reset/start", status=202)
def start_reset() -> answers.ResetAnswer:
    body = _counted()
    return wiring.resetting().start(request_id=body.request_id, code=body.code)


@app.serve("POST", "/auth/reset/finish", status=202)
def finish_reset() -> answers.ErasureBegun:
    body = _counted()
    return wiring.resetting().finish(request_id=body.request_id, code=body.code)


def _counted() -> requests.ProveReset:
    body = app.body(requests.ProveReset)
    wiring.networks().count(_source())
    return body


def _source() -> str:
    return source_of(app.current_request, origin_secret=settings().origin_secret)
