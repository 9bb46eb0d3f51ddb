"""Which cells and lattice edges the lines of sight meet, as offsets that hold for all places of a grid.

Lengths are in cells until the last step. A line's major axis is the one along which it moves faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat.rays import ray_table

Float32 = NDArray[np.float32]
Whole = NDArray[np.int64]

AT_ONCE = 4
"""Offsets that are looked at together; tables repeat their last to fill up."""


@dataclass(frozen=True)
class NearLines:
    """Cells near by: the own one first, then a multiple of `AT_ONCE`; see view_kernels for the names.

    line : (n, 2) where an azimuth's cells begin and end
    """

    line: Whole
    row: Whole
    column: Whole
    enter: Float32
    leave: Float32
    middle: Float32
    east: Float32
    south: Float32

    def within(self, distance: float) -> Whole:
        """Count each azimuth's cells, without the own one, that begin within a distance, m."""
        return np.array([int((self.enter[a + 1 : b] > 1.0 / distance).sum()) for a, b in self.line], np.int64)


@dataclass(frozen=True)
class FarLines:
    """Lattice edges (or cells, for crowns) farther off, seen from corners of a lattice.

    line : (levels, n, 2) where the offsets of a level and azimuth begin and end
    row, column : lattice rows and columns from those before the corner, less one
    near, far : one over the distance at which the line meets an edge, or enters and leaves a cell, 1/m
    """

    line: Whole
    row: Whole
    column: Whole
    near: Float32
    far: Float32


def near_lines(azimuth: NDArray[np.float64], radius: float, resolution: float) -> NearLines:
    """Follow lines from a cell's centre, edge by edge, through all cells that begin within `radius` cells.

    Examples
    --------
    >>> near_lines(np.array([80.0]), 3.0, 1.0).column.tolist()
    [0, 1, 2, 3, 3]
    """
    size = int(radius) + 3
    rays = ray_table(azimuth, (size, size), resolution)
    picked, line, total = [], [], 0
    for first, end in zip(rays.start[:-1], rays.start[1:], strict=True):
        cells = first + np.flatnonzero(rays.near[first:end] < radius * resolution)
        cells = np.concatenate([cells, np.repeat(cells[-1:], -(len(cells) - 1) % AT_ONCE)])
        line.append((total, total + len(cells)))
        total += len(cells)
        picked.append(cells)
    cell = np.concatenate(picked)
    # a line begins in the middle of its own cell, whose crown it meets at once
    near = np.maximum(rays.near[cell], 1e-9 * resolution)
    far = rays.far[cell]
    single: Any = np.float32
    return NearLines(
        line=np.array(line, np.int64),
        row=rays.row[cell].astype(np.int64),
        column=rays.column[cell].astype(np.int64),
        enter=(1.0 / near).astype(single),
        leave=(1.0 / far).astype(single),
        middle=(2.0 / (near + far)).astype(single),
        east=rays.east[cell].astype(single),
        south=rays.south[cell].astype(single),
    )


def along_rows(azimuth: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which lines move from row to row, the others from column to column."""
    east, south = _direction(azimuth)
    return np.asarray(np.abs(south) > np.abs(east))


def far_edges(
    azimuth: NDArray[np.float64],
    spacings: tuple[int, ...],
    ranges: tuple[tuple[float, float], ...],
    resolution: float,
    late: float = 0.0,
) -> FarLines:
    """List the edges that lines meet on lattices of some spacings, each in a range of distances, in cells.

    What stands within half a lattice cell of an edge is noted there, so a wall is found up to half a spacing too early
    or too late along the line; half a cell of it, which is always late, is taken back. Edges count as `late` steps of
    a cell farther off than they are.

    Examples
    --------
    >>> lines = far_edges(np.array([100.0]), (1,), ((3.0, 6.0),), 1.0)
    >>> lines.column.tolist(), [f"{1 / near:.3f}" for near in lines.near]
    ([4, 5, 6, 6], ['3.046', '4.062', '5.077', '5.077'])
    """
    return _far_lines(azimuth, spacings, ranges, resolution, cells=False, later=late)


def far_cells(
    azimuth: NDArray[np.float64], spacings: tuple[int, ...], ranges: tuple[tuple[float, float], ...], resolution: float
) -> FarLines:
    """List the lattice cells that lines cross, one for each step along the major axis; see `far_edges`."""
    return _far_lines(azimuth, spacings, ranges, resolution, cells=True)


def _far_lines(
    azimuth: NDArray[np.float64],
    spacings: tuple[int, ...],
    ranges: tuple[tuple[float, float], ...],
    resolution: float,
    cells: bool,
    later: float = 0.0,
) -> FarLines:
    east, south = _direction(azimuth)
    by_row = along_rows(azimuth)
    line = np.zeros((len(spacings), len(azimuth), 2), np.int64)
    parts: list[tuple[NDArray[Any], ...]] = []
    total = 0
    for level, spacing in enumerate(spacings):
        for d in range(len(azimuth)):
            major, minor = (south[d], east[d]) if by_row[d] else (east[d], south[d])
            step = spacing / abs(major)
            # the places that look, and the neighbours from which their view is interpolated, stand aside of the corner:
            # a thin wall must not fall between two levels for any of them
            first = int(np.ceil((ranges[level][0] - 0.71 * spacing) / step))
            n = np.arange(max(1, first), int(ranges[level][1] / step) + 1)
            if not cells and len(n):
                n = np.concatenate([n, np.repeat(n[-1:], -len(n) % AT_ONCE)])
            if cells:
                ahead = n if major > 0 else 1 - n
                near, far, aside = (n - 1) * step, n * step, (n - 0.5) * step
            else:
                late = 0.0 if spacing == 1 else 0.5 / abs(major)
                ahead = 1 + n if major > 0 else 1 - n
                near = n * step - late + later / abs(major)
                far, aside = near, near + 0.5 * step
            across = 1 + np.floor(minor * aside / spacing).astype(np.int64)
            line[level, d] = total, total + len(n)
            total += len(n)
            parts.append((ahead, across, near, far) if by_row[d] else (across, ahead, near, far))
    row, column, near, far = (np.concatenate(part) for part in zip(*parts, strict=True))
    return FarLines(
        line=line,
        row=row.astype(np.int64),
        column=column.astype(np.int64),
        near=(1.0 / (near * resolution)).astype(np.float32),
        far=(1.0 / (far * resolution)).astype(np.float32),
    )


def nearer(azimuth: NDArray[np.float64], spacings: tuple[int, ...], resolution: float) -> Float32:
    """Return by how much the four parts of a block stand nearer to what is seen than its middle, m.

    Returns
    -------
    array (levels, n, 2, 2)
        For the upper and the lower row of parts, the left and the right.
    """
    east, south = _direction(azimuth)
    side = np.array([-0.5, 0.5])
    shift = south[:, None, None] * side[:, None] + east[:, None, None] * side
    return np.asarray(np.array(spacings, float)[:, None, None, None] * shift * resolution, np.float32)


def _direction(azimuth: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))
