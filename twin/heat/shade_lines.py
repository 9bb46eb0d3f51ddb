"""Lines of the sun's beam as the shade kernels take them: offsets of the cells crossed, and how high the beam is there.

One line serves all receivers that stand at the same place of their cells. Cells come nearest first, in whole runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat.distant import REACH
from twin.heat.obstacles import Obstacles
from twin.heat.rays import ray_table
from twin.heat.shade_layers import Barriers

Float32 = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """Offsets of the cells on a line and the rise of the beam there, m; see shade_kernels for each."""

    skip: NDArray[np.int64]
    enter: Float32
    middle: Float32
    near: Float32
    far: Float32
    east: Float32
    south: Float32
    extent: NDArray[np.int64]


def exact_line(
    obstacles: Obstacles,
    barriers: Barriers,
    *,
    altitude: float,
    azimuth: float,
    position: tuple[float, float],
    bounded: bool,
) -> Line:
    """Follow a line edge by edge, as far as anything may be higher than the beam.

    Parameters
    ----------
    obstacles : Obstacles
    barriers : Barriers
        Of the same scene.
    altitude, azimuth : float
        Of the sun, degrees.
    position : tuple of float
        Of the receivers in their cells.
    bounded : bool
        Whether the line ends at `REACH`.
    """
    tangent = _tangent(altitude)
    size = _size(obstacles, barriers, tangent, bounded)
    rows, columns = (min(size, count) + 1 for count in obstacles.ground.shape)
    rays = ray_table(np.array([azimuth]), (rows, columns), obstacles.resolution, position)
    kept = rays.near < (REACH if bounded else np.inf) * obstacles.resolution
    near, far = tangent * rays.near[kept], tangent * rays.far[kept]
    enter, middle = near.copy(), (near + far) / 2
    enter[0] = middle[0] = np.inf  # nobody stands in the shade of the own cell's ground or roof
    places = (rays.row[kept], rays.column[kept])
    return _in_runs(places, enter, middle, near, far, rays.east[kept], rays.south[kept], barriers.stride)


def centre_line(obstacles: Obstacles, barriers: Barriers, *, altitude: float, azimuth: float, bounded: bool) -> Line:
    """Follow a line from cell centre to cell centre: one cell a step, that nearest to the line.

    Walls and crowns stand at the centres; a crown is met between a centre and the one before it.

    Parameters
    ----------
    obstacles : Obstacles
    barriers : Barriers
        Of the same scene.
    altitude, azimuth : float
        Of the sun, degrees.
    bounded : bool
        Whether the line ends at `REACH`.
    """
    tangent = _tangent(altitude)
    row, column, distance = centre_offsets(azimuth, _size(obstacles, barriers, tangent, bounded))
    beam = tangent * obstacles.resolution * distance
    before = np.concatenate([[0.0], beam[:-1]])
    nothing = np.zeros(len(beam))
    return _in_runs((row, column), beam, beam, before, beam, nothing, nothing, barriers.stride)


def centre_offsets(azimuth: float, cells: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return row, column and distance (in cells) of the cells nearest to a line, one a step along the nearer axis.

    Parameters
    ----------
    azimuth : float
        Degrees.
    cells : int
        How many steps.

    Examples
    --------
    >>> row, column, distance = centre_offsets(120.0, 3)
    >>> row.tolist(), column.tolist(), distance.round(2).tolist()
    ([1, 1, 2], [1, 2, 3], [1.15, 2.31, 3.46])
    """
    east, south = np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))
    along_rows = abs(south) > abs(east)
    major, minor = (south, east) if along_rows else (east, south)
    index = np.arange(1, cells + 1)
    ahead = (index * np.sign(major)).astype(np.int64)
    aside = np.rint(index * (minor / abs(major))).astype(np.int64)
    return (ahead, aside, index / abs(major)) if along_rows else (aside, ahead, index / abs(major))


def _tangent(altitude: float) -> float:
    return float(np.tan(np.radians(min(altitude, 90.0))))


def _size(obstacles: Obstacles, barriers: Barriers, tangent: float, bounded: bool) -> int:
    """Cells after which the beam is above everything or has left the grid, or what lies farther does not count."""
    # no receiver stands lower than the lowest ground, but for a part of a cell's slope
    drop = float(barriers.highest) - obstacles.lowest + obstacles.slack
    reach = max(drop / (tangent * obstacles.resolution), 0.0) + 2
    size = int(np.ceil(min(reach, max(obstacles.ground.shape) + 1)))
    return min(size, REACH) if bounded else size


def _in_runs(
    places: tuple[NDArray[Any], NDArray[Any]],
    enter: Floats,
    middle: Floats,
    near: Floats,
    far: Floats,
    east: Floats,
    south: Floats,
    stride: int,
) -> Line:
    """Fill the last run up with cells that nothing is met in."""
    from twin.heat.shade_kernels import RUN

    count = len(near)

    def runs(values: NDArray[Any], fill: Any, kind: Any = np.float32) -> NDArray[Any]:
        filled = np.empty(-(-count // RUN) * RUN, kind)
        filled[:count], filled[count:] = values, fill
        return filled

    row, column = (runs(offsets, offsets[-1], np.int64) for offsets in places)
    down, right = row.reshape(-1, RUN), column.reshape(-1, RUN)
    return Line(
        skip=row * stride + column,
        enter=runs(enter, np.inf),
        middle=runs(middle, np.inf),
        near=runs(near, np.inf),
        far=runs(far, 0.0),
        east=runs(east, 0.0),
        south=runs(south, 0.0),
        extent=np.array([down.min(axis=1), down.max(axis=1), right.min(axis=1), right.max(axis=1)]).T.copy(),
    )
