"""The account vectors: passwords, recovery keys, statements, a whole account, and what a hostile server tries."""

import unicodedata
from dataclasses import replace

from sealmate_cli.crypto import envelope, passwords, recovery, statements
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.crypto.master_keys import MasterKeys, SigningKey, WrappedKeys
from sealmate_cli.crypto.methods import MethodKind, UnlockMethod
from sealmate_cli.crypto.xwing import KeyPair

from .fixed import FixedRandom, Json, Sealed, encode, fixed, identifier

ACCOUNT = identifier("account")
PASSWORD = "Schl\N{LATIN SMALL LETTER U WITH DIAERESIS}ssel zum Meer"
EPOCH = 2
PASSWORD_ID, RECOVERY_ID = identifier("password method"), identifier("recovery method")
RECOVERY_KEY = fixed("recovery key")
KEYS = MasterKeys(ACCOUNT, EPOCH, fixed("account master key"), signing_seed=fixed("account signing seed"))
OLD = replace(KEYS, epoch=1, master_key=fixed("account old master key"))
ATTACKER = MasterKeys(ACCOUNT, EPOCH, fixed("attacker master key"), signing_seed=fixed("attacker seed"))


def password_vectors() -> list[Json]:
    salt = fixed("salt", 16)
    proof = passwords.derive_password(PASSWORD, account=ACCOUNT, salt=salt, profile=1)
    stretched = passwords.stretch(PASSWORD, salt=salt, profile=1)
    return [
        {
            "password": typed,
            "account": ACCOUNT,
            "salt": encode(salt),
            "kdf_profile": 1,
            "argon2id": encode(stretched),
            "auth": encode(proof.auth),
            "kek": encode(proof.kek),
        }
        for typed in (PASSWORD, unicodedata.normalize("NFD", PASSWORD))
    ]


def password_refusals() -> list[Json]:
    cases = {
        "profile lowered": (0, 16, "unknown_kdf_profile"),
        "profile of another version": (2, 16, "unknown_kdf_profile"),
        "salt too short": (1, 8, "bad_salt"),
        "salt too long": (1, 32, "bad_salt"),
        "no salt": (1, 0, "bad_salt"),
    }
    return [
        {"name": name, "kdf_profile": profile, "salt": encode(fixed("salt", length)), "reason": reason}
        for name, (profile, length, reason) in cases.items()
    ]


def recovery_vectors() -> list[Json]:
    vectors = []
    for key in (RECOVERY_KEY, bytes(32), b"\xff" * 32):
        text = recovery.encode_recovery_key(key)
        proof = recovery.derive_recovery(key, account=ACCOUNT)
        read_as = [text, text.lower(), text.replace("-", ""), f" {text.replace('-', ' ')} "]
        read_as += [text.replace("-", "\n"), text.replace("-", "\r\n\t"), text.replace("-", "\u00a0")]
        read_as += [text.replace("0", "o").replace("1", "I"), text.replace("0", "O").replace("1", "l")]
        vectors.append(
            {
                "key": encode(key),
                "text": text,
                "read_as": read_as,
                "account": ACCOUNT,
                "auth": encode(proof.auth),
                "kek": encode(proof.kek),
            }
        )
    return vectors


def recovery_refusals() -> list[Json]:
    text = recovery.encode_recovery_key(RECOVERY_KEY)
    other = "1" if text[0] != "1" else "2"
    cases = {
        "a character changed": other + text[1:],
        "two characters swapped": text[1] + text[0] + text[2:],
        "a character missing": text[:-1],
        "a character too many": text + "0",
        "a letter outside the alphabet": "U" + text[1:],
        "a character that is no ASCII": "é" + text[1:],
        "empty": "",
    }
    return [{"name": name, "text": text, "reason": "bad_recovery_key"} for name, text in cases.items()]


