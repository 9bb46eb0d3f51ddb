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


def standpoints(obstacles: Obstacles, frame: Frame) -> tuple[tuple[Float32, ...], tuple[Float32, ...]]:
    """Return ground elevation of blocks of 8, 4 and 2 cells, and 1 where any ground is open in them, else 0.

    `HALO` blocks of 8 cells more are given on all sides, and an empty column before and after. Blocks stand on the mean
    of their open ground.
    """
    opened = around(~obstacles.roof, frame, HALO * LARGEST, False).astype(np.float32)
    level = around(obstacles.ground, frame, HALO * LARGEST, 0.0)
    total, count = level * opened, opened
    grounds: list[Float32] = []
    looks: list[Float32] = []
    for _ in SPACINGS:
        total, count = _in_fours(total), _in_fours(count)
        mean = np.asarray(total / np.maximum(count, 1), np.float32)
        grounds.append(np.pad(mean, ((0, 0), (1, 1))))
        looks.append(np.pad((count > 0).astype(np.float32), ((0, 0), (1, 1))))
    return tuple(reversed(grounds)), tuple(reversed(looks))


def _in_fours(field: Float32) -> Float32:
    """Sum of each four, in an order that does not depend on the size of the field."""
    return np.asarray((field[0::2, 0::2] + field[0::2, 1::2]) + (field[1::2, 0::2] + field[1::2, 1::2]))


def lattice_edges(obstacles: Obstacles, frame: Frame, spacing: int, reach: float) -> tuple[Float32, NDArray[np.int64]]:
    """Return the edges of the lattice in reach of a frame, and the lattice row and column of the first."""
    from twin.heat import block_kernels

    first, rows, columns = _extent(frame, spacing, reach)
    edges = np.empty((2, rows + 1, 2, columns // 2), np.float32)
    corner = np.array(obstacles.origin, np.int64)
    block_kernels.raise_edges(obstacles.solid, obstacles.roof, corner, spacing, first, edges)
    return edges, first


def ground_edges(obstacles: Obstacles, frame: Frame, reach: float) -> tuple[Float32, NDArray[np.int64]]:
    """Return the edges between cells as if nothing were built; see `lattice_edges`."""
    from twin.heat import block_kernels

    first, rows, columns = _extent(frame, 1, reach)
    edges = np.empty((2, rows + 1, 2, columns // 2), np.float32)
    corner = np.array(obstacles.origin, np.int64)
    block_kernels.raise_edges(obstacles.ground, np.zeros_like(obstacles.roof), corner, 1, first, edges)
    return edges, first


def lattice_crowns(obstacles: Obstacles, frame: Frame, spacing: int, reach: float, chunk: int) -> tuple[Float32, Flags]:
    """Return top and base of the crowns of lattice cells, (2, rows, 2, columns / 2), and where in chunks any stands.

    A lattice cell shows the mean crown of its cells, thinner by the share of them that have none.
    """
    first, rows, columns = _extent(frame, spacing, reach)
    row, column = (int(first[k]) * spacing - obstacles.origin[k] for k in (0, 1))
    shape = (rows * spacing, columns * spacing)
    planted = cut(obstacles.top > obstacles.base, row, column, shape, False).astype(np.float32)
    top = cut(obstacles.top, row, column, shape, 0.0) * planted
    base = cut(obstacles.base, row, column, shape, 0.0) * planted
    for _ in range(spacing.bit_length() - 1):
        planted, top, base = _in_fours(planted), _in_fours(top), _in_fours(base)
    count = np.maximum(planted, np.float32(1))
    base = np.asarray(base / count, np.float32)
    top = np.asarray(base + (top / count - base) * (planted / np.float32(spacing**2)), np.float32)
    crowns = np.stack([top, base]).reshape(2, rows, columns // 2, 2).transpose(0, 1, 3, 2)
    stands = (planted > 0).reshape(rows, columns // 2, 2).transpose(0, 2, 1)
    return np.ascontiguousarray(crowns), in_chunks(stands, chunk)


def in_chunks(flags: Flags, chunk: int) -> Flags:
    """Return whether any flag is set among each `chunk` of the last axis."""
    size = -(-flags.shape[-1] // chunk)
    padded = np.zeros((*flags.shape[:-1], size * chunk), bool)
    padded[..., : flags.shape[-1]] = flags
    return np.asarray(padded.reshape(*flags.shape[:-1], size, chunk).any(axis=-1))


def _extent(frame: Frame, spacing: int, reach: float) -> tuple[NDArray[np.int64], int, int]:
    """First lattice row and (even) column that the frame's blocks and their neighbours reach; rows; even columns."""
    margin = 2 * (int(reach / spacing) // 2 + 2)
    scale = LARGEST // spacing
    first = np.array([(frame.row - HALO) * scale - margin, (frame.column - HALO) * scale - margin], np.int64)
    return first, (frame.rows + 2 * HALO) * scale + 2 * margin, (frame.columns + 2 * HALO) * scale + 2 * margin
