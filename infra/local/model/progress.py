"""Shows a download on a terminal: a bar for people, a plain line every few seconds for logs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from infra.local.model import weights

SECONDS_BETWEEN_LINES = 3.0


@contextmanager
def shown(console: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[weights.Report]:
    """A callback for `weights.fetch` that shows what it reports."""
    if not console.is_terminal:
        yield _lines(console, clock)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("language model", total=None)

        def report(progress: weights.Progress) -> None:
            bar.update(
                task,
                description=_words(progress),
                completed=progress.bytes_done,
                total=progress.bytes_total,
            )

        yield report


def _lines(console: Console, clock: Callable[[], float]) -> weights.Report:
    shown_phase, shown_at = "", float("-inf")

    def report(progress: weights.Progress) -> None:
        nonlocal shown_phase, shown_at
        if progress.phase == shown_phase and clock() - shown_at < SECONDS_BETWEEN_LINES:
            return
        shown_phase, shown_at = progress.phase, clock()
        megabytes = f"{progress.bytes_done / 1e6:.0f} of {progress.bytes_total / 1e6:.0f} MB"
        console.print(f"{_words(progress)}, {megabytes}", highlight=False)

    return report


def _words(progress: weights.Progress) -> str:
    parts = f"{progress.parts_done} of {progress.parts_total} parts"
    return {
        "waiting": "language model: looking for the weights",
        "fetching": f"language model: fetching, {parts}",
        "joining": f"language model: joining and checking, {parts}",
        "ready": "language model: weights are here",
    }[progress.phase]
