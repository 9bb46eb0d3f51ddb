"""What is seen beyond a plate's surroundings: the skyline of the whole city and its terrain, on blocks of cells.

Blocks are counted over all of the plane, as cells are (see `window.global_origin`), so that heights of parts of a city
can be put together, and every part of it finds its place in the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat.blocks import cut
from twin.heat.lines import along_rows, far_cells
from twin.heat.obstacles import Obstacles
from twin.heat.rays import even_azimuths

REACH = 512
"""Distance up to which a place is looked at through the cells around it, in cells."""

BLOCK = 16
"""Cells along the side of a block of the distant skyline."""

FIRST = REACH - 16.0
"""Distance from which blocks are looked at, in cells: where the cells' own view ends."""

NOTHING = np.float32(-1e6)
"""Elevation, m, of what is not there: below everything."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Distant:
    """What blocks of cells see beyond `REACH`.

    heights : (3, rows, columns) float32, of blocks of `BLOCK` cells, see `coarse_heights`
    origin : row and column of the first block among all blocks of the plane
    resolution : cell size, m
    skyline : (2, n, pairs of rows, pairs of columns) float32, for each two by two blocks: tangent under which the
        skyline would be seen from elevation 0, and one over its distance, 1/m; a receiver at elevation z sees it under
        the first less z times the second
    corner : row and column of the first of these among all of the plane
    """

    heights: Float32
    origin: tuple[int, int]
    resolution: float
    skyline: Float32
    corner: tuple[int, int]

    def beam(self, altitude: float, azimuth: float) -> Float32:
        """Return up to which elevation each block lies in the shade of what is beyond `REACH`.

        Parameters
        ----------
        altitude, azimuth : float
            Of the sun, degrees, above 0; clockwise from grid north.

        Returns
        -------
        array (rows, columns)
            Of blocks, m; far below everything where nothing shades.

        Examples
        --------
        >>> mountain = np.zeros((3, 1, 100), np.float32)
        >>> mountain[:2, 0, 99] = 400.0
        >>> shade = make_distant(mountain, 10.0, 4).beam(altitude=1.0, azimuth=90.0)
        >>> shade[0, [0, 40, 80]].round().tolist()  # the last is nearer than `REACH`
        [124.0, 235.0, -1000000.0]
        """
        by_row = bool(along_rows(np.array([azimuth]))[0])
        east, south = np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))
        major, minor = (south, east) if by_row else (east, south)
        height = self.heights[0] if by_row else self.heights[1].T
        if major > 0:  # walk from what is farthest towards the sun
            height = height[::-1]
        rows, columns = height.shape
        step = BLOCK * self.resolution / abs(major)
        fall = step * np.tan(np.radians(altitude))
        skip = int(np.ceil(FIRST * self.resolution / step))
        # lines lie side by side once each row is moved by their way aside
        aside = np.round(minor / abs(major) * np.arange(rows)).astype(int)
        aside -= aside.min()
        place = aside[:, None] + np.arange(columns)
        lines = np.full((rows, columns + int(aside.max())), -np.inf)
        np.put_along_axis(lines, place, height + fall * np.arange(rows)[:, None], axis=1)
        passed = np.full_like(lines, -np.inf)
        passed[skip:] = np.maximum.accumulate(lines, axis=0)[: rows - skip] if skip < rows else -np.inf
        shade = np.take_along_axis(passed, place, axis=1) - fall * np.arange(rows)[:, None]
        shade = np.maximum(shade, NOTHING).astype(np.float32)
        if major > 0:
            shade = shade[::-1]
        return np.ascontiguousarray(shade if by_row else shade.T)


def coarse_heights(obstacles: Obstacles) -> Float32:
    """Put the cells of each block together.

    Returns
    -------
    array (3, rows, columns)
        Elevations, m, of the blocks that hold any cell, the first at `origin // BLOCK`: the mean over the block's
        columns of the highest roof on each, or of its mean ground where nothing is built; the same for its rows; and
        the mean open ground. Far below everything where a block has no cell, which cannot be.

    Examples
    --------
    >>> from twin.heat.obstacles import make_obstacles
    >>> height = np.zeros((16, 32))
    >>> height[3, 16:] = 8.0
    >>> made = make_obstacles(np.zeros((16, 32)), height, height > 0, resolution=1.0)
    >>> coarse_heights(made).tolist()
    [[[0.0, 8.0]], [[0.0, 0.5]], [[0.0, 0.0]]]
    """
    rows, columns = obstacles.ground.shape
    top, left = (number // BLOCK for number in obstacles.origin)
    shape = (-(-(obstacles.origin[0] + rows) // BLOCK) - top, -(-(obstacles.origin[1] + columns) // BLOCK) - left)
    above, before = top * BLOCK - obstacles.origin[0], left * BLOCK - obstacles.origin[1]

    def blocks(field: NDArray[Any], fill: object) -> NDArray[Any]:
        whole = cut(field, above, before, (shape[0] * BLOCK, shape[1] * BLOCK), fill)
        return whole.reshape(shape[0], BLOCK, shape[1], BLOCK)

    present = blocks(np.ones(obstacles.roof.shape, bool), False)
    roof, solid = blocks(obstacles.roof, False), blocks(obstacles.solid, 0.0)
    made = np.empty((3, *shape), np.float32)
    for axis, kept in ((1, 2), (3, 1)):
        count = np.maximum(present.sum(axis=axis), 1)
        mean = solid.sum(axis=axis, dtype=np.float64, where=present) / count
        highest = solid.max(axis=axis, where=present, initial=NOTHING)
        line = np.where(roof.any(axis=axis), highest, mean)
        held = present.any(axis=axis)
        made[axis // 2] = line.sum(axis=kept, where=held) / np.maximum(held.sum(axis=kept), 1)
    ground = blocks(obstacles.ground, 0.0)
    opened = present & ~roof
    chosen = np.where(opened.any(axis=(1, 3))[:, None, :, None], opened, present)
    made[2] = ground.sum(axis=(1, 3), dtype=np.float64, where=chosen) / np.maximum(chosen.sum(axis=(1, 3)), 1)
    return made


def make_distant(heights: Float32, resolution: float, directions: int, *, origin: tuple[int, int] = (0, 0)) -> Distant:
    """Find what all blocks of a city see beyond `REACH`.

    Parameters
    ----------
    heights : array (3, rows, columns)
        See `coarse_heights`, of the whole city.
    resolution : float
        Cell size, m.
    directions : int
        Number of azimuths, as for `look_around`.
    origin : tuple of int
        Row and column of the first block among all blocks of the plane.

    Examples
    --------
    >>> valley = np.zeros((3, 80, 80), np.float32)
    >>> valley[:, :4] = 300.0
    >>> distant = make_distant(valley, 1.0, 8)
    >>> distant.skyline[0, 0, [1, 20, 39], 10] > 0  # north-north-east
    array([False,  True,  True])
    """
    from twin.heat import distant_kernels as loops

    azimuth = even_azimuths(directions)
    corner = (origin[0] // 2, origin[1] // 2)
    pairs = tuple(-(-(origin[k] + heights.shape[k + 1]) // 2) - corner[k] for k in (0, 1))
    even = (2 * corner[0] - origin[0], 2 * corner[1] - origin[1])
    field = np.stack([cut(part, *even, (2 * pairs[0], 2 * pairs[1]), NOTHING) for part in heights])
    skyline = np.zeros((2, directions, *pairs), np.float32)
    skyline[0] = -1.0
    if max(field.shape[1:]) * BLOCK > FIRST:
        reach = float(np.hypot(*field.shape[1:]) * BLOCK)
        lines = far_cells(azimuth, (BLOCK,), ((FIRST, reach),), resolution)
        middle = np.asarray(2.0 / (1.0 / lines.near + 1.0 / lines.far), np.float32)
        loops.see_distant(field, along_rows(azimuth), lines.line[0], lines.row, lines.column, middle, skyline)
    return Distant(np.asarray(heights, np.float32), origin, float(resolution), skyline, corner)
