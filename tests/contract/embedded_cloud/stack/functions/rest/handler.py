"""The contract tests' HTTP function: a Chalice app behind explicit SAM Api events."""

from typing import Any

from chalice.app import Chalice, NotFoundError, Response

app = Chalice(app_name="rest", configure_logs=False)


@app.route("/api/echo/{name}", methods=["GET", "POST"])
def echo(name: str) -> Response:
    """What arrived, and two cookies."""
    request: Any = app.current_request
    told = {
        "name": name,
        "method": request.method,
        "query": dict(request.query_params or {}),
        "cookie": request.headers.get("cookie"),
        "source_ip": request.context["identity"]["sourceIp"],
        "forwarded": request.headers.get("x-forwarded-for"),
        "body": request.raw_body.decode(),
    }
    return Response(told, headers={"Set-Cookie": ["a=1; Path=/", "b=2; Path=/"]})


@app.route("/api/missing")
def missing() -> None:
    """A typed failure."""
    raise NotFoundError("nothing here")


handle = app
