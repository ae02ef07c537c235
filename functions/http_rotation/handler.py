"""REST: turning an account's master key, step by step, and the signed list of what belongs to the account."""

from __future__ import annotations

from sealmate import entry, wiring
from sealmate.accounts import rotation_shapes as shapes
from sealmate.accounts import securing_shapes
from sealmate.accounts.records import Session

app = entry.HttpApp("http_rotation")
handle = app


@app.serve("POST", "/account/rotation")
def take_lease() -> shapes.LeaseTaken:
    session, body = _session(), app.body(shapes.TakeLease)
    return wiring.rotating().take(session, expected_epoch=body.expected_epoch, lease_id=body.lease_id)


@app.serve("PUT", "/account/rotation/{lease_id}/staged")
def stage_keys(lease_id: str) -> None:
    session = _session()
    wiring.rotating().stage(session, lease_id, app.body(shapes.Stage))


@app.serve("GET", "/account/rotation/{lease_id}/staged")
def show_staged(lease_id: str) -> shapes.StagedKeys:
    return wiring.rotating().staged(_session(), lease_id, cursor=app.query("cursor"))


@app.serve("POST", "/account/rotation/{lease_id}/flip")
def flip(lease_id: str) -> shapes.Flipped:
    session = _session()
    return wiring.rotating().flip(session, lease_id, app.body(shapes.FlipRotation))


@app.serve("POST", "/account/rotation/{lease_id}/secure")
def secure_account(lease_id: str) -> securing_shapes.Secured:
    return wiring.securing()(app.proved(), lease_id, app.body(securing_shapes.SecureAccount))


@app.serve("POST", "/account/keys/acknowledged")
def acknowledge_keys() -> None:
    session = _session()
    wiring.rotating().acknowledge(session, epoch=app.body(shapes.Acknowledge).epoch)


@app.serve("POST", "/account/manifest")
def put_manifest() -> None:
    session = _session()
    wiring.rotating().put_manifest(session, app.body(shapes.PutManifest).manifest)


def _session() -> Session:
    return wiring.sessions().authenticate(app.current_request)
