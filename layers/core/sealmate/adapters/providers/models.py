"""The providers of catalog/models.yaml by name, each built on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sealmate import catalog
from sealmate.adapters.providers.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx

    from sealmate.ports import Model


class ProviderKeys(Protocol):
    def get(self, name: str) -> str:
        """The provider's API key; empty if none is stored."""


@dataclass(frozen=True, kw_only=True)
class CatalogModels:
    """`keys` is called only for a provider that has a key, so that others need no table."""

    keys: Callable[[], ProviderKeys]
    http: httpx.Client
    _made: dict[str, Model] = field(default_factory=dict)

    def provider(self, name: str) -> Model:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Model:
        found = catalog.provider(name)

        def secret() -> str:
            return "" if found.key == "none" else self.keys().get(found.key)

        endpoint = Endpoint(url=found.url, secret=secret, read_seconds=found.read_seconds, http=self.http)
        if found.kind == "mistral":
            from sealmate.adapters.providers.mistral import Mistral

            return Mistral(endpoint=endpoint)
        from sealmate.adapters.providers.openai_compatible import OpenAiCompatible

        return OpenAiCompatible(endpoint=endpoint)
