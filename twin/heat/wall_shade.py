"""Shade on walls: how far up from their foot walls lie in shade, and what part of the beam reaches each of their parts.

A wall is a place beside a building: the open cell at its foot, the direction it faces, its height above that cell. A
wall that faces away from the sun lies in shade all the way up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat.obstacles import Obstacles
from twin.heat.rays import ray_table
from twin.heat.shade import CANOPY_TRANSMISSIVITY, LARGEST_OFFSET

ALONG_GRID = 2.0
"""Walls that turn away from the grid's axes by less stand at the edges of their cells, degrees."""

OWN_STEPS = 1.5
"""Aslant walls are stairs of cells on the grid: so near, in cells, a building is a step of the wall itself."""

POSITIONS = ((0.0, LARGEST_OFFSET), (-LARGEST_OFFSET, 0.0), (0.0, -LARGEST_OFFSET), (LARGEST_OFFSET, 0.0), (0.0, 0.0))
"""Where walls that face north, east, south and west stand in the open cell at their foot, and those that run aslant."""

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Walls:
    """Walls of a scene, one for each open cell beside a building, row by row.

    place : (n, 2) row and column of the open cell
    foot : (n,) elevation of its ground, m
    tall : (n,) height of the wall above it, m
    facing : (n,) degrees
    side : (n,) which of `POSITIONS` the wall stands at
    """

    place: NDArray[np.int64]
    foot: Float32
    tall: Float32
    facing: Float
    side: NDArray[np.int64]

    def parts(self, step: float) -> int:
        """Return into how many parts of `step` metres the highest wall is cut."""
        return int(np.ceil(float(self.tall.max(initial=0.0)) / step - 1e-6))


def make_walls(obstacles: Obstacles, wall_height: NDArray[np.floating], wall_azimuth: NDArray[np.floating]) -> Walls:
    """Gather the walls of a scene.

    Parameters
    ----------
    obstacles : Obstacles
    wall_height, wall_azimuth : array (rows, columns)
        From `city.wall_cells`: m and degrees, NaN where there is no wall.

    Examples
    --------
    >>> from twin.heat.obstacles import make_obstacles
    >>> height = np.array([[6.0, 0, 0]])
    >>> obstacles = make_obstacles(0 * height, height, height > 0, resolution=2.0)
    >>> make_walls(obstacles, np.array([[np.nan, 6.0, np.nan]]), np.array([[np.nan, 90.0, np.nan]])).place.tolist()
    [[0, 1]]
    """
    place = np.argwhere(np.nan_to_num(wall_height) > 0)
    row, column = place.T
    facing = np.asarray(wall_azimuth, np.float64)[row, column]
    quarter = np.round(facing / 90.0).astype(np.int64)
    along = np.abs(facing - 90.0 * quarter) < ALONG_GRID
    return Walls(
        place=place,
        foot=obstacles.ground[row, column],
        tall=np.asarray(wall_height)[row, column].astype(np.float32),
        facing=facing,
        side=np.where(along, quarter % 4, len(POSITIONS) - 1),
    )


def wall_sunlight(
    obstacles: Obstacles,
    walls: Walls,
    *,
    altitude: float,
    azimuth: float,
    step: float = 1.0,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
) -> tuple[Float, Float]:
    """Compute how far up walls lie in shade, and what share of the beam reaches each of their parts.

    The beam is followed exactly, as in `shade.sunlight`, from the wall's face.

    Parameters
    ----------
    obstacles : Obstacles
    walls : Walls
        Of the same scene.
    altitude, azimuth : float
        Of the sun, degrees. At or below the horizon all lies in shade.
    step : float
        Height of the parts, m.
    canopy_transmissivity : float
        Share of light through crowns, 0 to 1, where the obstacles do not say otherwise.

    Returns
    -------
    shade : array (walls,)
        Height above the foot up to which buildings and terrain shade the wall, m; all of it where it faces away.
    share : array (walls, parts)
        Of the beam, 0 to 1, behind crowns as well; 0 above the wall. The cosine of incidence is not in it.

    Raises
    ------
    InputError
        If `step` or `canopy_transmissivity` is out of range.

    Examples
    --------
    A wall of 6 m that faces east, and a house of 6 m 10 m away; the sun in the east at 45 degrees:

    >>> from twin.heat.obstacles import make_obstacles
    >>> height = np.array([[6.0, 0, 0, 0, 0, 0, 6.0]])
    >>> obstacles = make_obstacles(0 * height, height, height > 0, resolution=1.0)
    >>> facing = np.array([[np.nan, 90.0, np.nan, np.nan, np.nan, 270.0, np.nan]])
    >>> walls = make_walls(obstacles, np.where(np.isnan(facing), np.nan, 6.0), facing)
    >>> shade, share = wall_sunlight(obstacles, walls, altitude=45.0, azimuth=90.0, step=3.0)
    >>> shade.round(2).tolist(), share.round(2).tolist()
    ([1.0, 6.0], [[0.67, 1.0], [0.0, 0.0]])
    """
    if not step > 0:
        raise InputError(f"step is {step!r} m; parts of walls must be higher than 0 m")
    if not 0 <= canopy_transmissivity <= 1:
        raise InputError(f"canopy_transmissivity is {canopy_transmissivity!r}; it must lie within 0 to 1")
    share, shade = np.zeros((len(walls.place), walls.parts(step))), walls.tall.astype(np.float64)
    if altitude > 0:
        towards = np.where(np.cos(np.radians(walls.facing - azimuth)) > 1e-9, 1.0, 0.0)
        add_wall_beam(obstacles, walls, altitude, azimuth, step, canopy_transmissivity, towards, share, shade)
    return shade, share


