"""The vectors of pairing_v1.json: two devices that pair, and what somebody between them, or a hostile server, tries."""

from collections.abc import Callable
from dataclasses import replace

from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.crypto.keys import u32
from sealmate_cli.crypto.pairing import Invitation, JoiningDevice, Transcript, agree, commit, place
from sealmate_cli.crypto.statements import signing_public_key
from sealmate_cli.crypto.xwing import KeyPair

from .fixed import Json, Sealed, encode, fixed, identifier

ACCOUNT = identifier("account")
PUBLIC = signing_public_key(fixed("account signing seed"))
INVITATION = Invitation(fixed("pairing secret", 10))
PAIR, OTHER_PAIR = KeyPair(fixed("pairing seed")), KeyPair(fixed("other pairing seed"))
GIVER, JOINER = fixed("giver nonce"), fixed("joiner nonce")
DEVICE = JoiningDevice("Büro: Firefox", PAIR.public_key, commit(INVITATION.pairing_id, PAIR.public_key, JOINER))
CONTENT = fixed("master key 3") + fixed("statement hash") + u32(7) + fixed("manifest hash")
EPOCH = 3


def vectors(kept: list[Json]) -> Json:
    sealed = Sealed(kept)
    made = {
        "about": "Pairing of Sealmate's devices, version 1: see docs/formats.md. Bytes are base64url without padding.",
        "account": ACCOUNT,
        "signing_public_key": encode(PUBLIC),
        "seed": encode(PAIR.seed),
        "invitations": [_invitation(secret) for secret in (INVITATION.secret, bytes(10), b"\xff" * 10)],
        "invitations_refused": ["", "0000-0000-0000-000", "0000-0000-0000-0000-0", "0000-0000-0000-000U", "ÄÖÜ"],
        "agreed": _agreed(),
        "agreed_refused": _agreed_refused(),
        "opened": _opened(sealed),
        "opened_refused": _opened_refused(sealed),
    }
    return {**made, "hpke": sealed.used}


def _invitation(secret: bytes) -> Json:
    invitation = Invitation(secret)
    return {"secret": encode(secret), "text": invitation.text, "pairing_id": invitation.pairing_id}


def _said(**changes: object) -> Json:
    said: Json = {
        "secret": INVITATION.secret,
        "account": ACCOUNT,
        "signing_public": PUBLIC,
        "device": DEVICE,
        "giver_nonce": GIVER,
        "joiner_nonce": JOINER,
    }
    return said | changes


def _transcript(said: Json) -> Transcript:
    return agree(Invitation(said["secret"]), **{name: said[name] for name in said if name != "secret"})


def _said_json(said: Json) -> Json:
    device: JoiningDevice = said["device"]
    return {
        "secret": encode(said["secret"]),
        "account": said["account"],
        "signing_public_key": encode(said["signing_public"]),
        "device": device.name,
        "public_key": encode(device.public_key),
        "commitment": encode(device.commitment),
        "giver_nonce": encode(said["giver_nonce"]),
        "joiner_nonce": encode(said["joiner_nonce"]),
    }


def _device(*, secret: bytes = INVITATION.secret, pair: KeyPair = PAIR, nonce: bytes = JOINER) -> JoiningDevice:
    return replace(
        DEVICE,
        public_key=pair.public_key,
        commitment=commit(Invitation(secret).pairing_id, pair.public_key, nonce),
    )


def _agreed() -> list[Json]:
    """The first is what both said; in each of the others somebody between them has changed one thing."""
    other = fixed("other pairing secret", 10)
    cases = {
        "as said": _said(),
        "another key": _said(device=_device(pair=OTHER_PAIR)),
        "another name": _said(device=replace(DEVICE, name="Büro: Chrome")),
        "another nonce of the new device": _said(device=_device(nonce=fixed("x")), joiner_nonce=fixed("x")),
        "another nonce of the giver": _said(giver_nonce=fixed("x")),
        "another account": _said(account=identifier("other account")),
        "another signing key": _said(signing_public=signing_public_key(fixed("attacker seed"))),
        "another invitation": _said(secret=other, device=_device(secret=other)),
    }
    return [
        {"name": name, **_said_json(said), "transcript": encode(made.digest), "code": made.code}
        for name, said in cases.items()
        for made in [_transcript(said)]
    ]


def _agreed_refused() -> list[Json]:
    cases = {
        "key replaced after the commitment": replace(DEVICE, public_key=OTHER_PAIR.public_key),
        "commitment replaced": replace(DEVICE, commitment=fixed("x")),
        "commitment of another pairing": replace(DEVICE, commitment=_device(secret=bytes(10)).commitment),
    }
    refused = [(name, _said(device=device)) for name, device in cases.items()]
    refused.append(("another nonce revealed", _said(joiner_nonce=fixed("x"))))
    return [{"name": name, "reason": "nonce_mismatch", **_said_json(said)} for name, said in refused]


def _opened(sealed: Sealed) -> list[Json]:
    at = place(_transcript(_said()), EPOCH)
    bare = CONTENT[:64] + u32(0)
    return [
        {
            "name": name,
            "sealed": encode(sealed.envelope(PAIR, at, content)),
            "epoch": EPOCH,
            "master_key": encode(content[:32]),
            "statement": encode(content[32:64]),
            "sequence": int.from_bytes(content[64:68], "big"),
            "manifest": encode(content[68:]),
        }
        for name, content in (("with a manifest", CONTENT), ("without one", bare))
    ]


def _opened_refused(sealed: Sealed) -> list[Json]:
    at = place(_transcript(_said()), EPOCH)
    whole = sealed.envelope(PAIR, at, CONTENT)

    def elsewhere(where: Place, pair: KeyPair = PAIR, content: bytes = CONTENT) -> bytes:
        return sealed.envelope(pair, where, content)

    def changed(at_byte: int, change: Callable[[int], int]) -> bytes:
        return whole[:at_byte] + bytes([change(whole[at_byte])]) + whole[at_byte + 1 :]

    other = place(_transcript(_said(giver_nonce=fixed("x"))), EPOCH)
    cases = {
        "of another exchange": ("not_authentic", elsewhere(other)),
        "of another account": ("not_authentic", elsewhere(replace(at, account=identifier("other account")))),
        "of another pairing": ("not_authentic", elsewhere(replace(at, record=identifier("other pairing")))),
        "to another device": ("wrong_key", elsewhere(at, OTHER_PAIR)),
        "from another namespace": ("wrong_namespace", elsewhere(replace(at, namespace=Namespace.UNLOCK_MASTER))),
        "epoch raised": ("not_authentic", changed(envelope.HEADER_BYTES - 1, lambda byte: byte + 1)),
        "last byte changed": ("not_authentic", changed(len(whole) - 1, lambda byte: byte ^ 1)),
        "key encapsulation changed": ("not_authentic", changed(envelope.HEADER_BYTES, lambda byte: byte ^ 1)),
        "cut": ("truncated", whole[:-1]),
        "cut by a block": ("not_authentic", whole[:-64]),
        "without a statement": ("bad_content", elsewhere(at, content=CONTENT[:32])),
        "without the manifest's hash": ("bad_content", elsewhere(at, content=CONTENT[:68])),
        "with a manifest of no number": ("bad_content", elsewhere(at, content=CONTENT[:64] + u32(0) + CONTENT[68:])),
    }
    return [{"name": name, "reason": reason, "sealed": encode(each)} for name, (reason, each) in cases.items()]
