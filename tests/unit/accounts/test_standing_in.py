"""For an address without an account as much is read as for one that has an account, and it proves nothing."""

from __future__ import annotations

import json

from sealmate.accounts.records import Method
from sealmate.accounts.standing_in import STAND_IN, methods_of
from tests.fakes.accounts import FakeAccounts, Rows
from tests.fakes.clock import FakeRandom
from tests.fakes.person import Person
from tests.unit.accounts.world import World
from tests.vectors import make_vectors
from tests.vectors.fixed import decode


def sizes(method: Method) -> tuple[int, ...]:
    return len(method.secret), len(method.master), len(method.public)


def test_the_methods_of_nobody_are_as_large_as_somebodys() -> None:
    accounts, random = FakeAccounts(Rows()), FakeRandom()
    assert methods_of(STAND_IN, accounts=accounts, random=random) == []
    made = methods_of(STAND_IN, accounts=accounts, random=random)
    real = json.loads(make_vectors.FILE.read_text())["account"]["wrapped"]["methods"]
    assert [each["kind"] for each in real] == [method.kind for method in made]
    for each, method in zip(real, made, strict=True):
        assert sizes(method) == tuple(len(decode(each[part])) for part in ("secret", "master", "public"))


def test_an_account_without_methods_gets_none() -> None:
    accounts = FakeAccounts(Rows())
    assert methods_of("account-1", accounts=accounts, random=FakeRandom()) == []


def test_what_stands_in_proves_nothing(world: World, ada: Person) -> None:
    nobody = world.person("nobody@example.org")
    login_id = nobody.start_login()
    for method in world.rows.methods[STAND_IN]:
        reply = ada.prove_password(login_id, method.auth_mac or b"")
        assert reply.code == "wrong_credentials"
