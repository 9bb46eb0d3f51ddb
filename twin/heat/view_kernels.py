"""Loops over cells: what each cell sees along each azimuth, and the view factors of what is left free.

Lines run through the cells near by one by one, edge by edge. Farther off three levels of blocks look for all their
cells: blocks of 2, 4 and 8 cells look from their middles along lines through lattices of 1, 2 and 4 cells, and hand
what they see to the four blocks or cells in them. Columns lie in the lanes of the processor: every loop over j is one.

All arrays are given flat, with the place at which something begins in them: to cut a row out of an array costs more
than to look at it.

Symbols
    ground    elevation of those who look, m: blocks of 8, 4 and 2 cells and cells; see `places`
    looks     1 where anybody stands on open ground, else 0; as ground
    wall      (rows, columns)   elevation of roofs, m; far below everything on open ground
    plane     (3, rows, columns)   elevation of open ground, m (far below everything under roofs), and its slope to the
                                   east and to the south, m/m
    crowns, planted, bands      see crown_kernels
    seen      what the blocks or cells of a row see: t, and `SPAN` further q
    state     the same of all rows of blocks, after `rise`
    step, east, south           from a cell to a cell on its line, in flat arrays of cells; see rays.RayTable
    enter, leave, middle        one over the distance at which a line enters, leaves and is half-way through a cell, 1/m
    where, g, s, ...            places in flat arrays
    edges     see block_kernels
    t         tangent of an elevation angle
    q         one over the distance of what is seen there, 1/m; 0 where nothing is
    s         its sin2: equal steps of s are equal shares of a horizontal surface's view of one azimuth

Terrain is an inclined plane in each cell and counts at the middle of the line's way through it (a slope is no stair); a
building counts from the edge of its cell.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import uint32, uintp
from numpy.typing import NDArray

from twin.heat.crown_kernels import BANDS, CHUNK, march_trees
from twin.kernels import jit

Reals = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Whole = NDArray[Any]

WIDTH = 256
"""Columns of cells that are worked on together: what they look at stays in the fastest memory."""

TILE = 64
"""Columns of the largest blocks that one thread works on at a time."""

SPAN = 288
"""Between t and q of a row: room for a tile's blocks of any size and for `WIDTH` cells."""

STRIP = 8
"""Rows of the largest blocks that one thread works on at a time."""

HALO = 2
"""Blocks of every size that look from beyond the strip and the frame, so that all between has neighbours."""

FULL = 255.0
"""Horizon angles are kept as bytes: 255 is the zenith."""


@jit
def angle_of(y: np.float32) -> np.float32:
    """Arcus tangent of 0 <= y <= 1 within 2e-7: M. Abramowitz, I. Stegun (1964), 4.4.49."""
    q = y * y
    p = np.float32(0.0218612288) + q * np.float32(-0.0040540580)
    p = np.float32(0.0964200441) + q * (np.float32(-0.0559098861) + q * p)
    p = np.float32(0.1994653599) + q * (np.float32(-0.1390853351) + q * p)
    return y * (np.float32(0.9999993329) + q * (np.float32(-0.3332985605) + q * p))


@jit
def see_walls(
    wall: Reals, a: int, b: int, c: int, d: int, near: Reals, n: int, ground: Reals, g: int, seen: Reals, size: int
) -> None:
    """Raise the horizon of a row's cells to the walls in the cells at four offsets; near: see `enter`."""
    first = near[n]
    second = near[n + 1]
    third = near[n + 2]
    fourth = near[n + 3]
    for j in range(size):
        z = ground[uintp(g + j)]
        u = (wall[uintp(a + j)] - z) * first
        v = (wall[uintp(b + j)] - z) * second
        u = u if u > v else v
        w = (wall[uintp(c + j)] - z) * third
        v = (wall[uintp(d + j)] - z) * fourth
        w = w if w > v else v
        u = u if u > w else w
        t = seen[uintp(j)]
        seen[uintp(j)] = u if u > t else t


@jit
def see_slope(
    plane: Reals,
    a: int,
    part: int,
    middle: np.float32,
    east: np.float32,
    south: np.float32,
    ground: Reals,
    g: int,
    seen: Reals,
    size: int,
) -> None:
    """Raise the horizon of a row's cells to the open ground in the cells at one offset; part: size of one plane."""
    for j in range(size):
        level = plane[uintp(a + j)] + plane[uintp(a + part + j)] * east + plane[uintp(a + 2 * part + j)] * south
        hill = (level - ground[uintp(g + j)]) * middle
        t = seen[uintp(j)]
        seen[uintp(j)] = hill if hill > t else t


