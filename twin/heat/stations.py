"""What radiometers would measure at chosen places: six short- and six longwave fluxes, to set beside a station's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from twin.city.gridspec import check_grid
from twin.errors import InputError
from twin.heat import materials
from twin.heat.inputs import REQUIRED
from twin.heat.options import Options


def radiation_fluxes(
    grid: xr.Dataset,
    weather: xr.Dataset,
    places: Sequence[tuple[float, float]],
    *,
    directions: int = 64,
    sun_samples: int = 3,
    sky: str = "anisotropic",
    canopy_transmissivity: float | None = None,
    wall_albedo: float = materials.WALL_ALBEDO,
    threads: int | None = None,
) -> xr.Dataset:
    """Compute the radiation that arrives 1.1 m above chosen places from above, from the ground and from four sides.

    The numbers come from the tables of the maps (`twin.heat.simulate`): one physics for maps and stations. Their
    mean radiant temperature is that of the maps but for the beam, which meets a body there and the faces of a box here.

    Parameters
    ----------
    grid, weather : xr.Dataset
        See `twin.heat.simulate`.
    places : sequence of (x, y)
        Coordinates in the CRS of the grid, m; each stands for the cell it lies in.
    directions, sun_samples, sky, canopy_transmissivity, wall_albedo, threads
        See `twin.heat.simulate`.

    Returns
    -------
    xr.Dataset
        `shortwave` and `longwave` over (place, time, direction), W/m2; direction is where the radiation comes from:
        down (from above), up (from the ground), north, east, south, west. `x` and `y` of the places.

    Raises
    ------
    InputError
        If a place lies outside the grid or on a roof, or an option is impossible.
    MissingDataError
        If the grid or the weather lacks a variable.

    Examples
    --------
    >>> from pyproj import CRS
    >>> from twin.city.gridspec import GridSpec
    >>> from twin.weather import hot_day
    >>> spec = GridSpec(691000, 5537020, 2.0, 10, 10, CRS.from_epsg(25832))
    >>> flat = (("y", "x"), np.zeros(spec.shape, np.float32))
    >>> grid = spec.dataset().assign(
    ...     ground_elevation=flat, surface_elevation=flat, land_cover=(("y", "x"), np.full(spec.shape, 6, np.uint8)))
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> found = radiation_fluxes(grid, day, [(691010.0, 5537010.0)])
    >>> bool(found.shortwave.sel(direction="down").max() > 800)
    True

    References
    ----------
    S. Thorsson, F. Lindberg, I. Eliasson, B. Holmer (2007): Different methods for estimating the mean radiant
    temperature in an outdoor urban setting. International Journal of Climatology 27, 1983-1993.
    """
    from twin import kernels
    from twin.heat.day import add_shade
    from twin.heat.plan import make_plan
    from twin.heat.plates import widened, within
    from twin.heat.radiation_budget import fluxes
    from twin.heat.scene import distant_of, ground_of, make_scene, walls_of
    from twin.heat.views import look_around
    from twin.heat.window import Window, whole

    options = Options(
        directions=directions,
        sun_samples=sun_samples,
        sky=sky,
        canopy_transmissivity=canopy_transmissivity,
        wall_albedo=wall_albedo,
        hourly=(),
    )
    spec = check_grid(grid, REQUIRED)
    cells = [_cell_of(grid, place) for place in places]
    plan = make_plan(grid, weather, options, plate=512)
    day = plan.day
    parts = []
    with kernels.running(threads):
        scene = make_scene(grid, plan.names, spec, whole(spec.shape))
        distant = distant_of(grid, plan.names, spec, directions, scene)
        for (row, column), place in zip(cells, places, strict=True):
            if scene.obstacles.roof[row, column]:
                raise InputError(f"place x={place[0]:.1f}, y={place[1]:.1f} lies on a roof; heat needs open ground")
            wide = widened(Window(row, column, 1, 1), day.margin, spec.shape)
            local = within(wide, scene.window)
            views = look_around(scene.obstacles, directions=directions, window=local, distant=distant)
            sunlit = np.zeros((day.steps, wide.rows, wide.columns), np.float32)
            for n in range(day.steps):
                add_shade(day, scene.obstacles, n, local, distant, sunlit[n])
            found = fluxes(
                views,
                ground_of(scene, wide),
                sunlit,
                day.forcing,
                [(row - wide.row, column - wide.column)],
                canopy_transmissivity=day.canopy_transmissivity,
                wall_albedo=wall_albedo,
                walls=walls_of(scene, wide, wall_albedo),
            )
            parts.append(found)
    result = xr.concat(parts, "cell").rename(cell="place").assign_coords(time=weather["time"])
    east, north = np.array(places, dtype=np.float64).T
    return result.assign_coords(x=("place", east), y=("place", north))


def _cell_of(grid: xr.Dataset, place: tuple[float, float]) -> tuple[int, int]:
    x, y = grid["x"].values, grid["y"].values
    half = abs(float(x[1] - x[0])) / 2
    column, row = int(np.abs(x - place[0]).argmin()), int(np.abs(y - place[1]).argmin())
    if abs(x[column] - place[0]) > half or abs(y[row] - place[1]) > half:
        raise InputError(
            f"place x={place[0]:.1f}, y={place[1]:.1f} lies outside the grid, which covers x {x.min():.1f} to "
            f"{x.max():.1f} and y {y.min():.1f} to {y.max():.1f}"
        )
    return row, column
