"""What the REST API answers about the mates one may ask."""

from __future__ import annotations

from sealmate import mates
from sealmate.model import Shape


class MateReply(Shape):
    mate: str
    name: str
    topic: str


class MatesReply(Shape):
    mates: list[MateReply]

    @classmethod
    def of_all(cls) -> MatesReply:
        return cls(mates=[MateReply(mate=each.mate, name=each.name, topic=each.topic) for each in mates.all()])
