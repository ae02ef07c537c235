"""Without a terminal, progress is a plain line when the phase changes and then every few seconds."""

import io
from typing import Literal

from rich.console import Console

from infra.local.model import progress
from infra.local.model.weights import Progress


def at(parts: int, phase: Literal["fetching", "ready"] = "fetching") -> Progress:
    megabytes = parts * 10**6
    return Progress(phase=phase, parts_done=parts, parts_total=4, bytes_done=megabytes, bytes_total=4 * 10**6)


def test_a_log_gets_a_line_every_few_seconds() -> None:
    output, now = io.StringIO(), [0.0]
    with progress.shown(Console(file=output), clock=lambda: now[0]) as report:
        for moment, parts in ((0.0, 0), (1.0, 1), (2.9, 2), (3.0, 3), (3.5, 3)):
            now[0] = moment
            report(at(parts))
        report(at(4, "ready"))

    assert output.getvalue().splitlines() == [
        "language model: fetching, 0 of 4 parts, 0 of 4 MB",
        "language model: fetching, 3 of 4 parts, 3 of 4 MB",
        "language model: weights are here, 4 of 4 MB",
    ]


def test_a_terminal_gets_a_bar() -> None:
    output = io.StringIO()
    with progress.shown(Console(file=output, force_terminal=True, width=100)) as report:
        report(at(3))

    assert "fetching, 3 of 4 parts" in output.getvalue()
    assert "3.0/4.0 MB" in output.getvalue()
