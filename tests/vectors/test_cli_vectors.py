"""The terminal client meets every vector, and the vectors are what their generator makes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sealmate_cli.crypto import CryptoError, envelope, hash_of, passwords, recovery, statements
from sealmate_cli.crypto.accounts import unlock_account
from sealmate_cli.crypto.apps import StoredApp, renew_app
from sealmate_cli.crypto.envelope import Namespace, Place, Suite
from sealmate_cli.crypto.keys import derive
from sealmate_cli.crypto.manifests import verify_manifest
from sealmate_cli.crypto.master_keys import MasterKeys, WrappedKeys
from sealmate_cli.crypto.methods import MethodKind, UnlockMethod
from sealmate_cli.crypto.rotation import follow_links, turn_master
from sealmate_cli.crypto.securing import secure_account
from sealmate_cli.crypto.xwing import KeyPair
from sealmate_cli.wire.http import WrappedKeysAnswer

from . import make_vectors
from .fixed import Json, decode

VECTORS: Json = json.loads(make_vectors.FILE.read_text())


def named(section: list[Json]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", [pytest.param(each, id=each["name"]) for each in section])


def place_of(vector: Json) -> Place:
    fields = {name: value for name, value in vector["place"].items() if name != "namespace_name"}
    return Place(**fields | {"namespace": Namespace(fields["namespace"]), "parent": decode(fields["parent"])})


def opened(vector: Json) -> bytes:
    key, place, given = decode(vector["key"]), place_of(vector), decode(vector["envelope"])
    if vector["suite"] == Suite.PUBLIC_KEY:
        return envelope.open_sealed(KeyPair(key), place, given)
    return envelope.open_with(key, place, given)


def test_the_generator_makes_this_very_file() -> None:
    made = make_vectors.make(make_vectors.kept_hpke())
    assert make_vectors.as_text(made) == make_vectors.FILE.read_text()


@named(VECTORS["derivations"])
def test_derivation(vector: Json) -> None:
    output = derive(decode(vector["key"]), decode(vector["info"]), vector["length"], salt=decode(vector["salt"]))
    assert output == decode(vector["output"])


@pytest.mark.parametrize("vector", VECTORS["xwing"], ids=[each["key_id"] for each in VECTORS["xwing"]])
def test_key_pair_from_seed(vector: Json) -> None:
    pair = KeyPair(decode(vector["seed"]))
    assert pair.public_key == decode(vector["public_key"])
    assert envelope.public_key_id(pair.public_key) == decode(vector["key_id"])


@pytest.mark.parametrize("vector", VECTORS["padding"])
def test_padding(vector: Json) -> None:
    content, padded = decode(vector["content"]), decode(vector["padded"])
    assert envelope.pad(content) == padded
    assert envelope.unpad(padded) == content


@pytest.mark.parametrize("vector", VECTORS["passwords"], ids=["composed", "decomposed"])
def test_password(vector: Json) -> None:
    proof = passwords.derive_password(
        vector["password"],
        account=vector["account"],
        salt=decode(vector["salt"]),
        profile=vector["kdf_profile"],
    )
    assert proof == passwords.Proof(auth=decode(vector["auth"]), kek=decode(vector["kek"]))


@named(VECTORS["passwords_refused"])
def test_password_refused(vector: Json) -> None:
    with pytest.raises(CryptoError) as raised:
        passwords.derive_password(
            "any password", account="a", salt=decode(vector["salt"]), profile=vector["kdf_profile"]
        )
    assert raised.value.reason == vector["reason"]


@pytest.mark.parametrize("vector", VECTORS["recovery"], ids=[each["text"][:4] for each in VECTORS["recovery"]])
def test_recovery_key(vector: Json) -> None:
    key = decode(vector["key"])
    assert recovery.encode_recovery_key(key) == vector["text"]
    for typed in vector["read_as"]:
        assert recovery.decode_recovery_key(typed) == key
    proof = recovery.derive_recovery(key, account=vector["account"])
    assert proof == passwords.Proof(auth=decode(vector["auth"]), kek=decode(vector["kek"]))


@named(VECTORS["recovery_refused"])
def test_recovery_key_refused(vector: Json) -> None:
    with pytest.raises(CryptoError) as raised:
        recovery.decode_recovery_key(vector["text"])
    assert raised.value.reason == vector["reason"]


@pytest.mark.parametrize("vector", VECTORS["statements"], ids=["first epoch", "second epoch"])
def test_statement(vector: Json) -> None:
    made = statements.make_statement(
        account=vector["account"],
        epoch=vector["epoch"],
        master_key=decode(vector["master_key"]),
        signing_seed=decode(vector["signing_seed"]),
        previous=decode(vector["previous"]),
    )
    signed = statements.statement_bytes(vector["account"], made.epoch, made.commitment, made.previous)
    assert signed == decode(vector["statement"])
    assert made.commitment == decode(vector["commitment"])
    assert made.signature == decode(vector["signature"])
    assert statements.statement_hash(vector["account"], made) == decode(vector["sha256"])
    assert statements.signing_public_key(decode(vector["signing_seed"])) == decode(vector["public_key"])


@named(VECTORS["envelopes"])
def test_envelope_opens(vector: Json) -> None:
    whole = decode(vector["envelope"])
    head = whole[: envelope.HEADER_BYTES]
    assert opened(vector) == decode(vector["content"])
    assert head == decode(vector["header"])
    assert envelope.aad(place_of(vector), head) == decode(vector["aad"])
    assert hash_of(whole) == decode(vector["sha256"])
    assert envelope.read_epoch(whole) == vector["place"]["epoch"]


def test_every_namespace_has_a_vector() -> None:
    assert {each["place"]["namespace"] for each in VECTORS["envelopes"]} == set(Namespace)


@named(VECTORS["envelopes_refused"])
def test_envelope_refused(vector: Json) -> None:
    with pytest.raises(CryptoError) as raised:
        opened(vector)
    assert raised.value.reason == vector["reason"]


@pytest.mark.parametrize("kind", ["password", "recovery"])
def test_account_unlocks(kind: Any) -> None:
    vector = VECTORS["account"]
    keys = unlock_account(
        WrappedKeysAnswer.model_validate(vector["wrapped"]).keys(),
        account=vector["account"],
        kind=kind,
        kek=decode(vector[f"{kind}_kek"]),
        lowest_epoch=vector["lowest_epoch"],
    )
    assert keys.master_key == decode(vector["master_key"])
    assert keys.signing_seed == decode(vector["signing_seed"])


@named(VECTORS["account"]["refused"])
def test_hostile_account_refused(vector: Json) -> None:
    account = VECTORS["account"]
    with pytest.raises(CryptoError) as raised:
        unlock_account(
            WrappedKeysAnswer.model_validate(vector["wrapped"]).keys(),
            account=account["account"],
            kind="password",
            kek=decode(account["password_kek"]),
            lowest_epoch=account["lowest_epoch"],
        )
    assert raised.value.reason == vector["reason"]


def account_opened() -> tuple[WrappedKeys, MasterKeys]:
    vector = VECTORS["account"]
    wrapped = WrappedKeysAnswer.model_validate(vector["wrapped"]).keys()
    kek = decode(vector["password_kek"])
    return wrapped, unlock_account(wrapped, account=vector["account"], kind="password", kek=kek, lowest_epoch=0)


def sizes(methods: tuple[UnlockMethod, ...]) -> list[tuple[int, int]]:
    return [(len(method.master), len(method.public)) for method in methods]


def test_the_next_epoch_opens_by_the_same_methods_and_the_link() -> None:
    wrapped, old = account_opened()
    turned = turn_master(wrapped, old)
    assert sizes(turned.methods) == sizes(wrapped.methods)
    assert len(turned.signing.private) == len(wrapped.signing.private)
    kinds: tuple[MethodKind, ...] = ("password", "recovery")
    for kind in kinds:
        kek = decode(VECTORS["account"][f"{kind}_kek"])
        opened = unlock_account(turned.wrapped, account=old.account, kind=kind, kek=kek, lowest_epoch=old.epoch + 1)
        assert opened == turned.keys
    followed = follow_links(
        replace(turned.wrapped, links=(turned.link,)),
        epoch=old.epoch,
        master_key=old.master_key,
        statement=statements.statement_hash(old.account, wrapped.statement),
        signing_public=wrapped.signing.public_key,
    )
    assert followed == turned.keys


def test_a_secured_account_opens_by_nothing_of_before() -> None:
    wrapped, old = account_opened()
    made, text = secure_account(wrapped, old, password="kelp forest at dusk")
    kek = recovery.derive_recovery(recovery.decode_recovery_key(text), account=old.account).kek
    methods = (made.password.method, made.recovery.method)
    now = replace(wrapped, epoch=old.epoch + 1, methods=methods, signing=made.signing, statement=made.statement)
    assert sizes(methods) == sizes(wrapped.methods)[:2]
    assert unlock_account(now, account=old.account, kind="recovery", kek=kek, lowest_epoch=0) == made.keys
    assert made.statement.previous == statements.statement_hash(old.account, wrapped.statement)
    verify_manifest(
        made.manifest,
        account=old.account,
        epoch=now.epoch,
        methods=methods,
        signing_public=made.signing.public_key,
    )
    before = decode(VECTORS["account"]["recovery_kek"])
    with pytest.raises(CryptoError):
        unlock_account(now, account=old.account, kind="recovery", kek=before, lowest_epoch=0)


def test_an_app_is_sealed_anew_as_it_is() -> None:
    key, settings = (
        next(each for each in VECTORS["envelopes"] if each["place"]["namespace"] == namespace)
        for namespace in (Namespace.APP_KEY, Namespace.APP_SETTINGS)
    )
    of_key, of_settings = place_of(key), place_of(settings)
    old = MasterKeys(of_key.account, of_key.epoch, decode(key["key"]), b"")
    new = MasterKeys(of_key.account, of_key.epoch + 1, bytes(range(32)), b"")
    stored = StoredApp(
        app="web",
        revision=of_settings.version,
        key=decode(key["envelope"]),
        settings=decode(settings["envelope"]),
    )
    made = renew_app(stored, old=old, new=new)
    opened = envelope.open_with(new.master_key, replace(of_key, epoch=new.epoch), made.key)
    assert opened != decode(key["content"])
    after = replace(of_settings, version=of_settings.version + 1)
    assert envelope.open_with(opened, after, made.settings) == decode(settings["content"])
    assert (len(made.key), len(made.settings)) == (len(stored.key), len(stored.settings))


@pytest.mark.parametrize("index", range(len(VECTORS["hpke"])))
def test_hpke_opening(index: int) -> None:
    vector = VECTORS["hpke"][index]
    pair = KeyPair(decode(vector["seed"]))
    assert pair.open(decode(vector["ciphertext"]), decode(vector["info"])) == decode(vector["plaintext"])
