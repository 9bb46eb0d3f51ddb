"""What a place sees of sky, walls and crowns: the geometry of the heat model on a grid.

A receiver stands on the ground at its cell's centre. View factors are shares of the radiation that a flat surface
receives from a uniform hemisphere. The neighbourhood of a cell is followed exactly, cell by cell; what lies beyond is
seen as a skyline drawn from blocks of 2 by 2 cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat.blocks import Blocks, make_blocks
from twin.heat.distant import Distant
from twin.heat.obstacles import Obstacles
from twin.heat.rays import RayTable, even_azimuths, ray_table
from twin.heat.window import Window, whole

FACES = (0.0, 90.0, 180.0, 270.0)
"""Azimuths of the four vertical faces, degrees."""

NEIGHBOURHOOD = 16
"""Radius within which every cell is looked at on its own, in cells."""

AT_ONCE = 4
"""Skylines between two looks at whether to go on (Ctrl-C), and that are held at once."""

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


@dataclass(frozen=True)
class _Lines:
    """How lines of given azimuths run over blocks, see skyline_kernels.far_skyline.

    limit : radius of the neighbourhood, m
    shift : (n, 2, 2, 2), of the cells of a block by row and column: lines aside and m towards the skyline
    """

    along_rows: NDArray[np.bool_]
    slope: NDArray[np.float64]
    towards: NDArray[np.bool_]
    skip: NDArray[np.int64]
    step: Float32
    limit: NDArray[np.float64]
    shift: Float32


def look_around(
    obstacles: Obstacles, *, directions: int = 64, window: Window | None = None, distant: Distant | None = None
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
        What is seen beyond `REACH`, if the obstacles are a part of a greater scene.

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
    from twin.heat import view_kernels

    shape = obstacles.ground.shape
    azimuth = even_azimuths(directions)
    lines = _lines(azimuth, obstacles.resolution)
    blocks = make_blocks(obstacles)
    crowned = bool((obstacles.top > obstacles.base).any())
    near = _neighbourhood(azimuth, lines.limit, obstacles.resolution)
    still = _scene(obstacles, crowned)
    faces = np.maximum(np.cos(np.radians(azimuth[:, None] - np.array(FACES))), 0.0)
    faces *= (2 / np.pi) / faces.sum(axis=0)  # a free horizon adds up to one half

    factors = np.zeros((10, *shape), dtype=np.float32)
    horizon = np.zeros((directions, *shape), dtype=np.uint8)
    crowns = np.zeros((directions, *shape) if crowned else (directions, 1, 1), dtype=np.uint32)
    for begin in range(0, directions, AT_ONCE):
        these = slice(begin, begin + AT_ONCE)
        wall, crown = _skylines(obstacles, blocks, lines, these, crowned)
        view_kernels.add_views(
            *still,
            wall,
            crown,
            lines.shift[these],
            near["start"][these],
            near["stop"][these],
            near["row"],
            near["column"],
            near["enter"],
            near["leave"],
            near["middle"],
            near["east"],
            near["south"],
            faces[these].astype(np.float32),
            _hidden_by_bands(),
            horizon[these],
            crowns[these],
            factors,
        )
    factors[:2] /= directions
    factors[:, obstacles.roof] = np.nan
    horizon[:, obstacles.roof] = 0
    if crowned:
        crowns[:, obstacles.roof] = 0
    part = whole(shape) if window is None else window
    return Views(
        np.ascontiguousarray(part.of(factors)),
        np.ascontiguousarray(part.of(horizon)),
        azimuth,
        np.ascontiguousarray(part.of(crowns)) if crowned else None,
    )


def _skylines(
    obstacles: Obstacles, blocks: Blocks, lines: _Lines, which: slice, crowned: bool
) -> tuple[Float32, Float32]:
    """Draw some skylines: (n, 4, rows, columns) of walls and terrain, (n, 3, rows, columns) of crowns."""
    from twin.heat import skyline_kernels

    half = blocks.ground.shape
    rows, columns = obstacles.ground.shape
    cells = np.where(lines.along_rows[which, None], (rows, columns, columns, 1), (columns, rows, 1, columns))
    cells = np.where(lines.along_rows[which, None], (rows, columns, columns, 1), (columns, rows, 1, columns))
    wall = np.zeros((len(cells), 4, *half), np.float32)
    crown = np.zeros((len(cells), 3, *half) if crowned else (len(cells), 3, 1, 1), np.float32)
    skyline_kernels.far_skyline(
        obstacles.solid.ravel(),
        obstacles.roof.ravel(),
        blocks.looking.ravel(),
        blocks.ground.ravel(),
        blocks.top.ravel(),
        blocks.base.ravel(),
        crowned,
        np.array(half),
        cells,
        lines.along_rows[which],
        lines.slope[which],
        lines.towards[which],
        lines.skip[which],
        lines.step[which],
        wall.reshape(len(cells), 4, -1),
        crown.reshape(len(crown), 3, -1),
    )
    return wall, crown


def _scene(
    obstacles: Obstacles, crowned: bool
) -> tuple[np.float32, Float32, Float32, Float32, Float32, Float32, NDArray[np.bool_], bool]:
    """Return what the view kernel is given of the place, whatever the azimuth."""
    from twin.heat.view_kernels import CHUNK

    below_all = np.float32(-1e6)
    rows, columns = obstacles.ground.shape
    planted = np.zeros((rows, -(-columns // CHUNK) * CHUNK), bool)
    planted[:, :columns] = obstacles.top > obstacles.base
    chunks: NDArray[np.bool_] = np.asarray(planted.reshape(rows, -1, CHUNK).any(axis=2))
    plane = np.empty((3, rows, columns), np.float32)
    plane[0] = np.where(obstacles.roof, below_all, obstacles.solid)
    plane[1:] = np.where(obstacles.roof, 0, obstacles.slope)
    return (
        np.float32(obstacles.resolution),
        obstacles.ground,
        np.where(obstacles.roof, obstacles.solid, below_all).astype(np.float32),
        plane,
        obstacles.top,
        obstacles.base,
        chunks,
        crowned,
    )


def _lines(azimuth: NDArray[np.float64], resolution: float) -> _Lines:
    east, south = np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))
    along_rows = np.abs(south) > np.abs(east)
    major, minor = np.where(along_rows, south, east), np.where(along_rows, east, south)
    step = 2.0 / np.abs(major)  # cells
    skip = np.ceil(NEIGHBOURHOOD / step + 0.5)
    off = np.array([-0.25, 0.25])  # of a cell from its block's middle, in blocks
    row, column = np.meshgrid(off, off, indexing="ij")
    along = np.where(along_rows[:, None, None], row, column)
    across = np.where(along_rows[:, None, None], column, row)
    slope = minor / major
    # a step of the line is one block along its major axis
    forward = along * np.sign(major)[:, None, None] * (step * resolution)[:, None, None]
    return _Lines(
        along_rows=along_rows,
        slope=slope,
        towards=major > 0,
        skip=skip.astype(np.int64),
        step=(step * resolution).astype(np.float32),
        limit=(skip - 0.5) * step * resolution,
        shift=np.stack([across - slope[:, None, None] * along, forward], axis=-1).astype(np.float32),
    )


def _neighbourhood(
    azimuth: NDArray[np.float64], limit: NDArray[np.float64], resolution: float
) -> dict[str, NDArray[Any]]:
    """Return the lines through the neighbourhood, as the view kernel takes them."""
    size = 2 * NEIGHBOURHOOD + 4
    rays: RayTable = ray_table(azimuth, (size, size), resolution)
    length = [
        int(np.searchsorted(rays.near[first:end], most))
        for first, end, most in zip(rays.start[:-1], rays.start[1:], limit, strict=True)
    ]
    # a line begins in the middle of its own cell, whose crown it meets at once
    enter = 1.0 / np.maximum(rays.near, 1e-9 * resolution)
    return {
        "start": rays.start[:-1],
        "stop": rays.start[:-1] + np.array(length),
        "row": rays.row.astype(np.int64),
        "column": rays.column.astype(np.int64),
        "enter": enter.astype(np.float32),
        "leave": (1.0 / rays.far).astype(np.float32),
        "middle": (2.0 / (rays.near + rays.far)).astype(np.float32),
        "east": rays.east.astype(np.float32),
        "south": rays.south.astype(np.float32),
    }


def _hidden_by_bands() -> Float32:
    """What bands of crowns hide of the view of a horizontal and of a vertical face, by byte of a word and its value."""
    from twin.heat.view_kernels import BANDS

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
