"""What a place sees (sky, walls, crowns) and whether the sun reaches it: the geometry of the heat model on a grid.

A receiver stands on the ground at its cell's centre. Beyond the grid's border nothing rises above the receiver's level.
View factors are shares of the radiation that a flat surface receives from a uniform hemisphere.
"""

from __future__ import annotations

import time as clocks
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.heat.rays import RUN, even_azimuths, ray_table

CANOPY_TRANSMISSIVITY = 0.04
"""Share of direct sun through a crown in leaf: J. Konarska et al. (2014), Theor. Appl. Climatol. 117, measured 0.013 to
0.053 below single trees in Göteborg. Without leaves 0.4 to 0.52."""

CROWN_BASE_SHARE = 0.25
"""Crown base over tree height where no base is given (trunk ratio of Lindberg and Grimmond 2011)."""

FACES = (0.0, 90.0, 180.0, 270.0)
"""Azimuths of the four vertical faces, degrees."""

BLOCK_SECONDS = 0.5
"""How long the kernel looks around before Python is asked whether to go on."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Obstacles:
    """Heights on the grid, ready for the ray kernels.

    ground, solid, top, base : (rows, columns) float32, elevations in m of ground, of ground and roofs, of crown top and
        crown base; top = base where no tree stands
    slope : (2, rows, columns) float32, of the ground to the east and to the south, m/m
    roof : (rows, columns) bool, building cells
    resolution : cell size, m
    """

    ground: Float32
    solid: Float32
    slope: Float32
    roof: NDArray[np.bool_]
    top: Float32
    base: Float32
    resolution: float

    @cached_property
    def highest(self) -> float:
        """Highest elevation of anything, m."""
        return float(max(self.solid.max(), self.top.max()))

    @cached_property
    def window(self) -> Float32:
        """Highest elevation in squares of `RUN` by `RUN` cells, (rows + RUN - 1, columns + RUN - 1)."""
        return _highest_in_squares(np.maximum(self.solid, self.top))

    @cached_property
    def slack(self) -> float:
        """Most that the inclined ground of a cell differs from its centre, m."""
        return float(np.abs(self.slope).sum(axis=0).max()) * self.resolution / 2


@dataclass(frozen=True)
class Views:
    """What every cell sees.

    factors : (rows, columns, 10) float32, free sky and crowns (both above the building horizon) seen by a face that
        looks up, then the same pair for vertical faces to north, east, south and west; NaN on roofs. What is left to 1
        (up) or to 0.5 (sideways, whose lower half is ground) is walls and terrain.
    horizon : (rows, columns, n) uint8, elevation angle of buildings and terrain, 255 for the zenith
    azimuth : (n,) degrees
    """

    factors: Float32
    horizon: NDArray[np.uint8]
    azimuth: NDArray[np.float64]


def make_obstacles(
    ground: NDArray[np.floating],
    surface: NDArray[np.floating],
    roof: NDArray[np.bool_],
    *,
    resolution: float,
    canopy_height: NDArray[np.floating] | None = None,
    canopy_base_height: NDArray[np.floating] | None = None,
) -> Obstacles:
    """Gather heights for the ray kernels.

    Parameters
    ----------
    ground, surface : array (rows, columns)
        Elevation of the ground and of ground and roofs, m.
    roof : array of bool (rows, columns)
        Building cells. Elsewhere `surface` counts as terrain.
    resolution : float
        Cell size, m.
    canopy_height, canopy_base_height : array (rows, columns), optional
        Crown top and base above ground, m; 0 where no tree stands. The base is a quarter of the height if not given.

    Examples
    --------
    >>> flat = np.zeros((3, 3))
    >>> make_obstacles(flat, flat, flat > 0, resolution=1.0).highest
    0.0
    """
    z = np.ascontiguousarray(ground, dtype=np.float32)
    height = np.zeros_like(z) if canopy_height is None else np.asarray(canopy_height, dtype=np.float32)
    base = CROWN_BASE_SHARE * height if canopy_base_height is None else np.asarray(canopy_base_height, np.float32)
    solid = np.where(roof, np.asarray(surface, dtype=np.float32), z)
    crown_base = np.maximum(z + np.minimum(base, height), solid)  # over a roof, only what rises above it
    return Obstacles(
        ground=z,
        solid=np.ascontiguousarray(solid),
        slope=_slope(z, resolution),
        roof=np.ascontiguousarray(roof, dtype=np.bool_),
        top=np.ascontiguousarray(np.maximum(z + height, crown_base)),
        base=np.ascontiguousarray(crown_base),
        resolution=float(resolution),
    )


def _slope(ground: Float32, resolution: float) -> Float32:
    """Slope of the ground to the east and to the south; what is steeper than 45 degrees is a wall and stays a step."""
    slope = np.zeros((2, *ground.shape), dtype=np.float32)
    for direction, axis in ((0, 1), (1, 0)):
        if ground.shape[axis] > 1:
            steepness = np.gradient(ground.astype(np.float64), resolution, axis=axis)
            slope[direction] = np.clip(steepness, -1.0, 1.0)
    return slope


def look_around(obstacles: Obstacles, *, directions: int = 64) -> Views:
    """Measure what every cell sees along `directions` azimuths.

    Parameters
    ----------
    obstacles : Obstacles
    directions : int
        Number of azimuths, a multiple of 4, so that the four faces are treated alike.

    References
    ----------
    J. Dozier, J. Frew (1990): Rapid calculation of terrain parameters for radiation modeling from digital elevation
    data. IEEE Transactions on Geoscience and Remote Sensing 28, 963-969 (horizon angles).

    Examples
    --------
    >>> flat = np.zeros((3, 3))
    >>> views = look_around(make_obstacles(flat, flat, flat > 0, resolution=1.0))
    >>> views.factors[1, 1, :4].tolist()
    [1.0, 0.0, 0.5, 0.0]
    """
    from twin.heat import horizon_kernels as kernels

    azimuth = even_azimuths(directions)
    rays = ray_table(azimuth, obstacles.ground.shape, obstacles.resolution)
    weight = np.maximum(np.cos(np.radians(azimuth[None, :] - np.array(FACES)[:, None])), 0.0)
    weight *= (2 / np.pi) / weight.sum(axis=1, keepdims=True)  # a free horizon adds up to one half
    angle = np.arcsin(np.sqrt(np.arange(kernels.BINS + 1) / kernels.BINS))
    factors = np.empty((*obstacles.ground.shape, 10), dtype=np.float32)
    horizon = np.zeros((*obstacles.ground.shape, directions), dtype=np.uint8)
    bands = angle / 2 + np.sin(2 * angle) / 4
    begin, block = 0, 8
    while begin < len(factors):  # some rows at a time, so that Ctrl-C is heard between them
        end, began = min(begin + block, len(factors)), clocks.perf_counter()
        kernels.look_around(
            obstacles.ground,
            obstacles.solid,
            obstacles.slope,
            obstacles.slack,
            obstacles.roof,
            obstacles.top,
            obstacles.base,
            obstacles.window,
            obstacles.highest,
            rays.row,
            rays.column,
            rays.near,
            rays.far,
            rays.east,
            rays.south,
            rays.run_start,
            rays.run,
            weight,
            bands,
            begin,
            end,
            factors,
            horizon,
        )
        begin, took = end, clocks.perf_counter() - began
        block = max(8, min(4 * block, int(block * BLOCK_SECONDS / max(took, 1e-6))))
    return Views(factors, horizon, azimuth)


def _highest_in_squares(height: Float32) -> Float32:
    """Highest value in the square of RUN by RUN cells that begins at each cell, and before it over the border."""
    from scipy.ndimage import maximum_filter1d

    margin = RUN - 1
    padded = np.pad(height, margin, constant_values=-np.inf)
    for axis in (0, 1):
        padded = maximum_filter1d(padded, RUN, axis=axis, origin=-(RUN // 2), mode="constant", cval=-np.inf)
    rows, columns = height.shape
    return np.ascontiguousarray(padded[: rows + margin, : columns + margin])


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
    >>> flat = np.zeros((3, 3))
    >>> float(sky_view_factor(make_obstacles(flat, flat, flat > 0, resolution=1.0))[1, 1])
    1.0
    """
    return np.ascontiguousarray(look_around(obstacles, directions=directions).factors[..., 0])


