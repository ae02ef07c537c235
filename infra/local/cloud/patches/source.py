"""A patch, and the proof that the source it replaces is still the one it was written against."""

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any

from infra.local.cloud.settings import Settings


class ChangedSourceError(RuntimeError):
    """A patched function is not the one the patch was written for."""


@dataclass(frozen=True)
class Source:
    """One private function a patch replaces or leans on: `module:attribute`, and the SHA-256 of its source."""

    name: str
    sha256: str

    def digest(self) -> str:
        module, _, attribute = self.name.partition(":")
        found: Any = reduce(getattr, attribute.split("."), import_module(module))
        return hashlib.sha256(inspect.getsource(found).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A named mending: `mends` says in one sentence what was wrong; `apply` replaces the sources named."""

    name: str
    mends: str
    replaces: tuple[Source, ...]
    apply: Callable[[Settings], None]

    def verify(self) -> None:
        for source in self.replaces:
            try:
                digest = source.digest()
            except (ImportError, AttributeError, TypeError, OSError) as missing:
                raise ChangedSourceError(f"patch {self.name}: {source.name} is gone ({missing})") from missing
            if digest != source.sha256:
                raise ChangedSourceError(
                    f"patch {self.name}: {source.name} changed (its source hashes to {digest}, "
                    f"the patch was written for {source.sha256}); read it again and mend or drop the patch"
                )


def rewrite(name: str, edits: dict[str, str], **added: Any) -> None:
    """Replaces exact fragments of a function's source in place; `added` names become visible to it.

    For long functions with a short fault. Every fragment must occur exactly once; the patch's Source pins the rest.
    """
    module_name, _, attribute = name.partition(":")
    module = import_module(module_name)
    text = inspect.getsource(getattr(module, attribute))
    for old, new in edits.items():
        if text.count(old) != 1:
            raise ChangedSourceError(f"{name}: {text.count(old)} times instead of once: {old!r}")
        text = text.replace(old, new)
    vars(module).update(added)
    exec(compile(text, module.__file__ or name, "exec"), vars(module))  # noqa: S102 - the pinned source, edited
