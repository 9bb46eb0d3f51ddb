"""What the view kernel is given of a place: its cells near by, blocks that look farther, and lattices they look at.

Blocks and lattices are counted over all of the plane, so that every part of a scene has those of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat.obstacles import Obstacles
from twin.heat.window import Window

SPACINGS = (4, 2, 1)
"""Of the lattices, in cells, the farthest first; the blocks that look at a lattice are twice as large."""

LARGEST = 8
"""Cells along the side of the largest blocks."""

NOTHING = np.float32(-1e6)
"""Elevation, m, of what is not there: below everything."""

STEP = 1e-3
"""Rise of the ground, in cells, up to which it hides nothing from blocks of cells."""

HALO = 2
"""Blocks of each size around the frame that look as well, see view_kernels."""

Float32 = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Frame:
    """The receivers' window, grown to whole blocks of `LARGEST` cells.

    row, column : of its first block of `LARGEST` cells, counted over the plane
    rows, columns : its size in such blocks
    top, left : of the window in it, in cells
    above, before : scene rows above it and columns left of it, negative where it begins beyond the scene
    """

    row: int
    column: int
    rows: int
    columns: int
    top: int
    left: int
    above: int
    before: int


def frame_of(window: Window, origin: tuple[int, int]) -> Frame:
    """Return the frame of a window in a scene that begins at cell `origin` of the plane.

    Examples
    --------
    >>> frame_of(Window(0, 0, 10, 20), (3, 16))
    Frame(row=0, column=2, rows=2, columns=3, top=3, left=0, above=-3, before=0)
    """
    top, left = origin[0] + window.row, origin[1] + window.column
    row, column = top // LARGEST, left // LARGEST
    return Frame(
        row=row,
        column=column,
        rows=-(-(top + window.rows) // LARGEST) - row,
        columns=-(-(left + window.columns) // LARGEST) - column,
        top=top - row * LARGEST,
        left=left - column * LARGEST,
        above=row * LARGEST - origin[0],
        before=column * LARGEST - origin[1],
    )


def cut(field: NDArray[Any], top: int, left: int, shape: tuple[int, int], fill: object) -> NDArray[Any]:
    """Cut a rectangle out of a field (rows, columns); `fill` stands beyond the field."""
    bottom, right = min(top + shape[0], field.shape[0]), min(left + shape[1], field.shape[1])
    part = field[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if part.shape == shape:
        return part
    made = np.full(shape, fill, field.dtype)
    if part.size:
        made[max(-top, 0) : bottom - top, max(-left, 0) : right - left] = part
    return made


def around(field: NDArray[Any], frame: Frame, margin: int, fill: object) -> NDArray[Any]:
    """Cut the frame and `margin` cells around it out of a field."""
    shape = (frame.rows * LARGEST + 2 * margin, frame.columns * LARGEST + 2 * margin)
    return cut(field, frame.above - margin, frame.before - margin, shape, fill)


def within(frame: Frame, margin: int) -> tuple[slice, slice]:
    """Return the part of a scene that lies within `margin` cells of the frame."""
    return (
        slice(max(0, frame.above - margin), max(0, frame.above + frame.rows * LARGEST + margin)),
        slice(max(0, frame.before - margin), max(0, frame.before + frame.columns * LARGEST + margin)),
    )


@dataclass(frozen=True)
class Standpoints:
    """Who looks: blocks of 8, 4 and 2 cells, then cells.

    `HALO` blocks of 8 cells more are given on all sides of the frame, and an empty column before and after, but none
    around the cells. Blocks stand on the mean of their open ground.

    ground, looks : flat; elevation, m, and 1 where any ground is open, else 0
    places : (4, 2) where each size begins and the length of a row
    largest : (rows, columns) elevation of the largest blocks, m
    """

    ground: Float32
    looks: Float32
    places: NDArray[np.int64]
    largest: Float32


def standpoints(obstacles: Obstacles, frame: Frame, spare: int) -> Standpoints:
    """Gather who looks around in a frame; `spare` places are empty at both ends."""
    margin = HALO * LARGEST
    open_cells = np.zeros((frame.rows * LARGEST + 2 * margin, frame.columns * LARGEST + 2 * margin), np.float32)
    known = within(frame, margin)
    top, left = known[0].start - frame.above + margin, known[1].start - frame.before + margin
    opened = ~obstacles.roof[known]
    open_cells[top : top + opened.shape[0], left : left + opened.shape[1]] = opened
    level = around(obstacles.ground, frame, margin, 0.0)
    inner = (slice(margin, -margin), slice(margin, -margin))
    parts = [(level[inner], open_cells[inner])]
    total, count = level * open_cells, open_cells
    mean = total
    for _ in SPACINGS:
        total, count = _in_fours(total), _in_fours(count)
        mean = np.asarray(total / np.maximum(count, np.float32(1)), np.float32)
        wide = np.zeros((2, mean.shape[0], mean.shape[1] + 2), np.float32)
        wide[0, :, 1:-1] = mean
        wide[1, :, 1:-1] = count > 0
        parts.append((wide[0], wide[1]))
    parts.reverse()
    none = np.zeros(spare, np.float32)
    begin = spare + np.cumsum([0, *(part[0].size for part in parts[:-1])])
    return Standpoints(
        ground=np.concatenate([none, *(part[0].ravel() for part in parts), none]),
        looks=np.concatenate([none, *(part[1].ravel() for part in parts), none]),
        places=np.stack([begin, [part[0].shape[1] for part in parts]], axis=1).astype(np.int64),
        largest=mean,
    )


def _in_fours(field: Float32) -> Float32:
    """Sum of each four, in an order that does not depend on the size of the field."""
    return np.asarray((field[0::2, 0::2] + field[0::2, 1::2]) + (field[1::2, 0::2] + field[1::2, 1::2]))


def lattice_edges(
    obstacles: Obstacles, frame: Frame, levels: tuple[tuple[int, float], ...], bare: float
) -> tuple[Float32, NDArray[np.int64]]:
    """Return the edges of lattices of some spacings in reach of a frame, and of cells as if nothing were built.

    Parameters
    ----------
    levels : tuple
        Spacing and reach of each lattice, in cells.
    bare : float
        Reach of the edges between cells without buildings, `STEP` lower than the ground. They are left out where all
        ground is level.

    Returns
    -------
    edges : array
        Flat, see block_kernels.
    lattices : array of int (levels + 1, 5)
        Where each lattice's edges begin, its rows, half its columns, row and column of the first.
    """
    from twin.heat import block_kernels

    ground = obstacles.ground[within(frame, int(bare) + 4 * LARGEST)]
    step = np.float32(STEP * obstacles.resolution)
    level = not ground.size or float(ground.max()) - float(ground.min()) < step / 2
    extents = [_extent(frame, *part) for part in (*levels, (1, bare))]
    if level:
        extents[-1] = (extents[-1][0], 0, 0)
    sizes = [2 * (rows + 1) * columns for _, rows, columns in extents]
    edges = np.empty(sum(sizes), np.float32)
    corner = np.array(obstacles.origin, np.int64)
    lattices, begin = [], 0
    for n, ((first, rows, columns), size) in enumerate(zip(extents, sizes, strict=True)):
        made = edges[begin : begin + size].reshape(2, rows + 1, 2, columns // 2)
        lattices.append((begin, rows, columns // 2, *first))
        if n < len(levels):
            block_kernels.raise_edges(obstacles.solid, obstacles.roof, corner, levels[n][0], first, made)
        elif not level:
            block_kernels.raise_edges(obstacles.ground, np.zeros_like(obstacles.roof), corner, 1, first, made)
            made -= step
        begin += size
    return edges, np.array(lattices, np.int64)


def lattice_crowns(
    obstacles: Obstacles, frame: Frame, spacing: int, reach: float, chunk: int
) -> tuple[Float32, NDArray[np.int32]]:
    """Return top and base of the crowns of lattice cells, (2, rows, 2, columns / 2 and more), and where any stands.

    The latter is (2 rows, chunks + 1), see `in_chunks`.

    A lattice cell shows the mean crown of its cells, thinner by the share of them that have none.
    """
    first, rows, columns = _extent(frame, spacing, reach)
    # only lattice cells that hold cells of the scene
    low, high = [], []
    for k, (number, size) in enumerate(zip((rows, columns), obstacles.roof.shape, strict=True)):
        begin = obstacles.origin[k] // spacing - int(first[k])
        end = -(-(obstacles.origin[k] + size) // spacing) - int(first[k])
        begin = max(0, begin - (begin & 1))
        low.append(begin)
        high.append(max(begin, min(number, end + (end & 1))))
    row, column = ((int(first[k]) + low[k]) * spacing - obstacles.origin[k] for k in (0, 1))
    known = (high[0] - low[0], high[1] - low[1])
    shape = (known[0] * spacing, known[1] * spacing)
    top = cut(obstacles.top, row, column, shape, 0.0)
    base = cut(obstacles.base, row, column, shape, 0.0)
    planted = (top > base).astype(np.float32)
    top, base = top * planted, base * planted
    for _ in range(spacing.bit_length() - 1):
        planted, top, base = _in_fours(planted), _in_fours(top), _in_fours(base)
    count = np.maximum(planted, np.float32(1))
    base = np.asarray(base / count, np.float32)
    top = np.asarray(base + (top / count - base) * (planted / np.float32(spacing**2)), np.float32)
    crowns, stands = _wide((2, rows, 2, columns // 2), chunk)
    place = (slice(low[0], high[0]), slice(None), slice(low[1] // 2, high[1] // 2))
    for part, field in zip((*crowns, stands), (top, base, planted > 0), strict=True):
        part[place] = field.reshape(known[0], known[1] // 2, 2).transpose(0, 2, 1)
    return crowns, in_chunks(stands.reshape(2 * rows, -1), chunk)


def cell_crowns(obstacles: Obstacles, frame: Frame, margin: int, chunk: int) -> tuple[Float32, NDArray[np.int32]]:
    """Return top and base of the crowns of the cells around a frame, and where in chunks any stands."""
    top, base = (around(field, frame, margin, 0.0) for field in (obstacles.top, obstacles.base))
    crowns, stands = _wide((2, *top.shape), chunk)
    crowns[0, :, : top.shape[1]] = top
    crowns[1, :, : top.shape[1]] = base
    stands[:, : top.shape[1]] = top > base
    return crowns, in_chunks(stands, chunk)


def _wide(shape: tuple[int, ...], chunk: int) -> tuple[Float32, Flags]:
    """Empty crowns whose rows are whole chunks, and flags."""
    wide = (*shape[:-1], -(-shape[-1] // chunk) * chunk)
    return np.zeros(wide, np.float32), np.zeros(wide[1:], np.bool_)


def in_chunks(flags: Flags, chunk: int) -> NDArray[np.int32]:
    """Return, for each `chunk` of a row, the first chunk from it on where any flag is set; a last one ends each row.

    Where no more is set, that is far beyond the row.

    Examples
    --------
    >>> in_chunks(np.array([[False, True, False, False]]), 1).tolist()
    [[1, 1, 1000000000, 1000000000, 1000000000]]
    """
    stands = flags.reshape(len(flags), -1, chunk).any(axis=-1)
    here = np.full((stands.shape[0], stands.shape[1] + 1), 10**9, np.int32)
    np.copyto(here[:, :-1], np.arange(stands.shape[1], dtype=np.int32), where=stands)
    return np.ascontiguousarray(np.minimum.accumulate(here[:, ::-1], axis=1)[:, ::-1])


def _extent(frame: Frame, spacing: int, reach: float) -> tuple[NDArray[np.int64], int, int]:
    """First lattice row and (even) column that the frame's blocks and their neighbours reach; rows; even columns."""
    margin = 2 * (int(reach / spacing) // 2 + 2)
    scale = LARGEST // spacing
    first = np.array([(frame.row - HALO) * scale - margin, (frame.column - HALO) * scale - margin], np.int64)
    return first, (frame.rows + 2 * HALO) * scale + 2 * margin, (frame.columns + 2 * HALO) * scale + 2 * margin
