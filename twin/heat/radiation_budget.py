"""The mean radiant temperature of a person on every cell and step, from what the cell sees and what the weather sends.

Arrays cover one window of the grid. What the ground within some metres of a person sends up depends on the cells
around, so the arrays reach `ground_margin` cells beyond the window that is asked for.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twin.heat import materials
from twin.heat.forcing import Forcing
from twin.heat.shade import CANOPY_TRANSMISSIVITY
from twin.heat.views import Views
from twin.heat.window import Window

GROUND_RADIUS = 11.0
"""How far from a person ground is looked at, m: 87 % of what a standing person sees of level ground."""

SPIN_UP_DAYS = 3
"""Days the first day is repeated until the ground's warmth closes on itself; the rest is below 0.1 K."""

Float32 = NDArray[np.float32]


def ground_margin(resolution: float) -> int:
    """Return how many cells beyond its window `radiate` looks at the ground.

    Parameters
    ----------
    resolution : float
        Cell size, m.

    Examples
    --------
    >>> ground_margin(1.0), ground_margin(10.0)
    (11, 1)
    """
    return math.floor(GROUND_RADIUS / resolution + 0.5)


def radiate(
    views: Views,
    ground: Float32,
    sunlit: Float32,
    forcing: Forcing,
    *,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    wall_albedo: float = materials.WALL_ALBEDO,
    walls: Float32 | None = None,
    window: Window | None = None,
) -> Float32:
    """Compute the mean radiant temperature of a person on every cell and step.

    Parameters
    ----------
    views : Views
        Of some cells, (rows, columns).
    ground : array (rows, columns, 4)
        Of the same cells, see `twin.heat.materials.ground_fields`.
    sunlit : array (steps, rows, columns)
        Share of the beam that arrives on the ground.
    forcing : Forcing
    canopy_transmissivity : float
        Share of diffuse light and longwave radiation that passes a crown, 0 to 1.
    wall_albedo : float
        Of all walls, 0 to 1, where `walls` is not given.
    walls : array (rows, columns, 2), optional
        Albedo and greened share of the walls around each cell.
    window : Window, optional
        The cells asked for; all of them when not given. Ground is looked at within `ground_margin` cells of it, as far
        as the arrays reach.

    Returns
    -------
    array (steps, rows, columns) of the window, degC
        NaN on roofs.

    Examples
    --------
    >>> radiate.__name__
    'radiate'
    """
    from twin.heat import radiation_kernels as loops

    temperature = np.empty_like(sunlit)
    loops.heat_ground(
        views.factors,
        views.horizon,
        ground,
        sunlit,
        forcing.air,
        float(canopy_transmissivity),
        float(wall_albedo),
        forcing.step,
        forcing.per_day,
        SPIN_UP_DAYS,
        temperature,
    )
    radiant = np.empty_like(sunlit)
    for n in range(len(sunlit)):
        loops.feel(
            views.factors,
            views.horizon,
            ground,
            sunlit[n],
            temperature[n],
            forcing.air[n],
            float(canopy_transmissivity),
            float(wall_albedo),
            radiant[n],
        )
    return radiant if window is None else np.ascontiguousarray(window.of(radiant))
