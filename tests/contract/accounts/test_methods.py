"""What every store of ways in and challenges promises: the one in memory and the one in DynamoDB answer alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate.accounts.records import Challenge, Credential, CredentialUse, Method
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_stores import NOW, OTHER, SESSION, wins, with_account, with_login

CREDENTIAL = Credential(credential_id=b"c3", public_key=b"cose", sign_count=4, transports=("internal", "hybrid"))
PASSKEY = Method(
    method_id="m3",
    kind="passkey",
    secret=b"s3",
    master=b"k3",
    public=b"p3",
    credential=CREDENTIAL,
    name="Büro",
    created_at=NOW,
)
TOKEN = Method(
    method_id="m4",
    kind="security_key",
    credential=Credential(credential_id=b"c4", public_key=b"cose", sign_count=0),
    name="token",
    created_at=NOW,
)
USE = CredentialUse(method_id="m3", counted=5, counted_before=4, at=NOW + 9)
CHALLENGE = Challenge(
    challenge_id="challenge-1",
    purpose="step_up",
    challenge=b"random",
    account_id="account-1",
    bound_to="session-1",
    expires_at=NOW + 300,
)


@pytest.fixture
def kept(stores: Stores) -> Stores:
    """With an account that has a passkey."""
    with_account(stores)
    assert stores.methods.add("account-1", PASSKEY, epoch=1, sequence=None)
    return stores


def _method(stores: Stores, method_id: str) -> Method | None:
    return next((each for each in stores.accounts.methods("account-1") if each.method_id == method_id), None)


def test_a_method_is_kept_as_it_is(kept: Stores) -> None:
    assert kept.methods.add("account-1", TOKEN, epoch=1, sequence=None)
    assert (_method(kept, "m3"), _method(kept, "m4")) == (PASSKEY, TOKEN)
    assert not TOKEN.unlocks


def test_a_method_is_added_once_and_to_this_epoch_only(kept: Stores) -> None:
    assert not kept.methods.add("account-1", replace(PASSKEY, name="other"), epoch=1, sequence=None)
    assert not kept.methods.add("account-1", TOKEN, epoch=2, sequence=None)
    assert not kept.methods.add("nobody", TOKEN, epoch=1, sequence=None)
    assert _method(kept, "m3") == PASSKEY
    assert _method(kept, "m4") is None


def test_a_method_is_named_and_its_use_noted_while_it_is_there(kept: Stores) -> None:
    assert kept.methods.rename("account-1", "m3", name="Laptop")
    kept.methods.note_use("account-1", "m3", at=NOW + 1)
    assert _method(kept, "m3") == replace(PASSKEY, name="Laptop", last_used_at=NOW + 1)
    assert not kept.methods.rename("account-1", "m9", name="Laptop")
    kept.methods.note_use("account-1", "m9", at=NOW)
    assert _method(kept, "m9") is None


def test_a_method_is_removed_while_the_others_stay(kept: Stores) -> None:
    assert not kept.methods.remove("account-1", "m1", keeping=("m2", "m9"))
    assert kept.methods.remove("account-1", "m1", keeping=("m2", "m3"))
    assert not kept.methods.remove("account-1", "m1", keeping=("m2", "m3"))
    assert not kept.methods.remove("account-1", "m3", keeping=("m2", "m1"))
    assert _method(kept, "m3") == PASSKEY


def test_what_does_not_unlock_keeps_nothing_open(kept: Stores) -> None:
    assert kept.methods.add("account-1", TOKEN, epoch=1, sequence=None)
    assert not kept.methods.remove("account-1", "m3", keeping=("m2", "m4"))


def test_parallel_removals_leave_one_of_two(kept: Stores) -> None:
    def remove(number: int) -> bool:
        goes, stays = ("m1", "m3") if number % 2 else ("m3", "m1")
        return kept.methods.remove("account-1", goes, keeping=("m2", stays))

    assert wins(remove, rounds=1) == 1
    assert len(kept.accounts.methods("account-1")) == 2


def test_a_use_admits_once(kept: Stores) -> None:
    sessions = [replace(OTHER, session_id=f"session-{n}") for n in range(20, 60)]
    assert wins(lambda n: kept.methods.admit(sessions[n], use=USE, login=None), rounds=1) == 1
    assert len(kept.sessions.of_account("account-1")) == 2
    counted = replace(CREDENTIAL, sign_count=5)
    assert _method(kept, "m3") == replace(PASSKEY, credential=counted, last_used_at=NOW + 9)


def test_a_counter_that_moved_or_a_method_that_is_gone_admits_nobody(kept: Stores) -> None:
    for use in (replace(USE, counted_before=3), replace(USE, method_id="m9"), replace(USE, method_id="m1")):
        assert not kept.methods.admit(OTHER, use=use, login=None)
        assert not kept.methods.prove(SESSION, use=use, until=NOW + 300)
    assert kept.sessions.get("account-1", "session-2") is None


def test_a_login_admits_once_and_only_if_its_password_is_proved(kept: Stores) -> None:
    login = with_login(kept)
    assert kept.methods.admit(OTHER, use=USE, login=login)
    again = replace(USE, counted=6, counted_before=5)
    assert not kept.methods.admit(replace(OTHER, session_id="session-3"), use=again, login=login)
    method = _method(kept, "m3")
    assert method is not None
    assert method.credential is not None
    assert method.credential.sign_count == 5, "refused, nothing is noted"


def test_a_use_proves_the_session_while_it_lives(kept: Stores) -> None:
    assert kept.methods.prove(SESSION, use=USE, until=NOW + 300)
    proved = kept.sessions.get("account-1", "session-1")
    assert proved is not None
    assert proved.proved_until == NOW + 300
    kept.sessions.delete("account-1", "session-1")
    again = replace(USE, counted=6, counted_before=5)
    assert not kept.methods.prove(SESSION, use=again, until=NOW + 300)


def test_a_challenge_is_kept_as_it_is_and_taken_once(stores: Stores) -> None:
    stores.challenges.put(CHALLENGE)
    taken = []

    def take(_: int) -> bool:
        taken.append(stores.challenges.take("challenge-1"))
        return taken[-1] is not None

    assert wins(take, rounds=1) == 1
    assert [each for each in taken if each] == [CHALLENGE]
    assert stores.challenges.take("challenge-1") is None
