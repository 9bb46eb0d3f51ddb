"""What a place sees of sky, walls and crowns: the geometry of the heat model on a grid.

A receiver stands on the ground at its cell's centre. View factors are shares of the radiation that a flat surface
receives from a uniform hemisphere. The neighbourhood of a cell is followed exactly, cell by cell; farther off, blocks
of cells look for all cells in them. What a cell sees depends on nothing beyond `REACH` cells but `Distant`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat import blocks
from twin.heat.distant import BLOCK, FIRST, REACH, Distant, coarse_heights, make_distant
from twin.heat.lines import FarLines, NearLines, along_rows, far_cells, far_edges, near_lines, nearer
from twin.heat.obstacles import Obstacles
from twin.heat.rays import even_azimuths
from twin.heat.window import Window, whole

FACES = (0.0, 90.0, 180.0, 270.0)
"""Azimuths of the four vertical faces, degrees."""

NEAR = 24.0
"""Distance up to which each cell looks for itself, in cells."""

HILLS = 6.0
"""Distance up to which each cell looks at open ground for itself, in cells; walls it sees up to `NEAR`."""

RANGES = ((256.0, FIRST), (64.0, 256.0), (NEAR, 64.0))
"""Distances between which blocks of 8, 4 and 2 cells look for theirs, in cells; see `blocks.SPACINGS`."""

MARGIN = int(NEAR) + 3
"""Cells around a frame that are looked at one by one."""

AT_ONCE = 16
"""Azimuths between two looks at whether to go on (Ctrl-C)."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Views:
    """What every cell sees.

    factors : (10, rows, columns) float32, free sky and crowns (both above the building horizon) seen by a face that
        looks up, then the same pair for vertical faces to north, east, south and west; NaN on roofs. What is left to 1
        (up) or to 0.5 (sideways, whose lower half is ground) is walls and terrain.
    horizon : (n, rows, columns) uint8, elevation angle of buildings and terrain, 255 for the zenith
    azimuth : (n,) degrees
    crowns : (n, rows, columns) uint32, what crowns hide above that horizon: bit k stands for elevations whose sin2 lies
        between k / 31 and (k + 1) / 31, equal shares of a horizontal surface's view; None where no crown is in reach
    """

    factors: Float32
    horizon: NDArray[np.uint8]
    azimuth: NDArray[np.float64]
    crowns: NDArray[np.uint32] | None = None


