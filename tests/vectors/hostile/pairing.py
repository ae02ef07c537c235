"""One pairing that the honest server passes on: who invites, who joins, what both draw, and the keys that are given."""

from __future__ import annotations

from sealmate_cli.crypto import Invitation, JoiningDevice, KeyPair, agree, commit
from sealmate_cli.crypto.keys import u32
from sealmate_cli.crypto.manifests import manifest_hash
from sealmate_cli.crypto.pairing import Transcript, place
from sealmate_cli.crypto.statements import statement_hash
from tests.vectors.accounts import ACCOUNT, KEYS
from tests.vectors.fixed import Json, encode, fixed

from .world import LATER, PUBLIC, World, manifest_of

INVITATION = Invitation(fixed("hostile pairing secret", 10))
JOINER = KeyPair(fixed("hostile joiner"))
JOINER_NONCE, GIVER_NONCE, CLAIM = fixed("joiner's nonce"), fixed("giver's nonce"), fixed("joiner's claim")
DEVICE = JoiningDevice(
    "A new device", JOINER.public_key, commit(INVITATION.pairing_id, JOINER.public_key, JOINER_NONCE)
)
SHOWN = f"GET /account/pairings/{INVITATION.pairing_id}"


def agreed(device: JoiningDevice = DEVICE) -> Transcript:
    return agree(
        INVITATION,
        account=ACCOUNT,
        signing_public=PUBLIC,
        device=device,
        giver_nonce=GIVER_NONCE,
        joiner_nonce=JOINER_NONCE,
    )


def sealed(world: World, transcript: Transcript, pair: KeyPair = JOINER) -> str:
    """The keys there are now, as the giver seals them, with what it has seen."""
    manifest = manifest_of(world.now)
    seen = statement_hash(ACCOUNT, world.now.statement), manifest_hash(ACCOUNT, manifest, PUBLIC)
    content = KEYS.master_key + seen[0] + u32(manifest.sequence) + seen[1]
    return encode(world.sealed.envelope(pair, place(transcript, KEYS.epoch), content))


def joined_json() -> Json:
    return {
        "device": DEVICE.name,
        "public_key": encode(DEVICE.public_key),
        "commitment": encode(DEVICE.commitment),
    }


def said(world: World, arrived: Json) -> Json:
    """To both of them, one look after the other; `arrived`: what a sign-in brings."""
    shown = {"expires_at": LATER, "joined": joined_json(), "finished": False}
    revealed = {**shown, "nonce": encode(JOINER_NONCE)}
    joined = {"account_id": ACCOUNT, "signing_public_key": encode(PUBLIC), "expires_at": LATER}
    return {
        "POST /auth/pairing/join": joined,
        "POST /auth/pairing/look": {"nonce": encode(GIVER_NONCE), "sealed": sealed(world, agreed())},
        "POST /auth/pairing/finish": arrived,
        "POST /account/pairings": {"expires_at": LATER},
        SHOWN: [shown, revealed, {**revealed, "finished": True}],
    }


def drawn() -> Json:
    """What the two devices draw at random, in place of chance; and the code that both must show then."""
    return {
        "secret": encode(INVITATION.secret),
        "text": INVITATION.text,
        "device": DEVICE.name,
        "seed": encode(JOINER.seed),
        "claim": encode(CLAIM),
        "joiner_nonce": encode(JOINER_NONCE),
        "giver_nonce": encode(GIVER_NONCE),
        "code": agreed().code,
    }
