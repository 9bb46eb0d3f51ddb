"""Loop over cells: who might see a change.

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

from twin.kernels import jit

Reals = NDArray[np.float32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Whole = NDArray[Any]

SIDE = 8
"""Cells along the largest blocks of the views."""

LEVELS = (21.0, 58.0, 244.0)
"""Distances from which views may look through blocks of 2, 4 and 8 cells: some cells less than twin.heat.views has."""


@jit
def may_see(
    horizon: Bytes,
    y: float,
    x: float,
    low: float,
    spread: float,
    box: Floats,
    top: float,
    resolution: float,
    reach: float,
    solid: bool,
) -> bool:
    """Tell whether the highest thing in a rectangle may stand above the horizon (n,) of one cell.

    Views look through blocks that stand on their mean ground, from their middles, at lattices (see twin.heat.blocks):
    a thing may be seen as far aside as a block and a lattice cell are long. What is solid is handed on between blocks
    as well, and there only the highest of it: a lower thing may take the place of a higher one.
    """
    if top <= low:
        return False
    away = max(box[0] - y, 0.0, y - box[1])
    aside = max(box[2] - x, 0.0, x - box[3])
    d = math.hypot(away, aside)
    play = 1.5
    if d >= LEVELS[0]:
        play = 3.0
    if d >= LEVELS[1]:
        play = 6.0
    if d >= LEVELS[2]:
        play = 12.0
    if solid:
        play *= 2.0
    if d > reach + play:
        return False
    if d - play <= 1.0:
        return True
    tangent = (top - low) / ((d - play) * resolution)
    if solid and d >= LEVELS[0]:
        tangent = 1.15 * tangent + spread / (LEVELS[0] * resolution)
    byte = math.atan(tangent) * (510.0 / math.pi) + 1.5
    south = 0.5 * (box[0] + box[1]) - y
    east = 0.5 * (box[2] + box[3]) - x
    distance = math.hypot(south, east)
    size = 0.5 * math.hypot(box[1] - box[0], box[3] - box[2]) + play
    if distance <= size:
        return True
    n = horizon.shape[0]
    middle = math.atan2(east, -south) * (0.5 * n / math.pi) - 0.5  # azimuths are middles of sectors
    half = math.asin(size / distance) * (0.5 * n / math.pi)
    found = False
    for k in range(math.ceil(middle - half), math.floor(middle + half) + 1):
        found |= horizon[k % n] < byte
    return found


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
            if not may_see(
                horizon[:, a, b], a + 0.5, b + 0.5, ground, uneven, box[0], top[0], resolution, reach, solid
            ):
                continue
            for m in range(1, len(top)):
                if may_see(
                    horizon[:, a, b], a + 0.5, b + 0.5, ground, uneven, box[m], top[m], resolution, reach, solid
                ):
                    marked[i, j] = True
                    break
