"""Statistics of points by raster cell, gathered portion by portion.

Mean, least and greatest need one number a cell; percentiles need the heights themselves, band by band of rows, so that
never more than a fixed number of points is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Portions = Callable[[], Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]]

HELD_POINTS = 20_000_000
"""Most points held at once for percentiles (some 500 MB)."""


class CellStatistic:
    """Mean, least or greatest height of each cell.

    Parameters
    ----------
    cells : int
        Number of cells.
    statistic : {"mean", "min", "max"}
        What is gathered.

    Examples
    --------
    >>> gathered = CellStatistic(2, "mean")
    >>> gathered.add(np.array([0, 0]), np.array([1.0, 2.0]))
    >>> gathered.result().tolist()
    [1.5, nan]
    """

    def __init__(self, cells: int, statistic: str) -> None:
        self.statistic = statistic
        self.number = np.zeros(cells, np.int64)
        start = {"mean": 0.0, "min": np.inf, "max": -np.inf}[statistic]
        self._value = np.full(cells, start)

    def add(self, cell: NDArray[np.int64], height: NDArray[np.float64]) -> None:
        """Take in the heights of points that lie in the cells given."""
        gather = {"mean": np.add, "min": np.minimum, "max": np.maximum}[self.statistic]
        gather.at(self._value, cell, height)
        np.add.at(self.number, cell, 1)

    def result(self) -> NDArray[np.float64]:
        """Return one number a cell, NaN where no point lay."""
        divisor = self.number if self.statistic == "mean" else 1
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.number > 0, self._value / divisor, np.nan)


def percentile_of(
    portions: Portions, rows: int, columns: int, share: float, total: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a percentile of the heights in each cell, and how many points lie in it.

    Parameters
    ----------
    portions : callable
        Gives the portions from the beginning each time it is called.
    rows, columns : int
        Of the raster.
    share : float
        0 to 1; between two points it is interpolated linearly.
    total : int
        Upper bound of the number of points.

    Examples
    --------
    >>> points = lambda: iter([(np.array([0, 0, 0]), np.array([3.0, 1.0, 8.0]))])
    >>> percentile_of(points, 1, 2, 0.5, 3)[0].tolist()
    [3.0, nan]
    """
    number = np.zeros(rows * columns, np.int64)
    values = np.full(rows * columns, np.nan)
    bands = [(0, rows)]
    if total > HELD_POINTS:
        for cell, _ in portions():
            np.add.at(number, cell, 1)
        bands = _bands(number.reshape(rows, columns).sum(axis=1))
        number[:] = 0
    for first, last in bands:
        held = [_within(portion, first * columns, last * columns) for portion in portions()]
        cell = np.concatenate([part[0] for part in held]) if held else np.zeros(0, np.int64)
        height = np.concatenate([part[1] for part in held]) if held else np.zeros(0)
        order = np.lexsort((height, cell))
        cell, height = cell[order], height[order]
        here = np.bincount(cell - first * columns, minlength=(last - first) * columns)
        number[first * columns : last * columns] = here
        filled = np.flatnonzero(here)
        start = np.concatenate([[0], np.cumsum(here)])[filled]
        place = share * (here[filled] - 1)
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, here[filled] - 1)
        below, above = height[start + low], height[start + high]
        values[first * columns + filled] = below + (above - below) * (place - low)
    return values, number


def _within(
    portion: tuple[NDArray[np.int64], NDArray[np.float64]], first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    cell, height = portion
    keep = (cell >= first) & (cell < last)
    return cell[keep], height[keep]


def _bands(points: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Divide rows into bands of at most `HELD_POINTS` points; a single fuller row is a band of its own."""
    bands, first, held = [], 0, 0
    for row, count in enumerate(points.tolist()):
        if held and held + count > HELD_POINTS:
            bands.append((first, row))
            first, held = row, 0
        held += count
    return [*bands, (first, len(points))]
