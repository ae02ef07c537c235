"""Two samples side by side: quantiles, how often one is longer than the other, and whether one distribution can have made both."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    medians: tuple[float, float]
    right: float
    """How often who guesses by the longer time alone would be right, at best: a half is chance."""
    distance: float
    """Kolmogorov and Smirnov's: the widest gap between the two distributions."""
    chance: float
    """How often such a gap comes by chance where there is no difference."""


def compare(one: Sequence[float], other: Sequence[float]) -> Compared:
    first, second = sorted(one), sorted(other)
    longer = sum(bisect_left(second, each) + bisect_right(second, each) for each in first) / 2
    share = longer / (len(first) * len(second))
    places = [*first, *second]
    distance = max(abs(bisect_right(first, at) / len(first) - bisect_right(second, at) / len(second)) for at in places)
    return Compared(
        medians=(statistics.median(first), statistics.median(second)),
        right=max(share, 1 - share),
        distance=distance,
        chance=_by_chance(distance, len(first), len(second)),
    )


def quantiles(sample: Sequence[float]) -> list[float]:
    """The 5th, 25th, 50th, 75th and 95th percentile."""
    cuts = statistics.quantiles(sample, n=20)
    return [cuts[at] for at in (0, 4, 9, 14, 18)]


def _by_chance(distance: float, one: int, other: int) -> float:
    """Kolmogorov's distribution, with Stephens' correction for samples of this size."""
    size = math.sqrt(one * other / (one + other))
    reach = (size + 0.12 + 0.11 / size) * distance
    terms = ((1 if n % 2 else -1) * math.exp(-2 * n * n * reach * reach) for n in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(terms)))
