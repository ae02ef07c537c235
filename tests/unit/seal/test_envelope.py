"""Envelopes: whatever is sealed opens at its own address with its own key, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmate import errors
from sealmate.seal.envelope import Address, Header, Namespace, seal, seal_to, unseal
from sealmate_cli.crypto.xwing import KeyPair
from tests.fakes.clock import FakeRandom

KEY = bytes(range(32))
HERE = Address(account="account", scope="chat", record="turn", parent=bytes(32))
texts = st.text(max_size=40)
addresses = st.builds(
    Address,
    account=texts,
    scope=texts,
    record=texts,
    version=st.integers(0, 2**32 - 1),
    parent=st.sampled_from([b"", bytes(32), bytes(range(32))]),
)


def sealed(content: bytes = b"words", address: Address = HERE) -> bytes:
    return seal(KEY, content, namespace=Namespace.CACHE, epoch=3, address=address, random=FakeRandom().bytes)


@settings(deadline=None)
@given(content=st.binary(max_size=400), address=addresses)
def test_what_is_sealed_opens(content: bytes, address: Address) -> None:
    assert unseal(KEY, sealed(content, address), namespace=Namespace.CACHE, address=address) == content


@settings(deadline=None)
@given(content=st.binary(max_size=300))
def test_the_size_tells_only_the_next_64_bytes(content: bytes) -> None:
    assert len(sealed(content)) == 19 + 76 + 16 + 64 * ((len(content) + 4 + 63) // 64)


@settings(deadline=None)
@given(mine=addresses, other=addresses)
def test_an_envelope_opens_at_no_other_address(mine: Address, other: Address) -> None:
    if mine == other:
        return
    with pytest.raises(errors.SealBroken):
        unseal(KEY, sealed(address=mine), namespace=Namespace.CACHE, address=other)


def test_no_bit_can_be_changed() -> None:
    whole = sealed()
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(errors.SealBroken):
            unseal(KEY, bytes(changed), namespace=Namespace.CACHE, address=HERE)


def test_nothing_can_be_cut_off_or_added() -> None:
    whole = sealed()
    for cut in range(len(whole)):
        with pytest.raises(errors.SealBroken):
            unseal(KEY, whole[:cut], namespace=Namespace.CACHE, address=HERE)
    with pytest.raises(errors.SealBroken):
        unseal(KEY, whole + bytes(64), namespace=Namespace.CACHE, address=HERE)


def test_another_key_or_namespace_does_not_open() -> None:
    with pytest.raises(errors.SealBroken) as wrong_key:
        unseal(bytes(32), sealed(), namespace=Namespace.CACHE, address=HERE)
    assert wrong_key.value.details == {"reason": "wrong_key"}
    with pytest.raises(errors.SealBroken):
        unseal(KEY, sealed(), namespace=Namespace.MESSAGE, address=HERE)


def test_two_seals_of_the_same_words_share_no_key_material() -> None:
    random = FakeRandom()
    one, two = (
        seal(KEY, b"words", namespace=Namespace.CACHE, epoch=1, address=HERE, random=random.bytes) for _ in range(2)
    )
    assert one[19:51] != two[19:51]
    assert one[95:] != two[95:]


@pytest.mark.parametrize("size", [0, 32, 1215, 1217])
def test_what_is_no_public_key_is_refused(size: int) -> None:
    with pytest.raises(errors.SealBroken):
        seal_to(bytes(size), b"words", namespace=Namespace.ANSWER, epoch=1, address=HERE)


def test_the_suite_must_fit_the_namespace() -> None:
    answer = seal_to(KeyPair(KEY).public_key, b"words", namespace=Namespace.ANSWER, epoch=1, address=HERE)
    assert Header.parse(answer).namespace is Namespace.ANSWER
    as_message = answer[:6] + bytes([Namespace.MESSAGE]) + answer[7:]
    with pytest.raises(errors.SealBroken):
        Header.parse(as_message)


@given(st.binary(max_size=1500))
def test_noise_is_never_an_envelope_and_never_crashes(noise: bytes) -> None:
    with pytest.raises(errors.SealBroken):
        unseal(KEY, noise, namespace=Namespace.CACHE, address=HERE)
    with pytest.raises(errors.SealBroken):
        unseal(KEY, b"SEAL\x01\x01\x0a" + noise, namespace=Namespace.CACHE, address=HERE)
