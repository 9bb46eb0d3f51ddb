"""Shade on walls: how far up from their foot walls lie in shade, and what part of the beam reaches each of their parts.

A wall is a place beside a building: the open cell at its foot, the direction it faces, its height above that cell. A
wall that faces away from the sun lies in shade all the way up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


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
