"""Every defect of MiniStack that would hurt us, mended by name; a changed source is refused, never patched blindly."""

from infra.local.cloud.patches import (
    deployment,
    dynamodb,
    functions,
    identity,
    kms,
    persistence,
    stepfunctions,
    websockets,
)
from infra.local.cloud.patches.source import ChangedSourceError, Patch, Source
from infra.local.cloud.settings import Settings

__all__ = ["ALL", "ChangedSourceError", "Patch", "Source", "apply_all"]


ALL: tuple[Patch, ...] = (
    *functions.PATCHES,
    *websockets.PATCHES,
    *stepfunctions.PATCHES,
    *dynamodb.PATCHES,
    *kms.PATCHES,
    *identity.PATCHES,
    *deployment.PATCHES,
    *persistence.PATCHES,
)


def apply_all(settings: Settings) -> None:
    """Verifies all patches first, then applies them; raises ChangedSourceError."""
    for patch in ALL:
        patch.verify()
    for patch in ALL:
        patch.apply(settings)