def add_wall_beam(
    obstacles: Obstacles,
    walls: Walls,
    altitude: float,
    azimuth: float,
    step: float,
    canopy_transmissivity: float,
    gain: Float,
    received: Float,
    shade: Float,
) -> None:
    """Add what arrives of `gain` (walls,) to `received` (walls, parts), and note the heights of the `shade` (walls,).

    Parameters
    ----------
    obstacles, walls, altitude, azimuth, step, canopy_transmissivity
        As for `wall_sunlight`.
    gain : array (walls,)
        What a wall receives in the free; 0 where it faces away.
    received, shade : array
        Changed.
    """
    from twin.heat import wall_kernels

    tangent = float(np.tan(np.radians(altitude)))
    reach = (obstacles.highest - obstacles.lowest) / max(tangent, 1e-6)
    sides = np.unique(walls.side[gain > 0])
    row, column, near, far, start = lines_from_walls(np.array([azimuth]), obstacles, reach, sides)
    own = obstacles.transmissivity
    wall_kernels.add_beam(
        walls.place,
        walls.foot,
        walls.side,
        walls.tall,
        gain,
        step,
        obstacles.solid,
        obstacles.roof,
        obstacles.top,
        obstacles.base,
        np.zeros((0, 0), np.float32) if own is None else own,
        canopy_transmissivity,
        obstacles.highest,
        row,
        column,
        near,
        far,
        start,
        own_steps(obstacles),
        tangent,
        received,
        shade,
    )


def own_steps(obstacles: Obstacles) -> Float:
    """Return for each of `POSITIONS` how near a building is a step of the wall itself, m."""
    return np.array([0.0, 0.0, 0.0, 0.0, OWN_STEPS]) * obstacles.resolution


def lines_from_walls(
    azimuths: Float, obstacles: Obstacles, reach: float, sides: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], Float, Float, NDArray[np.int64]]:
    """Return row, column, near and far of the lines from all `POSITIONS`, one after another, and where each begins.

    Parameters
    ----------
    azimuths : array (n,)
        Degrees.
    obstacles : Obstacles
    reach : float
        How far the lines run, m; to the border if that is nearer.
    sides : array of int, optional
        Only the lines of these; the others are empty.
    """
    rows, columns = obstacles.ground.shape
    size = int(min(reach / obstacles.resolution + 3, max(rows, columns)))
    shape = (min(rows, size) + 1, min(columns, size) + 1)
    used = range(len(POSITIONS)) if sides is None else sides.tolist()
    if not used:
        used = [0]
    tables = [ray_table(azimuths, shape, obstacles.resolution, POSITIONS[side]) for side in used]
    length = np.zeros((len(POSITIONS), len(azimuths)), np.int64)
    length[list(used)] = [np.diff(table.start) for table in tables]
    row, column, near, far = (
        np.concatenate([getattr(table, name) for table in tables]) for name in ("row", "column", "near", "far")
    )
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    return row.astype(np.int64), column.astype(np.int64), near, far, start


def wall_shade_from_centres(
    surface: Float32, wall_height: Float32, wall_azimuth: Float32, *, altitude: float, azimuth: float
) -> Float32:
    """Compute how high the shade of buildings and terrain reaches on walls, from cell centre to cell centre.

    For comparison with programs that shift whole grids, see `shade.sunlight` with ``walls="centres"``: the height of
    the shadow above the open cell at the wall's foot, up to the wall's height (Lindberg et al. 2015).

    Parameters
    ----------
    surface : array (rows, columns)
        Elevation of ground and roofs, m.
    wall_height, wall_azimuth : array (rows, columns)
        Height of the wall beside an open cell (0: none), m, and the direction it faces, degrees.
    altitude, azimuth : float
        Of the sun, degrees; above the horizon.

    Returns
    -------
    array (rows, columns)
        m, 0 where there is no wall.

    References
    ----------
    F. Lindberg, P. Jonsson, T. Honjo, D. Wästberg (2015): Solar energy on building envelopes - 3D modelling in a 2D
    environment. Solar Energy 115, 369-378.

    Examples
    --------
    A house of 3 m in the south of a wall of 5 m that faces south, the sun at 45 degrees:

    >>> surface = np.array([[5, 0, 0, 3]], np.float32).T
    >>> height, facing = np.array([[0, 5, 0, 0]]).T, np.full((4, 1), 180)
    >>> wall_shade_from_centres(surface, height, facing, altitude=45, azimuth=180)[:, 0].tolist()
    [0.0, 1.0, 0.0, 0.0]
    """
    from twin.heat.shade_lines import centre_offsets

    surface = np.asarray(surface, np.float32)
    tangent = float(np.tan(np.radians(altitude)))
    cells = int(np.ceil(float(surface.max() - surface.min()) / tangent)) + 1
    row, column, distance = centre_offsets(azimuth, min(cells, max(surface.shape)))
    shade = np.zeros_like(surface)
    for down, right, far in zip(row, column, distance, strict=True):
        here, there = (_overlap(surface.shape, sign * down, sign * right) for sign in (1, -1))
        np.maximum(shade[here], surface[there] - np.float32(far * tangent) - surface[here], out=shade[here])
    relative = (np.asarray(wall_azimuth, np.float64) - azimuth) % 360.0
    facing = (relative < 90.0) | (relative >= 270.0)
    shade = np.where(facing, np.minimum(shade, wall_height), wall_height)
    return np.where(wall_height > 0, shade, 0).astype(np.float32)


def _overlap(shape: tuple[int, ...], down: int, right: int) -> tuple[slice, slice]:
    """Cells whose neighbour so far away lies on the grid."""
    rows, columns = shape
    return slice(max(0, -down), rows - max(0, down)), slice(max(0, -right), columns - max(0, right))
