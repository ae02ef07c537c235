"""The embedded cloud: MiniStack with our patches, a front for people, and a deployer.

`start(Settings(...))` runs it as a daemon, `deploy(...)` puts a SAM template into it; `python -m infra.local.cloud`
runs it in the foreground. What was mended in MiniStack, and why, is listed by `patches.ALL`.
"""

from infra.local.cloud.process import Cloud, NotReadyError, attach, start
from infra.local.cloud.settings import Settings

__all__ = ["Cloud", "NotReadyError", "Settings", "attach", "start"]