def look_around(
    obstacles: Obstacles,
    *,
    directions: int = 64,
    window: Window | None = None,
    distant: Distant | None = None,
    walls: Literal["edges", "centres"] = "edges",
) -> Views:
    """Measure what every cell sees along `directions` azimuths.

    Parameters
    ----------
    obstacles : Obstacles
    directions : int
        Number of azimuths, a multiple of 4, so that the four faces are treated alike.
    window : Window, optional
        Receivers; all of the grid if not given. Everything returned has the window's size.
    distant : Distant, optional
        What is seen beyond `REACH`, made of the whole city; from the obstacles themselves if not given, which is right
        unless they are a part of a greater scene.
    walls : str
        Where a line meets a building: at the edge of its cell, or half-way through it, as models do that step from cell
        centre to cell centre (SOLWEIG). For comparisons only: streets are seen up to a cell wider than they are.

    Raises
    ------
    InputError
        If `distant` was made for other directions or cells, or if `walls` is neither.

    References
    ----------
    J. Dozier, J. Frew (1990): Rapid calculation of terrain parameters for radiation modeling from digital elevation
    data. IEEE Transactions on Geoscience and Remote Sensing 28, 963-969 (horizon angles).

    Examples
    --------
    >>> from twin.heat.obstacles import make_obstacles
    >>> flat = np.zeros((3, 3))
    >>> views = look_around(make_obstacles(flat, flat, flat > 0, resolution=1.0))
    >>> views.factors[:4, 1, 1].round(6).tolist()
    [1.0, 0.0, 0.5, 0.0]
    """
    from twin import kernels
    from twin.heat import crown_kernels, view_kernels

    if walls not in ("edges", "centres"):
        raise InputError(f'walls is {walls!r}; a building is met at its "edges" or at the "centres" of its cells')
    seen = whole(obstacles.ground.shape) if window is None else window
    azimuth = even_azimuths(directions)
    frame = blocks.frame_of(seen, obstacles.origin)
    near, far, trees = _tables(directions, obstacles.resolution, walls)
    shift = nearer(azimuth, blocks.SPACINGS, obstacles.resolution)
    faces = np.maximum(np.cos(np.radians(azimuth[:, None] - np.array(FACES))), 0.0)
    faces *= (2 / np.pi) / faces.sum(axis=0)  # a free horizon adds up to one half
    wall, plane, sloped = _cells(obstacles, frame)
    hills = near.within(HILLS * obstacles.resolution) if sloped else np.zeros(directions, np.int64)
    stands = blocks.standpoints(obstacles, frame, crown_kernels.CHUNK)
    edges, lattices = blocks.lattice_edges(obstacles, frame, tuple(_levels()), NEAR)
    far_line = far.line
    if not lattices[3, 1]:  # flat ground hides nothing
        far_line = far_line.copy()
        far_line[3] = 0
    forest = _forest(obstacles, frame)
    crowned = forest is not None
    forest = forest or _no_forest()
    pitch = wall.shape[1]

    size = (seen.rows, seen.columns)
    factors = np.zeros((10, *size), dtype=np.float32)
    horizon = np.empty((directions, *size), dtype=np.uint8)
    words = np.zeros((directions, *size) if crowned else (directions, 1, 1), dtype=np.uint32)
    beyond = _beyond(obstacles, frame, stands.largest, distant, directions)
    parts = -(-frame.rows // view_kernels.STRIP) * -(-frame.columns // view_kernels.TILE)
    for begin in range(0, directions, AT_ONCE):
        these = slice(begin, begin + AT_ONCE)
        arguments = (
            np.array([frame.row, frame.column, frame.rows, frame.columns]),
            np.array([frame.top, frame.left, seen.rows, seen.columns]),
            MARGIN,
            pitch,
            wall.size,
            stands.places,
            stands.ground,
            stands.looks,
            wall.ravel(),
            plane.ravel(),
            hills[these],
            near.row * pitch + near.column,
            near.row,
            near.column,
            near.enter if walls == "edges" else near.middle,
            near.enter,
            near.leave,
            near.middle,
            near.east,
            near.south,
            near.line[these],
            edges,
            lattices,
            far.row,
            far.column,
            far.near,
            np.ascontiguousarray(far_line[:, these]),
            along_rows(azimuth)[these],
            shift[:, these].ravel(),
            beyond[these],
            crowned,
            forest.crowns,
            forest.planted,
            forest.groves,
            _counted(stands.looks) if crowned else np.zeros(0, np.int32),
            trees.row,
            trees.column,
            trees.near,
            trees.far,
            np.ascontiguousarray(trees.line[:, these]),
            faces[these].astype(np.float32),
            _hidden_by_bands(),
            horizon[these].reshape(-1),
            words[these].reshape(-1),
            factors.reshape(-1),
        )
        kernels.share_out(partial(_add_views, arguments), parts)
    factors[:2] /= directions
    factors[:, seen.of(obstacles.roof)] = np.nan
    return Views(factors, horizon, azimuth, words if crowned else None)


def _counted(looks: Float32) -> NDArray[np.int32]:
    """How many look before each place."""
    count = np.zeros(looks.size + 1, np.int32)
    np.cumsum(looks, out=count[1:], dtype=np.int32)
    return count


@dataclass(frozen=True)
class _Forest:
    """Crowns on the lattices and near by, as the view kernel takes them.

    crowns, planted : flat
    groves : (4, 4) where the crowns and the chunks of each lattice and of the cells begin, rows, chunks of a row
    """

    crowns: Float32
    planted: NDArray[np.int32]
    groves: NDArray[np.int64]


@lru_cache(maxsize=4)
def _tables(directions: int, resolution: float, walls: str) -> tuple[NearLines, FarLines, FarLines]:
    """Offsets of cells near by, of edges farther off (the bare ground's last) and of lattice cells with crowns."""
    azimuth = even_azimuths(directions)
    late = 0.0 if walls == "edges" else 0.5
    return (
        near_lines(azimuth, NEAR, resolution),
        far_edges(azimuth, (*blocks.SPACINGS, 1), (*RANGES, (HILLS, NEAR)), resolution, late),
        far_cells(azimuth, blocks.SPACINGS, RANGES, resolution),
    )


def _add_views(arguments: tuple[Any, ...], strip: int) -> None:
    from twin.heat import view_kernels

    view_kernels.add_views(strip, *arguments)


def _beyond(
    obstacles: Obstacles, frame: blocks.Frame, ground: Float32, distant: Distant | None, directions: int
) -> Float32:
    """Return the tangents under which the largest blocks see the distant skyline, (n, rows, columns)."""
    if distant is None and max(obstacles.ground.shape) > FIRST:
        origin = (obstacles.origin[0] // BLOCK, obstacles.origin[1] // BLOCK)
        distant = make_distant(coarse_heights(obstacles), obstacles.resolution, directions, origin=origin)
    rows, columns = ground.shape
    if distant is None:
        return np.full((directions, rows, columns), -1.0, np.float32)
    if distant.skyline.shape[1] != directions or distant.resolution != obstacles.resolution:
        raise InputError(
            f"distant was made for {distant.skyline.shape[1]} directions and cells of {distant.resolution} m; here are "
            f"{directions} directions and cells of {obstacles.resolution} m"
        )
    pairs = 2 * BLOCK // blocks.LARGEST
    size = distant.skyline.shape[2:]
    row = (np.arange(rows) + frame.row - blocks.HALO) // pairs - distant.corner[0]
    column = (np.arange(columns) + frame.column - blocks.HALO) // pairs - distant.corner[1]
    place = np.ix_(np.clip(row, 0, size[0] - 1), np.clip(column, 0, size[1] - 1))
    tangent, near = (np.stack([part[place] for part in layer]) for layer in distant.skyline)
    return np.asarray(tangent - ground * near, np.float32)


def _levels() -> Iterator[tuple[int, float]]:
    for spacing, (_, reach) in zip(blocks.SPACINGS, RANGES, strict=True):
        yield spacing, reach


def _cells(obstacles: Obstacles, frame: blocks.Frame) -> tuple[Float32, Float32, bool]:
    """Return walls and planes near by, and whether the ground rises anywhere."""
    roof = blocks.around(obstacles.roof, frame, MARGIN, False)
    solid = blocks.around(obstacles.solid, frame, MARGIN, blocks.NOTHING)
    wall = np.full(solid.shape, blocks.NOTHING, np.float32)
    np.copyto(wall, solid, where=roof)
    near = blocks.within(frame, MARGIN)
    ground = obstacles.ground[near]
    if ground.min() == ground.max() and not any(part[near].any() for part in obstacles.slope):
        return wall, np.zeros((3, 1, 1), np.float32), False
    plane = np.zeros((3, *solid.shape), np.float32)
    slope = [blocks.around(part, frame, MARGIN, 0.0) for part in obstacles.slope]
    for part, field, fill in zip(plane, (solid, *slope), (blocks.NOTHING, *np.zeros(2, np.float32)), strict=True):
        np.copyto(part, np.where(roof, fill, field), casting="same_kind")
    return wall, plane, True


def _forest(obstacles: Obstacles, frame: blocks.Frame) -> _Forest | None:
    """Gather the crowns in reach; None where there are none."""
    from twin.heat.crown_kernels import CHUNK

    reach = blocks.within(frame, REACH)
    if not (obstacles.top[reach] > obstacles.base[reach]).any():
        return None
    parts = [blocks.lattice_crowns(obstacles, frame, *level, CHUNK) for level in _levels()]
    parts.append(blocks.cell_crowns(obstacles, frame, MARGIN, CHUNK))
    groves, begin, flags = [], 0, 0
    for crowns, planted in parts:
        groves.append((begin, flags, planted.shape[0], planted.shape[1] - 1))
        begin += crowns.size
        flags += planted.size
    return _Forest(
        crowns=np.concatenate([crowns.ravel() for crowns, _ in parts]),
        planted=np.concatenate([planted.ravel() for _, planted in parts]),
        groves=np.array(groves, np.int64),
    )


def _no_forest() -> _Forest:
    return _Forest(np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros((4, 4), np.int64))


@lru_cache(maxsize=1)
def _hidden_by_bands() -> Float32:
    """What bands of crowns hide of the view of a horizontal and of a vertical face, by byte of a word and its value."""
    from twin.heat.crown_kernels import BANDS

    angle = np.arcsin(np.sqrt(np.arange(BANDS + 1) / BANDS))
    side = np.zeros(32)
    side[:BANDS] = np.diff(angle / 2 + np.sin(2 * angle) / 4)  # integral of cos2 over elevation
    up = np.zeros(32)
    up[:BANDS] = 1 / BANDS
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    return np.stack([bits @ up.reshape(4, 8).T, bits @ side.reshape(4, 8).T], axis=-1).transpose(1, 0, 2).astype("f4")


def sky_view_factor(obstacles: Obstacles, *, directions: int = 64) -> Float32:
    """Compute the share of the sky that a horizontal surface on the ground sees past buildings, terrain and crowns.

    Parameters
    ----------
    obstacles : Obstacles
    directions : int
        Number of azimuths, a multiple of 4.

    Returns
    -------
    array (rows, columns)
        0 to 1; NaN on roofs. Crowns count as opaque.

    Examples
    --------
    >>> from twin.heat.obstacles import make_obstacles
    >>> flat = np.zeros((3, 3))
    >>> float(sky_view_factor(make_obstacles(flat, flat, flat > 0, resolution=1.0))[1, 1])
    1.0
    """
    return np.ascontiguousarray(look_around(obstacles, directions=directions).factors[0])
