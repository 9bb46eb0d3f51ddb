"""Loop over rays: whether the sun reaches a place.

Symbols
    ground    (rows, columns) float32   ground elevation, m; where the receivers stand
    solid     (rows, columns) float32   elevation of ground and roofs, m
    slope     (2, rows, columns) float32   of the ground, to the east and to the south, m/m
    slack                               most that the ground of a cell differs from its centre, m
    roof      (rows, columns) bool      building cells: solid up to `solid`, with a wall at the cell's edge
    top, base (rows, columns) float32   elevation of crown top and crown base, m; top = base where no tree stands
    row, column, near, far, east, south, run    see rays.RayTable
    highest                             highest elevation of solid and top anywhere, m
    window    (rows + RUN - 1, columns + RUN - 1) float32   highest elevation of solid and top in the square of RUN by
                                        RUN cells whose least row and column are this cell's, less RUN - 1

Terrain is an inclined plane in each cell and counts at the middle of the line's way through the cell (a slope is no
stair); a building counts from the edge of its cell. A crown is the box between base and top over the whole cell.
Receivers on roofs are left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Whole = NDArray[Any]


@jit(parallel=True)
def add_sunlight(
    ground: Reals,
    solid: Reals,
    slope: Reals,
    slack: float,
    roof: Mask,
    top: Reals,
    base: Reals,
    window: Reals,
    highest: float,
    row: Whole,
    column: Whole,
    near: Floats,
    far: Floats,
    east: Floats,
    south: Floats,
    run: Whole,
    tangent: float,
    transmissivity: float,
    weight: float,
    sunlit: Reals,
) -> None:
    """Add `weight` times the share of the beam that arrives to `sunlit` (rows, columns).

    tangent: of the sun's altitude. A beam that meets any crown keeps the share `transmissivity`; one that meets
    terrain or a building keeps nothing.
    """
    rows, columns = ground.shape
    margin = window.shape[0] - rows
    for i in prange(rows):
        for j in range(columns):
            if roof[i, j]:
                continue
            z = np.float64(ground[i, j])
            share = 1.0
            for r in range(run.shape[0]):
                beam = tangent * near[run[r, 0]]
                if share == 0.0 or beam >= highest - z + slack:
                    break
                a = i + run[r, 2] + margin
                b = j + run[r, 3] + margin
                if a < 0 or a >= rows + margin or b < 0 or b >= columns + margin:
                    break
                if window[a, b] - z + slack <= beam:
                    continue
                for n in range(run[r, 0], run[r, 1]):
                    a = i + row[n]
                    b = j + column[n]
                    if a < 0 or a >= rows or b < 0 or b >= columns:
                        break
                    beam = tangent * near[n]
                    rise = solid[a, b] - z
                    if n > 0 and rise + slack > beam:
                        if roof[a, b]:
                            hidden = rise > beam
                        else:
                            rise += slope[0, a, b] * east[n] + slope[1, a, b] * south[n]
                            hidden = 2.0 * rise > tangent * (near[n] + far[n])
                        if hidden:
                            share = 0.0
                            break
                    if top[a, b] > base[a, b] and top[a, b] - z > beam and base[a, b] - z < tangent * far[n]:
                        share = transmissivity
            sunlit[i, j] += weight * share
