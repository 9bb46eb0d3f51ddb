"""Where the ground of a CityJSON model is whole: the rectangle that is proposed for a city without other terrain."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twin import progress
from twin.city.gridspec import Bounds, GridSpec
from twin.errors import TwinError
from twin.geometry.survey import SourceSummary

_CELLS = 40_000
"""Cells on which the ground of a model is looked at."""

_RIM = 5.0  # m


def covered_by_model(found: SourceSummary) -> Bounds | None:
    """Return the largest rectangle without gaps in the ground of a model, in its CRS; None if it has no ground.

    Parameters
    ----------
    found : SourceSummary
        Of a CityJSON file with CRS and bounds. The file is read, because its head does not tell.

    Examples
    --------
    >>> from pathlib import Path
    >>> covered_by_model(SourceSummary(Path("nowhere.city.json"), "cityjson")) is None
    True
    """
    from twin.city.city_model import terrain_from_model
    from twin.geometry import read_cityjson

    if found.bounds is None or found.crs is None:
        return None
    west, south, east, north = found.bounds
    cell = max(1.0, math.ceil(math.sqrt((east - west) * (north - south) / _CELLS)))
    try:
        with progress.stage(f"read {found.path.name}") as advance:
            spec = GridSpec.from_bounds(found.bounds, cell, found.crs)
            ground = terrain_from_model(read_cityjson(found.path), spec)
            advance(1)
    except TwinError:
        return None
    rows, columns = largest_rectangle(np.isfinite(ground.values))
    if min(rows.stop - rows.start, columns.stop - columns.start) * cell < 4 * max(cell, _RIM):
        return None
    # inwards: what a coarse cell calls covered may end within it, and grids grow outwards to whole cells
    left, top, rim = spec.bounds[0], spec.bounds[3], max(cell, _RIM)
    return (
        max(west, left + columns.start * cell + rim),
        max(south, top - rows.stop * cell + rim),
        min(east, left + columns.stop * cell - rim),
        min(north, top - rows.start * cell - rim),
    )


def largest_rectangle(covered: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return rows and columns of the largest rectangle in which every cell is covered.

    Parameters
    ----------
    covered : (rows, columns) bool array
        Where there is ground.

    Examples
    --------
    >>> largest_rectangle(np.array([[True, True, False], [True, True, True]]))
    (slice(0, 2, None), slice(0, 2, None))
    """
    depth = np.zeros(covered.shape[1], int)  # covered cells in a column, from this row upwards
    best, found = 0, (slice(0, 0), slice(0, 0))
    for row, line in enumerate(covered):
        depth = np.where(line, depth + 1, 0)
        waiting: list[tuple[int, int]] = []  # first column and depth of rectangles that are still open
        for column, deep in enumerate([*depth.tolist(), 0]):
            first = column
            while waiting and waiting[-1][1] >= deep:
                first, high = waiting.pop()
                if high * (column - first) > best:
                    best = high * (column - first)
                    found = slice(row + 1 - high, row + 1), slice(first, column)
            waiting.append((first, deep))
    return found
