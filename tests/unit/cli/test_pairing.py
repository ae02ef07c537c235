"""Two devices pair over the real handlers; and over a server that changes what it passes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.crypto import KeyPair, commit
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.giving import Giving, Meeting
from sealmate_cli.taking import Taking
from sealmate_cli.wire.shape import to_base64url
from tests.unit.cli.household import EMAIL, PASSWORD, Household, sign_manifest

ATTACKER, THEIRS = KeyPair(b"a" * 32), b"t" * 32


def meet(laptop: Client, phone: Client) -> tuple[Giving, Taking, Meeting, str]:
    giving = laptop.give_keys()
    taking = phone.take_keys(giving.invitation.text)
    with ThreadPoolExecutor(1) as pool:
        meeting = pool.submit(giving.meet)
        code = taking.meet()
        return giving, taking, meeting.result(), code


def give(lena: Household, laptop: Client, giving: Giving, meeting: Meeting) -> None:
    laptop.prove(PASSWORD, lena.totp())
    giving.give(meeting)


def reason(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.code


def test_a_new_device_gets_the_keys_and_a_session_of_its_own(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop"))
    sign_manifest(laptop)
    giving, taking, meeting, code = meet(laptop, lena.device("phone"))
    assert meeting.code == code
    assert len(code) == 6
    give(lena, laptop, giving, meeting)
    identity = taking.enter()
    giving.arrived()
    ours = laptop.identity()
    assert (identity.master_key, identity.email, identity.account) == (ours.master_key, EMAIL, ours.account)
    assert identity.session.session_id != ours.session.session_id
    phone = lena.device("phone")
    assert phone.whoami().email == EMAIL
    seen = phone._profile.load().pins_of(ours.account)
    assert (seen.epoch, seen.sequence) == (1, 2)
    phone.prove(PASSWORD, lena.totp())
    keys = [lena.device(name)._profile.load().device_keys[ours.account] for name in ("laptop", "phone")]
    assert keys[0] != keys[1], "each has a signing key of its own"


def test_a_link_does_as_well_as_its_code(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop"))
    giving = laptop.give_keys()
    assert giving.link == f"http://localhost:8410/login#pair={giving.invitation.text}"
    assert lena.device("phone").take_keys(giving.link)._invitation == giving.invitation
    with pytest.raises(ClientError) as refused:
        lena.device("phone").take_keys("ABCD-EFGH")
    assert reason(refused) == "bad_pairing_code"


def test_a_slip_in_the_code_is_asked_about_again(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop"))
    giving = laptop.give_keys()
    with ThreadPoolExecutor(1) as pool:
        given = pool.submit(lambda: give(lena, laptop, giving, giving.meet()))
        slips = ["ABCD-EFGH", "2222-3333-4444-5555"]
        result = lena.command("phone", "login", "--pair", typed=[*slips, giving.invitation.text])
        given.result()
    assert result.exit_code == 0, result.output
    assert "This is no code for adding a device." in result.stderr
    assert "Compare it with what the device that is signed in shows" in result.stderr
    assert lena.device("phone").whoami().email == EMAIL


def test_nothing_is_given_without_a_fresh_proof_or_after_a_refusal(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop"))
    giving, taking, meeting, _ = meet(laptop, lena.device("phone"))
    with pytest.raises(ClientError) as unproved:
        giving.give(meeting)
    assert reason(unproved) == "step_up_needed"
    giving.refuse()
    with pytest.raises(ClientError) as over:
        taking.enter()
    assert reason(over) == "pairing_over"


def test_the_recovery_key_is_a_proof_too(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop"))
    laptop.prove(lena.recovery_key.lower(), lena.totp())
    with pytest.raises(ClientError) as wrong:
        laptop.prove("another password", lena.totp())
    assert reason(wrong) == "wrong_credentials"


def test_another_device_that_joined_first_is_seen(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop"))
    giving = laptop.give_keys()
    first, second = (lena.device(name).take_keys(giving.invitation.text) for name in ("thief", "phone"))
    with ThreadPoolExecutor(1) as pool:
        meeting = pool.submit(giving.meet)
        assert first.meet() == meeting.result().code
    with pytest.raises(ClientError) as taken:
        second.meet()
    assert reason(taken) == "pairing_taken"


# --- a hostile server ---


class Between:
    """Puts itself between: to the giver it is the new device, with a key of its own."""

    def __init__(self, giving: Giving | None = None) -> None:
        self.pairing_id = giving.invitation.pairing_id if giving else ""

    def __call__(self, method: str, path: str, told: Any) -> Any:
        if method == "GET" and path.startswith("/account/pairings/") and told.get("joined"):
            pairing_id = path.rpartition("/")[2]
            told["joined"]["public_key"] = to_base64url(ATTACKER.public_key)
            told["joined"]["commitment"] = to_base64url(commit(pairing_id, ATTACKER.public_key, THEIRS))
            if told.get("nonce"):
                told["nonce"] = to_base64url(THEIRS)
        return told


def test_a_swapped_key_shows_in_the_codes(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop", alter=Between()))
    _, _, meeting, code = meet(laptop, lena.device("phone"))
    assert meeting.code != code


def told_at(path: str, change: Any) -> Any:
    """Alters what is told at paths that begin so."""

    def alter(_method: str, asked: str, told: Any) -> Any:
        return change(told) if asked.startswith(path) else told

    return alter


def test_a_replayed_nonce_is_refused(lena: Household) -> None:
    def replay(told: Any) -> Any:
        return told | {"nonce": to_base64url(THEIRS)} if told.get("nonce") else told

    laptop = lena.sign_up(lena.device("laptop", alter=told_at("/account/pairings/", replay)))
    with pytest.raises(Tampered) as refused:
        meet(laptop, lena.device("phone"))
    assert reason(refused) == "nonce_mismatch"


def test_a_commitment_that_changes_after_the_answer_is_refused(lena: Household) -> None:
    def recommit(told: Any) -> Any:
        if told.get("nonce"):
            told["joined"]["commitment"] = to_base64url(THEIRS)
        return told

    laptop = lena.sign_up(lena.device("laptop", alter=told_at("/account/pairings/", recommit)))
    with pytest.raises(Tampered) as refused:
        meet(laptop, lena.device("phone"))
    assert reason(refused) == "device_changed"


def test_a_swapped_nonce_of_the_giver_shows_and_opens_nothing(lena: Household) -> None:
    def swap(told: Any) -> Any:
        return told | {"nonce": to_base64url(THEIRS)} if told.get("nonce") else told

    laptop = lena.sign_up(lena.device("laptop"))
    phone = lena.device("phone", alter=told_at("/auth/pairing/look", swap))
    giving, taking, meeting, code = meet(laptop, phone)
    assert meeting.code != code
    give(lena, laptop, giving, meeting)
    with pytest.raises(Tampered) as refused:
        taking.enter()
    assert reason(refused) == "not_authentic"


def test_another_account_shows_in_the_codes(lena: Household) -> None:
    laptop = lena.sign_up(lena.device("laptop"))
    other = told_at("/auth/pairing/join", lambda told: told | {"account_id": "0b55061d-82e6-419b-819e-371ff8a1ee82"})
    _, _, meeting, code = meet(laptop, lena.device("phone", alter=other))
    assert meeting.code != code


def test_swapped_keys_are_refused(lena: Household) -> None:
    """Sealed to the very device, but by someone who does not know the invitation."""
    laptop = lena.sign_up(lena.device("laptop"))
    swapped: list[bytes] = []
    swap = told_at("/auth/pairing/look", lambda told: told | {"sealed": to_base64url(swapped[0])} if swapped else told)
    giving, taking, meeting, _ = meet(laptop, lena.device("phone", alter=swap))
    guessed = crypto.Transcript(meeting.transcript.account, meeting.transcript.pairing_id, b"?" * 32)
    keys = crypto.MasterKeys(meeting.transcript.account, 1, b"m" * 32, b"s" * 32)
    pins = crypto.Pins(1, b"h" * 32)
    swapped.append(crypto.seal_keys(keys, pins, device=meeting.device, transcript=guessed))
    with pytest.raises(Tampered) as refused:
        taking.enter()
    assert reason(refused) == "not_authentic"
    assert not lena.device("phone")._profile.load().identity
    giving.refuse()


HOSTILE: dict[str, tuple[str, Any]] = {
    "keys of another account": ("wrong_account", {"account_id": "0b55061d-82e6-419b-819e-371ff8a1ee82"}),
    "another signing key": ("signing_key_mismatch", {"signing": {"public_key": to_base64url(b"x" * 32)}}),
    "another master key": ("bad_signature", {"statement": {"commitment": to_base64url(b"x" * 32)}}),
    "a list of ways in from before": ("manifest_rolled_back", {"manifest": "first"}),
    "no list of ways in": ("manifest_missing", {"manifest": None}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_the_giver_has_seen_holds_for_the_new_device(lena: Household, name: str) -> None:
    expected, changes = HOSTILE[name]
    laptop = lena.sign_up(lena.device("laptop"))
    first = sign_manifest(laptop)
    sign_manifest(laptop)

    def alter(told: Any) -> Any:
        for part, change in changes.items():
            within = told["keys"][part] if isinstance(change, dict) else None
            told["keys"][part] = within | change if within else first if change == "first" else change
        return told

    giving, taking, meeting, _ = meet(laptop, lena.device("phone", alter=told_at("/auth/pairing/finish", alter)))
    give(lena, laptop, giving, meeting)
    with pytest.raises(Tampered) as refused:
        taking.enter()
    assert reason(refused) == expected
    assert not lena.device("phone")._profile.load().identity
    assert len(lena.world.rows.sessions) == 1, "a session whose keys don't open is ended"