@jit
def see_edges(
    edges: Reals,
    a: int,
    b: int,
    c: int,
    d: int,
    near: Reals,
    n: int,
    least: np.float32,
    ground: Reals,
    g: int,
    seen: Reals,
    size: int,
) -> None:
    """Raise the horizon of a row's blocks to the edges at four offsets, if above `least`, and note which was raised."""
    first = near[n]
    second = near[n + 1]
    third = near[n + 2]
    fourth = near[n + 3]
    for j in range(size):
        z = ground[uintp(g + j)]
        u = (edges[uintp(a + j)] - z) * first
        v = (edges[uintp(b + j)] - z) * second
        p = first if u > v else second
        u = u if u > v else v
        w = (edges[uintp(c + j)] - z) * third
        v = (edges[uintp(d + j)] - z) * fourth
        r = third if w > v else fourth
        w = w if w > v else v
        p = p if u > w else r
        u = u if u > w else w
        t = seen[uintp(j)]
        q = seen[uintp(SPAN + j)]
        bar = t if t > least else least
        seen[uintp(SPAN + j)] = p if u > bar else q
        seen[uintp(j)] = u if u > bar else t


@jit
def march(
    row: int,
    column: int,
    edges: Reals,
    lattice: Whole,
    aside: bool,
    begin: int,
    end: int,
    rows: Whole,
    columns: Whole,
    near: Reals,
    least: np.float32,
    ground: Reals,
    g: int,
    seen: Reals,
    size: int,
) -> None:
    """Raise the horizon of the blocks of one row to all edges of a line.

    row, column: of the first block among all blocks of the plane. lattice (5,): where its edges begin, how many rows
    they have and half their columns, lattice row and column of the first; see block_kernels. rows, columns: from an
    even lattice row and column to an edge of the line, from `begin` to `end`, a multiple of 4.
    """
    last = lattice[1]
    half = lattice[2]
    start = lattice[0] + (0 if aside else 2 * (last + 1) * half) + column - (lattice[4] >> 1)
    above = 2 * row - lattice[3]
    for n in range(begin, end, 4):
        i = above + rows[n] if 0 <= above + rows[n] < last else last
        j = above + rows[n + 1] if 0 <= above + rows[n + 1] < last else last
        k = above + rows[n + 2] if 0 <= above + rows[n + 2] < last else last
        m = above + rows[n + 3] if 0 <= above + rows[n + 3] < last else last
        see_edges(
            edges,
            start + (2 * i + (columns[n] & 1)) * half + (columns[n] >> 1),
            start + (2 * j + (columns[n + 1] & 1)) * half + (columns[n + 1] >> 1),
            start + (2 * k + (columns[n + 2] & 1)) * half + (columns[n + 2] >> 1),
            start + (2 * m + (columns[n + 3] & 1)) * half + (columns[n + 3] >> 1),
            near,
            n,
            least,
            ground,
            g,
            seen,
            size,
        )


@jit
def rise(ground: Reals, g: int, seen: Reals, state: Reals, s: int, size: int) -> None:
    """Keep what a row's blocks see, as from elevation 0, so that it can be interpolated."""
    for j in range(size):
        q = seen[uintp(SPAN + j)]
        state[uintp(s + j)] = seen[uintp(j)] + ground[uintp(g + j)] * q
        state[uintp(s + SPAN + j)] = q


