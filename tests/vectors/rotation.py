"""The vectors of rotation_v1.json: manifests, links between epochs, what devices remember, and what a hostile server tries with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.chats import make_chat_key, wrap_chat_key
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.crypto.keys import derive, sha256
from sealmate_cli.crypto.manifests import Manifest, make_manifest, manifest_bytes, manifest_hash
from sealmate_cli.crypto.master_keys import EpochLink, MasterKeys, SigningKey, WrappedKeys, wrap_signing_key
from sealmate_cli.crypto.methods import UnlockMethod
from sealmate_cli.crypto.statements import EpochStatement, make_statement, signing_public_key, statement_hash

from .fixed import FixedRandom, Json, encode, fixed, identifier

ACCOUNT, CHAT = identifier("account"), identifier("chat")
SEED = fixed("account signing seed")
PUBLIC = signing_public_key(SEED)
EPOCHS = tuple(MasterKeys(ACCOUNT, epoch, fixed(f"master key {epoch}"), SEED) for epoch in (1, 2, 3))
FOREIGN = MasterKeys(ACCOUNT, 2, fixed("attacker master key"), fixed("attacker seed"))


def vectors() -> Json:
    return {
        "about": "Rotations of Sealmate's master key, version 1: see docs/formats.md. Bytes are base64url without padding.",
        "account": ACCOUNT,
        "signing_seed": encode(SEED),
        "signing_public_key": encode(PUBLIC),
        "chat_key": _rewrapped(),
        "manifests": _manifests(),
        "manifests_refused": _manifests_refused(),
        "following": _following(),
        "following_refused": _following_refused(),
        "pins": _pins(),
    }


# --- manifests ---

METHODS = tuple(
    UnlockMethod(identifier(f"{kind} method"), kind, secret=b"", master=b"", public=fixed(f"{kind} public", 1391))
    for kind in ("password", "recovery")
)


def _chain() -> list[Manifest]:
    first = make_manifest(account=ACCOUNT, epoch=1, methods=METHODS[:1], signing_seed=SEED, before=None)
    second = make_manifest(account=ACCOUNT, epoch=1, methods=METHODS, signing_seed=SEED, before=first)
    return [first, second, make_manifest(account=ACCOUNT, epoch=2, methods=METHODS, signing_seed=SEED, before=second)]


def _manifests() -> list[Json]:
    return [
        {
            "manifest": manifest_json(manifest),
            "methods": _methods_json(METHODS[:1] if manifest.sequence == 1 else METHODS),
            "before": manifest_json(before) if before else None,
            "bytes": encode(manifest_bytes(ACCOUNT, manifest, PUBLIC)),
            "sha256": encode(manifest_hash(ACCOUNT, manifest, PUBLIC)),
        }
        for before, manifest in zip([None, *_chain()], _chain(), strict=False)
    ]


def _manifests_refused() -> list[Json]:
    honest = _chain()[1]
    planted = replace(METHODS[1], method_id=identifier("planted method"))
    changed = replace(METHODS[1], public=fixed("other public", 1391))
    resigned = make_manifest(
        account=ACCOUNT, epoch=1, methods=METHODS, signing_seed=FOREIGN.signing_seed, before=_chain()[0]
    )
    flipped = bytes([honest.signature[0] ^ 1]) + honest.signature[1:]
    cases: list[tuple[str, str, Manifest, int, tuple[UnlockMethod, ...]]] = [
        ("method planted", "method_not_named", honest, 1, (*METHODS, planted)),
        ("method's public key changed", "method_not_named", honest, 1, (METHODS[0], changed)),
        ("method under another's id", "method_not_named", honest, 1, (replace(METHODS[0], method_id="x"),)),
        ("method named by the server", "bad_signature", _named(honest, planted), 1, (*METHODS, planted)),
        ("method's name dropped", "bad_signature", replace(honest, methods=honest.methods[:1]), 1, METHODS),
        ("signed by another key", "bad_signature", resigned, 1, METHODS),
        ("signature flipped", "bad_signature", replace(honest, signature=flipped), 1, METHODS),
        ("sequence raised", "bad_signature", replace(honest, sequence=9), 1, METHODS),
        ("epoch raised", "bad_signature", replace(honest, epoch=2), 2, METHODS),
        ("previous replaced", "bad_signature", replace(honest, previous=fixed("other")), 1, METHODS),
        ("of an epoch before", "wrong_epoch", honest, 2, METHODS),
    ]
    return [
        {
            "name": name,
            "reason": reason,
            "manifest": manifest_json(manifest),
            "epoch": epoch,
            "methods": _methods_json(methods),
        }
        for name, reason, manifest, epoch, methods in cases
    ]


def _named(manifest: Manifest, method: UnlockMethod) -> Manifest:
    return replace(manifest, methods=(*manifest.methods, (method.method_id, sha256(method.public))))


# --- links ---


@dataclass(frozen=True)
class Start:
    """What a device has: its epoch's key, and what it remembers."""

    epoch: int
    master_key: bytes
    statement: bytes


