"""Loops over cells: the neighbourhood of each cell exactly, and the view factors of what it and the skyline leave free.

Symbols
    ground    (rows, columns)   ground elevation, m; where the receivers stand
    wall      (rows, columns)   elevation of roofs, m; far below everything on open ground
    plane     (3, rows, columns)   elevation of open ground, m (far below everything under roofs), and its slope to the
                                   east and to the south, m/m
    top, base (rows, columns)   elevation of crown top and base, m; top = base where no tree stands
    planted   (rows, chunks)    whether a tree stands in a chunk of `CHUNK` columns of a row
    row, column, east, south    see rays.RayTable
    enter, leave, middle        one over the distance at which a line enters, leaves and is half-way through a cell, 1/m
    t         tangent of an elevation angle
    s         its sin2: equal steps of s are equal shares of a horizontal surface's view of one azimuth
    bands     steps of s that crowns cover, one bit each

Terrain is an inclined plane in each cell and counts at the middle of the line's way through it (a slope is no stair); a
building counts from the edge of its cell. A crown is the box between base and top over the whole cell.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange, uint32
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Whole = NDArray[Any]

BANDS = 31
"""Steps of equal s in which crowns are noted: one less than a word has bits, so that no shift is as long as a word."""

CHUNK = 32
"""Columns that are looked at for trees together."""

FULL = 255.0
"""Horizon angles are kept as bytes: 255 is the zenith."""


@jit
def angle_of(t: np.float32) -> np.float32:
    """Arcus tangent of t >= 0 within 2e-7: M. Abramowitz, I. Stegun (1964), 4.4.49, without a branch."""
    one = np.float32(1.0)
    y = one / t if t > one else t
    q = y * y
    p = np.float32(0.0218612288) + q * np.float32(-0.0040540580)
    p = np.float32(0.0964200441) + q * (np.float32(-0.0559098861) + q * p)
    p = np.float32(0.1994653599) + q * (np.float32(-0.1390853351) + q * p)
    p = y * (np.float32(0.9999993329) + q * (np.float32(-0.3332985605) + q * p))
    return np.float32(0.5 * math.pi) - p if t > one else p


@jit
def bands_between(low: np.float32, high: np.float32) -> Any:
    """Return the bands from tangent `low` to tangent `high`; none if `high` is the lower."""
    one = np.float32(1.0)
    half = np.float32(0.5)
    count = np.float32(BANDS)
    first = uint32(np.int32(count * (low * low / (one + low * low)) + half))
    last = uint32(np.int32(count * (high * high / (one + high * high)) + half))
    return ((uint32(1) << last) - uint32(1)) & ~((uint32(1) << first) - uint32(1))


@jit
def see_skyline(
    ground: Reals, seen: Reals, run: Reals, seen_aside: Reals, run_aside: Reals, shift: Reals, t: Reals
) -> None:
    """Fill the tangents `t` of a row's cells from the skyline of its blocks.

    seen, run: elevation and distance, m; seen_aside, run_aside: their change for a line further on.
    shift (2, 2): lines aside, and m towards the skyline, by which the left and the right cell stand from the middle.
    """
    zero = np.float32(0.0)
    for j in range(t.size):
        c = j >> 1
        aside = shift[j & 1, 0]
        rise = seen[c] + aside * seen_aside[c] - ground[j]
        distance = run[c] + aside * run_aside[c] - shift[j & 1, 1]
        t[j] = rise / distance if rise > zero and distance > zero else zero


@jit
def see_far_trees(
    ground: Reals, seen: Reals, run: Reals, base: Reals, shift: Reals, across: np.float32, high: Reals, low: Reals
) -> None:
    """Fill the tangents of top and base of a row's distant crowns, `high` and `low`.

    seen, run, base: elevation and distance, m, of tops, and elevation of bases. shift: see `see_skyline`.
    across: from the near to the far side of a crown's block, m.
    """
    zero = np.float32(0.0)
    for j in range(high.size):
        c = j >> 1
        distance = run[c] - shift[j & 1, 1]
        rise = seen[c] - ground[j]
        high[j] = rise / distance if rise > zero else zero
        rise = base[c] - ground[j]
        low[j] = rise / (distance + across) if rise > zero else zero


@jit
def note_crowns(low: Reals, high: Reals, bands: Whole) -> None:
    """Fill `bands` with one crown from tangent `low` to tangent `high`."""
    for j in range(bands.size):
        bands[j] = bands_between(low[j], high[j])


@jit
def see_near(
    ground: Reals,
    wall: Reals,
    level: Reals,
    to_east: Reals,
    to_south: Reals,
    enter: np.float32,
    middle: np.float32,
    east: np.float32,
    south: np.float32,
    t: Reals,
) -> None:
    """Raise the horizon `t` of a row's cells to what stands in the cells at one offset."""
    for j in range(t.size):
        highest = t[j]
        house = (wall[j] - ground[j]) * enter
        highest = house if house > highest else highest
        hill = (level[j] + to_east[j] * east + to_south[j] * south - ground[j]) * middle
        t[j] = hill if hill > highest else highest


@jit
def see_trees(ground: Reals, top: Reals, base: Reals, enter: np.float32, leave: np.float32, bands: Whole) -> None:
    """Add the crowns in the cells at one offset to the `bands` of a row's cells."""
    zero = np.float32(0.0)
    for j in range(bands.size):
        high = (top[j] - ground[j]) * enter
        high = high if high > zero and top[j] > base[j] else zero
        low = (base[j] - ground[j]) * leave
        low = low if low > zero else zero
        bands[j] |= bands_between(low, high)


