"""Loop over blocks of a whole city: what they see beyond the reach of its plates.

Symbols
    heights   (3, rows, columns)   elevation of blocks for lines from row to row, from column to column; of their ground
    line      (n, 2)               where the offsets of an azimuth begin and end in `row`, `column`, `near`
    near      one over the distance of a block's middle, 1/m
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Mask = NDArray[np.bool_]
Whole = NDArray[Any]

ABSENT = np.float32(-1e5)
"""Elevation, m, below which a block is none."""


@jit(parallel=True)
def see_distant(
    heights: Reals, along_rows: Mask, line: Whole, row: Whole, column: Whole, near: Reals, skyline: Reals
) -> None:
    """Fill `skyline` (2, n, rows / 2, columns / 2) for places amid two by two blocks, see distant.Distant."""
    rows = heights.shape[1]
    columns = heights.shape[2]
    for i in prange(rows // 2):
        for j in range(columns // 2):
            total = np.float32(0.0)
            count = 0
            for a in range(2 * i, 2 * i + 2):
                for b in range(2 * j, 2 * j + 2):
                    if heights[2, a, b] > ABSENT:
                        total += heights[2, a, b]
                        count += 1
            ground = total / np.float32(max(count, 1))
            for d in range(along_rows.size):
                axis = 0 if along_rows[d] else 1
                t = np.float32(-1.0)
                q = np.float32(0.0)
                for n in range(line[d, 0], line[d, 1]):
                    a = 2 * i + row[n]
                    b = 2 * j + column[n]
                    if a < 0 or a >= rows or b < 0 or b >= columns:
                        break
                    rise = (heights[axis, a, b] - ground) * near[n]
                    if rise > t:
                        t = rise
                        q = near[n]
                skyline[0, d, i, j] = t + ground * q
                skyline[1, d, i, j] = q