@jit
def hand_down(
    state: Reals,
    s: int,
    before_s: int,
    after_s: int,
    size: int,
    looks: Reals,
    before_g: int,
    after_g: int,
    towards: Reals,
    back: int,
    shift: Reals,
    h: int,
    ground: Reals,
    g: int,
    child: Reals,
    least: np.float32,
) -> None:
    """Give what a row's blocks see, after `rise`, to one row of the two by two smaller blocks in them.

    before, after: the neighbouring blocks, between which is interpolated. towards: from `back` on, how far, in blocks,
    the left and the right child stand towards the neighbour before, then after. shift: from `h` on, m that the left and
    the right child stand nearer to what is seen. g: of the children, who see nothing lower than `least`.
    child: what they see.
    """
    one = np.float32(1.0)
    quarter = np.float32(0.25)
    zero = np.float32(0.0)
    left = shift[h]
    right = shift[h + 1]
    left_back = towards[back]
    right_back = towards[back + 1]
    left_ahead = towards[back + 2]
    right_ahead = towards[back + 3]
    for j in range(size):
        # where nobody stands on one side, the change from the other side goes on, if both look at the same thing
        t = state[uintp(s + j)]
        q = state[uintp(s + SPAN + j)]
        t_before = t - state[uintp(before_s + j)]
        t_after = state[uintp(after_s + j)] - t
        to_before = q - state[uintp(before_s + SPAN + j)]
        to_after = state[uintp(after_s + SPAN + j)] - q
        b = looks[uintp(before_g + j)]
        a = looks[uintp(after_g + j)]
        only_b = b - b * a if abs(to_before) < quarter * q else zero
        only_a = a - b * a if abs(to_after) < quarter * q else zero
        behind = b * t_before + only_a * t_after
        beyond = a * t_after + only_b * t_before
        left_t = t - left_back * behind + left_ahead * beyond
        right_t = t - right_back * behind + right_ahead * beyond
        behind = b * to_before + only_a * to_after
        beyond = a * to_after + only_b * to_before
        p = q - left_back * behind + left_ahead * beyond
        o = q - right_back * behind + right_ahead * beyond
        # one division for both
        left_way = one - left * p
        right_way = one - right * o
        r = one / (left_way * right_way)
        left_t = (left_t - ground[uintp(g + 2 * j)] * p) * (r * right_way)
        right_t = (right_t - ground[uintp(g + 2 * j + 1)] * o) * (r * left_way)
        child[uintp(2 * j)] = left_t if left_t > least else least
        child[uintp(2 * j + 1)] = right_t if right_t > least else least
        child[uintp(SPAN + 2 * j)] = p * (r * right_way)
        child[uintp(SPAN + 2 * j + 1)] = o * (r * left_way)


@jit
def add_open_sky(
    near_face: np.float32,
    far_face: np.float32,
    looks: Reals,
    g: int,
    seen: Reals,
    s: int,
    horizon: Bytes,
    h: int,
    views: Reals,
    up_face: int,
    one_face: int,
    other_face: int,
    size: int,
) -> None:
    """Add the view of one azimuth above the horizon to the totals of three faces, and note the horizon.

    near_face, far_face: share of the azimuth in the view of the two vertical faces that it lies between, whose totals
    begin at `one_face` and `other_face`.
    """
    one = np.float32(1.0)
    half = np.float32(0.5)
    least = np.float32(1e-9)
    right = np.float32(0.5 * math.pi)
    for j in range(size):
        t = seen[uintp(s + j)]
        t = t if t > least else least
        # one division for 1 / (1 + t2) and 1 / t
        ratio = one / (t + t * (t * t))
        up = ratio * t
        inverse = ratio * (one + t * t)
        angle = angle_of(inverse if t > one else t)
        angle = right - angle if t > one else angle
        side = half * (right - angle - t * up)
        mark = looks[uintp(g + j)] * (angle * np.float32(2.0 / math.pi * FULL) + half)
        horizon[uintp(h + j)] = np.uint8(np.int32(mark))
        views[uintp(up_face + j)] += up
        views[uintp(one_face + j)] += near_face * side
        views[uintp(other_face + j)] += far_face * side


@jit
def take_crowns(
    near_face: np.float32,
    far_face: np.float32,
    share: Reals,
    seen: Reals,
    s: int,
    looks: Reals,
    g: int,
    bands: Whole,
    b: int,
    words: Whole,
    h: int,
    views: Reals,
    up_face: int,
    one_face: int,
    other_face: int,
    part: int,
    size: int,
) -> None:
    """Move what crowns hide above the horizon from the sky's part of the totals to theirs, and note it in `words`.

    part: from the sky's part to the crowns'. share (4, 256, 2): what the bands of each byte hide of a horizontal and of
    a vertical face's view.
    """
    one = np.float32(1.0)
    byte = uint32(255)
    right = np.float32(0.5 * math.pi)
    for j in range(size):
        if bands[b + j] == uint32(0) or looks[g + j] == np.float32(0.0):
            continue
        t = seen[s + j]
        up = one / (one + t * t)
        wall = uint32(np.int32(np.float32(BANDS) * (one - up) + np.float32(0.5)))
        left = bands[b + j] & ~((uint32(1) << wall) - uint32(1))
        if left == uint32(0):
            continue
        words[h + j] = left
        crown_up = crown_side = np.float32(0.0)
        for k in range(4):
            mask = (left >> uint32(8 * k)) & byte
            crown_up += share[k, mask, 0]
            crown_side += share[k, mask, 1]
        crown_up = min(crown_up, up)
        angle = right - angle_of(one / t) if t > one else angle_of(t)
        crown_side = min(crown_side, np.float32(0.5) * (right - angle - t * up))
        views[up_face + j] -= crown_up
        views[up_face + part + j] += crown_up
        views[one_face + j] -= near_face * crown_side
        views[one_face + part + j] += near_face * crown_side
        views[other_face + j] -= far_face * crown_side
        views[other_face + part + j] += far_face * crown_side