@jit
def add_open_sky(faces: Reals, t: Reals, horizon: Bytes, total: Reals) -> None:
    """Add the view of one azimuth above the horizon `t` to `total` (10, columns), and note the horizon.

    faces (4,): share of the azimuth in the view of vertical faces to north, east, south and west.
    """
    one = np.float32(1.0)
    half = np.float32(0.5)
    for j in range(t.size):
        h = angle_of(t[j])
        up = one / (one + t[j] * t[j])
        side = half * (np.float32(0.5 * math.pi) - h - t[j] * up)
        horizon[j] = np.uint8(h * np.float32(2.0 / math.pi * FULL) + half)
        total[0, j] += up
        total[2, j] += faces[0] * side
        total[4, j] += faces[1] * side
        total[6, j] += faces[2] * side
        total[8, j] += faces[3] * side


@jit
def take_crowns(faces: Reals, share: Reals, t: Reals, bands: Whole, crowns: Whole, total: Reals) -> None:
    """Move what crowns hide above the horizon `t` from the sky's part of `total` to theirs, and note it in `crowns`.

    share (4, 256, 2): what the bands of each byte hide of a horizontal and of a vertical face's view.
    """
    one = np.float32(1.0)
    byte = uint32(255)
    for j in range(t.size):
        if bands[j] == uint32(0):
            continue
        up = one / (one + t[j] * t[j])
        wall = uint32(np.int32(np.float32(BANDS) * (one - up) + np.float32(0.5)))
        seen = bands[j] & ~((uint32(1) << wall) - uint32(1))
        crowns[j] = seen
        crown_up = crown_side = np.float32(0.0)
        for b in range(4):
            mask = (seen >> uint32(8 * b)) & byte
            crown_up += share[b, mask, 0]
            crown_side += share[b, mask, 1]
        crown_up = min(crown_up, up)
        crown_side = min(crown_side, np.float32(0.5) * (np.float32(0.5 * math.pi) - angle_of(t[j]) - t[j] * up))
        total[0, j] -= crown_up
        total[1, j] += crown_up
        for f in range(4):
            total[2 + 2 * f, j] -= faces[f] * crown_side
            total[3 + 2 * f, j] += faces[f] * crown_side


@jit(parallel=True)
def add_views(
    resolution: np.float32,
    ground: Reals,
    wall: Reals,
    plane: Reals,
    top: Reals,
    base: Reals,
    planted: Mask,
    crowned: bool,
    skyline: Reals,
    far_crown: Reals,
    shift: Reals,
    start: Whole,
    stop: Whole,
    row: Whole,
    column: Whole,
    enter: Reals,
    leave: Reals,
    middle: Reals,
    east: Reals,
    south: Reals,
    faces: Reals,
    share: Reals,
    horizon: Bytes,
    crowns: Whole,
    views: Reals,
) -> None:
    """Add the views along some azimuths to `views` (10, rows, columns) and fill their `horizon` and `crowns`.

    horizon, crowns (n, rows, columns): the latter is left alone unless `crowned`.

    skyline (n, 4, block rows, block columns), far_crown (n, 3, ...): of the blocks, see skyline_kernels.far_skyline.
    shift (n, 2, 2, 2): for even and odd rows, see `see_skyline`. start, stop (n,): first and past the last cell of each
    azimuth's line in the neighbourhood; the first is the receiver's own. faces (n, 4), share: see above.
    """
    rows, columns = ground.shape
    for i in prange(rows):
        total = np.zeros((10, columns), np.float32)
        t = np.zeros(columns, np.float32)
        bands = np.zeros(columns, np.uint32)
        low = np.zeros(columns, np.float32)
        high = np.zeros(columns, np.float32)
        half = i >> 1
        across = np.float32(2.0) * resolution
        for d in range(start.size):
            sky = skyline[d]
            see_skyline(ground[i], sky[0, half], sky[1, half], sky[2, half], sky[3, half], shift[d, i & 1], t)
            if crowned:
                far = far_crown[d]
                see_far_trees(ground[i], far[0, half], far[1, half], far[2, half], shift[d, i & 1], across, high, low)
                note_crowns(low, high, bands)
            for n in range(start[d], stop[d]):
                a = i + row[n]
                if a < 0 or a >= rows:
                    break
                b = column[n]
                begin = max(0, -b)
                end = min(columns, columns - b)
                if end <= begin:
                    break
                if n > start[d]:
                    see_near(
                        ground[i, begin:end],
                        wall[a, begin + b : end + b],
                        plane[0, a, begin + b : end + b],
                        plane[1, a, begin + b : end + b],
                        plane[2, a, begin + b : end + b],
                        enter[n],
                        middle[n],
                        east[n],
                        south[n],
                        t[begin:end],
                    )
                for chunk in range(planted.shape[1]):
                    if planted[a, chunk]:
                        left = max(chunk * CHUNK, begin + b)
                        right = min(chunk * CHUNK + CHUNK, end + b)
                        if left < right:
                            see_trees(
                                ground[i, left - b : right - b],
                                top[a, left:right],
                                base[a, left:right],
                                enter[n],
                                leave[n],
                                bands[left - b : right - b],
                            )
            add_open_sky(faces[d], t, horizon[d, i], total)
            if crowned:
                take_crowns(faces[d], share, t, bands, crowns[d, i], total)
        for k in range(10):
            for j in range(columns):
                views[k, i, j] += total[k, j]
