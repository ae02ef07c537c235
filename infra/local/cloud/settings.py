"""What one embedded cloud is started with, and the environment MiniStack reads it from."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

REGION = "us-east-1"
ACCESS_KEY_ID = "sealmate-local"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where an embedded cloud keeps its state and listens. Ports are on 127.0.0.1 only."""

    state_dir: Path
    port: int = 8411
    front_port: int = 8410
    static_dir: Path | None = None
    stack: str = "sealmate"
    workers: int = 64
    """Lambda invocations at once, and workers alive at once; more are refused as AWS throttles."""
    worker_idle_seconds: int = 300
    socket_idle_seconds: float = 600.0
    socket_life_seconds: float = 7200.0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def front(self) -> str:
        return f"http://localhost:{self.front_port}"

    @property
    def log_file(self) -> Path:
        return self.state_dir / "cloud.log"

    @property
    def run_file(self) -> Path:
        return self.state_dir / "cloud.json"

    def environment(self) -> dict[str, str]:
        """What an AWS tool needs to reach this cloud as its administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": _secret(self.state_dir),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def to_json(self) -> str:
        return json.dumps(
            {
                "state_dir": str(self.state_dir),
                "port": self.port,
                "front_port": self.front_port,
                "static_dir": str(self.static_dir) if self.static_dir else None,
                "stack": self.stack,
                "workers": self.workers,
                "worker_idle_seconds": self.worker_idle_seconds,
                "socket_idle_seconds": self.socket_idle_seconds,
                "socket_life_seconds": self.socket_life_seconds,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        raw = json.loads(text)
        raw["state_dir"] = Path(raw["state_dir"])
        raw["static_dir"] = Path(raw["static_dir"]) if raw["static_dir"] else None
        return cls(**raw)


def _secret(state_dir: Path) -> str:
    """The administrator's secret key: random per state folder, so that no web page can sign with a known one."""
    path = state_dir / "admin.secret"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        created = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(created, "w") as file:
            file.write(secrets.token_hex(20))
    return path.read_text()


def ministack_environment(settings: Settings) -> dict[str, str]:
    """The variables MiniStack reads while it is imported."""
    state = settings.state_dir / "services"
    return {
        **settings.environment(),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_ACCOUNT_CONCURRENCY": str(settings.workers),
        "LAMBDA_WARM_TTL_SECONDS": str(settings.worker_idle_seconds),
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(settings.state_dir / "objects"),
        "DOCKER_HOST": "unix:///nonexistent",
    }
