"""Which new passwords are refused."""

import pytest

from sealmate_cli.errors import ClientError
from sealmate_cli.password_rules import COMMONEST, check_new_password


@pytest.mark.parametrize(
    "password",
    ["", "seven77", "password", "PassWord1", "12345678", "aaaaaaaa", "lena@example.org", "lena.the.seal", "\ud800" * 9],
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
