"""Loops over cells: statistics of a day, one step after another, and the border's reach.

Symbols
    values      (rows, columns)     a quantity in one step; NaN on roofs, which stays NaN in everything
    hours       ()                  length of the step
    thresholds  (k,)                ascending or not
    base        ()                  degree hours count above it
    highest, total, excess (rows, columns); over (k, rows, columns)   so far: highest value, sum, degree hours, hours
                                    above each threshold; `total` in float64, because a week has many steps
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Floats = NDArray[np.float64]


@jit(parallel=True)
def add_step(
    values: Reals,
    hours: float,
    thresholds: Reals,
    base: float,
    highest: Reals,
    total: Floats,
    excess: Reals,
    over: Reals,
) -> None:
    """Take one step into the statistics."""
    rows, columns = values.shape
    step = np.float32(hours)
    floor = np.float32(base)
    for i in prange(rows):
        for j in range(columns):
            value = values[i, j]
            total[i, j] += value
            highest[i, j] = max(highest[i, j], value)
            excess[i, j] += max(value - floor, np.float32(0.0)) * step
        for k in range(len(thresholds)):
            for j in range(columns):
                if values[i, j] > thresholds[k]:
                    over[k, i, j] += step


@jit(parallel=True)
def add_border(
    height: Reals,
    row: int,
    column: int,
    shape: tuple[int, int],
    top: float,
    resolution: float,
    east: Floats,
    south: Floats,
    tangent: Floats,
    hours: Floats,
    exposed: Reals,
) -> None:
    """Add the hours in which a beam comes over the border below `top` before it reaches the cell.

    height (rows, columns) of the ground, m, of cells that begin at `row`, `column` of a grid of that shape; top: of
    the highest thing, m; east, south, tangent, hours (n,): towards the sun, of its altitude, and how long it stands
    there; exposed (rows, columns): hours so far.
    """
    rows, columns = height.shape
    for i in prange(rows):
        for j in range(columns):
            for n in range(len(east)):
                # cells along the beam to the border, by rows and by columns
                away = np.inf
                if south[n] > 0.0:
                    away = (shape[0] - (row + i + 0.5)) / south[n]
                elif south[n] < 0.0:
                    away = (row + i + 0.5) / -south[n]
                if east[n] > 0.0:
                    away = min(away, (shape[1] - (column + j + 0.5)) / east[n])
                elif east[n] < 0.0:
                    away = min(away, (column + j + 0.5) / -east[n])
                if height[i, j] + away * resolution * tangent[n] < top:
                    exposed[i, j] += np.float32(hours[n])
                elif math.isnan(height[i, j]):
                    exposed[i, j] = np.nan
