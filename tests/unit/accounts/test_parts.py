"""The small parts: addresses, codes, counters, and what can be seen of keys without opening them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import errors
from sealmate.accounts import account_keys, backup, proofs, totp, tries
from sealmate.accounts.email import normalise
from sealmate.accounts.records import Tries
from sealmate.accounts.requests import AccountKeys
from sealmate.model import from_base64url, to_base64url
from tests.fakes.clock import START, FakeRandom
from tests.fakes.device import Device
from tests.fakes.keys import FakeKeyService

# --- addresses ---


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("  Ada@Example.ORG\n", "ada@example.org"),
        ("a.b+c@x-y.example", "a.b+c@x-y.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
        ("o'hara@example.org", "o'hara@example.org"),
    ],
)
def test_addresses_have_one_spelling(text: str, address: str) -> None:
    assert normalise(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "ada@localhost",
        "ada@.org",
        "ada@-a.org",
        "ada@a..org",
        "ada@example.org.",
        ".ada@example.org",
        "a da@example.org",
        "a@b@example.org",
        "ada@example.org\nBcc: b@example.org",
        "ada\r\n@example.org",
        "ada@example.org,b@example.org",
        "Ada <ada@example.org>",
        "ädä@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.org",
        "ada@exam\u0000ple.org",
        "\ud800@example.org",
        "ada@\ud800.org",
    ],
)
def test_what_mail_can_not_be_sent_to_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        normalise(text)


@given(st.emails())
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = normalise(text)
    except ValueError:
        return
    assert normalise(once) == once == once.lower().strip()
    assert once.isascii()


# --- keyed hashes ---


def test_parts_of_a_keyed_hash_can_not_run_into_each_other() -> None:
    keys = FakeKeyService()
    assert proofs.mail_code_mac("ab", "c", keys=keys) != proofs.mail_code_mac("a", "bc", keys=keys)
    assert proofs.auth_mac("a", b"b", keys=keys) != proofs.mail_code_mac("a", "b", keys=keys)


@given(st.binary(max_size=40), st.one_of(st.none(), st.binary(max_size=40)))
def test_matching_is_equality_and_none_matches_nothing(given_: bytes, expected: bytes | None) -> None:
    assert proofs.matches(given_, expected) == (given_ == expected)


# --- codes ---


def test_totp_follows_rfc_6238() -> None:
    """Appendix B's SHA-1 vectors, their last six digits."""
    seed = b"12345678901234567890"
    for now, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert totp.step_of(code, seed=seed, now=now) == now // 30


def test_backup_codes_are_ten_and_differ() -> None:
    codes = backup.make(FakeRandom())
    assert len(set(codes)) == 10
    assert all(len(code) == 11 and code[5] == "-" for code in codes)


@given(st.binary(min_size=10, max_size=10))
def test_a_backup_code_reads_the_same_however_it_is_typed(raw: bytes) -> None:
    class One:
        def bytes(self, n: int) -> bytes:
            return raw[:n]

        def uuid(self) -> str:
            return ""

    code = backup.make(One())[0]
    plain = code.replace("-", "")
    assert not set(plain) & set("ILOU")
    for typed in (code.lower(), plain, f" {code} ", code.replace("-", "\n"), plain.replace("0", "o").replace("1", "l")):
        assert backup.read(typed) == plain


# --- counters ---


@given(
    st.sampled_from([tries.PASSWORD, tries.CODE, tries.MAILS_TO_ADDRESS, tries.SIGN_UPS_FROM_SOURCE]),
    st.lists(st.integers(0, 2000), min_size=1, max_size=120),
)
def test_no_window_holds_more_tries_than_allowed(policy: tries.Policy, pauses: list[int]) -> None:
    """The first window exactly; after it, waits that never shrink but to the cap, or a new window."""
    now, state, allowed = START, None, []
    for pause in pauses:
        now += pause
        new = tries.counted(state, policy=policy, now=now)
        if new is None:
            assert state is not None
            assert state.next_at > now
        else:
            state = new
            allowed.append(now)
            assert new.forget_at >= new.next_at
    first = [at for at in allowed if at < allowed[0] + policy.window]
    limit = policy.allowed if not policy.first_wait else policy.allowed + 5  # 30 + 60 + … + 480 s are in 15 min
    assert len(first) <= limit


