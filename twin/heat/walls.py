"""What kind of walls stand around a place: albedo and greened share, as a mean weighted by the height of the walls."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat import materials
from twin.heat.window import Window

REACH = 20.0
"""Half the side of the square in which walls count as around, m: about the width of a street."""

Float32 = NDArray[np.float32]


def wall_margin(resolution: float) -> int:
    """Return how many cells beyond a window `walls_around` looks.

    Examples
    --------
    >>> wall_margin(1.0)
    21
    """
    return round(REACH / resolution) + 1


def walls_around(
    height: NDArray[Any],
    roof: NDArray[np.bool_],
    resolution: float,
    *,
    wall_albedo: NDArray[Any] | None = None,
    facade_green_fraction: NDArray[Any] | None = None,
    default: float = materials.WALL_ALBEDO,
    window: Window | None = None,
) -> Float32 | None:
    """Average the walls within about 20 m of every cell.

    A wall stands where a building rises above a neighbouring cell; it counts with the height by which it does.

    Parameters
    ----------
    height : array (rows, columns)
        Of buildings above ground, m.
    roof : array of bool (rows, columns)
        Building cells.
    resolution : float
        Cell size, m.
    wall_albedo, facade_green_fraction : array (rows, columns), optional
        Of the walls of a building, 0 to 1, on its cells; where NaN the default, or no green.
    default : float
        Albedo of walls of which nothing is known.
    window : Window, optional
        The cells asked for. The arrays should reach `wall_margin` cells beyond it.

    Returns
    -------
    array (rows, columns, 2) of the window, or None
        Albedo and greened share; the default and 0 where no wall is near. None when nothing is known of any wall.

    Examples
    --------
    >>> height = np.zeros((1, 60))
    >>> height[0, 30:33] = 10.0
    >>> around = walls_around(height, height > 0, 1.0, wall_albedo=np.full((1, 60), 0.6))
    >>> around[0, [0, 25], 0].astype(float).round(2).tolist()
    [0.2, 0.6]
    """
    if wall_albedo is None and facade_green_fraction is None:
        return None
    tall = _wall_height(np.where(roof, np.asarray(height, np.float64), 0.0))
    albedo = np.full(tall.shape, default)
    if wall_albedo is not None:
        albedo = np.where(np.isnan(wall_albedo), default, wall_albedo)
    green = np.zeros(tall.shape)
    if facade_green_fraction is not None:
        green = np.where(np.isnan(facade_green_fraction), 0.0, facade_green_fraction)
    reach = wall_margin(resolution) - 1
    weight = _square_sum(tall, reach)
    known = weight > 0
    over = np.where(known, weight, 1.0)
    found = np.empty((*tall.shape, 2), np.float32)
    found[..., 0] = np.where(known, _square_sum(tall * albedo, reach) / over, default)
    found[..., 1] = np.where(known, _square_sum(tall * green, reach) / over, 0.0)
    if window is None:
        return found
    rows, columns = slice(window.row, window.row + window.rows), slice(window.column, window.column + window.columns)
    return np.ascontiguousarray(found[rows, columns])


def _wall_height(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much a cell stands above its lowest neighbour; the border of the array counts as even ground."""
    padded = np.pad(height, 1, mode="edge")
    middle = padded[1:-1, 1:-1]
    lowest = np.minimum(np.minimum(padded[:-2, 1:-1], padded[2:, 1:-1]), padded[1:-1, :-2])
    return np.asarray(np.maximum(middle - np.minimum(lowest, padded[1:-1, 2:]), 0.0), dtype=np.float64)


def _square_sum(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Sum over squares, each in the same order wherever it lies, so that a part of a grid gives the same bits."""
    from scipy.ndimage import correlate1d

    ones = np.ones(2 * reach + 1)
    along: NDArray[np.float64] = correlate1d(values, ones, axis=0, mode="constant")
    return np.asarray(correlate1d(along, ones, axis=1, mode="constant"), dtype=np.float64)