def sunlight(
    obstacles: Obstacles,
    *,
    altitude: float,
    azimuth: float,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    weight: float = 1.0,
    add_to: Float32 | None = None,
) -> Float32:
    """Compute the share of the sun's beam that reaches the ground of every cell.

    Parameters
    ----------
    obstacles : Obstacles
    altitude, azimuth : float
        Of the sun, degrees; azimuth clockwise from grid north. At or below the horizon nothing arrives.
    canopy_transmissivity : float
        Share of a beam left behind crowns, 0 to 1.
    weight, add_to : float, array, optional
        Adds the weighted share to an array, for means over several positions of the sun.

    Returns
    -------
    array (rows, columns)
        0 to 1 (times `weight`); 0 on roofs, which are no receivers.

    Examples
    --------
    >>> flat = np.zeros((3, 3))
    >>> obstacles = make_obstacles(flat, flat, flat > 0, resolution=1.0)
    >>> float(sunlight(obstacles, altitude=40, azimuth=180)[1, 1])
    1.0
    """
    from twin.heat import horizon_kernels as kernels

    shape = obstacles.ground.shape
    share = np.zeros(shape, dtype=np.float32) if add_to is None else add_to
    if altitude <= 0:
        return share
    rays = ray_table(np.array([azimuth]), shape, obstacles.resolution)
    kernels.add_sunlight(
        obstacles.ground,
        obstacles.solid,
        obstacles.slope,
        obstacles.slack,
        obstacles.roof,
        obstacles.top,
        obstacles.base,
        obstacles.window,
        obstacles.highest,
        rays.row,
        rays.column,
        rays.near,
        rays.far,
        rays.east,
        rays.south,
        rays.run,
        float(np.tan(np.radians(altitude))),
        float(canopy_transmissivity),
        float(weight),
        share,
    )
    return share
