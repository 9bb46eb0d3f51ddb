"""Whether heights of crowns are elevations above the sea instead: on low ground both look like trees.

Elevations hold the ground: none is lower than it, and they rise with it. Heights of trees know nothing of the sea.
Where the ground is level the two can be told apart only by crowns that no stand of trees has without low ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 64
"""Classes of height, 1 m each; the last holds all above."""

LOW_GROUND = 3.0
"""Below this mean elevation of the ground, m, a crown's top differs little from its height, and nothing is told."""

OVERTOPPING = 0.99
"""Share of crowns that reach 1 m above the ground's elevation, from which they may be elevations."""

RELIEF = 2.0
"""Standard deviation of the ground, m, from which crowns can be seen to follow it or not."""

MANY = 10
"""Classes of height that must occur, else a few trees of one kind would be judged."""

HIGH_MEDIAN, HIGH_LEAST = 28.0, 18.0
"""Median and twentieth part of crowns, m, above which level stands are no trees: towns have young ones and edges."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Crowns:
    """What is needed of the crowns of a part of a grid.

    overtopping : crowns that reach 1 m above the ground's elevation
    classes : crowns by height, `BINS` classes of 1 m
    sums : of ground, height, ground squared, height squared, ground times height
    """

    overtopping: int
    classes: tuple[int, ...]
    sums: tuple[float, ...]


def gather(height: Float, ground: Float) -> Crowns:
    """Gather what is needed of crowns: heights and elevations of the ground below them, m, both (crowns,).

    Examples
    --------
    >>> gather(np.array([7.5, 9.0]), np.array([5.0, 8.5])).overtopping
    1
    """
    known = np.isfinite(height) & np.isfinite(ground)
    h, g = height[known], ground[known]
    classes = np.bincount(np.clip(h, 0, BINS - 1).astype(np.int64), minlength=BINS)
    sums = tuple(float(np.sum(product)) for product in (g, h, g * g, h * h, g * h))
    return Crowns(int(np.count_nonzero(h >= g + 1.0)), tuple(classes.tolist()), sums)


def elevations(parts: Sequence[Crowns]) -> bool | None:
    """Return whether the crowns of all parts are elevations; None where that cannot be told.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> ground, trees = random.uniform(5, 28, 500), random.uniform(4, 25, 500)
    >>> elevations([gather(trees + ground, ground)]), elevations([gather(trees, ground)])
    (True, False)
    """
    classes = np.sum([part.classes for part in parts], axis=0)
    count = int(classes.sum())
    if not count:
        return False
    g, h, gg, hh, gh = np.sum([part.sums for part in parts], axis=0) / count
    if g <= LOW_GROUND or sum(part.overtopping for part in parts) < OVERTOPPING * count:
        return False
    many = np.count_nonzero(classes) >= MANY
    relief, spread = max(gg - g * g, 0.0), max(hh - h * h, 0.0)
    if relief >= RELIEF**2:
        slope = (gh - g * h) / relief
        if slope < 0.5:
            return False
        return True if many and slope < 1.5 and slope * np.sqrt(relief) >= 0.5 * np.sqrt(spread) else None
    lower = np.cumsum(classes) / count
    middle, least = (int(np.searchsorted(lower, share)) for share in (0.5, 0.05))
    return True if many and middle >= HIGH_MEDIAN and least >= HIGH_LEAST else None
