"""Typed settings from the environment, read once, on first use and never at import."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What template.yaml gives every function.

    `origins`: addresses a browser's page may come from. `model_set`: a set of catalog/models.yaml. `model_url`, `model_name`: address
    of an OpenAI-compatible provider (without /v1) and, for the set `custom`, its model. `websocket_url`: where frames are posted.
    `origin_secret`: what our CloudFront shows; empty where there is none, and where nobody asks who calls. `rotation_days`: after so many
    the master key is due to be turned. `reset_seconds`: how long one waits who has lost every way in.
    """

    stage: str
    region: str
    origins: tuple[str, ...]
    model_set: str
    model_url: str
    model_name: str
    websocket_url: str
    origin_secret: str
    rotation_days: int
    reset_seconds: int


def required(name: str) -> str:
    """A setting only some functions have, such as a table's name."""
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"the environment variable {name} is missing; template.yaml sets it where it is needed")
    return value


@cache
def settings() -> Settings:
    return Settings(
        stage=os.environ.get("STAGE", "dev"),
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "eu-central-1",
        origins=tuple(o for o in os.environ.get("ORIGINS", "").split(",") if o),
        model_set=os.environ.get("MODEL_SET", "mistral"),
        model_url=os.environ.get("MODEL_URL", ""),
        model_name=os.environ.get("MODEL_NAME", ""),
        websocket_url=os.environ.get("WEBSOCKET_URL", ""),
        origin_secret=os.environ.get("ORIGIN_SECRET", ""),
        rotation_days=int(os.environ.get("ROTATION_DAYS", "14")),
        reset_seconds=round(float(os.environ.get("RESET_DAYS", "7")) * 86_400),
    )
