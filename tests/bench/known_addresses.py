"""Whether answers take longer for an address that has an account: both asked in turn, on a whole embedded cloud, and compared."""

from __future__ import annotations

import random
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from sealmate_cli.wire.shape import to_base64url
from tests.bench.two_samples import compare, quantiles
from tests.e2e.person import Person
from tests.e2e.stack import Stack, somewhere
from tests.scripted_model.scripts import Scripts
from tests.scripted_model.server import ScriptedModel

_ROUNDS, _WARMING = 200, 10
_AHEAD = "5 %    25 %    50 %    75 %    95 %"


class Asking:
    """The three requests that name an address, each timed."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api", trust_env=False, timeout=30)
        self._logins: dict[str, str] = {}

    def begin_login(self, email: str) -> None:
        self._logins[email] = self._http.post("/auth/login", json={"email": email}).json()["login_id"]

    def prove_wrongly(self, email: str) -> None:
        body = {"login_id": self._logins[email], "auth": to_base64url(secrets.token_bytes(32))}
        assert self._http.post("/auth/login/password", json=body).json()["code"] == "wrong_credentials"

    def begin_sign_up(self, email: str) -> None:
        assert "signup_id" in self._http.post("/auth/signup", json={"email": email}).json()


def main() -> None:
    """Prints each request's quantiles for both addresses, and what could be told from them."""
    with tempfile.TemporaryDirectory() as folder, ScriptedModel(Scripts()) as model:
        told = {"SEALMATE_MODEL_URL": model.url, "SEALMATE_MODEL_NAME": "scripted"}
        stack = Stack(place=somewhere(Path(folder) / "state"), model=told)
        stack.up()
        try:
            person = Person(url=stack.url, home=Path(folder)).sign_up()
            _measure(stack, Asking(stack.url), known=person.email, unknown=f"nobody-{secrets.token_hex(8)}@example.com")
            person.close()
        finally:
            stack.down()


def _measure(stack: Stack, asking: Asking, *, known: str, unknown: str) -> None:
    requests = (asking.begin_login, asking.prove_wrongly, asking.begin_sign_up)
    times: dict[str, dict[str, list[float]]] = {each.__name__: {known: [], unknown: []} for each in requests}
    for count in range(_WARMING + _ROUNDS):
        _forget_tries(stack)
        for request in requests:
            for email in random.sample((known, unknown), 2):
                spent = _timed(request, email)
                if count >= _WARMING:
                    times[request.__name__][email].append(spent)
    print(f"{'milliseconds, ' + str(_ROUNDS) + ' of each, in turn':<34}{_AHEAD}")
    for name, both in times.items():
        _print(name, both[known], both[unknown])


def _timed(request: Callable[[str], None], email: str) -> float:
    began = time.perf_counter()
    request(email)
    return (time.perf_counter() - began) * 1000


def _forget_tries(stack: Stack) -> None:
    """So that no wait is measured."""
    table, database = stack.outputs["AccountsTable"], stack.client("dynamodb")
    for row in stack.rows("AccountsTable"):
        if row["pk"]["S"].startswith("TRIES#"):
            database.delete_item(TableName=table, Key={"pk": row["pk"], "sk": row["sk"]})


def _print(name: str, known: list[float], unknown: list[float]) -> None:
    words = name.replace("_", " ")
    for who, sample in (("known", known), ("unknown", unknown)):
        print(f"  {words + ', ' + who:<32}" + "".join(f"{each:5.1f}   " for each in quantiles(sample)))
    found = compare(known, unknown)
    print(
        f"    medians {found.medians[0] / found.medians[1]:.3f} to 1; one answer tells in {found.right:.1%} of guesses"
        f" (50 % is chance); widest gap {found.distance:.3f}, by chance in {found.chance:.1%}"
    )


if __name__ == "__main__":
    main()
