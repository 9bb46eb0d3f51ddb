"""Whether the sun reaches a place: its beam followed exactly through ground, roofs and crowns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.heat.obstacles import Obstacles
from twin.heat.rays import ray_table
from twin.heat.window import Window, whole

CANOPY_TRANSMISSIVITY = 0.04
"""Share of direct sun through a crown in leaf: J. Konarska et al. (2014), Theor. Appl. Climatol. 117, measured 0.013 to
0.053 below single trees in Göteborg. Without leaves 0.4 to 0.52."""

Float32 = NDArray[np.float32]


def sunlight(
    obstacles: Obstacles,
    *,
    altitude: float,
    azimuth: float,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    weight: float = 1.0,
    add_to: Float32 | None = None,
    window: Window | None = None,
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
        Adds the weighted share to an array of the window's size, for means over several positions of the sun.
    window : Window, optional
        Receivers; all of the grid if not given.

    Returns
    -------
    array (rows, columns)
        Of the window; 0 to 1 (times `weight`); 0 on roofs, which are no receivers.

    Examples
    --------
    >>> from twin.heat.obstacles import make_obstacles
    >>> flat = np.zeros((3, 3))
    >>> obstacles = make_obstacles(flat, flat, flat > 0, resolution=1.0)
    >>> float(sunlight(obstacles, altitude=40, azimuth=180)[1, 1])
    1.0
    """
    from twin.heat import shade_kernels as kernels

    shape = obstacles.ground.shape
    part = whole(shape) if window is None else window
    share = np.zeros((part.rows, part.columns), dtype=np.float32) if add_to is None else add_to
    if altitude <= 0:
        return share
    rays = ray_table(np.array([azimuth]), shape, obstacles.resolution)
    everywhere = np.zeros(shape, dtype=np.float32)
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
        everywhere,
    )
    share += part.of(everywhere)
    return share