def _statements() -> list[EpochStatement]:
    made: list[EpochStatement] = []
    for keys in EPOCHS:
        previous = statement_hash(ACCOUNT, made[-1]) if made else b""
        made.append(_statement(keys, previous))
    return made


def _statement(keys: MasterKeys, previous: bytes) -> EpochStatement:
    return make_statement(
        account=ACCOUNT,
        epoch=keys.epoch,
        master_key=keys.master_key,
        signing_seed=keys.signing_seed,
        previous=previous,
    )


def link_between(old: MasterKeys, new: MasterKeys, statement: EpochStatement) -> EpochLink:
    forward = Place(Namespace.LINK, ACCOUNT, "account", ACCOUNT, epoch=old.epoch, version=new.epoch)
    device = Place(Namespace.DEVICE_LINK, ACCOUNT, "account", ACCOUNT, epoch=new.epoch, version=old.epoch)
    random = FixedRandom(f"link {old.epoch} {new.epoch}")
    device_key = derive(old.master_key, b"sealmate v1 device store")
    return EpochLink(
        statement,
        forward=envelope.seal(old.master_key, forward, new.master_key, random=random),
        device=envelope.seal(new.master_key, device, device_key, random=random),
    )


def _honest() -> WrappedKeys:
    one, two, three = EPOCHS
    _, second, third = _statements()
    return WrappedKeys(
        account=ACCOUNT,
        epoch=3,
        methods=(),
        signing=SigningKey(PUBLIC, wrap_signing_key(three, FixedRandom("signing"))),
        statement=third,
        links=(link_between(one, two, second), link_between(two, three, third)),
    )


def _start(epoch: int) -> Start:
    statement = _statements()[epoch - 1]
    return Start(epoch, EPOCHS[epoch - 1].master_key, statement_hash(ACCOUNT, statement))


def _following() -> list[Json]:
    return [
        {
            **_start_json(_start(epoch)),
            "wrapped": wrapped_json(_honest()),
            "opened": encode(EPOCHS[2].master_key),
            "device_keys": [encode(derive(k.master_key, b"sealmate v1 device store")) for k in EPOCHS[:2]],
        }
        for epoch in (1, 2, 3)
    ]


def _following_refused() -> list[Json]:
    honest, (one, two, _) = _honest(), EPOCHS
    first, second = honest.links
    foreign = replace(FOREIGN, epoch=2)
    own_statement = _statement(foreign, statement_hash(ACCOUNT, _statements()[0]))
    unchained = _statement(two, fixed("another history"))

    def links(*changed: EpochLink) -> WrappedKeys:
        return replace(honest, links=changed)

    def bent(link: EpochLink, part: str, value: object) -> EpochLink:
        return replace(link, **{part: value})  # type: ignore[arg-type]

    cases: list[tuple[str, str, WrappedKeys, Start]] = [
        ("link withheld", "link_missing", links(second), _start(1)),
        ("all links withheld", "link_missing", links(), _start(1)),
        (
            "master key planted in the link",
            "wrong_key",
            links(bent(first, "forward", second.forward), second),
            _start(1),
        ),
        (
            "master key planted with a statement of the attacker's",
            "bad_signature",
            links(link_between(one, foreign, own_statement), second),
            _start(1),
        ),
        (
            "another master key than the statement's",
            "wrong_master_key",
            links(link_between(one, foreign, _statements()[1]), second),
            _start(1),
        ),
        (
            "statement without its history",
            "statement_not_chained",
            links(link_between(one, two, unchained), second),
            _start(1),
        ),
        ("forward of another epoch", "wrong_key", links(first, bent(second, "forward", first.forward)), _start(1)),
        (
            "link of another account",
            "not_authentic",
            links(bent(first, "forward", _foreign_forward(one)), second),
            _start(1),
        ),
        (
            "account at an epoch before",
            "epoch_rolled_back",
            replace(honest, epoch=2, links=(first,), statement=_statements()[1]),
            _start(3),
        ),
        ("statement of this epoch replaced", "epoch_forked", replace(honest, statement=unchained_third()), _start(3)),
        (
            "signing key replaced",
            "wrong_key",
            replace(honest, signing=SigningKey(PUBLIC, wrap_signing_key(replace(FOREIGN, epoch=3), FixedRandom("f")))),
            _start(3),
        ),
        (
            "signing key under this master key replaced",
            "signing_key_mismatch",
            replace(
                honest,
                signing=SigningKey(
                    PUBLIC,
                    wrap_signing_key(replace(EPOCHS[2], signing_seed=FOREIGN.signing_seed), FixedRandom("f")),
                ),
            ),
            _start(3),
        ),
    ]
    return [
        {"name": name, "reason": reason, **_start_json(start), "wrapped": wrapped_json(wrapped)}
        for name, reason, wrapped, start in cases
    ]


