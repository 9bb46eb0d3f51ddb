"""Loops over cells: what each cell sees along each azimuth, and the view factors of what is left free.

Lines run through the cells near by one by one, edge by edge. Farther off three levels of blocks look for all their
cells: blocks of 2, 4 and 8 cells look from their middles along lines through lattices of 1, 2 and 4 cells, and hand
what they see to the four blocks or cells in them. Columns lie in the lanes of the processor: every loop over j is one.

Symbols
    ground    (rows, columns)   elevation of the receivers' ground, m
    wall      (rows + 1, columns)   elevation of roofs, m; far below everything on open ground; the last row is empty
    plane     (3, rows + 1, columns)   elevation of open ground, m (far below everything under roofs), and its slope to
                                       the east and to the south, m/m
    top, base (rows, columns)   elevation of crown top and base, m; top = base where no tree stands
    planted   (rows, chunks)    whether a tree stands in a chunk of `CHUNK` columns of a row
    row, column, east, south    see rays.RayTable
    enter, leave, middle        one over the distance at which a line enters, leaves and is half-way through a cell, 1/m
    edges     see block_kernels
    t         tangent of an elevation angle
    q         one over the distance of what is seen there, 1/m; 0 where nothing is
    s         its sin2: equal steps of s are equal shares of a horizontal surface's view of one azimuth
    bands     steps of s that crowns cover, one bit each

Terrain is an inclined plane in each cell and counts at the middle of the line's way through it (a slope is no stair); a
building counts from the edge of its cell. A crown is the box between base and top over the whole cell.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import uint32
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

WIDTH = 512
"""Columns of a row that are worked on together: a dozen rows of them stay in the fastest memory."""

STRIP = 8
"""Rows of the largest blocks that one thread works on at a time."""

HALO = 2
"""Blocks of every size that look from beyond the strip and the frame, so that all between has neighbours."""

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
def see_walls(ground: Reals, a: Reals, b: Reals, c: Reals, d: Reals, near: Reals, t: Reals) -> None:
    """Raise the horizon `t` of a row's cells to the walls in the cells at four offsets; near (4,): see `enter`."""
    first = near[0]
    second = near[1]
    third = near[2]
    fourth = near[3]
    for j in range(t.size):
        z = ground[j]
        u = (a[j] - z) * first
        v = (b[j] - z) * second
        u = u if u > v else v
        w = (c[j] - z) * third
        v = (d[j] - z) * fourth
        w = w if w > v else v
        u = u if u > w else w
        t[j] = u if u > t[j] else t[j]


@jit
def see_slope(
    ground: Reals,
    level: Reals,
    to_east: Reals,
    to_south: Reals,
    middle: np.float32,
    east: np.float32,
    south: np.float32,
    t: Reals,
) -> None:
    """Raise the horizon `t` of a row's cells to the open ground in the cells at one offset."""
    for j in range(t.size):
        hill = (level[j] + to_east[j] * east + to_south[j] * south - ground[j]) * middle
        t[j] = hill if hill > t[j] else t[j]


@jit
def see_edges(ground: Reals, a: Reals, b: Reals, c: Reals, d: Reals, near: Reals, t: Reals, q: Reals) -> None:
    """Raise the horizon `t` of a row's blocks to the edges at four offsets, and note one over their distance, `q`."""
    first = near[0]
    second = near[1]
    third = near[2]
    fourth = near[3]
    for j in range(t.size):
        z = ground[j]
        u = (a[j] - z) * first
        v = (b[j] - z) * second
        p = first if u > v else second
        u = u if u > v else v
        w = (c[j] - z) * third
        v = (d[j] - z) * fourth
        r = third if w > v else fourth
        w = w if w > v else v
        p = p if u > w else r
        u = u if u > w else w
        q[j] = p if u > t[j] else q[j]
        t[j] = u if u > t[j] else t[j]


