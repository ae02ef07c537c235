"""What a hostile server may say to who has lost every way in."""

from __future__ import annotations

from .answers import NO_RESET, WAITING
from .scenario import Lie, Scenario, removed
from .world import World

_ASK, _LOOK, _START, _FINISH = (f"POST /auth/reset{step}" for step in ("", "/verify", "/start", "/finish"))
_READY = {**WAITING, "state": "ready"}


def scenarios(_world: World) -> list[Scenario]:
    def lose(name: str, code: str, *lies: Lie, written: tuple[str, ...] = ()) -> Scenario:
        return Scenario(name=name, act="lose", device="new", code=code, lies=lies, written=written)

    timeless, backwards = {**NO_RESET, "state": "ready"}, {**_READY, "ends_at": WAITING["ready_at"]}
    begun, ended = (_START,), (_START, _FINISH)
    return [
        lose("reset asked for without an id", "unexpected_answer", removed(_ASK, "request_id")),
        lose("state of a reset nobody knows", "unexpected_answer", Lie((_LOOK, 0, "state"), "over")),
        lose("reset that waits without an end", "reset_contradicted", Lie((_LOOK, 0, "state"), "waiting")),
        lose("waiting time denied", "reset_contradicted", Lie((_START,), NO_RESET), written=begun),
        lose("waiting time over as it begins", "reset_contradicted", Lie((_START,), _READY), written=begun),
        lose("reset that is ready since no time", "reset_contradicted", Lie((_LOOK, 1), timeless), written=begun),
        lose("reset that ends as it is ready", "reset_contradicted", Lie((_LOOK, 1), backwards), written=begun),
        lose("erasure without its id", "unexpected_answer", removed(_FINISH, "erasure_id"), written=ended),
        lose("erasure with an empty id", "unexpected_answer", Lie((_FINISH, "erasure_id"), ""), written=ended),
        lose(
            "erasure whose id leads elsewhere",
            "unexpected_answer",
            Lie((_FINISH, "erasure_id"), "../signup"),
            written=ended,
        ),
        lose("reset that isn't over once it has ended", "unexpected_answer", Lie((_FINISH,), _READY), written=ended),
    ]
