"""hostile_v1.json: an honest server's answers, and the lies of a hostile one. Every client is told them all, and says the same of each."""

from tests.vectors.fixed import Json, Sealed

from . import (
    lies_about_chats,
    lies_about_keys,
    lies_about_links,
    lies_about_pairing,
    lies_about_resets,
    lies_about_securing,
    lies_about_settings,
    lies_about_signing_up,
    lies_about_turning,
    lies_about_turns,
)
from .answers import devices, person, said
from .pairing import drawn
from .words import words
from .world import World


def vectors(kept: list[Json]) -> Json:
    """Deterministic, but for HPKE ciphertexts that are not among `kept` (the file's own `hpke` list)."""
    sealed = Sealed(kept)
    world = World(sealed)
    lies = (
        lies_about_signing_up,
        lies_about_keys,
        lies_about_links,
        lies_about_chats,
        lies_about_turns,
        lies_about_pairing,
        lies_about_resets,
        lies_about_turning,
        lies_about_securing,
        lies_about_settings,
    )
    made = {
        "about": "What a hostile server tries with Sealmate's clients: see docs/hostile.md. Bytes are base64url without padding.",
        "person": person(),
        "pairing": drawn(),
        "devices": devices(world),
        "said": said(world),
        "scenarios": [scenario.as_json() for each in lies for scenario in each.scenarios(world)],
        "words": words(),
    }
    return {**made, "hpke": sealed.used}