def statement_vectors() -> list[Json]:
    vectors = []
    previous = b""
    for keys in (OLD, KEYS):
        made = statement_under(keys, previous)
        vectors.append(
            {
                "account": keys.account,
                "epoch": keys.epoch,
                "master_key": encode(keys.master_key),
                "signing_seed": encode(keys.signing_seed),
                "previous": encode(previous),
                "commitment": encode(made.commitment),
                "statement": encode(statements.statement_bytes(keys.account, keys.epoch, made.commitment, previous)),
                "signature": encode(made.signature),
                "public_key": encode(statements.signing_public_key(keys.signing_seed)),
                "sha256": encode(statements.statement_hash(keys.account, made)),
            }
        )
        previous = statements.statement_hash(keys.account, made)
    return vectors


def statement_under(keys: MasterKeys, previous: bytes) -> statements.EpochStatement:
    return statements.make_statement(
        account=keys.account,
        epoch=keys.epoch,
        master_key=keys.master_key,
        signing_seed=keys.signing_seed,
        previous=previous,
    )


def account_vectors(sealed: Sealed) -> Json:
    honest = account_under(KEYS, sealed)
    return {
        "account": ACCOUNT,
        "password_kek": encode(_kek("password")),
        "recovery_kek": encode(_kek("recovery")),
        "lowest_epoch": EPOCH,
        "wrapped": wrapped_json(honest),
        "master_key": encode(KEYS.master_key),
        "signing_seed": encode(KEYS.signing_seed),
        "refused": [
            {"name": name, "reason": reason, "wrapped": wrapped_json(wrapped)}
            for name, reason, wrapped in _attacks(honest, sealed)
        ],
    }


def _kek(kind: MethodKind) -> bytes:
    if kind == "recovery":
        return recovery.derive_recovery(RECOVERY_KEY, account=ACCOUNT).kek
    return fixed("account password kek")


def account_under(keys: MasterKeys, sealed: Sealed) -> WrappedKeys:
    previous = b""
    if keys.epoch > OLD.epoch:
        previous = statements.statement_hash(ACCOUNT, statement_under(OLD, b""))
    return WrappedKeys(
        account=ACCOUNT,
        epoch=keys.epoch,
        methods=(
            method_under("password", PASSWORD_ID, _kek("password"), keys, sealed),
            method_under("recovery", RECOVERY_ID, _kek("recovery"), keys, sealed),
        ),
        signing=signing_under(keys),
        statement=statement_under(keys, previous),
    )


def method_under(kind: str, method_id: str, kek: bytes, keys: MasterKeys, sealed: Sealed) -> UnlockMethod:
    pair = KeyPair(fixed(f"{kind} method seed"))
    secret = Place(Namespace.UNLOCK_SECRET, keys.account, kind, method_id, epoch=1)
    master = replace(secret, namespace=Namespace.UNLOCK_MASTER, epoch=keys.epoch)
    public = replace(secret, namespace=Namespace.UNLOCK_PUBLIC, epoch=keys.epoch)
    pinned = pair.seed + statements.signing_public_key(keys.signing_seed)
    random = FixedRandom(f"{kind} method {keys.epoch}")
    return UnlockMethod(
        method_id=method_id,
        kind=kind,
        secret=envelope.seal(kek, secret, pinned, random=random),
        master=sealed.envelope(pair, master, keys.master_key),
        public=envelope.seal(keys.master_key, public, pair.public_key, random=random),
    )


def signing_under(keys: MasterKeys) -> SigningKey:
    place = Place(Namespace.SIGNING_KEY, ACCOUNT, "account", ACCOUNT, epoch=keys.epoch)
    private = envelope.seal(keys.master_key, place, keys.signing_seed, random=FixedRandom(f"signing {keys.epoch}"))
    return SigningKey(statements.signing_public_key(keys.signing_seed), private)


