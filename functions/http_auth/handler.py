"""REST: signing up, signing in, and the life of a session."""

from __future__ import annotations

from chalice.app import Response

from sealmate import entry, wiring
from sealmate.accounts import answers, device_proofs, pairing_shapes, requests, tickets
from sealmate.accounts.records import Device
from sealmate.accounts.sessions import Issued
from sealmate.accounts.transport import clear_cookie, cookie_of, may_have_cookie, place_of, source_of
from sealmate.model import Nothing, Shape
from sealmate.settings import settings

app = entry.HttpApp("http_auth")
handle = app


@app.serve("POST", "/auth/signup", status=202)
def start_sign_up() -> answers.SignUpStarted:
    body = app.body(requests.StartSignUp)
    return wiring.signing_up().start(email=body.email, source=_source())


@app.serve("POST", "/auth/signup/verify")
def verify_sign_up() -> answers.SignUpVerified:
    body = app.body(requests.VerifySignUp)
    return wiring.signing_up().verify(signup_id=body.signup_id, code=body.code)


@app.serve("POST", "/auth/signup/passkey/options")
def start_sign_up_passkey() -> answers.CeremonyOptions:
    return wiring.signing_up().start_passkey(signup_token=app.body(requests.StartSignUpPasskey).signup_token)


@app.serve("POST", "/auth/signup/complete")
def complete_sign_up() -> Response:
    body = app.body(requests.CompleteSignUp)
    by_cookie = _by_cookie(body.transport)
    device = _device(body.device, step_id=body.signup_token.partition(".")[0])
    issued, codes = wiring.signing_up().complete(body, device=device)
    session = answers.session_answer(issued, by_cookie=by_cookie)
    return _give(answers.SignUpCompleted(session=session, backup_codes=codes), issued, by_cookie, status=201)


@app.serve("POST", "/auth/login")
def start_login() -> answers.LoginStarted:
    body = app.body(requests.StartLogin)
    wiring.networks().count_start(_source())
    return wiring.signing_in().start(email=body.email)


@app.serve("POST", "/auth/login/password")
def prove_password() -> answers.PasswordProved:
    body = app.body(requests.ProvePassword)
    wiring.networks().count(_source())
    return wiring.signing_in().prove_password(login_id=body.login_id, auth=body.auth)


@app.serve("POST", "/auth/login/totp")
def prove_code() -> Response:
    body = app.body(requests.ProveCode)
    wiring.networks().count(_source())
    by_cookie = _by_cookie(body.transport)
    device = _device(body.device, step_id=body.login_id)
    issued, keys = wiring.signing_in().prove_code(login_id=body.login_id, code=body.code, device=device)
    session = answers.session_answer(issued, by_cookie=by_cookie)
    return _give(answers.LoggedIn(session=session, keys=keys), issued, by_cookie)


@app.serve("POST", "/auth/login/security-key/options")
def start_security_key() -> answers.CeremonyOptions:
    body = app.body(requests.StartSecurityKey)
    wiring.networks().count_start(_source())
    return wiring.signing_in_by_key().start_second(login_id=body.login_id)


@app.serve("POST", "/auth/login/security-key")
def prove_security_key() -> Response:
    body = app.body(requests.ProveSecurityKey)
    wiring.networks().count(_source())
    by_cookie = _by_cookie(body.transport)
    device = _device(body.device, step_id=body.login_id)
    issued, keys = wiring.signing_in_by_key().finish_second(
        login_id=body.login_id, challenge_id=body.challenge_id, assertion=body.assertion, device=device
    )
    session = answers.session_answer(issued, by_cookie=by_cookie)
    return _give(answers.LoggedIn(session=session, keys=keys), issued, by_cookie)


@app.serve("POST", "/auth/login/passkey/options")
def start_passkey() -> answers.CeremonyOptions:
    app.body(Nothing)
    wiring.networks().count_start(_source())
    return wiring.signing_in_by_key().start()


