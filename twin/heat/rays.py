"""Which cells a straight line crosses that begins within a cell, and from which distance to which.

The line is followed exactly, edge by edge, so a wall stands at its cell's edge and not at the cell's centre. As all
lines begin at the same place of their cells, one table of offsets per azimuth serves the whole grid. Azimuths are
degrees clockwise from grid north; rows count southwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SAME = 1e-9  # crossings closer than this share of a cell meet at a corner: the line passes between two cells


@dataclass(frozen=True)
class RayTable:
    """Cells along one or more azimuths, nearest first; the starting cell itself comes first.

    azimuth : (n,) degrees
    start : (n + 1,) int64, where each azimuth's cells begin
    row, column : int32, offsets from the starting cell
    near, far : float64, m, where the line enters and leaves the cell
    east, south : float64, m, from the cell's centre to the middle of the line's way through it
    """

    azimuth: NDArray[np.float64]
    start: NDArray[np.int64]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    near: NDArray[np.float64]
    far: NDArray[np.float64]
    east: NDArray[np.float64]
    south: NDArray[np.float64]


def ray_table(
    azimuth: NDArray[np.float64],
    shape: tuple[int, int],
    resolution: float,
    position: tuple[float, float] = (0.0, 0.0),
) -> RayTable:
    """Follow lines from within a cell until they must have left a grid of that shape.

    Parameters
    ----------
    azimuth : array (n,)
        Degrees clockwise from grid north.
    shape : tuple
        Rows and columns of the grid.
    resolution : float
        Cell size, m.
    position : tuple of float
        Where the lines begin, from the cell's centre, shares of a cell to the east and to the south, above -0.5 and
        below 0.5.

    Examples
    --------
    >>> table = ray_table(np.array([90.0]), (1, 3), 2.0)
    >>> table.column.tolist(), table.near.tolist(), table.far.tolist()
    ([0, 1, 2], [0.0, 1.0, 3.0], [1.0, 3.0, 5.0])
    """
    parts = [_one_ray(float(angle), shape, position) for angle in azimuth]
    start = np.concatenate([[0], np.cumsum([len(part[0]) for part in parts])]).astype(np.int64)
    row, column, near, far = (np.concatenate([part[k] for part in parts]) for k in range(4))
    angle = np.repeat(np.radians(azimuth), np.diff(start))
    middle = (near + far) / 2
    return RayTable(
        azimuth=np.asarray(azimuth, dtype=np.float64),
        start=start,
        row=row.astype(np.int32),
        column=column.astype(np.int32),
        near=near * resolution,
        far=far * resolution,
        east=(position[0] + middle * np.sin(angle) - column) * resolution,
        south=(position[1] - middle * np.cos(angle) - row) * resolution,
    )


def even_azimuths(count: int) -> NDArray[np.float64]:
    """Return the middles of `count` equal sectors of the horizon, degrees; none lies on a grid axis.

    Examples
    --------
    >>> even_azimuths(4).tolist()
    [45.0, 135.0, 225.0, 315.0]
    """
    return np.asarray((np.arange(count) + 0.5) * (360.0 / count), dtype=np.float64)


def _one_ray(azimuth: float, shape: tuple[int, int], position: tuple[float, float]) -> tuple[NDArray[np.float64], ...]:
    east, south = np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))
    # distances at which the line crosses column edges and row edges, in cells
    columns = _crossings(east, position[0], shape[1])
    rows = _crossings(south, position[1], shape[0])
    end = min(columns[-1] if len(columns) else np.inf, rows[-1] if len(rows) else np.inf)
    columns, rows = columns[columns <= end + _SAME], rows[rows <= end + _SAME]
    distance = np.concatenate([columns, rows])
    column_step = np.concatenate([np.ones(len(columns)), np.zeros(len(rows))])
    order = np.argsort(distance, kind="stable")
    distance, column_step = distance[order], column_step[order]
    column = np.concatenate([[0], np.cumsum(column_step)]) * np.sign(east)
    row = np.concatenate([[0], np.cumsum(1 - column_step)]) * np.sign(south)
    near = np.concatenate([[0.0], distance])[:-1]
    far = distance
    crossed = far - near > _SAME
    return row[:-1][crossed], column[:-1][crossed], near[crossed], far[crossed]


def _crossings(speed: float, begin: float, count: int) -> NDArray[np.float64]:
    if abs(speed) <= 1e-12:
        return np.zeros(0)
    return np.asarray((np.arange(count) + 0.5 - np.sign(speed) * begin) / abs(speed), dtype=np.float64)
