"""Loops over places on walls: what part of the beam and of the sky reaches the parts of a wall, one above another.

Symbols
    place     (walls, 2)    row and column of the open cell at a wall's foot
    foot      (walls,)      elevation of that cell's ground, m
    side      (walls,)      which table of lines starts at the wall: at the cell's edge, or at its centre
    tall      (walls,)      height of the wall above its foot, m
    step                    height of the parts a wall is cut into, m; the last may be lower
    solid     (rows, columns)   elevation of ground and roofs, m
    roof      (rows, columns)   building cells
    top, base (rows, columns)   elevation of crown top and base, m; top = base where no tree stands
    row, column, near, far, start   see rays.RayTable, one azimuth after another
    own       (sides,)      distance within which cells of buildings are steps of the wall itself, m
    hidden                  how far up from the foot something opaque shades the wall, m
    t         tangent of the elevation up to which the sky is hidden, by part of the wall

Buildings stand at the edges of their cells; ground counts at the middle of the line's way through a cell, as a flat
step. A crown is a box, and shades a part of a wall if it shades the middle of it.
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
Mask = NDArray[np.bool_]
Whole = NDArray[Any]


@jit(parallel=True)
def add_beam(
    place: Whole,
    foot: Reals,
    side: Whole,
    tall: Reals,
    gain: Floats,
    step: float,
    solid: Reals,
    roof: Mask,
    top: Reals,
    base: Reals,
    through: Reals,
    usual: float,
    highest: float,
    row: Whole,
    column: Whole,
    near: Floats,
    far: Floats,
    start: Whole,
    own: Floats,
    tangent: float,
    received: Floats,
    shade: Floats,
) -> None:
    """Add what arrives of `gain` to `received` (walls, parts), and note how high up walls lie in shade in `shade`.

    A wall whose gain is not positive has its back to the sun and lies in shade all the way up. through: share of light
    through the crown of each cell, (0, 0) for `usual` everywhere.
    """
    rows, columns = solid.shape
    for w in prange(place.shape[0]):
        if gain[w] <= 0.0:
            shade[w] = tall[w]
            continue
        z = np.float64(foot[w])
        parts = math.ceil(np.float64(tall[w]) / step - 1e-6)
        share = np.ones(parts)
        hidden = -1e6
        s = side[w]
        for n in range(start[s], start[s + 1]):
            enter, leave = tangent * near[n], tangent * far[n]
            if highest - z <= enter or hidden >= tall[w]:
                break
            a, b = place[w, 0] + row[n], place[w, 1] + column[n]
            if a < 0 or a >= rows or b < 0 or b >= columns:
                break
            if n > start[s]:
                if roof[a, b]:
                    if near[n] >= own[s]:
                        hidden = max(hidden, solid[a, b] - z - enter)
                else:
                    hidden = max(hidden, solid[a, b] - z - 0.5 * (enter + leave))
            if top[a, b] > base[a, b]:
                light = usual
                if through.shape[0] > 0 and not math.isnan(through[a, b]):
                    light = np.float64(through[a, b])
                low, high = base[a, b] - z - leave, top[a, b] - z - enter
                for k in range(parts):
                    middle = 0.5 * (k * step + min((k + 1) * step, np.float64(tall[w])))
                    if low < middle < high:
                        share[k] = min(share[k], light)
        shade[w] = min(max(hidden, 0.0), np.float64(tall[w]))
        for k in range(parts):
            bottom, end = k * step, min((k + 1) * step, np.float64(tall[w]))
            lit = min(max((end - max(hidden, bottom)) / (end - bottom), 0.0), 1.0)
            received[w, k] += gain[w] * lit * share[k]


@jit(parallel=True)
def see_sky(
    place: Whole,
    foot: Reals,
    side: Whole,
    tall: Reals,
    facing: Floats,
    step: float,
    solid: Reals,
    roof: Mask,
    top: Reals,
    base: Reals,
    highest: float,
    azimuth: Floats,
    row: Whole,
    column: Whole,
    near: Floats,
    far: Floats,
    start: Whole,
    own: Floats,
    seen: Floats,
) -> None:
    """Fill `seen` (2, walls, parts) with the share of its hemisphere in which a part sees the sky, from its middle.

    First with buildings and terrain alone, then with crowns as if they were opaque down to the ground. facing: azimuth
    of each wall, radians; azimuth: of the lines, radians, the same for every side; start: by side and azimuth.
    """
    rows, columns = solid.shape
    directions = azimuth.shape[0]
    for w in prange(place.shape[0]):
        z = np.float64(foot[w])
        parts = math.ceil(np.float64(tall[w]) / step - 1e-6)
        t = np.zeros((2, parts))
        middle = np.empty(parts)
        for k in range(parts):
            middle[k] = 0.5 * (k * step + min((k + 1) * step, np.float64(tall[w])))
        weights = 0.0
        for d in range(directions):
            cosine = math.cos(azimuth[d] - facing[w])
            if cosine <= 1e-9:
                continue
            weights += cosine
            t[:] = 0.0
            s = side[w] * directions + d
            for n in range(start[s] + 1, start[s + 1]):
                a, b = place[w, 0] + row[n], place[w, 1] + column[n]
                if a < 0 or a >= rows or b < 0 or b >= columns:
                    break
                if n % 8 == 0:  # nothing farther out could hide more
                    over = 0
                    for k in range(parts):
                        over += highest - z - middle[k] <= t[0, k] * near[n]
                    if over == parts:
                        break
                distance = near[n]
                if roof[a, b]:
                    if near[n] < own[side[w]]:
                        continue
                else:
                    distance = 0.5 * (near[n] + far[n])
                rise = np.float64(solid[a, b]) - z
                for k in range(parts):
                    t[0, k] = max(t[0, k], (rise - middle[k]) / distance)
                if top[a, b] > base[a, b]:
                    rise = np.float64(top[a, b]) - z
                    for k in range(parts):
                        t[1, k] = max(t[1, k], (rise - middle[k]) / near[n])
            for k in range(parts):
                for layer in range(2):
                    angle = math.atan(max(t[0, k], t[layer, k]))
                    seen[layer, w, k] += cosine * (math.pi / 4 - angle / 2 - math.sin(2 * angle) / 4)
        for k in range(parts):  # a free horizon is one half
            for layer in range(2):
                seen[layer, w, k] *= 2.0 / math.pi / weights
