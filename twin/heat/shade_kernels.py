"""Loop over receivers: whether the sun reaches a place.

All receivers share the offsets of the cells that their beams cross, so a row is followed in chunks of `LANES` columns,
run by run of `RUN` offsets, each as one pass over the chunk. A run whose surroundings lie below every beam of the chunk
is passed over, and a chunk ends where all its receivers lie in shade or all beams are above everything: neither changes
a bit. All heights are compared in single precision, as (elevation - receiver) against the rise of the beam.

Symbols
    stand     (rows, columns) float32   elevation of the receivers, m
    lean      (2, rows, columns) float32   slope of what they stand on, to the east and south, m/m; (2, 0, 0) if level
    here      (rows, columns) bool      where receivers are
    low       (rows, groups) float32   lowest that receivers in each group of columns may stand, m
    wall, plane, top, base, high        see shade_layers.Barriers
    skip      offset of a cell on flat layers
    enter     rise of the beam up to a cell with a wall, m; infinite for the receiver's own cell and to fill up a run
    middle    rise up to the middle of the way through a cell, m, likewise
    near, far rise up to where the beam enters and leaves a crown, m; `near` is infinite to fill up a run
    east, south   from the cell's centre to the middle of the line's way through it, m
    extent    (runs, 4)   least and highest row, least and highest column offset of a run
    z         elevation of a chunk's receivers, infinite where there is none, m
    hidden    most that anything opaque rises above the beam, m
    crowned   most that a crown rises above where the beam enters, or its base lies below where it leaves, m
    through   share of the beam behind the crowns met
    beyond    (block rows, block columns) float32   elevation below which things beyond the reach shade, m
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange, uint64
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Mask = NDArray[np.bool_]
Whole = NDArray[Any]

LANES = 64
"""Columns that are followed together."""

RUN = 8
"""Cells of a line that are looked at together."""

ROWS = 16
"""Rows of a window that one thread follows together."""

BLOCK = 16
"""Cells along the blocks of `beyond`, see distant.BLOCK."""

GROUP = 16
"""Columns whose highest elevations are kept together."""

MARGIN_ROWS = RUN
MARGIN_COLUMNS = 80
"""Cells around the layers, so that no run of a chunk within reach leaves them; a multiple of `GROUP`."""


@jit
def meet_terrain(
    plane: Reals, first: int, skip: Whole, middle: Reals, east: Reals, south: Reals, r: int, z: Reals, hidden: Reals
) -> None:
    """Follow a run past inclined planes; `plane` (3, cells)."""
    for n in range(r * RUN, (r + 1) * RUN):
        p = uint64(first + skip[n])
        e, aside, down = middle[n], east[n], south[n]
        for c in range(uint64(LANES)):
            rise = ((plane[0, p + c] - z[c]) + (plane[1, p + c] * aside + plane[2, p + c] * down)) - e
            hidden[c] = rise if rise > hidden[c] else hidden[c]


@jit
def meet_clearings(
    top: Reals,
    base: Reals,
    clear: Reals,
    usual: np.float32,
    first: int,
    skip: Whole,
    near: Reals,
    far: Reals,
    r: int,
    z: Reals,
    through: Reals,
) -> None:
    """Follow a run through crowns each of which lets its own share through; the darkest counts."""
    for n in range(r * RUN, (r + 1) * RUN):
        p = uint64(first + skip[n])
        e, f = near[n], far[n]
        for c in range(uint64(LANES)):
            above = (top[p + c] - z[c]) - e
            below = f - (base[p + c] - z[c])
            least = above if above < below else below
            share = clear[p + c]
            share = share if share == share else usual
            share = share if least > np.float32(0.0) else np.float32(1.0)
            through[c] = share if share < through[c] else through[c]


@jit
def light_rows(
    block: int,
    stand: Reals,
    lean: Reals,
    here: Mask,
    low: Reals,
    wall: Reals,
    plane: Reals,
    top: Reals,
    base: Reals,
    clear: Reals,
    high_wall: Reals,
    high_plane: Reals,
    high_crown: Reals,
    highest: np.float32,
    layers: tuple[bool, bool, bool, bool],
    row: int,
    column: int,
    stride: int,
    aside: np.float32,
    down: np.float32,
    skip: Whole,
    enter: Reals,
    middle: Reals,
    near: Reals,
    far: Reals,
    east: Reals,
    south: Reals,
    extent: Whole,
    usual: np.float32,
    weight: np.float32,
    beyond: Reals,
    beyond_row: int,
    beyond_column: int,
    sunlit: Reals,
) -> None:
    """Follow the receivers of a block of rows of a window; see add_sunlight."""
    height, width = stand.shape
    columns, runs = sunlit.shape[1], extent.shape[0]
    level, crowned_scene = lean.shape[1] == 0, layers[2]
    z = np.empty(LANES, np.float32)
    hidden = np.empty(LANES, np.float32)
    crowned = np.full(LANES, -np.inf, np.float32)
    through = np.ones(LANES, np.float32)
    for i in range(block * ROWS, min((block + 1) * ROWS, sunlit.shape[0])):
        a = row + i
        ground, there, lit = stand[a], here[a], sunlit[i]
        east_lean, south_lean = lean[0, a], lean[1, a]
        reach = runs
        while reach > 0 and (a + extent[reach - 1, 0] >= height or a + extent[reach - 1, 1] < 0):
            reach -= 1
        for j in range(0, columns, LANES):
            b = column + j
            count = min(LANES, columns - j)
            lowest = np.float32(np.inf)
            for q in range(uint64(b) // uint64(GROUP), uint64(b + count - 1) // uint64(GROUP) + uint64(1)):
                lowest = min(lowest, low[uint64(a), q])
            if lowest == np.float32(np.inf):
                continue
            begin, start, first = uint64(b), uint64(j), (a + MARGIN_ROWS) * stride + b + MARGIN_COLUMNS
            last = reach
            while last > 0 and (b + extent[last - 1, 2] >= width or b + extent[last - 1, 3] + LANES <= 0):
                last -= 1
            dark = ready = False
            if beyond.shape[0] > 0:
                for q in range((beyond_column + j) // BLOCK, (beyond_column + j + count - 1) // BLOCK + 1):
                    dark = dark or beyond[(beyond_row + i) // BLOCK, q] > lowest
            r: Any = uint64(0)
            end: Any = uint64(last)
            while True:
                walls = planes = crowns = False
                while r < end:
                    rise = near[r * uint64(RUN)]
                    if highest - lowest <= rise:
                        r = end
                        break
                    p = uint64(a + extent[r, 0] + MARGIN_ROWS)
                    q = uint64(b + extent[r, 2] + MARGIN_COLUMNS) // uint64(GROUP)
                    walls = layers[0] and high_wall[p, q] - lowest > rise
                    planes = layers[1] and high_plane[p, q] - lowest > rise
                    crowns = layers[2] and high_crown[p, q] - lowest > rise
                    if walls or planes or crowns:
                        break
                    r += uint64(1)
                if not ready:
                    if r >= end and not dark:
                        break
                    ready = True
                    for c in range(uint64(LANES)):
                        hidden[c] = np.float32(-np.inf)
                    if crowned_scene:
                        for c in range(uint64(LANES)):
                            crowned[c] = np.float32(-np.inf)
                            through[c] = np.float32(1.0)
                    for c in range(uint64(count), uint64(LANES)):
                        z[c] = np.float32(np.inf)
                    if level:
                        for c in range(uint64(count)):
                            z[c] = ground[begin + c] if there[begin + c] else np.float32(np.inf)
                    else:
                        for c in range(uint64(count)):
                            x = ground[begin + c] + (east_lean[begin + c] * aside + south_lean[begin + c] * down)
                            z[c] = x if there[begin + c] else np.float32(np.inf)
                    if dark:
                        for c in range(count):
                            hidden[c] = beyond[(beyond_row + i) // BLOCK, (beyond_column + j + c) // BLOCK] - z[c]
                if r >= end:
                    break
                n: Any = r * uint64(RUN)
                if walls:  # written out, here and not in a function: passing that many arrays costs as much as the loop
                    p0, p1 = uint64(first + skip[n]), uint64(first + skip[n + uint64(1)])
                    p2, p3 = uint64(first + skip[n + uint64(2)]), uint64(first + skip[n + uint64(3)])
                    p4, p5 = uint64(first + skip[n + uint64(4)]), uint64(first + skip[n + uint64(5)])
                    p6, p7 = uint64(first + skip[n + uint64(6)]), uint64(first + skip[n + uint64(7)])
                    e0, e1, e2, e3 = enter[n], enter[n + uint64(1)], enter[n + uint64(2)], enter[n + uint64(3)]
                    e4, e5 = enter[n + uint64(4)], enter[n + uint64(5)]
                    e6, e7 = enter[n + uint64(6)], enter[n + uint64(7)]
                    for c in range(uint64(LANES)):
                        x = z[c]
                        most = hidden[c]
                        over = (wall[p0 + c] - x) - e0
                        most = over if over > most else most
                        over = (wall[p1 + c] - x) - e1
                        most = over if over > most else most
                        over = (wall[p2 + c] - x) - e2
                        most = over if over > most else most
                        over = (wall[p3 + c] - x) - e3
                        most = over if over > most else most
                        over = (wall[p4 + c] - x) - e4
                        most = over if over > most else most
                        over = (wall[p5 + c] - x) - e5
                        most = over if over > most else most
                        over = (wall[p6 + c] - x) - e6
                        most = over if over > most else most
                        over = (wall[p7 + c] - x) - e7
                        hidden[c] = over if over > most else most
                if planes:
                    meet_terrain(plane, first, skip, middle, east, south, r, z, hidden)
                if crowns:
                    if layers[3]:
                        meet_clearings(top, base, clear, usual, first, skip, near, far, r, z, through)
                    else:
                        # four cells to a pass
                        for n in range(r * uint64(RUN), (r + uint64(1)) * uint64(RUN), uint64(4)):
                            p0, p1 = uint64(first + skip[n]), uint64(first + skip[n + uint64(1)])
                            p2, p3 = uint64(first + skip[n + uint64(2)]), uint64(first + skip[n + uint64(3)])
                            e0, e1, e2, e3 = near[n], near[n + uint64(1)], near[n + uint64(2)], near[n + uint64(3)]
                            f0, f1, f2, f3 = far[n], far[n + uint64(1)], far[n + uint64(2)], far[n + uint64(3)]
                            for c in range(uint64(LANES)):
                                x = z[c]
                                most = crowned[c]
                                above, below = (top[p0 + c] - x) - e0, f0 - (base[p0 + c] - x)
                                least = above if above < below else below
                                most = least if least > most else most
                                above, below = (top[p1 + c] - x) - e1, f1 - (base[p1 + c] - x)
                                least = above if above < below else below
                                most = least if least > most else most
                                above, below = (top[p2 + c] - x) - e2, f2 - (base[p2 + c] - x)
                                least = above if above < below else below
                                most = least if least > most else most
                                above, below = (top[p3 + c] - x) - e3, f3 - (base[p3 + c] - x)
                                least = above if above < below else below
                                crowned[c] = least if least > most else most
                r += uint64(1)
                if walls or planes:
                    found = False
                    for c in range(uint64(LANES)):
                        found = found | ((hidden[c] <= np.float32(0.0)) & (z[c] < np.float32(np.inf)))
                    if not found:
                        break
            if not ready:
                for c in range(uint64(count)):
                    lit[start + c] += weight if there[begin + c] else np.float32(0.0)
            elif crowned_scene:
                for c in range(uint64(count)):
                    share = usual if crowned[c] > np.float32(0.0) else through[c]
                    share = share if hidden[c] <= np.float32(0.0) else np.float32(0.0)
                    lit[start + c] += weight * share if z[c] < np.float32(np.inf) else np.float32(0.0)
            else:
                for c in range(uint64(count)):
                    share = weight if hidden[c] <= np.float32(0.0) else np.float32(0.0)
                    lit[start + c] += share if z[c] < np.float32(np.inf) else np.float32(0.0)


@jit(parallel=True)
def add_sunlight(
    stand: Reals,
    lean: Reals,
    here: Mask,
    low: Reals,
    wall: Reals,
    plane: Reals,
    top: Reals,
    base: Reals,
    clear: Reals,
    high_wall: Reals,
    high_plane: Reals,
    high_crown: Reals,
    highest: np.float32,
    layers: tuple[bool, bool, bool, bool],
    row: int,
    column: int,
    stride: int,
    aside: np.float32,
    down: np.float32,
    skip: Whole,
    enter: Reals,
    middle: Reals,
    near: Reals,
    far: Reals,
    east: Reals,
    south: Reals,
    extent: Whole,
    usual: np.float32,
    weight: np.float32,
    beyond: Reals,
    beyond_row: int,
    beyond_column: int,
    sunlit: Reals,
) -> None:
    """Add `weight` times the share of the beam that arrives to `sunlit`, a window whose first cell is (row, column).

    layers: whether there are walls, terrain that may shade, crowns, and crowns that let different shares through.
    aside, down: from the cell's centre to the receiver, to the east and to the south, m. stride: columns of a layer.
    usual: share that crowns let through. beyond_row, beyond_column: of the window's first cell, counted in cells from
    the first block; `BLOCK` cells to a block.
    """
    for block in prange((sunlit.shape[0] + ROWS - 1) // ROWS):
        light_rows(
            block,
            stand,
            lean,
            here,
            low,
            wall,
            plane,
            top,
            base,
            clear,
            high_wall,
            high_plane,
            high_crown,
            highest,
            layers,
            row,
            column,
            stride,
            aside,
            down,
            skip,
            enter,
            middle,
            near,
            far,
            east,
            south,
            extent,
            usual,
            weight,
            beyond,
            beyond_row,
            beyond_column,
            sunlit,
        )
