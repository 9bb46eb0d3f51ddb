"""Loops over rays: how much sky, wall and crown a place sees, and whether the sun reaches it.

Symbols
    ground    (rows, columns) float32   ground elevation, m; where the receivers stand
    solid     (rows, columns) float32   elevation of ground and roofs, m
    slope     (2, rows, columns) float32   of the ground, to the east and to the south, m/m
    slack                               most that the ground of a cell differs from its centre, m
    roof      (rows, columns) bool      building cells: solid up to `solid`, with a wall at the cell's edge
    top, base (rows, columns) float32   elevation of crown top and crown base, m; top = base where no tree stands
    row, column, near, far, east, south, run_start, run    see rays.RayTable
    highest                             highest elevation of solid and top anywhere, m
    window    (rows + RUN - 1, columns + RUN - 1) float32   highest elevation of solid and top in the square of RUN by
                                        RUN cells whose least row and column are this cell's, less RUN - 1
    t         tangent of an elevation angle
    s         its sin2: equal steps of s are equal shares of a horizontal surface's view of one azimuth

Terrain is an inclined plane in each cell and counts at the middle of the line's way through the cell (a slope is no
stair); a building counts from the edge of its cell. A crown is
the box between base and top over the whole cell. Receivers on roofs are left out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange, uint64
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Whole = NDArray[Any]

BINS = 64
"""Bands of equal s in which crowns are noted, one bit each."""

FULL = 255.0
"""Horizon angles are kept as bytes: 255 is the zenith."""


@jit(parallel=True)
def look_around(
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
    run_start: Whole,
    run: Whole,
    face_weight: Floats,
    face_bands: Floats,
    begin: int,
    end: int,
    views: Reals,
    horizon: Bytes,
) -> None:
    """Fill the rows from `begin` to before `end` of `views` (rows, columns, 10) and `horizon` (rows, columns, n).

    face_weight (4, n): share of each azimuth in the view of vertical faces to north, east, south and west.
    face_bands (65,): integral of cos2 over elevation, from the horizontal up to the lower edge of each band.
    views: free sky and crowns seen by a face that looks up, then the same pairs to north, east, south, west.
    """
    rows, columns = ground.shape
    azimuths = run_start.size - 1
    margin = window.shape[0] - rows
    for i in prange(begin, end):
        for j in range(columns):
            for k in range(10):
                views[i, j, k] = np.nan if roof[i, j] else 0.0
            if roof[i, j]:
                continue
            z = np.float64(ground[i, j])
            up_sky = up_crown = 0.0
            north_sky = east_sky = south_sky = west_sky = 0.0
            north_crown = east_crown = south_crown = west_crown = 0.0
            for d in range(azimuths):
                t_wall = 0.0
                crowns = uint64(0)
                for r in range(run_start[d], run_start[d + 1]):
                    reach = t_wall * near[run[r, 0]] - slack
                    if highest - z <= reach:
                        break
                    a = i + run[r, 2] + margin
                    b = j + run[r, 3] + margin
                    if a < 0 or a >= rows + margin or b < 0 or b >= columns + margin:
                        break
                    if window[a, b] - z <= reach:
                        continue
                    for n in range(run[r, 0], run[r, 1]):
                        a = i + row[n]
                        b = j + column[n]
                        if a < 0 or a >= rows or b < 0 or b >= columns:
                            break
                        rise = solid[a, b] - z
                        if near[n] > 0.0 and rise + slack > t_wall * near[n]:
                            if roof[a, b]:
                                t = rise / near[n]
                            else:
                                rise += slope[0, a, b] * east[n] + slope[1, a, b] * south[n]
                                t = 2.0 * rise / (near[n] + far[n])
                            t_wall = max(t_wall, t)
                        high = top[a, b] - z
                        if high > t_wall * near[n] and top[a, b] > base[a, b]:
                            low = max(base[a, b] - z, 0.0)
                            first = int(BINS * (low * low / (low * low + far[n] * far[n])) + 0.5)
                            last = int(BINS * (high * high / (high * high + near[n] * near[n])) + 0.5)
                            if last > first:
                                size = last - first
                                band = ~uint64(0) if size >= BINS else (uint64(1) << uint64(size)) - uint64(1)
                                crowns |= band << uint64(first)
                h = math.atan(t_wall)
                horizon[i, j, d] = np.uint8(h * (2.0 / math.pi) * FULL + 0.5)
                s_wall = t_wall * t_wall / (1.0 + t_wall * t_wall)
                open_up = 1.0 - s_wall
                open_side = 0.25 * math.pi - 0.5 * h - 0.5 * t_wall / (1.0 + t_wall * t_wall)
                crown_up = crown_side = 0.0
                shift = uint64(int(BINS * s_wall + 0.5))
                crowns = (crowns >> shift) << shift if shift < BINS else uint64(0)
                while crowns != uint64(0):  # one run of neighbouring bands after another: adding its lowest bit
                    lowest = crowns & (~crowns + uint64(1))  # clears it and sets the bit behind its end
                    carried = crowns + lowest
                    behind = carried & ~crowns
                    first = math.frexp(float(lowest))[1] - 1
                    last = BINS if behind == uint64(0) else math.frexp(float(behind))[1] - 1
                    crown_up += (last - first) / BINS
                    crown_side += face_bands[last] - face_bands[first]
                    crowns &= carried
                crown_up = min(crown_up, open_up)
                crown_side = min(crown_side, open_side)
                up_sky += open_up - crown_up
                up_crown += crown_up
                north_sky += face_weight[0, d] * (open_side - crown_side)
                north_crown += face_weight[0, d] * crown_side
                east_sky += face_weight[1, d] * (open_side - crown_side)
                east_crown += face_weight[1, d] * crown_side
                south_sky += face_weight[2, d] * (open_side - crown_side)
                south_crown += face_weight[2, d] * crown_side
                west_sky += face_weight[3, d] * (open_side - crown_side)
                west_crown += face_weight[3, d] * crown_side
            views[i, j, 0] = up_sky / azimuths
            views[i, j, 1] = up_crown / azimuths
            views[i, j, 2] = north_sky
            views[i, j, 3] = north_crown
            views[i, j, 4] = east_sky
            views[i, j, 5] = east_crown
            views[i, j, 6] = south_sky
            views[i, j, 7] = south_crown
            views[i, j, 8] = west_sky
            views[i, j, 9] = west_crown


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
