"""Loop over cells: who might see a change, and whose ground does.

Symbols
    horizon        (n, rows, columns)   bytes, see view_kernels: what hides things behind it; 255 is the zenith
    roof           (rows, columns)      nobody stands there
    low, spread    (rows / SIDE, columns / SIDE)   lowest ground of a square of cells, m, and its rise there
    box            (m, 4)               rows from, to, columns from, to: edges of rectangles around changes, in cells
    top            (m,)                 elevation of the highest thing in each rectangle, before or after, m
    d              ()                   from the cell to the rectangle, in cells
    solid          ()                   whether ground or buildings were changed, or crowns alone

The first rectangle holds all others. A cell is not marked only if the change lies below its horizon in every azimuth
that the rectangle takes up, with more margin than the coarse blocks of the views can be wrong by.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.heat.crown_kernels import BANDS
from twin.kernels import jit

Reals = NDArray[np.float32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Whole = NDArray[Any]

SIDE = 8
"""Cells along the largest blocks of the views."""

RANGES = (0.0, 24.0, 64.0, 256.0, 1e9)
"""Distances between which cells and blocks of 2, 4 and 8 cells look, in cells: those of twin.heat.views."""

FAINT = 0.4995 / BANDS
"""Crowns whose sin2 of elevation is lower lie in none of the bands in which views note crowns, see crown_kernels."""


@jit
def may_see(
    horizon: Bytes,
    y: int,
    x: int,
    corner: Whole,
    low: float,
    spread: float,
    box: Floats,
    top: float,
    resolution: float,
    reach: float,
    solid: bool,
) -> bool:
    """Tell whether the highest thing in a rectangle may stand above the horizon (n,) of the cell at row y, column x.

    Views look through blocks that stand on their mean ground, from their middles, at lattices of half their size (see
    twin.heat.blocks). What is solid is handed on between neighbouring blocks as well, and there only the highest of it:
    a lower thing may take the place of a higher one. corner (2,): global row and column of the grid's first cell.
    """
    if top <= low:
        return False
    n = horizon.shape[0]
    for level in range(4):
        size = 1 << level
        half = max(1, size // 2)
        # middle of the cell or block that looks, and the rectangle grown to lattice cells
        row = (y + corner[0]) // size * size + 0.5 * size - corner[0]
        column = (x + corner[1]) // size * size + 0.5 * size - corner[1]
        north = (box[0] + corner[0]) // half * half - corner[0]
        south = -(-(box[1] + corner[0]) // half) * half - corner[0]
        west = (box[2] + corner[1]) // half * half - corner[1]
        east = -(-(box[3] + corner[1]) // half) * half - corner[1]
        play = 2.0 * size + 1.0 if solid else 0.6
        d = math.hypot(max(north - row, 0.0, row - south), max(west - column, 0.0, column - east)) - play
        down = 0.5 * (north + south) - row
        right = 0.5 * (west + east) - column
        distance = math.hypot(down, right)
        radius = 0.5 * math.hypot(south - north, east - west) + play
        farthest = distance + radius
        if farthest < RANGES[level] - 2.0 or d > min(RANGES[level + 1] + 2.0, reach):
            continue
        if d <= 1.0 or distance <= radius:
            return True
        d = max(d, RANGES[level] - 4.0)
        tangent = (top - low) / (d * resolution)
        if not solid and tangent * tangent < FAINT * (1.0 + tangent * tangent):
            continue
        if solid and level > 0:
            tangent = 1.15 * tangent + spread / (RANGES[1] * resolution)
        byte = math.atan(tangent) * (510.0 / math.pi) + 1.5
        middle = math.atan2(right, -down) * (0.5 * n / math.pi) - 0.5  # azimuths are middles of sectors
        wide = math.asin(radius / distance) * (0.5 * n / math.pi) + 0.01
        for k in range(math.ceil(middle - wide), math.floor(middle + wide) + 1):
            if horizon[k % n] < byte:
                return True
    return False


@jit(parallel=True)
def mark_viewers(
    horizon: Bytes,
    roof: Mask,
    low: Reals,
    spread: Reals,
    box: Floats,
    top: Floats,
    resolution: float,
    reach: float,
    solid: bool,
    corner: Whole,
    row: int,
    column: int,
    marked: Mask,
) -> None:
    """Mark the cells of a window that begins at `row`, `column` which may see a change; `marked` has its size."""
    rows, columns = marked.shape
    for i in prange(rows):
        a = row + i
        for j in range(columns):
            b = column + j
            if roof[a, b]:
                continue
            ground = low[a // SIDE, b // SIDE]
            uneven = spread[a // SIDE, b // SIDE]
            if not may_see(horizon[:, a, b], a, b, corner, ground, uneven, box[0], top[0], resolution, reach, solid):
                continue
            for m in range(1, len(top)):
                if may_see(horizon[:, a, b], a, b, corner, ground, uneven, box[m], top[m], resolution, reach, solid):
                    marked[i, j] = True
                    break


@jit
def mark_standing_near(
    marked: Mask, roof: Mask, row: Whole, column: Whole, rings: int, top: int, left: int, near: Mask
) -> None:
    """Mark open cells that are marked or look down on one that is, along rays that end at the first roof.

    marked, roof: of the grid. row, column (rays * rings,): see radiation_kernels.look_down. top, left: of `near`.
    """
    rows, columns = marked.shape
    for i in range(near.shape[0]):
        for j in range(near.shape[1]):
            y = top + i
            x = left + j
            if roof[y, x]:
                continue
            near[i, j] = marked[y, x]
            free = True
            for m in range(row.size):
                if near[i, j]:
                    break
                if m % rings == 0:
                    free = True
                a = y + row[m]
                b = x + column[m]
                if free and 0 <= a < rows and 0 <= b < columns:
                    free = not roof[a, b]
                    near[i, j] = free and marked[a, b]
