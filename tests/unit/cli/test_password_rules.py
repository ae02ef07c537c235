"""Which new passwords are refused."""

import pytest

from sealmate_cli.errors import ClientError
from sealmate_cli.password_rules import COMMONEST, check_new_password
from tests.template import ROOT


@pytest.mark.parametrize(
    "password",
    [
        "",
        "seven77",
        "password",
        "PassWord1",
        "12345678",
        "mustang1",
        " TrustNo1 ",
        "willkommen",
        "aaaaaaaa",
        "lena@example.org",
        "lena.the.seal",
        "\ud800" * 9,
    ],
)
def test_refused(password: str) -> None:
    email = "lena.the.seal@example.org" if password == "lena.the.seal" else "lena@example.org"
    with pytest.raises(ClientError) as raised:
        check_new_password(password, email=email)
    assert raised.value.code == "weak_password"


@pytest.mark.parametrize("password", ["a seal on the beach", "Xk3!vQ9z", "пароль-длинный"])
def test_taken(password: str) -> None:
    check_new_password(password, email="lena@example.org")


def test_the_list_holds_nothing_that_its_length_refuses_anyway() -> None:
    assert {word for word in COMMONEST if len(word) < 8 or word != word.casefold()} == set()


def test_thousands_are_known_and_each_once() -> None:
    listed = (ROOT / "cli/sealmate_cli/common_passwords.txt").read_text("ascii").splitlines()
    assert len(listed) == len(COMMONEST) > 9_000


def test_the_web_app_ships_the_same_list() -> None:
    ours, theirs = (ROOT / folder / "common_passwords.txt" for folder in ("cli/sealmate_cli", "web/src/lib/state"))
    assert ours.read_bytes() == theirs.read_bytes()