def _foreign_forward(old: MasterKeys) -> bytes:
    other = identifier("other account")
    place = Place(Namespace.LINK, other, "account", other, epoch=old.epoch, version=old.epoch + 1)
    return envelope.seal(old.master_key, place, EPOCHS[1].master_key, random=FixedRandom("other account"))


def unchained_third() -> EpochStatement:
    return _statement(EPOCHS[2], fixed("another history"))


# --- what devices remember ---


def _pins() -> list[Json]:
    statements, chain = _statements(), _chain()
    fork = make_manifest(account=ACCOUNT, epoch=1, methods=METHODS[1:], signing_seed=SEED, before=chain[0])
    forked = _statement(EPOCHS[1], fixed("another history"))

    def seen(epoch: int, sequence: int) -> Json:
        return {
            "epoch": epoch,
            "statement": encode(statement_hash(ACCOUNT, statements[epoch - 1])) if epoch else "",
            "sequence": sequence,
            "manifest": encode(manifest_hash(ACCOUNT, chain[sequence - 1], PUBLIC)) if sequence else "",
        }

    cases: list[tuple[str, Json, EpochStatement, Manifest | None, Json | str]] = [
        ("first sight", seen(0, 0), statements[0], None, seen(1, 0)),
        ("first manifest", seen(1, 0), statements[0], chain[0], seen(1, 1)),
        ("the same again", seen(1, 2), statements[0], chain[1], seen(1, 2)),
        ("a manifest on", seen(1, 1), statements[0], chain[1], seen(1, 2)),
        ("an epoch on", seen(1, 2), statements[1], chain[2], seen(2, 3)),
        ("a number remembered without its hash", {**seen(1, 0), "statement": ""}, statements[0], None, seen(1, 0)),
        ("epoch rolled back", seen(2, 3), statements[0], chain[1], "epoch_rolled_back"),
        ("epoch forked", seen(2, 3), forked, chain[2], "epoch_forked"),
        ("manifest rolled back", seen(1, 2), statements[0], chain[0], "manifest_rolled_back"),
        ("manifest forked", seen(1, 2), statements[0], fork, "manifest_forked"),
        ("manifest withheld", seen(1, 2), statements[0], None, "manifest_missing"),
    ]
    return [
        {
            "name": name,
            "before": before,
            "statement": statement_json(statement),
            "manifest": manifest_json(manifest) if manifest else None,
            **({"reason": after} if isinstance(after, str) else {"after": after}),
        }
        for name, before, statement, manifest, after in cases
    ]


# --- a chat's key under two master keys ---


def _rewrapped() -> Json:
    key = make_chat_key(ACCOUNT, CHAT, random=FixedRandom("rotated chat"))

    def wrap(keys: MasterKeys) -> str:
        random: Callable[[int], bytes] = FixedRandom(f"wrap {keys.epoch}")
        return encode(wrap_chat_key(key, keys.master_key, epoch=keys.epoch, random=random))

    return {
        "chat": CHAT,
        "generation": 1,
        "key": encode(key.key),
        "master_keys": [encode(keys.master_key) for keys in EPOCHS[:2]],
        "envelopes": [wrap(keys) for keys in EPOCHS[:2]],
    }


# --- as they travel ---


def manifest_json(manifest: Manifest) -> Json:
    named = [{"method_id": each, "public_hash": encode(hashed)} for each, hashed in manifest.methods]
    return {
        "sequence": manifest.sequence,
        "epoch": manifest.epoch,
        "previous": encode(manifest.previous),
        "methods": named,
        "signature": encode(manifest.signature),
    }


def statement_json(statement: EpochStatement) -> Json:
    return {
        "epoch": statement.epoch,
        "commitment": encode(statement.commitment),
        "previous": encode(statement.previous),
        "signature": encode(statement.signature),
    }


def wrapped_json(wrapped: WrappedKeys) -> Json:
    return {
        "account_id": wrapped.account,
        "epoch": wrapped.epoch,
        "methods": [],
        "signing": {"public_key": encode(wrapped.signing.public_key), "private": encode(wrapped.signing.private)},
        "statement": statement_json(wrapped.statement),
        "links": links_json(wrapped),
    }


def links_json(wrapped: WrappedKeys) -> list[Json]:
    return [
        {
            "statement": statement_json(link.statement),
            "forward": encode(link.forward or b""),
            "device": encode(link.device),
        }
        for link in wrapped.links
    ]


def _methods_json(methods: tuple[UnlockMethod, ...]) -> list[Json]:
    return [{"method_id": method.method_id, "public": encode(method.public)} for method in methods]


def _start_json(start: Start) -> Json:
    return {"epoch": start.epoch, "master_key": encode(start.master_key), "statement": encode(start.statement)}