@jit
def add_views(
    number: int,
    blocks: Whole,
    window: Whole,
    margin: int,
    pitch: int,
    part: int,
    places: Whole,
    ground: Reals,
    looks: Reals,
    wall: Reals,
    plane: Reals,
    hills: Whole,
    step: Whole,
    row: Whole,
    column: Whole,
    meet: Reals,
    enter: Reals,
    leave: Reals,
    middle: Reals,
    east: Reals,
    south: Reals,
    line: Whole,
    edges: Reals,
    lattices: Whole,
    far_row: Whole,
    far_column: Whole,
    far_near: Reals,
    far_line: Whole,
    along_rows: Mask,
    shift: Reals,
    beyond: Reals,
    crowned: bool,
    crowns: Reals,
    planted: Whole,
    groves: Whole,
    open_before: Whole,
    tree_row: Whole,
    tree_column: Whole,
    tree_near: Reals,
    tree_far: Reals,
    tree_line: Whole,
    faces: Reals,
    share: Reals,
    horizon: Bytes,
    words: Whole,
    views: Reals,
) -> None:
    """Add the views of one part of the frame along some azimuths to `views` and fill their `horizon` and `words`.

    number: of the part, strips of `STRIP` rows of blocks in tiles of `TILE` columns. blocks (4,): row and column of the
    frame's first block, its rows and columns. window (4,): its first row and column in the frame, in cells, rows and
    columns. margin, pitch, part: cells around the frame in `wall` and `plane`, length of their rows, size of a plane.
    places (4, 2): for each size of blocks and for cells, where `ground` begins and the length of a row.
    """
    tiles = (blocks[3] + TILE - 1) // TILE
    top = number // tiles * STRIP
    side = number % tiles * TILE
    count = min(STRIP, blocks[2] - top)
    size = min(TILE, blocks[3] - side)
    here = window[2] * window[3]
    state_row = 2 * SPAN
    bases = np.zeros(4, np.int64)
    band_bases = np.zeros(4, np.int64)
    for level in range(3):
        bases[level + 1] = bases[level] + ((STRIP << level) + 2 * HALO) * state_row
        band_bases[level + 1] = band_bases[level] + (STRIP << level) * (SPAN + 2 * CHUNK)
    state = np.zeros(bases[3], np.float32)
    seen = np.zeros(2 * SPAN, np.float32)
    bands = np.zeros(band_bases[3] + SPAN + 2 * CHUNK if crowned else 0, np.uint32)
    # how far the left and the right child stand before and after: aside; the upper row; the lower row
    towards = np.zeros(12, np.float32)
    towards[0] = towards[3] = towards[4] = towards[5] = towards[10] = towards[11] = np.float32(0.25)
    for d in range(along_rows.size):
        aside = along_rows[d]
        halo = 0 if aside else HALO
        one_face = 0 if faces[d, 0] > faces[d, 2] else 2
        other_face = 1 if faces[d, 1] > faces[d, 3] else 3
        for level in range(4):
            scale = 1 << level
            cells = level == 3
            around = 0 if cells else min(halo, 1) if level == 2 else halo
            first = side * 8
            end = (side + size) * 8
            if cells:
                first = max(first, window[1])
                end = min(end, window[1] + window[3])
                first -= first & 1
            width = WIDTH if cells else (size + 2 * HALO) * scale
            for a in range(first if cells else 0, end if cells else width, width):
                for r in range(-around, count * scale + around):
                    i = top * scale + r
                    if cells:
                        k = i - window[0]
                        if k < 0 or k >= window[2]:
                            continue
                        many = min(WIDTH, end - a)
                        g = places[3, 0] + i * places[3, 1] + a
                        parent = (a - side * 8) // 2 + 4 * HALO
                    else:
                        many = width
                        g = places[level, 0] + (i + HALO * scale) * places[level, 1] + side * scale + 1
                        parent = 0
                    if level == 0:
                        for j in range(many):
                            seen[j] = beyond[d, i + HALO, side + j]
                            seen[SPAN + j] = np.float32(0.0)
                    else:
                        p = bases[level - 1] + ((r >> 1) + HALO) * state_row + 1 + parent
                        look = places[level - 1, 0] + side * (scale // 2) + 1 + parent
                        look += ((i >> 1) + HALO * (scale // 2)) * places[level - 1, 1]
                        away = 1 if aside else state_row
                        off = 1 if aside else places[level - 1, 1]
                        hand_down(
                            state,
                            p,
                            p - away,
                            p + away,
                            (many + 1) // 2,
                            looks,
                            look - off,
                            look + off,
                            towards,
                            0 if aside else 4 + 4 * (r & 1),
                            shift,
                            (((level - 1) * along_rows.size + d) * 2 + (r & 1)) * 2,
                            ground,
                            g,
                            seen,
                            np.float32(0.0) if cells else np.float32(-1e30),
                        )
                    if not cells:
                        for kind in range(2 if level == 2 else 1):
                            march(
                                blocks[0] * scale + i,
                                (blocks[1] + side - HALO) * scale,
                                edges,
                                lattices[level + kind],
                                aside,
                                far_line[level + kind, d, 0],
                                far_line[level + kind, d, 1],
                                far_row,
                                far_column,
                                far_near,
                                np.float32(-1e30) if kind == 0 else np.float32(0.0),
                                ground,
                                g,
                                seen,
                                many,
                            )
                        rise(ground, g, seen, state, bases[level] + (r + HALO) * state_row + 1, many)
                    else:
                        o = (i + margin) * pitch + margin + a
                        for n in range(line[d, 0] + 1, line[d, 1], 4):
                            see_walls(
                                wall,
                                o + step[n],
                                o + step[n + 1],
                                o + step[n + 2],
                                o + step[n + 3],
                                meet,
                                n,
                                ground,
                                g,
                                seen,
                                many,
                            )
                        for n in range(line[d, 0] + 1, line[d, 0] + 1 + hills[d]):
                            see_slope(plane, o + step[n], part, middle[n], east[n], south[n], ground, g, seen, many)
                        skip = max(window[1] - a, 0)
                        h = (d * window[2] + k) * window[3] + a + skip - window[1]
                        v = k * window[3] + a + skip - window[1]
                        add_open_sky(
                            faces[d, one_face],
                            faces[d, other_face],
                            looks,
                            g + skip,
                            seen,
                            skip,
                            horizon,
                            h,
                            views,
                            v,
                            v + (2 + 2 * one_face) * here,
                            v + (2 + 2 * other_face) * here,
                            many - skip,
                        )
                    if not crowned or r < 0 or r >= count * scale:
                        continue
                    b = band_bases[level] + (0 if cells else r) * (SPAN + 2 * CHUNK) + CHUNK
                    if level == 0:
                        for j in range(many):
                            bands[b + j] = uint32(0)
                    else:
                        p = band_bases[level - 1] + (r >> 1) * (SPAN + 2 * CHUNK) + CHUNK + parent
                        for j in range(many):
                            bands[b + j] = bands[p + (j >> 1)]
                    march_trees(
                        i + margin if cells else (blocks[0] * scale + i) * 2 - lattices[level, 3],
                        a + margin if cells else (blocks[1] + side - HALO) * scale - (lattices[level, 4] >> 1),
                        not cells,
                        crowns,
                        planted,
                        groves[level],
                        line[d, 0] if cells else tree_line[level, d, 0],
                        line[d, 1] if cells else tree_line[level, d, 1],
                        row if cells else tree_row,
                        column if cells else tree_column,
                        enter if cells else tree_near,
                        leave if cells else tree_far,
                        ground,
                        g,
                        open_before,
                        g,
                        bands,
                        b,
                        many,
                    )
                    if cells:
                        take_crowns(
                            faces[d, one_face],
                            faces[d, other_face],
                            share,
                            seen,
                            skip,
                            looks,
                            g + skip,
                            bands,
                            b + skip,
                            words,
                            h,
                            views,
                            v,
                            v + (2 + 2 * one_face) * here,
                            v + (2 + 2 * other_face) * here,
                            here,
                            many - skip,
                        )
