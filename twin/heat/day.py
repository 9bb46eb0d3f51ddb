"""A day on a plate: from what lies around to maps and hours. Whatever is computed is computed here, plate by plate.

What is the same for all plates (weather, sun, tables of the indices) is made once, as a `Day`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.heat import statistics
from twin.heat.distant import Distant
from twin.heat.forcing import Forcing, locate, make_forcing
from twin.heat.index_table import IndexTable, apply, tabulate
from twin.heat.obstacles import Obstacles
from twin.heat.options import Options
from twin.heat.plates import widened, within
from twin.heat.radiation_budget import ground_margin, radiate
from twin.heat.scene import Scene, ground_of, walls_of
from twin.heat.season import canopy_transmissivity_of
from twin.heat.shade import sunlight
from twin.heat.views import Views, look_around
from twin.heat.window import Window

Float32 = NDArray[np.float32]

STEPS_OF_VIEWS = 6.0
"""Share of the views in the work of a plate, in steps of the day, for the progress bar."""


@dataclass(frozen=True)
class Day:
    """All that is the same for every plate of a day.

    spec : of the whole grid
    options : as given, with what was chosen for them
    forcing : weather and sun
    canopy_transmissivity : share of the beam through crowns that have none of their own
    tables : of every index, one a step
    kept : steps whose fields are kept
    hourly : names of the fields that are kept by step
    highest : elevation of the highest thing of the grid, m
    """

    spec: GridSpec
    options: Options
    forcing: Forcing
    canopy_transmissivity: float
    tables: dict[str, tuple[IndexTable, ...]]
    kept: tuple[int, ...]
    hourly: tuple[str, ...]
    highest: float

    @property
    def steps(self) -> int:
        """How many steps the day has."""
        return len(self.forcing.temperature)

    @property
    def margin(self) -> int:
        """How many cells around a plate its radiation depends on."""
        return ground_margin(self.spec.resolution)

    @property
    def maps(self) -> tuple[str, ...]:
        """Names of the maps over the grid, in the order of the result."""
        of_quantities = (statistics.statistics_of(name) for name in ("mean_radiant_temperature", *self.options.indices))
        found = [name for names in of_quantities for name in names]
        return ("sky_view_factor", "sunlit_hours", *found, "border_shade_hours")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of everything that a plate gives."""
        return (*self.maps, *self.hourly)


def make_day(weather: xr.Dataset, spec: GridSpec, options: Options) -> Day:
    """Gather what is the same for every plate; what is kept and what is highest are not known yet.

    Parameters
    ----------
    weather : xr.Dataset
    spec : GridSpec
        Of the whole grid.
    options : Options
    """
    forcing = make_forcing(
        weather,
        spec,
        samples=options.sun_samples,
        directions=options.directions,
        sky=options.sky,
        receiver=options.receiver,
    )
    through = options.canopy_transmissivity
    if through is None:
        through = canopy_transmissivity_of(weather["time"].values[0], locate(spec)[1])
    return Day(
        spec=spec,
        options=options,
        forcing=forcing,
        canopy_transmissivity=float(through),
        tables={index: _tables(index, forcing) for index in options.indices},
        kept=(),
        hourly=(),
        highest=np.nan,
    )


def compute(
    day: Day, scene: Scene, window: Window, distant: Distant | None, advance: Callable[[float], None]
) -> tuple[dict[str, Float32], Views]:
    """Compute a plate.

    Parameters
    ----------
    day : Day
    scene : Scene
        That holds the window and what lies within reach of it.
    window : Window
        The plate, in the grid.
    distant : Distant
        What is seen beyond that.
    advance : callable
        Told how many steps of work were done.

    Returns
    -------
    fields : dict
        Maps (rows, columns) and kept hours (steps, rows, columns) of the plate, by name.
    views : Views
        Of the plate.
    """
    shape = day.spec.shape
    wide = widened(window, day.margin, shape)
    local = within(wide, scene.window)
    views = look_around(scene.obstacles, directions=day.options.directions, window=local, distant=distant)
    advance(STEPS_OF_VIEWS)
    sunlit = np.zeros((day.steps, wide.rows, wide.columns), np.float32)
    for n in range(day.steps):
        add_shade(day, scene.obstacles, n, local, distant, sunlit[n])
        advance(1.0)
    core = within(window, wide)
    radiant = radiate(
        views,
        ground_of(scene, wide),
        sunlit,
        day.forcing,
        canopy_transmissivity=day.canopy_transmissivity,
        wall_albedo=day.options.wall_albedo,
        walls=walls_of(scene, wide, day.options.wall_albedo),
        window=core,
    )
    advance(2.0)
    inner = within(window, scene.window)
    roof = inner.of(scene.obstacles.roof)
    fields = _fields(day, radiant, core.of(sunlit), roof, advance)
    fields["sky_view_factor"] = np.ascontiguousarray(core.of(views.factors[0]))
    fields["border_shade_hours"] = border_hours(day, scene.obstacles, window, inner)
    return fields, Views(core.of(views.factors), core.of(views.horizon), views.azimuth)


