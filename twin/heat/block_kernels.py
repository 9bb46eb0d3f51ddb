"""Loops over cells: heights of what lies farther off, on lattices of coarser spacing.

Far lines run from the corners of a lattice, and what they meet is noted at its edges: along rows for lines that run
from row to row, along columns for the others.

Symbols
    solid, roof   (rows, columns)   elevation of ground and roofs, m; building cells
    top, base     (rows, columns)   elevation of crown top and base, m; top = base where no tree stands
    spacing                         of the lattice, in cells
    first         (2,)              lattice row and column of the first edge that is kept, counted over all of the plane
    corner        (2,)              row and column of the scene's first cell, counted over all of the plane
    edges         (2, rows + 1, 2, columns / 2)   elevation at row and at column edges, m; even columns, then odd ones;
                                    the last row is empty, for lines that have left the place
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

NOTHING = np.float32(-1e6)
"""Elevation, m, of what is not there: below everything."""


@jit(parallel=True)
def raise_edges(solid: Reals, roof: Mask, corner: Whole, spacing: int, first: Whole, edges: Reals) -> None:
    """Fill `edges`: the mean, over the lines of cells that cross an edge, of what a line meets next to it.

    Next to an edge means half the spacing, at least a cell, to either side; a line meets the highest there, or the mean
    of the ground if all is open, so that a slope has no stairs.
    """
    rows, columns = solid.shape
    kept = edges.shape[1] - 1
    width = 2 * edges.shape[3]
    side = max(1, spacing // 2)
    zero = np.float32(0.0)
    for r in prange(kept):
        row = (first[0] + r) * spacing - corner[0]
        highest = np.full(columns, NOTHING, np.float32)
        total = np.zeros(columns, np.float32)
        house = np.zeros(columns, np.bool_)
        begin = max(0, row - side)
        end = min(rows, row + side)
        for i in range(begin, end):
            for j in range(columns):
                height = solid[i, j]
                highest[j] = height if height > highest[j] else highest[j]
                total[j] += height
                house[j] |= roof[i, j]
        share = np.float32(1.0) / np.float32(max(1, end - begin))
        for j in range(columns):
            highest[j] = highest[j] if house[j] or end <= begin else total[j] * share
        for c in range(width):
            left = (first[1] + c) * spacing - corner[1]
            right = min(columns, left + spacing)
            left = max(0, left)
            height = zero
            for j in range(left, right):
                height += highest[j]
            edges[0, r, c & 1, c >> 1] = height / np.float32(right - left) if right > left else NOTHING
        begin = max(0, row)
        end = min(rows, row + spacing)
        for c in range(width):
            left = (first[1] + c) * spacing - corner[1]
            right = min(columns, left + side)
            left = max(0, left - side)
            height = zero
            for i in range(begin, end):
                most = NOTHING
                mean = zero
                built = False
                for j in range(left, right):
                    most = solid[i, j] if solid[i, j] > most else most
                    mean += solid[i, j]
                    built |= roof[i, j]
                height += most if built else mean / np.float32(max(1, right - left))
            edges[1, r, c & 1, c >> 1] = height / np.float32(end - begin) if end > begin and right > left else NOTHING
    for c in range(width):
        edges[0, kept, c & 1, c >> 1] = NOTHING
        edges[1, kept, c & 1, c >> 1] = NOTHING