def _attacks(honest: WrappedKeys, sealed: Sealed) -> list[tuple[str, str, WrappedKeys]]:
    """Each is tried on the password; an attacker is granted knowledge of the method's public key."""
    password, rest = honest.methods[0], honest.methods[1:]
    planted = account_under(ATTACKER, sealed)

    def with_password(**changes: bytes | str) -> WrappedKeys:
        return replace(honest, methods=(replace(password, **changes), *rest))  # type: ignore[arg-type]

    own_secret, own_kek = planted.methods[0], fixed("attacker kek")
    own_method = method_under("password", PASSWORD_ID, own_kek, ATTACKER, sealed)
    planted_master = with_password(master=own_secret.master, public=own_secret.public)
    own_pair = KeyPair(fixed("attacker method seed"))
    public_place = Place(Namespace.UNLOCK_PUBLIC, ACCOUNT, "password", PASSWORD_ID, epoch=EPOCH)
    other_public = envelope.seal(KEYS.master_key, public_place, own_pair.public_key, random=FixedRandom("other public"))
    tampered = bytes([honest.statement.signature[0] ^ 1]) + honest.statement.signature[1:]
    return [
        ("master key planted", "wrong_key", with_password(master=own_secret.master)),
        ("master key planted with its public key", "wrong_master_key", planted_master),
        (
            "master key planted with a signature of the attacker",
            "signing_key_mismatch",
            replace(planted_master, signing=planted.signing, statement=planted.statement),
        ),
        ("method planted under another key", "wrong_key", replace(honest, methods=(own_method, *rest))),
        ("public key of another method", "public_key_mismatch", with_password(public=other_public)),
        ("method of another kind", "wrong_key", replace(honest, methods=(replace(rest[0], kind="password"),))),
        ("method under another id", "not_authentic", with_password(method_id=RECOVERY_ID)),
        ("method missing", "no_such_method", replace(honest, methods=rest)),
        ("account of somebody else", "wrong_account", replace(honest, account=identifier("other account"))),
        ("whole older epoch", "epoch_rolled_back", account_under(OLD, sealed)),
        ("older master key in this epoch", "wrong_epoch", _rolled_back(honest, sealed)),
        ("epoch raised", "wrong_epoch", replace(honest, epoch=EPOCH + 1)),
        ("signing key replaced", "signing_key_mismatch", replace(honest, signing=planted.signing)),
        (
            "private signing key replaced",
            "wrong_key",
            replace(honest, signing=replace(honest.signing, private=planted.signing.private)),
        ),
        ("statement signed by another", "bad_signature", replace(honest, statement=planted.statement)),
        (
            "signature flipped",
            "bad_signature",
            replace(honest, statement=replace(honest.statement, signature=tampered)),
        ),
        (
            "statement of the older epoch",
            "wrong_epoch",
            replace(honest, statement=account_under(OLD, sealed).statement),
        ),
    ]


def _rolled_back(honest: WrappedKeys, sealed: Sealed) -> WrappedKeys:
    older = account_under(OLD, sealed)
    method = replace(honest.methods[0], master=older.methods[0].master, public=older.methods[0].public)
    return replace(honest, methods=(method, *honest.methods[1:]))


def wrapped_json(wrapped: WrappedKeys) -> Json:
    """As it travels: see WrappedKeys in docs/protocol.md."""
    return {
        "account_id": wrapped.account,
        "epoch": wrapped.epoch,
        "methods": [
            {
                "method_id": method.method_id,
                "kind": method.kind,
                "secret": encode(method.secret),
                "master": encode(method.master),
                "public": encode(method.public),
            }
            for method in wrapped.methods
        ],
        "signing": {
            "public_key": encode(wrapped.signing.public_key),
            "private": encode(wrapped.signing.private),
        },
        "statement": {
            "epoch": wrapped.statement.epoch,
            "commitment": encode(wrapped.statement.commitment),
            "previous": encode(wrapped.statement.previous),
            "signature": encode(wrapped.statement.signature),
        },
    }
