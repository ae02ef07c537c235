"""Whatever is sealed opens again, and nothing that was touched opens at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmate_cli.crypto import (
    CryptoError,
    decode_recovery_key,
    encode_recovery_key,
    envelope,
    make_chat_key,
    unwrap_chat_key,
    wrap_chat_key,
)
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.crypto.passwords import normalise
from sealmate_cli.crypto.xwing import KeyPair

KEY = bytes(range(32))
PAIR = KeyPair(KEY)
keys = st.binary(min_size=32, max_size=32)
u32s = st.integers(0, 2**32 - 1)


def places(namespaces: list[Namespace]) -> st.SearchStrategy[Place]:
    return st.builds(
        Place,
        st.sampled_from(namespaces),
        st.text(max_size=40),
        st.text(max_size=40),
        st.text(max_size=40),
        epoch=u32s,
        version=u32s,
        parent=st.sampled_from([b"", bytes(32)]),
    )


TO_KEYS = places([each for each in Namespace if each.suite is envelope.Suite.KEY])
TO_PUBLIC_KEYS = places([each for each in Namespace if each.suite is envelope.Suite.PUBLIC_KEY])


@given(key=keys, place=TO_KEYS, content=st.binary(max_size=500))
def test_what_is_sealed_with_a_key_opens(key: bytes, place: Place, content: bytes) -> None:
    assert envelope.open_with(key, place, envelope.seal(key, place, content)) == content


@given(seed=keys, place=TO_PUBLIC_KEYS, content=st.binary(max_size=500))
def test_what_is_sealed_to_a_public_key_opens(seed: bytes, place: Place, content: bytes) -> None:
    pair = KeyPair(seed)
    assert envelope.open_sealed(pair, place, envelope.seal_to(pair.public_key, place, content)) == content


@given(place=TO_KEYS, content=st.binary(max_size=100), data=st.data())
def test_any_flipped_bit_is_refused(place: Place, content: bytes, data: st.DataObject) -> None:
    whole = envelope.seal(KEY, place, content)
    with pytest.raises(CryptoError):
        envelope.open_with(KEY, place, _with_a_bit_flipped(whole, data))


@given(place=TO_PUBLIC_KEYS, content=st.binary(max_size=100), data=st.data())
def test_any_flipped_bit_of_a_sealed_record_is_refused(place: Place, content: bytes, data: st.DataObject) -> None:
    whole = envelope.seal_to(PAIR.public_key, place, content)
    with pytest.raises(CryptoError):
        envelope.open_sealed(PAIR, place, _with_a_bit_flipped(whole, data))


def _with_a_bit_flipped(whole: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


@given(place=TO_KEYS, content=st.binary(max_size=100), data=st.data())
def test_any_cut_is_refused(place: Place, content: bytes, data: st.DataObject) -> None:
    whole = envelope.seal(KEY, place, content)
    with pytest.raises(CryptoError):
        envelope.open_with(KEY, place, whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(one=TO_KEYS, other=TO_KEYS)
def test_a_record_opens_in_its_own_place_only(one: Place, other: Place) -> None:
    whole = envelope.seal(KEY, one, b"content")
    if one == other:
        assert envelope.open_with(KEY, other, whole) == b"content"
    else:
        with pytest.raises(CryptoError):
            envelope.open_with(KEY, other, whole)


@given(garbage=st.binary(max_size=3000))
def test_garbage_is_refused(garbage: bytes) -> None:
    place = Place(Namespace.MESSAGE, "account", "chat", "turn", epoch=1)
    with pytest.raises(CryptoError):
        envelope.open_with(KEY, place, garbage)
    with pytest.raises(CryptoError):
        envelope.open_with(KEY, place, b"SEAL" + garbage)


def test_an_all_zero_key_made_for_two_records_gives_two_ciphertexts() -> None:
    place = Place(Namespace.MESSAGE, "account", "chat", "turn", epoch=1)
    assert envelope.seal(KEY, place, b"same") != envelope.seal(KEY, place, b"same")


@given(key=keys)
def test_a_recovery_key_survives_being_written_down(key: bytes) -> None:
    assert decode_recovery_key(encode_recovery_key(key)) == key


@given(key=keys, data=st.data())
def test_a_recovery_key_mistyped_in_one_place_is_refused(key: bytes, data: st.DataObject) -> None:
    text = encode_recovery_key(key).replace("-", "")
    at = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.sampled_from(sorted(set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") - {text[at]})))
    # 24 bits of checksum: hypothesis would need millions of examples to meet a collision.
    with pytest.raises(CryptoError):
        decode_recovery_key(text[:at] + wrong + text[at + 1 :])


@given(text=st.text())
@settings(max_examples=50)
def test_messages_of_any_text_open(text: str) -> None:
    key = make_chat_key("account", "chat")
    if any("\ud800" <= each <= "\udfff" for each in text):
        with pytest.raises(CryptoError):
            key.seal_message(turn="turn", text=text, parent=b"")
        return
    sealed = key.seal_message(turn="turn", text=text, parent=b"")
    assert key.open_message(sealed, turn="turn", parent=b"") == text


def test_a_chat_key_under_another_generation_or_chat_is_refused() -> None:
    key = make_chat_key("account", "chat")
    wrapped = wrap_chat_key(key, KEY, epoch=1)
    assert unwrap_chat_key(wrapped, KEY, account="account", chat="chat", generation=1, epoch=1) == key
    for chat, generation, epoch in [("other", 1, 1), ("chat", 2, 1), ("chat", 1, 2)]:
        with pytest.raises(CryptoError):
            unwrap_chat_key(wrapped, KEY, account="account", chat=chat, generation=generation, epoch=epoch)


def test_a_password_that_is_no_text_is_refused() -> None:
    with pytest.raises(CryptoError, match="password_not_text"):
        normalise("half a pair \ud83d")
