"""Kernel behind `twin.export.terrain_tin`: where a hierarchy of right triangles must be split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.kernels import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Symbols and shapes
#   ground      (rows, columns)  elevation at the cell centres [m], NaN where unknown
#   row_of      (m+1,)  row of the grid for each row of the hierarchy; 0 to rows - 1, then the last again
#   column_of   (n+1,)  the same for columns
#   block       power of two: size of the largest squares; m and n are multiples of it
#   tolerance   largest vertical distance of a centre from the triangle that holds it [m]
#   split       (m+1, n+1)  zero on entry; 1 where a triangle with this middle of its longest side must be split


@jit
def strays(ground: Floats, tolerance: float, r0: int, c0: int, r1: int, c1: int, r2: int, c2: int) -> bool:
    """Tell whether a triangle of three centres must not stay whole.

    It must not if a centre inside or on its edges lies farther from its plane than the tolerance, or if some but not
    all of these centres are known. One without an area, at the edge of the grid, holds nothing.
    """
    area = (c1 - c0) * (r2 - r0) - (c2 - c0) * (r1 - r0)
    if area == 0:
        return False
    turn = 1 if area > 0 else -1
    z0, z1, z2 = ground[r0, c0] / area, ground[r1, c1] / area, ground[r2, c2] / area
    known = ground[r0, c0] == ground[r0, c0]
    for r in range(min(r0, r1, r2), max(r0, r1, r2) + 1):
        for c in range(min(c0, c1, c2), max(c0, c1, c2) + 1):
            w0 = (c1 - c) * (r2 - r) - (c2 - c) * (r1 - r)
            w1 = (c2 - c) * (r0 - r) - (c0 - c) * (r2 - r)
            w2 = area - w0 - w1
            if w0 * turn < 0 or w1 * turn < 0 or w2 * turn < 0:
                continue
            z = ground[r, c]
            if (z == z) != known or abs(w0 * z0 + w1 * z1 + w2 * z2 - z) > tolerance:
                return True
    return False


@jit
def mark_splits(
    ground: Floats, row_of: Integers, column_of: Integers, block: int, tolerance: float, split: NDArray[np.uint8]
) -> None:
    """Mark, from the smallest triangles up, which must be split, so that a triangle is split before its parts are.

    A square of size s is cut in two along a diagonal, each half in two at the square's centre, these at the middle of
    a side of the square; that gives the halves of squares of size s/2, whose diagonals meet at the centre. Two
    triangles share each of these middles, and both are split or none: no cracks.
    """
    m, n = split.shape[0] - 1, split.shape[1] - 1
    size = 2
    while size <= block:
        half, quarter = size // 2, size // 4
        for i in range(0, m + 1, half):
            level = (i // half) % 2 == 0  # the side runs along a row
            for j in range(half if level else 0, n + 1, size):
                need = False
                if quarter > 0:
                    for di in (-quarter, quarter):
                        for dj in (-quarter, quarter):
                            if 0 <= i + di <= m and 0 <= j + dj <= n and split[i + di, j + dj]:
                                need = True
                di, dj = (0, half) if level else (half, 0)
                for way in (-1, 1):
                    apex_i, apex_j = i + way * dj, j + way * di
                    if not need and 0 <= apex_i <= m and 0 <= apex_j <= n:
                        need = strays(
                            ground, tolerance, row_of[i - di], column_of[j - dj], row_of[i + di], column_of[j + dj],
                            row_of[apex_i], column_of[apex_j],
                        )  # fmt: skip
                split[i, j] = need
        for i in range(half, m, size):
            for j in range(half, n, size):
                need = (split[i - half, j] | split[i + half, j] | split[i, j - half] | split[i, j + half]) != 0
                if not need:
                    # the diagonal ends at the corner that is an odd multiple of the size both ways
                    odd_i = i - half if ((i - half) // size) % 2 else i + half
                    odd_j = j - half if ((j - half) // size) % 2 else j + half
                    ro, re = row_of[odd_i], row_of[2 * i - odd_i]
                    co, ce = column_of[odd_j], column_of[2 * j - odd_j]
                    need = strays(ground, tolerance, ro, co, re, ce, ro, ce) or strays(
                        ground, tolerance, ro, co, re, ce, re, co
                    )
                split[i, j] = need
        size *= 2
