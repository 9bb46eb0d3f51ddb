"""Loops along lines of sight: the crowns on them, noted in bands.

Arrays are flat and columns lie in the lanes of the processor, as in view_kernels, whose words hold here too.

Symbols
    crowns    (2, rows, columns)   elevation of crown top and base, m; top = base where no tree stands; of cells, then
                                   of lattices, their even columns before the odd ones; see `groves`
    planted   (rows, chunks + 1)   for each chunk of `CHUNK` columns of a row: from it on, the next with a tree
    enter, leave, near, far     one over the distance at which a line enters and leaves a cell, 1/m
    bands     steps of the sin2 of an elevation angle that crowns cover, one bit each: equal steps are equal shares of a
              horizontal surface's view of one azimuth

A crown is the box between base and top over the whole cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint32, uintp
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Whole = NDArray[Any]

BANDS = 31
"""Steps of equal s in which crowns are noted: one less than a word has bits, so that no shift is as long as a word."""

CHUNK = 16
"""Columns that are looked at for trees together: one step of the processor's widest lanes."""


@jit
def bands_between(low: np.float32, high: np.float32) -> Any:
    """Return the bands from tangent `low` to tangent `high`; none if `high` is the lower."""
    one = np.float32(1.0)
    half = np.float32(0.5)
    a = low * low
    b = high * high
    share = np.float32(BANDS) / ((one + a) * (one + b))
    first = uint32(np.int32(a * (one + b) * share + half))
    last = uint32(np.int32(b * (one + a) * share + half))
    return ((uint32(1) << last) - uint32(1)) & ~((uint32(1) << first) - uint32(1))


@jit
def see_trees(
    crowns: Reals,
    c: int,
    part: int,
    enter: np.float32,
    leave: np.float32,
    ground: Reals,
    g: int,
    bands: Whole,
    b: int,
) -> None:
    """Add the crowns in a chunk of cells to the `bands` of the cells or blocks of a row that look at them.

    part: from tops to bases.
    """
    zero = np.float32(0.0)
    for j in range(CHUNK):
        top = crowns[uintp(c + j)]
        base = crowns[uintp(c + part + j)]
        z = ground[uintp(g + j)]
        high = (top - z) * enter
        high = high if high > zero and top > base else zero
        low = (base - z) * leave
        low = low if low > zero else zero
        bands[uintp(b + j)] |= bands_between(low, high)


@jit
def march_trees(
    place: int,
    column: int,
    lattice: bool,
    crowns: Reals,
    planted: Whole,
    grove: Whole,
    begin: int,
    end: int,
    rows: Whole,
    columns: Whole,
    near: Reals,
    far: Reals,
    ground: Reals,
    g: int,
    open_before: Whole,
    opened: int,
    bands: Whole,
    b: int,
    size: int,
) -> None:
    """Add the crowns in all cells, or lattice cells, of a line to the `bands` of the cells or blocks of one row.

    place, column: of the first of them in the grove. grove (4,): where its crowns begin and its chunks, rows, chunks
    of a row. open_before: from `opened` on, how many of the row before this one stand on open ground.
    """
    part = grove[2] * grove[3] * CHUNK
    for n in range(begin, end):
        row = place + rows[n]
        left = column + columns[n]
        if lattice:
            row = 2 * row + (columns[n] & 1)
            left = column + (columns[n] >> 1)
        if row < 0 or row >= grove[2]:
            continue
        flags = grove[1] + row * (grove[3] + 1)
        end_chunk = (left + size - 1) // CHUNK
        chunk = planted[flags + left // CHUNK]
        while chunk <= end_chunk:
            j = chunk * CHUNK - left
            if open_before[opened + min(j + CHUNK, size)] != open_before[opened + max(j, 0)]:
                see_trees(
                    crowns,
                    grove[0] + (row * grove[3] + chunk) * CHUNK,
                    part,
                    near[n],
                    far[n],
                    ground,
                    g + j,
                    bands,
                    b + j,
                )
            chunk = planted[flags + chunk + 1]
