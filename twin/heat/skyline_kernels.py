"""Loops along lines: the skyline beyond a place's neighbourhood, from one pass over the grid for each azimuth.

Parallel lines cover the grid, two cells apart, and follow the nearest cell, two cells in a step; other arrays are those
of blocks of 2 by 2 cells. Each line is walked towards the places that look along it. What lies behind forms a convex
hull whose corners are all that anybody further on can see over: J. Dozier, J. Bruno, P. Downey (1981), A faster
solution to the horizon problem, Computers & Geosciences 7, 145-151. A place between two lines sees what lies between
their skylines.

Symbols
    solid     elevation of ground and roofs, m, of cells, flat
    roof      building cells, flat
    looking   blocks with open ground
    ground    elevation of the ground, m
    top, base elevation of crown top and base, m; top = base where no tree stands
    x         place along a line, in steps of the line
    hull      x and z of the corners, the farthest first; `last` is the index of the nearest, -1 while there is none
    skip      steps along the line that belong to the neighbourhood, which is looked at cell by cell
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

LINES = 8
"""Lines walked together: where lines run along columns, neighbours share the memory that is read."""


NOTHING = np.float32(-1e6)
"""Elevation, m, of a skyline that nothing makes: below everything."""


@jit
def add_corner(x: Reals, z: Reals, last: int, new_x: np.float32, new_z: np.float32) -> int:
    """Add a point to a hull, drop the corners that it hides from below and return the index of the last."""
    while last >= 1 and (z[last] - z[last - 1]) * (new_x - x[last - 1]) <= (new_z - z[last - 1]) * (
        x[last] - x[last - 1]
    ):
        last -= 1
    last += 1
    x[last] = new_x
    z[last] = new_z
    return last


@jit
def highest_corner(x: Reals, z: Reals, last: int, at: np.float32, level: np.float32) -> int:
    """Return the corner that is seen under the steepest angle from place `at` and elevation `level`."""
    rise = z[last] - level
    run = at - x[last]
    while last > 0:
        next_rise = z[last - 1] - level
        next_run = at - x[last - 1]
        if next_rise * run <= rise * next_run:
            break
        rise = next_rise
        run = next_run
        last -= 1
    return last


@jit
def walk_lines(
    first: int,
    solid: Reals,
    roof: Mask,
    cells: Whole,
    looking: Mask,
    ground: Reals,
    top: Reals,
    base: Reals,
    crowned: bool,
    major: int,
    minor: int,
    major_stride: int,
    minor_stride: int,
    slope: float,
    towards: bool,
    skip: int,
    step: float,
    wall: Reals,
    crown: Reals,
) -> None:
    """Walk `LINES` lines from number `first` on, and one more, and fill the blocks between; see `far_skyline`.

    towards: the line looks to growing numbers of the major axis, and is walked the other way.
    """
    x = np.empty((2, LINES + 1, major), np.float32)
    z = np.empty((2, LINES + 1, major), np.float32)
    tree = np.empty((LINES + 1, major), np.int64)
    last = np.full((2, LINES + 1), -1, np.int64)
    rises = np.zeros((2, LINES + 1), np.bool_)
    seen = np.empty((5, LINES + 1), np.float32)  # elevation and distance of wall and of crown, elevation of its base
    half = np.float32(0.5)
    beyond = np.float32(step * skip)
    for q in range(major):
        here = major - 1 - q if towards else q
        there = here + skip if towards else here - skip
        if q >= skip:
            # a line's way through a block leads over two cells, the farther one first
            far_major = 2 * there + 1 if towards else 2 * there
            near_major = 2 * there if towards else 2 * there + 1
            far_aside = 2 * first + math.floor(2.0 * slope * (there + (0.25 if towards else -0.25)) + 1.0)
            near_aside = 2 * first + math.floor(2.0 * slope * (there - (0.25 if towards else -0.25)) + 1.0)
            aside = first + math.floor(slope * there + 0.5)
            passed = np.float32(q - skip)
            for n in range(max(0, -aside), min(LINES + 1, minor - aside)):
                far_cell = (
                    min(max(far_aside + 2 * n, 0), cells[1] - 1) * cells[3] + min(far_major, cells[0] - 1) * cells[2]
                )
                near_cell = (
                    min(max(near_aside + 2 * n, 0), cells[1] - 1) * cells[3] + min(near_major, cells[0] - 1) * cells[2]
                )
                height = solid[near_cell]
                inset = half
                if not roof[near_cell]:
                    inset = np.float32(0.0)
                    height = solid[far_cell] if roof[far_cell] else half * (height + solid[far_cell])
                elif roof[far_cell]:
                    height = max(height, solid[far_cell])
                last[0, n] = add_corner(x[0, n], z[0, n], last[0, n], passed + inset, height)
                if crowned:
                    k = there * major_stride + (aside + n) * minor_stride
                    if top[k] > base[k]:
                        last[1, n] = add_corner(x[1, n], z[1, n], last[1, n], passed + half, top[k])
                        tree[n, last[1, n]] = k
        aside = first + math.floor(slope * here + 0.5)
        above = first + math.ceil(slope * here)
        share = np.float32(above - first - slope * here)
        begin = max(0, -above)
        end = min(LINES, minor - above)
        at = np.float32(q)
        for n in range(begin, end + 1 if end > begin else begin):
            k = here * major_stride + (above + n) * minor_stride
            if not ((n < end and looking[k]) or (n > begin and looking[k - minor_stride])):
                continue
            level = ground[here * major_stride + min(max(aside + n, 0), minor - 1) * minor_stride]
            for kind in range(2 if crowned else 1):
                highest = level
                distance = beyond
                rises[kind, n] = False
                if kind == 1:
                    seen[4, n] = level
                if last[kind, n] >= 0:
                    corner = highest_corner(x[kind, n], z[kind, n], last[kind, n], at, level)
                    if z[kind, n, corner] > level:
                        rises[kind, n] = True
                        highest = z[kind, n, corner]
                        distance = (at - x[kind, n, corner]) * np.float32(step)
                        if kind == 1:
                            seen[4, n] = base[tree[n, corner]]
                seen[2 * kind, n] = highest
                seen[2 * kind + 1, n] = distance
        for n in range(begin, end):
            k = here * major_stride + (above + n) * minor_stride
            if not looking[k]:
                continue
            wall[0, k] = NOTHING
            wall[1, k] = beyond
            wall[2, k] = np.float32(0.0)
            wall[3, k] = np.float32(0.0)
            if crowned:
                crown[0, k] = NOTHING
                crown[1, k] = beyond
                crown[2, k] = NOTHING
            if rises[0, n] or rises[0, n + 1]:
                for part in range(2):
                    change = seen[part, n + 1] - seen[part, n]
                    wall[part, k] = seen[part, n] + share * change
                    wall[2 + part, k] = change
            if crowned and (rises[1, n] or rises[1, n + 1]):
                for part in range(3):
                    crown[part, k] = seen[2 + part, n] + share * (seen[2 + part, n + 1] - seen[2 + part, n])


@jit(parallel=True)
def far_skyline(
    solid: Reals,
    roof: Mask,
    looking: Mask,
    ground: Reals,
    top: Reals,
    base: Reals,
    crowned: bool,
    shape: Whole,
    cells: Whole,
    along_rows: Mask,
    slope: Floats,
    towards: Mask,
    skip: Whole,
    step: Reals,
    wall: Reals,
    crown: Reals,
) -> None:
    """Fill what each block sees highest beyond its neighbourhood, for some azimuths.

    shape (2,): rows and columns of blocks. cells (n, 4): cells along the major and the minor axis and their strides.
    along_rows (n,): from row to row (else from column to column);
    slope (n,): blocks aside for a step; step (n,): length of a step, m.
    wall (n, 4, blocks): elevation and distance, m, of the highest thing in sight (`NOTHING` where nothing rises), and
    how both change for a line one block further on along the minor axis.
    crown (n, 3, blocks): elevation and distance of the highest crown, and elevation of its base.
    """
    rows = shape[0]
    columns = shape[1]
    for d in range(slope.size):
        major = columns
        minor = rows
        major_stride = 1
        minor_stride = columns
        if along_rows[d]:
            major = rows
            minor = columns
            major_stride = columns
            minor_stride = 1
        aside = -slope[d] * (major - 1)
        lowest = math.floor(min(0.0, aside)) - 1
        highest = minor + math.ceil(max(0.0, aside)) + 1
        for block in prange((highest - lowest + LINES - 1) // LINES):
            walk_lines(
                lowest + block * LINES,
                solid,
                roof,
                cells[d],
                looking,
                ground,
                top,
                base,
                crowned,
                major,
                minor,
                major_stride,
                minor_stride,
                slope[d],
                towards[d],
                skip[d],
                step[d],
                wall[d],
                crown[d],
            )
