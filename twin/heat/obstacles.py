"""What stands in the way of light: heights of ground, roofs and crowns, ready for the ray kernels.

A receiver stands on the ground at its cell's centre. Beyond the grid's border nothing rises above the receiver's level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from twin.heat.shade_layers import Barriers

CROWN_BASE_SHARE = 0.25
"""Crown base over tree height where no base is given (trunk ratio of Lindberg and Grimmond 2011)."""

SAIL_THICKNESS = 0.2
"""Of a shade sail with its sag, m: what one sees of it from the side."""

SAIL_TRANSMISSIVITY = 0.1
"""Share of light through a sail where nothing is given: an assumption, in the middle of what cloth is sold with."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Obstacles:
    """Heights on the grid, ready for the ray kernels.

    ground, solid, top, base : (rows, columns) float32, elevations in m of ground, of ground and roofs, of crown top and
        crown base; top = base where no tree stands
    slope : (2, rows, columns) float32, of the ground to the east and to the south, m/m
    roof : (rows, columns) bool, building cells
    resolution : cell size, m
    origin : row and column of cell [0, 0] in the numbering of all cells of the plane, see `window.global_origin`; a
        part of a scene keeps its cells' numbers, so that it is computed as the whole is
    transmissivity : (rows, columns) float32, share of light through the crown or sail of a cell, NaN where that is the
        default of the day; None where it is so everywhere
    """

    ground: Float32
    solid: Float32
    slope: Float32
    roof: NDArray[np.bool_]
    top: Float32
    base: Float32
    resolution: float
    origin: tuple[int, int] = (0, 0)
    transmissivity: Float32 | None = None

    @cached_property
    def highest(self) -> float:
        """Highest elevation of anything, m."""
        return float(max(self.solid.max(), self.top.max()))

    @cached_property
    def lowest(self) -> float:
        """Lowest elevation of the ground, m."""
        return float(self.ground.min())

    @cached_property
    def barriers(self) -> Barriers:
        """What shades receivers on open ground, as the shade kernels take it."""
        from twin.heat.shade_layers import ground_barriers

        return ground_barriers(self)

    @cached_property
    def surface_barriers(self) -> Barriers:
        """What shades receivers on ground and roofs, as the shade kernels take it."""
        from twin.heat.shade_layers import surface_barriers

        return surface_barriers(self)

    @cached_property
    def stair_barriers(self) -> Barriers:
        """The same as stairs from cell centre to cell centre, see `shade.sunlight`."""
        from twin.heat.shade_layers import stair_barriers

        return stair_barriers(self)

    @cached_property
    def slack(self) -> float:
        """Most that the inclined ground of a cell differs from its centre, m."""
        return float(np.abs(self.slope).sum(axis=0).max()) * self.resolution / 2


def make_obstacles(
    ground: NDArray[np.floating],
    surface: NDArray[np.floating],
    roof: NDArray[np.bool_],
    *,
    resolution: float,
    canopy_height: NDArray[np.floating] | None = None,
    canopy_base_height: NDArray[np.floating] | None = None,
    sail_height: NDArray[np.floating] | None = None,
    sail_transmissivity: NDArray[np.floating] | None = None,
    canopy_transmissivity: NDArray[np.floating] | None = None,
    origin: tuple[int, int] = (0, 0),
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
    sail_height : array (rows, columns), optional
        Shade sails above ground, m; 0 where there is none. A sail is a crown 0.2 m thick where no crown is higher.
    sail_transmissivity, canopy_transmissivity : array (rows, columns), optional
        Share of light that passes, 0 to 1. NaN leaves a crown to the default of the day, a sail to 0.1.
    origin : tuple of int
        Row and column of the first cell among all cells of the plane, see `window.global_origin`.

    Examples
    --------
    >>> flat = np.zeros((3, 3))
    >>> make_obstacles(flat, flat, flat > 0, resolution=1.0).highest
    0.0
    """
    z = np.ascontiguousarray(ground, dtype=np.float32)
    height = np.zeros_like(z) if canopy_height is None else np.asarray(canopy_height, dtype=np.float32)
    base = CROWN_BASE_SHARE * height if canopy_base_height is None else np.asarray(canopy_base_height, np.float32)
    through = None if canopy_transmissivity is None else np.array(canopy_transmissivity, np.float32)
    if sail_height is not None:
        sail = np.asarray(sail_height, np.float32)
        spread = sail > height
        height = np.where(spread, sail, height)
        base = np.where(spread, np.maximum(sail - np.float32(SAIL_THICKNESS), 0), base)
        if spread.any():
            given = np.full_like(z, np.nan) if sail_transmissivity is None else sail_transmissivity
            cloth = np.where(np.isnan(given), SAIL_TRANSMISSIVITY, given)
            through = np.where(spread, cloth, np.nan if through is None else through).astype(np.float32)
    if through is not None and np.isnan(through).all():
        through = None
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
        origin=(int(origin[0]), int(origin[1])),
        transmissivity=through,
    )


def _slope(ground: Float32, resolution: float) -> Float32:
    """Slope of the ground to the east and to the south; what is steeper than 45 degrees is a wall and stays a step."""
    slope = np.zeros((2, *ground.shape), dtype=np.float32)
    for direction, axis in ((0, 1), (1, 0)):
        if ground.shape[axis] > 1:
            steepness = np.gradient(ground.astype(np.float64), resolution, axis=axis)
            slope[direction] = np.clip(steepness, -1.0, 1.0)
    return slope
