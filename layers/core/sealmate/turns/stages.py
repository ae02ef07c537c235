"""What goes into and comes out of each state of answer_turn: ids, counts and choices, never prose."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from sealmate.catalog.shapes import Complexity
from sealmate.events import Finish
from sealmate.model import Shape


class StageInput(Shape):
    account_id: str
    turn_id: str
    chat_id: str
    connection_id: str


class BillingPrecheck(StageInput):
    """`characters` of message and history; `execution_id` tells a second execution of the same turn from a retry of this one."""

    characters: int
    execution_id: str


class Reserved(Shape):
    credits: int
    reserved_at: int


class PreProcessing(StageInput):
    pass


class Choices(Shape):
    mate: str
    complexity: Complexity
    temperature: float
    language: str


class MainProcessing(StageInput):
    mate: str
    complexity: Complexity
    temperature: float
    language: str
    reserved_at: int


class Answered(Shape):
    finish: Finish
    input_tokens: int
    output_tokens: int


class PostProcessing(StageInput):
    pass


class Reviewed(Shape):
    """`misuse` is None if neither model gave a score that could be read."""

    misuse: int | None
    suggestions: int


class Billing(StageInput):
    credits: int
    reserved_at: int


class Charged(Shape):
    credits: int
    available: int


class Failure(Shape):
    """A state machine's error output."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)

    error: str = Field(alias="Error")
    cause: Any = Field(alias="Cause", default="")


class Failed(StageInput):
    execution_id: str
    failure: Failure


class Ended(Shape):
    """`code` of the error, or `settled` if the turn had been answered all the same."""

    code: str
