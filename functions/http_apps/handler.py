"""REST: what apps keep of an account: their settings, sealed on a device."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from sealmate import entry, errors, wiring
from sealmate.accounts import app_shapes as shapes

_NAME: TypeAdapter[shapes.AppName] = TypeAdapter(shapes.AppName)

app = entry.HttpApp("http_apps")
handle = app


@app.serve("GET", "/apps/{name}/settings")
def show_settings(name: str) -> shapes.AppSettings:
    return wiring.keeping_settings().show(_account(), _name(name))


@app.serve("PUT", "/apps/{name}/settings")
def put_settings(name: str) -> shapes.AppSettings:
    account_id = _account()
    return wiring.keeping_settings().put(account_id, _name(name), app.body(shapes.PutSettings))


def _account() -> str:
    return wiring.sessions().authenticate(app.current_request).account_id


def _name(text: str) -> shapes.AppName:
    try:
        return _NAME.validate_python(text)
    except ValidationError:
        raise errors.InvalidRequest(field="name") from None
