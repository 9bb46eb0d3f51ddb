"""Whether the sun reaches a place: its beam followed exactly through ground, roofs and crowns.

A beam is a straight line at the sun's true azimuth through the cells it crosses: walls stand at the edges of their
cells, ground is an inclined plane within each cell, a crown is the box between its base and its top. Heights are
compared in single precision: a receiver lies in shade where (elevation - receiver) exceeds the rise of the beam.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat.distant import REACH, Distant
from twin.heat.obstacles import Obstacles
from twin.heat.rays import ray_table
from twin.heat.window import Window, whole

CANOPY_TRANSMISSIVITY = 0.04
"""Share of direct sun through a crown in leaf: J. Konarska et al. (2014), Theor. Appl. Climatol. 117, measured 0.013 to
0.053 below single trees in Göteborg. Without leaves 0.4 to 0.52."""

LARGEST_OFFSET = 0.4999
"""Receivers stand within their cell, not on its edge."""

Float32 = NDArray[np.float32]
Receivers = Literal["ground", "surface"]


def sunlight(
    obstacles: Obstacles,
    *,
    altitude: float,
    azimuth: float,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    weight: float = 1.0,
    add_to: Float32 | None = None,
    window: Window | None = None,
    receivers: Receivers = "ground",
    position: tuple[float, float] = (0.0, 0.0),
    distant: Distant | None = None,
) -> Float32:
    """Compute the share of the sun's beam that reaches every cell.

    Parameters
    ----------
    obstacles : Obstacles
    altitude, azimuth : float
        Of the sun, degrees; azimuth clockwise from grid north. At or below the horizon nothing arrives.
    canopy_transmissivity : float
        Share of a beam left behind crowns, 0 to 1, where the obstacles do not say otherwise; of several crowns the
        darkest counts.
    weight, add_to : float, array, optional
        Adds the weighted share to an array of the window's size, for means over several positions of the sun.
    window : Window, optional
        Receivers; all of the grid if not given.
    receivers : str
        ``"ground"``: open ground. ``"surface"``: roofs as well, at the elevation of the roof; the slope of pitched
        roofs is taken from their heights, and a roof is an inclined plane on a wall.
    position : tuple of float
        Where receivers stand, from their cell's centre, shares of a cell to the east and to the south, within -0.4999
        to 0.4999. See `sample_positions`.
    distant : Distant, optional
        What stands beyond `REACH`; cells are followed only so far then. Without it they are followed to the border.

    Returns
    -------
    array (rows, columns)
        Of the window; 0 to 1 (times `weight`); 0 on roofs where they are no receivers.

    Raises
    ------
    InputError
        If `position`, `receivers` or `canopy_transmissivity` is out of range.

    Examples
    --------
    A house of 6 m in the south of a row of cells of 2 m:

    >>> from twin.heat.obstacles import make_obstacles
    >>> height = np.array([[0, 0, 0, 0, 0, 6.0]]).T
    >>> obstacles = make_obstacles(0 * height, height, height > 0, resolution=2.0)
    >>> sunlight(obstacles, altitude=45, azimuth=180)[:, 0].tolist()
    [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    >>> sunlight(obstacles, altitude=45, azimuth=180, receivers="surface")[-1, 0].item()
    1.0
    """
    part = whole(obstacles.ground.shape) if window is None else window
    share = np.zeros((part.rows, part.columns), dtype=np.float32) if add_to is None else add_to
    if receivers not in ("ground", "surface"):
        raise InputError(f"receivers is {receivers!r}; it must be 'ground' or 'surface'")
    if max(abs(position[0]), abs(position[1])) > LARGEST_OFFSET:
        raise InputError(f"position is {position}; receivers stand within {LARGEST_OFFSET} cells of the centre")
    if not 0 <= canopy_transmissivity <= 1:
        raise InputError(f"canopy_transmissivity is {canopy_transmissivity!r}; it must lie within 0 to 1")
    if altitude <= 0:
        return share
    barriers = obstacles.barriers if receivers == "ground" else obstacles.surface_barriers
    line = _line(obstacles, float(barriers.highest), barriers.stride, altitude, azimuth, position, distant is not None)
    _follow(obstacles, barriers, line, part, position, canopy_transmissivity, weight, distant, altitude, azimuth, share)
    return share


@dataclass(frozen=True)
class _Line:
    """Offsets of the cells on a line and the rise of the beam there, in whole runs; see shade_kernels."""

    skip: NDArray[np.int64]
    enter: Float32
    middle: Float32
    near: Float32
    far: Float32
    east: Float32
    south: Float32
    extent: NDArray[np.int64]


def _line(
    obstacles: Obstacles,
    highest: float,
    stride: int,
    altitude: float,
    azimuth: float,
    position: tuple[float, float],
    bounded: bool,
) -> _Line:
    """Follow a line as far as anything may be higher than the beam."""
    tangent = float(np.tan(np.radians(min(altitude, 90.0))))
    # no receiver stands lower than the lowest ground, but for a part of a cell's slope
    reach = (highest - obstacles.lowest + obstacles.slack) / (tangent * obstacles.resolution) + 2
    size = int(np.ceil(min(max(reach, 2.0), max(obstacles.ground.shape) + 1)))
    if bounded:
        size = min(size, REACH + 1)
    rows, columns = obstacles.ground.shape
    rays = ray_table(np.array([azimuth]), (min(size, rows) + 1, min(size, columns) + 1), obstacles.resolution, position)
    within = rays.near < (REACH if bounded else np.inf) * obstacles.resolution
    near, far = tangent * rays.near[within], tangent * rays.far[within]
    east, south = rays.east[within], rays.south[within]
    return make_line(
        rays.row[within], rays.column[within], near, (near + far) / 2, near, far, east, south, stride, own=True
    )


def make_line(
    row: NDArray[Any],
    column: NDArray[Any],
    enter: NDArray[np.float64],
    middle: NDArray[np.float64],
    near: NDArray[np.float64],
    far: NDArray[np.float64],
    east: NDArray[np.float64],
    south: NDArray[np.float64],
    stride: int,
    *,
    own: bool,
) -> _Line:
    """Arrange a line's cells, nearest first, in whole runs of the kernel; with `own`, the first is the receiver's."""
    from twin.heat.shade_kernels import RUN

    more = -len(row) % RUN

    def runs(values: NDArray[np.float64], fill: float) -> Float32:
        return np.pad(values, (0, more), constant_values=fill).astype(np.float32)

    opaque = [runs(values, np.inf) for values in (enter, middle)]
    if own:
        for values in opaque:
            values[0] = np.inf
    rows = np.pad(row.astype(np.int64), (0, more), mode="edge")
    columns = np.pad(column.astype(np.int64), (0, more), mode="edge")
    down, right = rows.reshape(-1, RUN), columns.reshape(-1, RUN)
    return _Line(
        skip=rows * stride + columns,
        enter=opaque[0],
        middle=opaque[1],
        near=runs(near, np.inf),
        far=runs(far, 0.0),
        east=runs(east, 0.0),
        south=runs(south, 0.0),
        extent=np.stack([down.min(axis=1), down.max(axis=1), right.min(axis=1), right.max(axis=1)], axis=1),
    )


def _follow(
    obstacles: Obstacles,
    barriers: Any,
    line: _Line,
    part: Window,
    position: tuple[float, float],
    usual: float,
    weight: float,
    distant: Distant | None,
    altitude: float,
    azimuth: float,
    share: Float32,
) -> None:
    from twin.heat import shade_kernels as kernels

    beyond, beyond_row, beyond_column = np.zeros((0, 0), np.float32), 0, 0
    kernels.add_sunlight(
        barriers.stand,
        barriers.lean,
        barriers.here,
        barriers.wall,
        barriers.plane,
        barriers.top,
        barriers.base,
        barriers.clear,
        barriers.high_wall,
        barriers.high_plane,
        barriers.high_crown,
        barriers.highest,
        barriers.layers,
        part.row,
        part.column,
        barriers.stride,
        np.float32(position[0] * obstacles.resolution),
        np.float32(position[1] * obstacles.resolution),
        line.skip,
        line.enter,
        line.middle,
        line.near,
        line.far,
        line.east,
        line.south,
        line.extent,
        np.float32(usual),
        np.float32(weight),
        beyond,
        beyond_row,
        beyond_column,
        share,
    )