@jit
def march(
    row: int,
    column: int,
    edges: Reals,
    first: Whole,
    rows: Whole,
    columns: Whole,
    near: Reals,
    ground: Reals,
    t: Reals,
    q: Reals,
) -> None:
    """Raise the horizon of the blocks of one row, `t` and `q`, to all edges of a line.

    row, column: of the first block among all blocks of the plane. edges (rows + 1, 2, columns / 2), first: see
    block_kernels. rows, columns (n,): from an even lattice row and column to an edge of the line; n is a multiple of 4.
    """
    last = edges.shape[0] - 1
    size = t.size
    above = 2 * row - first[0]
    for n in range(0, rows.size, 4):
        i = above + rows[n] if 0 <= above + rows[n] < last else last
        j = above + rows[n + 1] if 0 <= above + rows[n + 1] < last else last
        k = above + rows[n + 2] if 0 <= above + rows[n + 2] < last else last
        m = above + rows[n + 3] if 0 <= above + rows[n + 3] < last else last
        left = column - (first[1] >> 1)
        a = left + (columns[n] >> 1)
        b = left + (columns[n + 1] >> 1)
        c = left + (columns[n + 2] >> 1)
        d = left + (columns[n + 3] >> 1)
        see_edges(
            ground,
            edges[i, columns[n] & 1, a : a + size],
            edges[j, columns[n + 1] & 1, b : b + size],
            edges[k, columns[n + 2] & 1, c : c + size],
            edges[m, columns[n + 3] & 1, d : d + size],
            near[n : n + 4],
            t,
            q,
        )


@jit
def rise(ground: Reals, q: Reals, t: Reals) -> None:
    """Turn tangents `t` into those of receivers at elevation 0, which can be interpolated."""
    for j in range(t.size):
        t[j] += ground[j] * q[j]