@app.serve("POST", "/auth/login/passkey")
def sign_in_by_passkey() -> Response:
    body = app.body(requests.SignInByPasskey)
    wiring.networks().count(_source())
    by_cookie = _by_cookie(body.transport)
    device = _device(body.device, step_id=body.challenge_id)
    issued, keys = wiring.signing_in_by_key().finish(
        challenge_id=body.challenge_id, assertion=body.assertion, device=device
    )
    session = answers.session_answer(issued, by_cookie=by_cookie)
    return _give(answers.LoggedIn(session=session, keys=keys), issued, by_cookie)


@app.serve("POST", "/auth/pairing/join")
def join_pairing() -> pairing_shapes.PairingJoined:
    body = app.body(pairing_shapes.JoinPairing)
    wiring.networks().count(_source())
    return wiring.taking_keys().join(body)


@app.serve("POST", "/auth/pairing/look")
def look_at_pairing() -> pairing_shapes.PairingLooked:
    body = app.body(pairing_shapes.LookAtPairing)
    return wiring.taking_keys().look(pairing_id=body.pairing_id, claim=body.claim)


@app.serve("POST", "/auth/pairing/reveal")
def reveal_nonce() -> None:
    body = app.body(pairing_shapes.RevealNonce)
    wiring.taking_keys().reveal(pairing_id=body.pairing_id, claim=body.claim, nonce=body.nonce)


@app.serve("POST", "/auth/pairing/finish")
def finish_pairing() -> Response:
    body = app.body(pairing_shapes.FinishPairing)
    by_cookie = _by_cookie(body.transport)
    key = device_proofs.key_at_sign_in(app.current_request, step_id=body.pairing_id)
    issued, keys = wiring.taking_keys().finish(pairing_id=body.pairing_id, claim=body.claim, key=key, place=_place())
    session = answers.session_answer(issued, by_cookie=by_cookie)
    return _give(answers.LoggedIn(session=session, keys=keys), issued, by_cookie)


@app.serve("GET", "/auth/nonce")
def give_nonce() -> None:
    app.hand_nonce(wiring.sessions().renewable(app.current_request))


@app.serve("POST", "/auth/session/rotate")
def rotate_session() -> Response:
    issued, by_cookie = wiring.sessions().rotate(app.current_request)
    session = answers.session_answer(issued, by_cookie=by_cookie)
    return _give(answers.SessionRotated(session=session), issued, by_cookie)


@app.serve("POST", "/auth/logout")
def log_out() -> Response:
    wiring.sessions().log_out(app.current_request)
    return Response(body="", status_code=204, headers={"Set-Cookie": clear_cookie()})


@app.serve("POST", "/auth/ticket")
def make_ticket() -> answers.TicketMade:
    return answers.TicketMade(ticket=wiring.tickets().make(app.signed()), expires_in=tickets.LIFETIME)


def _device(name: str, *, step_id: str) -> Device:
    """What signs in, by the key that signed this step. InvalidDeviceProof."""
    key = device_proofs.key_at_sign_in(app.current_request, step_id=step_id)
    return Device(key=key, name=name, place=_place())


def _place() -> str:
    return place_of(app.current_request, origin_secret=settings().origin_secret)


def _source() -> str:
    return source_of(app.current_request, origin_secret=settings().origin_secret)


def _by_cookie(transport: requests.Transport) -> bool:
    return transport == "cookie" and may_have_cookie(app.current_request, origins=wiring.sessions().origins)


def _give(answer: Shape, issued: Issued, by_cookie: bool, *, status: int = 200) -> Response:
    app.hand_nonce(issued.session)
    headers: entry.Headers = {"Content-Type": "application/json"}
    if by_cookie:
        headers["Set-Cookie"] = cookie_of(issued.token)
    return Response(body=answer.model_dump_json(exclude_none=True), status_code=status, headers=headers)
