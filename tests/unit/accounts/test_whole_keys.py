"""The wrapped keys that a device is given are those of one moment, also if another device turns or names them at that moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sealmate import wiring
from sealmate.model import from_base64url
from tests.fakes.authenticator import Authenticator
from tests.fakes.person import Person
from tests.fakes.ways_in import add, name_methods, passkey_login, second_factor, step_up
from tests.unit.accounts.world import ORIGIN, World


def _keys(person: Person, way: str, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> dict[str, Any]:
    """What is given, by way of each place that gives it; `meanwhile` happens once, after the first look."""
    key = Authenticator(name="laptop", origin=ORIGIN)
    if way == "security key":
        add(person, key, kind="security_key", unlocks=False)
    if way == "passkey":
        add(person, key, named=True)
    login_id = person.password_proved()
    accounts = wiring.account_store()
    if way == "keys":
        _once_after(accounts, "methods", meanwhile, monkeypatch)
        return dict(person.call("GET", "/account/keys").json)
    for store in (accounts, wiring.method_store()):
        _once_after(store, "admit", meanwhile, monkeypatch)
    if way == "code":
        return dict(person.prove_code(login_id, person.backup_codes[0]).json["keys"])
    if way == "passkey":
        return dict(person.api.post("/auth/login/passkey", passkey_login(person, key)).json["keys"])
    return dict(person.api.post("/auth/login/security-key", second_factor(person, key, login_id)).json["keys"])


def _once_after(store: Any, name: str, meanwhile: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    call, left = getattr(store, name), [meanwhile]

    def wrapped(*arguments: Any, **named: Any) -> Any:
        done = call(*arguments, **named)
        if left:
            left.pop()()
        return done

    monkeypatch.setattr(store, name, wrapped, raising=False)


def _other(envelope: bytes) -> bytes:
    return envelope[:-1] + bytes([envelope[-1] ^ 1])


@pytest.fixture
def proved(ada: Person) -> Person:
    step_up(ada)
    return ada


@pytest.mark.parametrize("way", ["code", "passkey", "security key", "keys"])
def test_keys_that_are_turned_meanwhile_are_all_of_one_epoch(
    world: World, proved: Person, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    rows, account_id = world.rows, proved.account_id

    def turn() -> None:
        account = rows.accounts[account_id]
        statement = replace(account.statement, epoch=2)
        rows.accounts[account_id] = replace(
            account, statement=statement, signing_private=_other(account.signing_private)
        )
        rows.methods[account_id] = [
            replace(each, master=_other(each.master)) if each.unlocks else each for each in rows.methods[account_id]
        ]

    keys = _keys(proved, way, monkeypatch, turn)
    assert (keys["epoch"], keys["statement"]["epoch"]) == (2, 2)
    assert from_base64url(keys["signing"]["private"]) == rows.accounts[account_id].signing_private
    assert {from_base64url(method["master"]) for method in keys["methods"]} == {
        method.master for method in rows.methods[account_id] if method.unlocks
    }


@pytest.mark.parametrize("way", ["code", "passkey", "security key", "keys"])
def test_the_manifest_given_is_the_one_that_names_the_methods_given(
    proved: Person, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def name_and_add() -> None:
        add(proved, Authenticator(name="phone", origin=ORIGIN), named=True)

    assert name_methods(proved).status == 204
    keys = _keys(proved, way, monkeypatch, name_and_add)
    named = {each["method_id"] for each in keys["manifest"]["methods"]}
    assert {method["method_id"] for method in keys["methods"]} == named
