"""What the domain needs from the world, as small Protocols; `wiring` is the only place where real ones are built."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel

from sealmate.events import Event

T = TypeVar("T", bound=BaseModel)
Context = Mapping[str, str]


class Clock(Protocol):
    def now(self) -> int:
        """Seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Seconds, for measuring intervals."""

    def sleep(self, seconds: float) -> None: ...


class Random(Protocol):
    def bytes(self, n: int) -> bytes: ...

    def uuid(self) -> str: ...


# --- keys ---


@dataclass(frozen=True, kw_only=True)
class DataKey:
    """A data key and its KMS ciphertext, which is what is stored."""

    plain: bytes
    sealed: bytes


class KeyService(Protocol):
    """KMS: data keys under an encryption context, and keyed hashes that need the service to compute."""

    def make_data_key(self, context: Context) -> DataKey: ...

    def open_data_key(self, sealed: bytes, context: Context) -> bytes:
        """Raises SealBroken for a foreign context or an altered blob."""

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA-256 under the KMS key that never leaves the service: 32 bytes, always the same."""


class DataSeal(Protocol):
    """Seals small things the server must read again; see seal/data_keys.py."""

    def seal(self, content: bytes, *, purpose: str, owner: str) -> bytes: ...

    def open(self, blob: bytes, *, purpose: str, owner: str) -> bytes: ...


# --- language models ---


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """One row of catalog/models.yaml, resolved."""

    provider: str
    model: str
    max_output_tokens: int


@dataclass(frozen=True, kw_only=True)
class Delta:
    text: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True)
class Finished:
    """End of a stream. `usage` is None if the provider didn't say."""

    reason: Literal["complete", "length"]
    usage: Usage | None


class Model(Protocol):
    """A provider of language models. Errors: ProviderUnavailable, ProviderBusy, ProviderRefused, ProviderGarbled, ModelMissing."""

    def structured(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], schema: type[T], *, temperature: float
    ) -> T:
        """One call whose answer must parse into `schema`; ProviderGarbled if it doesn't."""

    def stream(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], *, temperature: float
    ) -> Generator[Delta | Finished, None, None]:
        """Deltas as they arrive, then one Finished. Closing the generator ends the provider's work."""


class Models(Protocol):
    def provider(self, name: str) -> Model:
        """The provider of this name in catalog/models.yaml."""


# --- delivery ---


class Push(Protocol):
    def send(self, connection_id: str, event: Event) -> None:
        """Raises ConnectionGone."""

    def close(self, connection_id: str) -> None:
        """Ends the WebSocket; one that is gone already is fine."""


class Mailer(Protocol):
    def send(self, *, to: str, subject: str, text: str) -> None: ...


class Executions(Protocol):
    def start(self, *, turn_id: str, payload: Mapping[str, object]) -> None:
        """Starts the state machine `answer_turn`, named by the turn. TurnNotStarted."""
