"""The mean radiant temperature of a person on every cell and step, from what the cell sees and what the weather sends.

Arrays cover one window of the grid. What the ground within some metres of a person sends up depends on the cells
around, so the arrays reach `ground_margin` cells beyond the window that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat import materials
from twin.heat.forcing import Forcing
from twin.heat.radiation import FACES, RECEIVERS, SIGMA, Receiver
from twin.heat.radiation_tables import footprint, kept_tables
from twin.heat.shade import CANOPY_TRANSMISSIVITY
from twin.heat.surface_temperature import SPIN_UP_DAYS
from twin.heat.views import Views
from twin.heat.window import Window, whole

GROUND_RADIUS = 11.0
"""How far from a person ground is looked at, m: 89 % of what a standing person sees of level ground."""

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
    return _radiate(
        views, ground, sunlit, forcing, RECEIVERS[forcing.receiver], canopy_transmissivity, wall_albedo, walls, window
    )


def fluxes(
    views: Views,
    ground: Float32,
    sunlit: Float32,
    forcing: Forcing,
    cells: Sequence[tuple[int, int]],
    *,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    wall_albedo: float = materials.WALL_ALBEDO,
    walls: Float32 | None = None,
) -> xr.Dataset:
    """Compute the six shortwave and six longwave fluxes at chosen cells, as radiometers 1.1 m high measure them.

    The sums are those of `radiate`, for flat receivers: one physics for maps and stations.

    Parameters
    ----------
    views, ground, sunlit, forcing, canopy_transmissivity, wall_albedo, walls
        See `radiate`.
    cells : sequence of (row, column)
        In the arrays.

    Returns
    -------
    xr.Dataset
        `shortwave` and `longwave` (cell, time, direction), W/m2; direction is where it comes from: down (from
        above), up (from the ground), north, east, south, west. The beam is part of them.

    Raises
    ------
    InputError
        If a cell lies outside the arrays or on a roof.

    Examples
    --------
    >>> fluxes.__name__
    'fluxes'
    """
    rows, columns = views.horizon.shape[1:]
    margin = ground_margin(forcing.resolution)
    found = np.zeros((2, len(cells), forcing.steps, len(FACES)))
    for which, (row, column) in enumerate(cells):
        if not (0 <= row < rows and 0 <= column < columns) or np.isnan(views.factors[0, row, column]):
            raise InputError(f"cell ({row}, {column}) is no open ground of the {rows} x {columns} cells given")
        top, left = max(0, row - margin), max(0, column - margin)
        part = Window(top, left, min(rows, row + margin + 1) - top, min(columns, column + margin + 1) - left)
        cut = replace(
            views,
            factors=np.ascontiguousarray(part.of(views.factors)),
            horizon=np.ascontiguousarray(part.of(views.horizon)),
            crowns=None if views.crowns is None else np.ascontiguousarray(part.of(views.crowns)),
        )
        here = slice(top, top + part.rows), slice(left, left + part.columns)
        lit = np.ascontiguousarray(part.of(sunlit))
        of_walls = None if walls is None else np.ascontiguousarray(walls[here])
        one = Window(row - top, column - left, 1, 1)
        for k in range(2):
            for f, face in enumerate(FACES.values()):
                only = replace(face, shortwave=float(k == 0), longwave=float(k == 1))
                given = (
                    cut,
                    np.ascontiguousarray(ground[here]),
                    lit,
                    forcing,
                    only,
                    canopy_transmissivity,
                    wall_albedo,
                )
                kelvin = _radiate(*given, of_walls, one)[:, 0, 0].astype(np.float64) + 273.15
                found[k, which, :, f] = SIGMA * kelvin**4
    over = ("cell", "time", "direction")
    return xr.Dataset({"shortwave": (over, found[0]), "longwave": (over, found[1])}, coords={"direction": list(FACES)})


def _radiate(
    views: Views,
    ground: Float32,
    sunlit: Float32,
    forcing: Forcing,
    receiver: Receiver,
    through: float,
    wall_albedo: float,
    walls: Float32 | None,
    window: Window | None,
) -> Float32:
    """Do the work of `radiate` for any receiver."""
    from twin.heat import radiation_kernels as loops

    shape = views.horizon.shape[1:]
    cells = shape[0] * shape[1]
    if walls is None:
        walls = np.zeros((*shape, 2), np.float32)
        walls[..., 0] = wall_albedo
    window = whole(shape) if window is None else window
    points = footprint(receiver, forcing.resolution)
    roof = np.isnan(views.factors[0])
    hidden = np.zeros((1, *shape), np.float32)
    nothing = np.zeros((0, *shape), np.float32)
    down = (roof, points.row, points.column, points.weight, points.rings, points.own)
    full = np.float32(receiver.longwave * SIGMA if receiver.longwave else SIGMA)
    loops.look_down(*down, nothing, nothing, full, np.zeros(2, np.int64), hidden)
    base = np.array([window.row, window.column])
    crowns = np.zeros((1, 1), np.uint32) if views.crowns is None else views.crowns.reshape(len(views.crowns), cells)
    state = np.zeros((7, cells), np.float32)
    state[:2] = (forcing.temperature[: forcing.per_day] + 273.15).mean()
    result = np.empty((len(sunlit), window.rows, window.columns), np.float32)
    for first in range(0, forcing.steps, forcing.per_day):
        last = min(first + forcing.per_day, forcing.steps)
        t = kept_tables(forcing, receiver, first, last, through)
        above, up = (np.empty((last - first, *shape), np.float32) for _ in range(2))
        loops.receive(
            views.factors.reshape(10, cells),
            views.horizon.reshape(len(views.horizon), cells),
            crowns,
            views.crowns is not None,
            ground.reshape(cells, -1),
            walls.reshape(cells, 2),
            hidden.reshape(cells),
            sunlit[first:last].reshape(last - first, cells),
            t.table,
            t.leaves,
            t.view,
            t.cotangent,
            t.climb,
            t.air,
            t.light,
            t.sun,
            t.wall_beam,
            t.wall_drop,
            t.body,
            forcing.per_day,
            SPIN_UP_DAYS if first == 0 else 0,
            state,
            above.reshape(last - first, cells),
            up.reshape(last - first, cells),
        )
        loops.look_down(*down, up, above, full, base, result[first:last])
    return result