def test_waits_double_up_to_an_hour_and_are_forgotten_after_a_day() -> None:
    now, state, waits = START, None, []
    for _ in range(14):
        state = tries.counted(state, policy=tries.PASSWORD, now=now)
        assert isinstance(state, Tries)
        waits.append(state.next_at - now)
        now = max(now, state.next_at)
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert state is not None
    assert tries.counted(state, policy=tries.PASSWORD, now=state.forget_at - 1) != Tries(
        count=1, next_at=state.forget_at - 1, forget_at=state.forget_at - 1 + 900
    )
    fresh = tries.counted(state, policy=tries.PASSWORD, now=state.forget_at)
    assert fresh is not None
    assert fresh.count == 1


# --- keys ---

_ACCOUNT = "0b7e2f4e-8a55-4c39-9d0f-6a1c2f3d4e5f"
_MADE = Device(account_id=_ACCOUNT).wire_keys()
_OTHER = Device(account_id=_ACCOUNT, seed="other").wire_keys()


def _changed(path: str, value: object) -> AccountKeys:
    part, field = path.split(".")
    return AccountKeys.model_validate({**_MADE, part: {**_MADE[part], field: value}})


def _flip(text: str, at: int) -> str:
    raw = bytearray(from_base64url(text))
    raw[at] ^= 1
    return to_base64url(bytes(raw))


def test_keys_made_by_a_device_fit() -> None:
    account_keys.check(AccountKeys.model_validate(_MADE), account_id=_ACCOUNT)


@pytest.mark.parametrize("part", ["password.secret", "password.master", "recovery.public", "signing.private"])
@pytest.mark.parametrize("at", [0, 4, 5, 6, 18], ids=["magic", "version", "suite", "namespace", "epoch"])
def test_a_header_that_is_not_its_places_is_refused(part: str, at: int) -> None:
    method, field = part.split(".")
    with pytest.raises(errors.InvalidKeys) as refused:
        account_keys.check(_changed(part, _flip(_MADE[method][field], at)), account_id=_ACCOUNT)
    assert refused.value.details == {"part": part}


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("recovery.method_id", _MADE["password"]["method_id"], "method_id"),
        ("recovery.auth", _MADE["password"]["auth"], "auth"),
        ("recovery.secret", _MADE["password"]["secret"], "secret"),
        ("recovery.master", _MADE["password"]["master"], "master"),
        ("recovery.public", _OTHER["recovery"]["public"], "master key"),
        ("signing.private", _OTHER["signing"]["private"], "master key"),
        ("signing.public_key", _OTHER["signing"]["public_key"], "statement.signature"),
        ("signing.public_key", to_base64url(b"\xff" * 32), "statement.signature"),
        ("statement.commitment", _OTHER["statement"]["commitment"], "statement.signature"),
        ("statement.signature", _OTHER["statement"]["signature"], "statement.signature"),
        ("statement.epoch", 2, "statement"),
        ("statement.previous", to_base64url(bytes(32)), "statement"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(path: str, value: object, part: str) -> None:
    with pytest.raises(errors.InvalidKeys) as refused:
        account_keys.check(_changed(path, value), account_id=_ACCOUNT)
    assert refused.value.details == {"part": part}


def test_a_statement_of_another_account_is_refused() -> None:
    with pytest.raises(errors.InvalidKeys):
        account_keys.check(AccountKeys.model_validate(_MADE), account_id=_ACCOUNT.replace("0", "1"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("password.salt", to_base64url(bytes(15))),
        ("password.kdf_profile", 2),
        ("password.kdf_profile", 0),
        ("password.auth", to_base64url(bytes(31))),
        ("password.secret", to_base64url(bytes(240))),
        ("password.method_id", "x"),
        ("signing.public_key", "not base64url!"),
        ("statement.epoch", 0),
        ("statement.epoch", 2**32),
        ("statement.previous", to_base64url(bytes(33))),
        ("statement.unknown", 1),
    ],
)
def test_sizes_profiles_and_fields_are_checked_at_the_edge(path: str, value: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        _changed(path, value)