def add_shade(
    day: Day, obstacles: Obstacles, step: int, window: Window, distant: Distant | None, sunlit: Float32
) -> None:
    """Add the share of the beam that arrives in a step to `sunlit` (rows, columns), over the sun's positions."""
    forcing = day.forcing
    positions = zip(forcing.altitude[step], forcing.azimuth[step], forcing.weight[step], strict=True)
    for altitude, azimuth, weight in positions:
        if weight > 0:
            sunlight(
                obstacles,
                altitude=float(altitude),
                azimuth=float(azimuth),
                canopy_transmissivity=day.canopy_transmissivity,
                weight=float(weight),
                add_to=sunlit,
                window=window,
                distant=distant,
            )


def _fields(
    day: Day, radiant: Float32, sunlit: Float32, roof: NDArray[np.bool_], advance: Callable[[float], None]
) -> dict[str, Float32]:
    """Take the statistics of every step and keep the fields asked for."""
    shape = roof.shape
    hours = day.forcing.step / 3600.0
    quantities = ("mean_radiant_temperature", *day.options.indices)
    running = {name: statistics.begin(name, shape) for name in quantities}
    fields = {name: np.empty((len(day.kept), *shape), np.float32) for name in day.hourly}
    felt = np.empty(shape, np.float32)
    sun = np.zeros(shape, np.float32)
    for n in range(day.steps):
        values = radiant[n]
        sun += sunlit[n] * np.float32(hours)
        for name in quantities:
            if name != "mean_radiant_temperature":
                apply(day.tables[name][n], radiant[n], felt)
                values = felt
            statistics.add(running[name], name, values, hours)
            if name in fields and n in day.kept:
                fields[name][day.kept.index(n)] = values
        if "sunlit_fraction" in fields and n in day.kept:
            fields["sunlit_fraction"][day.kept.index(n)] = np.where(roof, np.float32(np.nan), sunlit[n])
        advance(1.0)
    sun[roof] = np.nan
    fields["sunlit_hours"] = sun
    for name in quantities:
        fields |= statistics.finish(running[name], name, day.steps)
    return fields


def border_hours(day: Day, obstacles: Obstacles, window: Window, local: Window | None = None) -> Float32:
    """Count the hours in which something beyond the border, as high as the highest thing, could shade a cell.

    Parameters
    ----------
    day : Day
    obstacles : Obstacles
    window : Window
        Cells, in the grid.
    local : Window, optional
        The same cells in the obstacles, where these are only a part of the grid.
    """
    from twin.heat import statistics_kernels as loops

    local = window if local is None else local
    height = np.where(local.of(obstacles.roof), np.float32(np.nan), local.of(obstacles.ground))
    forcing = day.forcing
    up = forcing.weight > 0
    azimuth, altitude = np.radians(forcing.azimuth[up]), np.radians(forcing.altitude[up])
    exposed = np.zeros(height.shape, np.float32)
    share = np.broadcast_to(forcing.step / 3600.0 / forcing.weight.shape[1], up.shape)[up]
    loops.add_border(
        height,
        window.row,
        window.column,
        day.spec.shape,
        day.highest,
        day.spec.resolution,
        np.sin(azimuth),
        -np.cos(azimuth),
        np.tan(altitude),
        np.ascontiguousarray(share),
        exposed,
    )
    return exposed


def _tables(index: str, forcing: Forcing) -> tuple[IndexTable, ...]:
    wind = wind_for(index, forcing)
    return tuple(
        tabulate(index, float(air), float(humidity), float(speed))
        for air, humidity, speed in zip(forcing.temperature, forcing.humidity, wind, strict=True)
    )


def wind_for(index: str, forcing: Forcing) -> NDArray[np.float64]:
    """Return the wind of every step at the height an index is made for, m/s."""
    from twin.heat.index_table import wind_height

    height = wind_height(index)
    if height == 10.0:
        return forcing.wind
    from twin.weather.wind_profile import wind_at

    return wind_at(forcing.wind, 10.0, height)