@jit
def hand_down(
    t: Reals,
    q: Reals,
    before_t: Reals,
    before_q: Reals,
    before: Reals,
    after_t: Reals,
    after_q: Reals,
    after: Reals,
    back: Reals,
    ahead: Reals,
    shift: Reals,
    ground: Reals,
    child_t: Reals,
    child_q: Reals,
) -> None:
    """Give what a row's blocks see, `t` after `rise` and `q`, to one row of the two by two smaller blocks in them.

    before, after: 1 where somebody stands in the neighbouring block, else 0. back, ahead (2,): how far, in blocks, the
    left and the right child stand towards the neighbour before and after. shift (2,): m that the left and the right
    child stand nearer to what is seen. ground: of the children.
    """
    one = np.float32(1.0)
    quarter = np.float32(0.25)
    zero = np.float32(0.0)
    left = shift[0]
    right = shift[1]
    left_back = back[0]
    right_back = back[1]
    left_ahead = ahead[0]
    right_ahead = ahead[1]
    for j in range(t.size):
        # where nobody stands on one side, the change from the other side goes on, if both look at the same thing
        to_before = q[j] - before_q[j]
        to_after = after_q[j] - q[j]
        b = before[j]
        a = after[j]
        only_b = b - b * a if abs(to_before) < quarter * q[j] else zero
        only_a = a - b * a if abs(to_after) < quarter * q[j] else zero
        behind = b * (t[j] - before_t[j]) + only_a * (after_t[j] - t[j])
        beyond = a * (after_t[j] - t[j]) + only_b * (t[j] - before_t[j])
        left_t = t[j] - left_back * behind + left_ahead * beyond
        right_t = t[j] - right_back * behind + right_ahead * beyond
        behind = b * to_before + only_a * to_after
        beyond = a * to_after + only_b * to_before
        p = q[j] - left_back * behind + left_ahead * beyond
        r = one / (one - left * p)
        child_t[2 * j] = (left_t - ground[2 * j] * p) * r
        child_q[2 * j] = p * r
        p = q[j] - right_back * behind + right_ahead * beyond
        r = one / (one - right * p)
        child_t[2 * j + 1] = (right_t - ground[2 * j + 1] * p) * r
        child_q[2 * j + 1] = p * r


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
def march_trees(
    row: int,
    column: int,
    crowns: Reals,
    planted: Mask,
    first: Whole,
    rows: Whole,
    columns: Whole,
    near: Reals,
    far: Reals,
    ground: Reals,
    bands: Whole,
) -> None:
    """Add the crowns in all lattice cells of a line to the `bands` of the blocks of one row; see `march`.

    crowns (2, rows, 2, columns / 2): top and base. planted (rows, 2, chunks): whether a crown stands in a chunk.
    """
    for n in range(rows.size):
        place = 2 * row + rows[n] - first[0]
        if place < 0 or place >= crowns.shape[1]:
            continue
        side = columns[n] & 1
        left = column - (first[1] >> 1) + (columns[n] >> 1)
        for chunk in range(left // CHUNK, (left + bands.size - 1) // CHUNK + 1):
            if planted[place, side, chunk]:
                begin = max(chunk * CHUNK, left)
                end = min(chunk * CHUNK + CHUNK, left + bands.size)
                see_trees(
                    ground[begin - left : end - left],
                    crowns[0, place, side, begin:end],
                    crowns[1, place, side, begin:end],
                    near[n],
                    far[n],
                    bands[begin - left : end - left],
                )


@jit
def add_open_sky(
    near_face: np.float32,
    far_face: np.float32,
    opened: Reals,
    t: Reals,
    horizon: Bytes,
    up_total: Reals,
    near_total: Reals,
    far_total: Reals,
) -> None:
    """Add the view of one azimuth above the horizon `t` to the totals of three faces, and note the horizon.

    near_face, far_face: share of the azimuth in the view of the two vertical faces that it lies between. opened: 1 on
    open ground, 0 elsewhere.
    """
    one = np.float32(1.0)
    half = np.float32(0.5)
    for j in range(t.size):
        h = angle_of(t[j])
        up = one / (one + t[j] * t[j])
        side = half * (np.float32(0.5 * math.pi) - h - t[j] * up)
        horizon[j] = np.uint8(opened[j] * (h * np.float32(2.0 / math.pi * FULL) + half))
        up_total[j] += up
        near_total[j] += near_face * side
        far_total[j] += far_face * side


@jit
def take_crowns(faces: Reals, share: Reals, t: Reals, opened: Reals, bands: Whole, crowns: Whole, total: Reals) -> None:
    """Move what crowns hide above the horizon `t` from the sky's part of `total` to theirs, and note it in `crowns`.

    share (4, 256, 2): what the bands of each byte hide of a horizontal and of a vertical face's view.
    """
    one = np.float32(1.0)
    byte = uint32(255)
    for j in range(t.size):
        if bands[j] == uint32(0) or opened[j] == np.float32(0.0):
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


@jit
def look_near(
    i: int,
    left: int,
    margin: int,
    ground: Reals,
    wall: Reals,
    plane: Reals,
    hills: int,
    row: Whole,
    column: Whole,
    enter: Reals,
    middle: Reals,
    east: Reals,
    south: Reals,
    t: Reals,
) -> None:
    """Raise the horizon `t` of cells of row `i`, from column `left` on, to the cells near by along one azimuth.

    wall, plane: `margin` cells larger on all sides. row to south (n,): of the azimuth; n is a multiple of 4. hills: in
    so many of them the ground is looked at as well.
    """
    size = t.size
    for n in range(0, row.size, 4):
        a = left + margin + column[n]
        b = left + margin + column[n + 1]
        c = left + margin + column[n + 2]
        d = left + margin + column[n + 3]
        see_walls(
            ground,
            wall[i + margin + row[n], a : a + size],
            wall[i + margin + row[n + 1], b : b + size],
            wall[i + margin + row[n + 2], c : c + size],
            wall[i + margin + row[n + 3], d : d + size],
            enter[n : n + 4],
            t,
        )
    for n in range(hills):
        a = left + margin + column[n]
        place = i + margin + row[n]
        see_slope(
            ground,
            plane[0, place, a : a + size],
            plane[1, place, a : a + size],
            plane[2, place, a : a + size],
            middle[n],
            east[n],
            south[n],
            t,
        )


@jit
def see_near_trees(
    place: int,
    left: int,
    crowns: Reals,
    planted: Mask,
    row: Whole,
    column: Whole,
    enter: Reals,
    leave: Reals,
    ground: Reals,
    bands: Whole,
) -> None:
    """Add the crowns in the cells near by along one azimuth to the `bands` of cells of a row.

    place, left: of the first of them in `crowns` (2, rows, columns), top and base, and in `planted` (rows, chunks).
    """
    for n in range(row.size):
        a = left + column[n]
        for chunk in range(a // CHUNK, (a + bands.size - 1) // CHUNK + 1):
            if planted[place + row[n], chunk]:
                begin = max(chunk * CHUNK, a)
                end = min(chunk * CHUNK + CHUNK, a + bands.size)
                see_trees(
                    ground[begin - a : end - a],
                    crowns[0, place + row[n], begin:end],
                    crowns[1, place + row[n], begin:end],
                    enter[n],
                    leave[n],
                    bands[begin - a : end - a],
                )


@jit
def twice(bands: Whole, child: Whole) -> None:
    """Give each two children of a row's blocks what the block sees of crowns."""
    for j in range(bands.size):
        child[2 * j] = bands[j]
        child[2 * j + 1] = bands[j]


@jit
def hand_down_row(
    r: int,
    aside: bool,
    begin: int,
    size: int,
    t: Reals,
    q: Reals,
    looks: Reals,
    towards: Reals,
    shift: Reals,
    ground: Reals,
    child_t: Reals,
    child_q: Reals,
) -> None:
    """Give row `r` of the smaller blocks what the blocks see that hold them, and their neighbours aside of the line.

    aside: neighbours stand to the left and right, else above and below. t, q, looks: rows of the blocks from the one
    `HALO` above the strip's first on. begin, size: blocks of a row. towards (4, 2): see `back` and `ahead` in
    `hand_down`, for neighbours aside; then for children that all, and that none, stand towards a neighbour.
    shift (2, 2): for upper and lower children.
    """
    p = (r >> 1) + HALO
    end = begin + size
    above = p
    below = p
    before = begin
    after = begin
    if aside:
        before -= 1
        after += 1
        back = towards[0]
        ahead = towards[1]
    elif r & 1:
        above -= 1
        below += 1
        back = towards[3]
        ahead = towards[2]
    else:
        above -= 1
        below += 1
        back = towards[2]
        ahead = towards[3]
    hand_down(
        t[p, begin:end],
        q[p, begin:end],
        t[above, before : before + size],
        q[above, before : before + size],
        looks[above, before : before + size],
        t[below, after : after + size],
        q[below, after : after + size],
        looks[below, after : after + size],
        back,
        ahead,
        shift[r & 1],
        ground,
        child_t,
        child_q,
    )


@jit
def add_views(
    strip: int,
    blocks: Whole,
    window: Whole,
    margin: int,
    ground: Reals,
    opened: Reals,
    wall: Reals,
    plane: Reals,
    hills: Whole,
    row: Whole,
    column: Whole,
    enter: Reals,
    leave: Reals,
    middle: Reals,
    east: Reals,
    south: Reals,
    line: Whole,
    grounds: Any,
    looks: Any,
    edges: Any,
    first: Whole,
    far_row: Whole,
    far_column: Whole,
    far_near: Reals,
    far_line: Whole,
    along_rows: Mask,
    shift: Reals,
    beyond: Reals,
    crowned: bool,
    crowns: Reals,
    planted: Mask,
    far_crowns: Any,
    far_planted: Any,
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
    """Add the views along some azimuths to `views` (10, rows, columns) and fill their `horizon` and `words`."""
    size = blocks[3]
    left = window[1]
    columns = views.shape[2]
    count = min(STRIP, blocks[2] - strip * STRIP)
    t0 = np.zeros((count + 2 * HALO, size + 2 * HALO + 2), np.float32)
    q0 = np.zeros((count + 2 * HALO, size + 2 * HALO + 2), np.float32)
    t1 = np.zeros((2 * count + 2 * HALO, 2 * (size + 2 * HALO) + 2), np.float32)
    q1 = np.zeros((2 * count + 2 * HALO, 2 * (size + 2 * HALO) + 2), np.float32)
    t2 = np.zeros((4 * count + 2 * HALO, 4 * (size + 2 * HALO) + 2), np.float32)
    q2 = np.zeros((4 * count + 2 * HALO, 4 * (size + 2 * HALO) + 2), np.float32)
    wide = size + 2 * HALO if crowned else 0
    ts = (t0, t1, t2)
    qs = (q0, q1, q2)
    t = np.empty(8 * size, np.float32)
    q = np.empty(8 * size, np.float32)
    bands = (
        np.zeros((count, wide), np.uint32),
        np.zeros((2 * count, 2 * wide), np.uint32),
        np.zeros((4 * count, 4 * wide), np.uint32),
    )
    towards = np.zeros((4, 2), np.float32)
    towards[0, 0] = towards[1, 1] = towards[2, 0] = towards[2, 1] = np.float32(0.25)
    near_bands = np.zeros(8 * size, np.uint32)
    for d in range(along_rows.size):
        aside = along_rows[d]
        halo = 0 if aside else HALO
        one_face = 0 if faces[d, 0] > faces[d, 2] else 2
        other_face = 1 if faces[d, 1] > faces[d, 3] else 3
        for level in range(3):
            scale = 1 << level
            base = (strip * STRIP + HALO) * scale
            around = min(halo, 1) if level == 2 else halo
            for r in range(-around, count * scale + around):
                begin = far_line[level, d, 0]
                end = far_line[level, d, 1]
                tr = ts[level][r + HALO]
                qr = qs[level][r + HALO]
                if level == 0:
                    for j in range(size + 2 * HALO):
                        tr[j + 1] = beyond[d, base + r, j]
                        qr[j + 1] = np.float32(0.0)
                else:
                    hand_down_row(
                        r,
                        aside,
                        1,
                        (size + 2 * HALO) * (scale // 2),
                        ts[level - 1],
                        qs[level - 1],
                        looks[level - 1][base // 2 - HALO :],
                        towards,
                        shift[level - 1, d],
                        grounds[level][base + r, 1:-1],
                        tr[1:-1],
                        qr[1:-1],
                    )
                march(
                    (blocks[0] + strip * STRIP) * scale + r,
                    (blocks[1] - HALO) * scale,
                    edges[level][0 if aside else 1],
                    first[level],
                    far_row[begin:end],
                    far_column[begin:end],
                    far_near[begin:end],
                    grounds[level][base + r, 1:-1],
                    tr[1:-1],
                    qr[1:-1],
                )
                if level == 2:
                    begin = far_line[3, d, 0]
                    end = far_line[3, d, 1]
                    march(
                        (blocks[0] + strip * STRIP) * scale + r,
                        (blocks[1] - HALO) * scale,
                        edges[3][0 if aside else 1],
                        first[3],
                        far_row[begin:end],
                        far_column[begin:end],
                        far_near[begin:end],
                        grounds[level][base + r, 1:-1],
                        tr[1:-1],
                        qr[1:-1],
                    )
                rise(grounds[level][base + r], qr, tr)
            for r in range(count * scale if crowned else 0):
                begin = tree_line[level, d, 0]
                end = tree_line[level, d, 1]
                if level == 0:
                    for j in range(size + 2 * HALO):
                        bands[0][r, j] = uint32(0)
                else:
                    twice(bands[level - 1][r >> 1], bands[level][r])
                march_trees(
                    (blocks[0] + strip * STRIP) * scale + r,
                    (blocks[1] - HALO) * scale,
                    far_crowns[level],
                    far_planted[level],
                    first[level],
                    tree_row[begin:end],
                    tree_column[begin:end],
                    tree_near[begin:end],
                    tree_far[begin:end],
                    grounds[level][base + r, 1:-1],
                    bands[level][r],
                )
        begin = line[d, 0]
        end = line[d, 1]
        for r in range(8 * count):
            i = 8 * strip * STRIP + r
            k = i - window[0]
            if k < 0 or k >= views.shape[1]:
                continue
            hand_down_row(
                r,
                aside,
                1 + 4 * HALO,
                4 * size,
                t2,
                q2,
                looks[2][4 * (strip * STRIP + HALO) - HALO :],
                towards,
                shift[2, d],
                ground[i],
                t,
                q,
            )
            for j in range(t.size):
                t[j] = t[j] if t[j] > np.float32(0.0) else np.float32(0.0)
            if crowned:
                twice(bands[2][r >> 1, 4 * HALO : -4 * HALO], near_bands)
            for a in range(0, columns, WIDTH):
                b = min(a + WIDTH, columns)
                look_near(
                    i,
                    left + a,
                    margin,
                    ground[i, left + a : left + b],
                    wall,
                    plane,
                    hills[d],
                    row[begin + 1 : end],
                    column[begin + 1 : end],
                    enter[begin + 1 : end],
                    middle[begin + 1 : end],
                    east[begin + 1 : end],
                    south[begin + 1 : end],
                    t[left + a : left + b],
                )
                add_open_sky(
                    faces[d, one_face],
                    faces[d, other_face],
                    opened[i, left + a : left + b],
                    t[left + a : left + b],
                    horizon[d, k, a:b],
                    views[0, k, a:b],
                    views[2 + 2 * one_face, k, a:b],
                    views[2 + 2 * other_face, k, a:b],
                )
                if crowned:
                    see_near_trees(
                        i + margin,
                        left + a + margin,
                        crowns,
                        planted,
                        row[begin:end],
                        column[begin:end],
                        enter[begin:end],
                        leave[begin:end],
                        ground[i, left + a : left + b],
                        near_bands[left + a : left + b],
                    )
                    take_crowns(
                        faces[d],
                        share,
                        t[left + a : left + b],
                        opened[i, left + a : left + b],
                        near_bands[left + a : left + b],
                        words[d, k, a:b],
                        views[:, k, a:b],
                    )
