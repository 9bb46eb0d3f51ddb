"""The radiation of SOLWEIG on our views and shade: a switch to compare programs with, not the model to plan with.

All that differs between programs but geometry is set as published for SOLWEIG: an isotropic sky, the warmth of ground
and walls by the height of the sun, a standing person. One position of the sun a step, walls at cell centres, no crowns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import check_grid
from twin.city.surfaces import CODES
from twin.errors import InputError
from twin.heat.inputs import REQUIRED
from twin.heat.obstacles import Obstacles
from twin.heat.options import Options
from twin.heat.radiation import sky_emissivity
from twin.heat.solweig_sky import clearness
from twin.heat.views import Views
from twin.weather.sun import solar_position

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

SIGMA = 5.67e-8
"""As in the papers, W/(m2 K4)."""

ABSORPTION = (0.70, 0.97)
"""Of a person, short- and longwave: VDI 3787 part 2."""

UP_DOWN, SIDE = 0.06, 0.22
"""Weights of the six directions for a standing person: P. Hoeppe (1992)."""

CYLINDER = 0.28
"""Share of the horizontal part of the beam that a standing cylinder receives: B. Holmer, F. Lindberg, D. Rayner,
S. Thorsson (2015), 9th International Conference on Urban Climate."""

WALL_ALBEDO, WALL_EMISSIVITY = 0.20, 0.90
"""F. Lindberg, B. Holmer, S. Thorsson (2008)."""

CLOUDLESS = 0.95
"""Clearness from which a sky counts as cloudless: F. Lindberg, B. Holmer, S. Thorsson (2008)."""

KEPT = 0.25
"""Share of the ground's longwave that is that of an hour before: found in what solweig 0.1.0b96 gives on a plane."""

NEAR, FAR = 1.75, 35.0
"""Ground is looked at up to the height of a person and up to 20 times of it, m."""

WEIGHTS = (5 / 9, 4 / 9)
"""Of the ground near by and farther off: 0.5 and 0.4, F. Lindberg, C. S. B. Grimmond (2011), brought to a sum of 1."""

RAYS = np.arange(5.0, 360.0, 20.0)
"""Azimuths along which ground is looked at, degrees."""

FACES = (0.0, 90.0, 180.0, 270.0)

FREE_HALVES = (0.97616, 1.0, 0.94753, 0.92369)
"""What solweig 0.1.0b96 finds for the sky to north, east, south and west of an open plane: its patches are not shared
out evenly. Taken over, because it is 0.35 K of its radiant temperature on a clear night."""


@dataclass(frozen=True)
class Surface:
    """Ground or walls; its warmth above the air is (slope * highest sun in degrees + offset) K at `peak` o'clock."""

    albedo: float
    emissivity: float
    slope: float
    offset: float
    peak: float

    def warmth(self, highest: Float, hour: Float, sunrise: Float) -> Float:
        """Return by how much the surface is warmer in the sun than the air, K."""
        phase = (hour - sunrise) / (self.peak - sunrise) * np.pi / 2
        return np.asarray(np.maximum((self.slope * highest + self.offset) * np.sin(phase), 0.0), np.float64)


# F. Lindberg, S. Onomura, C. S. B. Grimmond (2016), Int. J. Biometeorol. 60, 1439-1452
GRASS = Surface(0.16, 0.94, 0.21, -3.38, 14.0)
COBBLE = Surface(0.20, 0.95, 0.37, -3.41, 15.0)
ASPHALT = Surface(0.18, 0.95, 0.58, -9.78, 15.0)
SOIL = Surface(0.25, 0.94, 0.33, -3.01, 14.0)
WATER = Surface(0.05, 0.98, 0.0, 0.0, 12.0)
WALL = Surface(WALL_ALBEDO, WALL_EMISSIVITY, 0.37, -3.41, 15.0)

GROUND = {"asphalt": ASPHALT, "paving": COBBLE, "roof": COBBLE, "gravel": SOIL, "bare_soil": SOIL, "water": WATER}
"""By land cover; grass where it is not named."""


def solweig_like(
    grid: xr.Dataset, weather: xr.Dataset, *, directions: int = 64, threads: int | None = None
) -> xr.Dataset:
    """Compute mean radiant temperature and felt temperature with the radiation of SOLWEIG, isotropic sky.

    For comparison with that program; views and shade are ours. `twin.heat.simulate` is the model to plan with.

    Parameters
    ----------
    grid, weather : xr.Dataset
        See `twin.heat.simulate`; all in memory at once. Albedo, emissivity and walls are those of SOLWEIG by
        `land_cover`, whatever the grid says.
    directions : int
        Azimuths of the horizons, a multiple of 4.
    threads : int, optional
        All processors if not given.

    Returns
    -------
    xr.Dataset
        Over (time, y, x), NaN on roofs: `mean_radiant_temperature` and `utci`, degC; `sunlit_fraction`, 0 or 1;
        `shortwave_down`, `shortwave_up`, `longwave_down`, `longwave_up`, W/m2.

    Raises
    ------
    InputError
        If the grid has crowns or sails, or an option is impossible.
    MissingDataError
        If the grid or the weather lacks a variable.

    References
    ----------
    F. Lindberg, B. Holmer, S. Thorsson (2008): SOLWEIG 1.0 - modelling spatial variations of 3D radiant fluxes and
    mean radiant temperature in complex urban settings. International Journal of Biometeorology 52, 697-713.
    F. Lindberg, C. S. B. Grimmond (2011): The influence of vegetation and building morphology on shadow patterns and
    mean radiant temperatures in urban areas. Theoretical and Applied Climatology 105, 311-323.
    F. Lindberg, S. Onomura, C. S. B. Grimmond (2016): Influence of ground surface characteristics on the mean radiant
    temperature in urban areas. International Journal of Biometeorology 60, 1439-1452.

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
    >>> result = solweig_like(grid, day)
    >>> 50 < float(result.mean_radiant_temperature.max()) < 65
    True
    """
    from twin import kernels
    from twin.heat.plan import make_plan
    from twin.heat.scene import distant_of, make_scene
    from twin.heat.views import look_around
    from twin.heat.window import whole

    spec = check_grid(grid, REQUIRED)
    plan = make_plan(grid, weather, Options(directions=directions, sun_samples=1, sky="isotropic", hourly=()), 512)
    scene = make_scene(grid, plan.names, spec, whole(spec.shape))
    obstacles = scene.obstacles
    if (obstacles.top > obstacles.base).any():
        raise InputError("the grid has crowns or sails, which solweig_like does not know; drop canopy_height and sails")
    with kernels.running(threads):
        distant = distant_of(grid, plan.names, spec, directions, scene)
        views = look_around(obstacles, directions=directions, distant=distant)
        found = _radiation(_hours(plan.day.forcing, weather, spec), views, obstacles, scene.fields["land_cover"])
    return _result(found, plan, weather)


@dataclass(frozen=True)
class _Hours:
    """What is the same for every cell; arrays (steps,).

    altitude, azimuth : of the sun in the middle of each step, degrees from grid north; at night below 0
    kelvin : air temperature
    beam, horizontal, diffuse : W/m2, 0 at night
    sky : emissivity, clouds included
    clear : clearness
    highest, sunrise, clock : highest sun of the date, degrees; hours, of the end of the step as well
    kept : share of the step before
    """

    altitude: Float
    azimuth: Float
    kelvin: Float
    beam: Float
    horizontal: Float
    diffuse: Float
    sky: Float
    clear: Float
    highest: Float
    sunrise: Float
    clock: Float
    kept: float


def lit_share_of_walls(sky_view: NDArray[Any], altitude: float) -> Float:
    """Return which share of the walls around a person the sun reaches, if they stood in a circle, equally high.

    Parameters
    ----------
    sky_view : array
        Sky view factors, 0 to 1.
    altitude : float
        Of the sun, degrees.

    References
    ----------
    F. Lindberg, B. Holmer, S. Thorsson (2008): the cylinder; here by its integral over the lit wall.

    Examples
    --------
    Of a cylinder as high as wide, with the sun 45 degrees high: the shadow's edge lies 2 R cos(angle) down.

    >>> round(float(lit_share_of_walls(np.array([0.2]), 45.0)[0]), 4)  # walls up to 63.4 degrees: tangent 2
    0.3183
    """
    wall = np.sqrt(np.clip(1 - np.asarray(sky_view, np.float64), 0.0, 1.0))  # sine of their elevation
    tangent = wall / np.sqrt(np.maximum(1 - wall**2, 1e-12))
    drop = 2 * np.tan(np.radians(altitude)) / np.maximum(tangent, 1e-9)
    whole = np.arccos(1 / np.maximum(drop, 1.0))
    return np.asarray((whole + drop * (1 - np.sin(whole))) / np.pi, np.float64)


def _hours(forcing: Any, weather: xr.Dataset, spec: Any) -> _Hours:
    from twin.heat.air import saturation_vapour_pressure
    from twin.heat.forcing import locate

    longitude, latitude, _ = locate(spec)
    offset = float(weather["time"].attrs["utc_offset_hours"])
    times = weather["time"].values.astype("datetime64[s]")
    step = np.timedelta64(round(forcing.step), "s")
    start = times - step if weather["time"].attrs.get("interval", "start") == "end" else times
    dates = start.astype("datetime64[D]")
    highest, sunrise = np.empty(len(times)), np.empty(len(times))
    number = (dates - dates.astype("datetime64[Y]")).astype(int) + 1.0
    for date in np.unique(dates):
        moments = date + np.arange(0, 1440, 15) * np.timedelta64(60, "s") - np.timedelta64(round(offset * 3600), "s")
        altitude, _ = solar_position(moments.astype("datetime64[ns]"), latitude=latitude, longitude=longitude)
        highest[dates == date] = altitude.max()
    declination = np.radians(-23.45 * np.cos(2 * np.pi * (number + 10) / 365))
    half = np.arccos(np.clip(-np.tan(declination) * np.tan(np.radians(latitude)), -1, 1))
    sunrise[:] = 12 - half * 12 / np.pi
    altitude, azimuth = forcing.altitude[:, 0], forcing.azimuth[:, 0]
    up = altitude > 0
    beam, diffuse = np.where(up, forcing.beam, 0.0), np.where(up, forcing.diffuse, 0.0)
    horizontal = beam * np.sin(np.radians(np.maximum(altitude, 0.0)))
    clear = clearness(horizontal + diffuse, altitude, number, forcing.temperature, forcing.humidity, latitude)
    for n in range(1, len(clear)):  # the evening's holds through the night
        if not up[n]:
            clear[n] = clear[n - 1]
    vapour = forcing.humidity / 100 * saturation_vapour_pressure(forcing.temperature)
    emissivity = sky_emissivity(forcing.temperature, vapour)
    clouds = np.where(clear < CLOUDLESS, 1 - clear, 0.0)
    return _Hours(
        altitude=altitude,
        azimuth=azimuth,
        kelvin=forcing.temperature + 273.15,
        beam=beam,
        horizontal=horizontal,
        diffuse=diffuse,
        sky=(1 - clouds) * emissivity + clouds,
        clear=np.minimum(clear, 1.0),
        highest=highest,
        sunrise=sunrise,
        clock=(start - dates + step) / np.timedelta64(3600, "s"),
        kept=KEPT ** (forcing.step / 3600),
    )


def _radiation(hours: _Hours, views: Views, obstacles: Obstacles, cover: NDArray[Any]) -> dict[str, Float32]:
    """Compute all fields, (steps, rows, columns)."""
    from twin.heat.shade import sunlight

    fluxes = ("shortwave_down", "shortwave_up", "longwave_down", "longwave_up")
    names = ("mean_radiant_temperature", "sunlit_fraction", *fluxes)
    fields = {name: np.full((len(hours.kelvin), *cover.shape), np.nan, np.float32) for name in names}
    open_ground = ~obstacles.roof
    around, faces = sky_views(views)
    ground = _of_ground(cover)
    paths = _Ground(open_ground, obstacles.resolution)
    before: list[Float] | None = None
    for n, kelvin in enumerate(hours.kelvin):
        up = hours.altitude[n] > 0
        air = SIGMA * kelvin**4
        sky = hours.sky[n] * air
        base = ground["emissivity"] * air
        warm_wall = WALL_EMISSIVITY * air
        light = hours.horizontal[n] + hours.diffuse[n]
        if up:
            altitude, azimuth = float(hours.altitude[n]), float(hours.azimuth[n])
            lit: Any = sunlight(obstacles, altitude=altitude, azimuth=azimuth, walls="centres")
            roofs = sunlight(obstacles, altitude=altitude, azimuth=azimuth, walls="centres", receivers="surface")
            share = lit_share_of_walls(around, altitude)
            when = (hours.highest[n], hours.clock[n], hours.sunrise[n])
            warmth = hours.clear[n] * _warmth(ground, *when)
            wall = kelvin + hours.clear[n] * float(WALL.warmth(*when))
            warm_wall = WALL_EMISSIVITY * SIGMA * wall**4
            reflected = WALL_ALBEDO * (light * share + hours.diffuse[n] * (1 - share))
            lit_wall = paths.lit_walls(roofs, azimuth)
            excess = ground["emissivity"] * SIGMA * ((kelvin + warmth) ** 4 - kelvin**4)
            glowing = paths.gather(lit * excess, lit_wall * ground["emissivity"] * SIGMA * (wall**4 - kelvin**4))
            shining = paths.gather(
                lit * ground["albedo"] * hours.horizontal[n], lit_wall * WALL_ALBEDO * hours.horizontal[n]
            )
        else:
            lit, share, reflected = np.ones(cover.shape), np.zeros(cover.shape), np.zeros(cover.shape)
            glowing = shining = [np.zeros(cover.shape)] * 5
        scattered = [
            ground["albedo"] * (hours.diffuse[n] * seen + (1 - seen) * reflected) for seen in (around, *[around] * 4)
        ]
        upward = [a + b for a, b in zip(shining, scattered, strict=True)]
        emitted = [base + part for part in glowing]
        lagged = before is not None and (up or hours.altitude[n - 1] > 0)
        if lagged and before is not None:
            emitted = [hours.kept * old + (1 - hours.kept) * new for old, new in zip(before, emitted, strict=True)]
        before = emitted if up else None
        short_down = hours.horizontal[n] * lit + hours.diffuse[n] * around + (1 - around) * reflected
        back = (1 - WALL_EMISSIVITY) * sky
        long_down = around * sky + (1 - around) * (warm_wall + back)
        short = UP_DOWN * (short_down + upward[0])
        long = UP_DOWN * (long_down + emitted[0])
        mirrored = (1 - WALL_EMISSIVITY) * (long_down + emitted[0]) * (1 - around)
        for k, face in enumerate(FACES):
            seen = faces[k]
            towards = max(-np.cos(np.radians(hours.azimuth[n] - face)), 0.0) if up else 0.0
            walls = WALL_EMISSIVITY * air + towards * share * (warm_wall - WALL_EMISSIVITY * air)
            short = short + SIDE / 2 * (hours.diffuse[n] * seen + (1 - seen) * reflected + upward[1 + k])
            long = long + SIDE / 2 * (seen * sky + (1 - seen) * (walls + mirrored) + emitted[1 + k])
        short = short + CYLINDER * hours.beam[n] * np.cos(np.radians(hours.altitude[n])) * lit
        absorbed = ABSORPTION[0] / ABSORPTION[1] * short + long
        values = ((absorbed / SIGMA) ** 0.25 - 273.15, lit, short_down, upward[0], long_down, emitted[0])
        for name, value in zip(names, values, strict=True):
            fields[name][n][open_ground] = value[open_ground]
    return fields


def sky_views(views: Views) -> tuple[Float, Float]:
    """Return the sky view factor, and the share of free sky before upright faces to north, east, south and west.

    A face's share, 0 to 1, is that of a horizon of one height which leaves the horizontal view factor of its half of
    the sky as it is; that view factor is short by `FREE_HALVES`.

    Examples
    --------
    >>> from twin.heat.obstacles import make_obstacles
    >>> from twin.heat.views import look_around
    >>> flat = np.zeros((3, 3))
    >>> around, faces = sky_views(look_around(make_obstacles(flat, flat, flat > 0, resolution=1.0)))
    >>> float(around[1, 1]), faces[:, 1, 1].round(3).tolist()
    (1.0, [0.804, 1.0, 0.711, 0.653])
    """
    free = np.cos(views.horizon * (np.pi / 2 / 255)) ** 2
    faces = []
    for face, whole in zip(FACES, FREE_HALVES, strict=True):
        towards = np.cos(np.radians(views.azimuth - face))
        weight = np.where(np.abs(towards) < 1e-9, 0.5, towards > 0)
        half = whole * np.tensordot(weight / weight.sum(), free, 1)
        horizon = np.arccos(np.sqrt(np.clip(half, 0.0, 1.0)))
        faces.append(1 - (2 * horizon + np.sin(2 * horizon)) / np.pi)
    return np.asarray(views.factors[0], np.float64), np.stack(faces)


def _of_ground(cover: NDArray[Any]) -> dict[str, Float]:
    table = [GRASS] * (max(CODES.values()) + 1)
    for name, surface in GROUND.items():
        table[CODES[name]] = surface
    code = np.asarray(cover, np.int64)
    names = ("albedo", "emissivity", "slope", "offset", "peak")
    return {name: np.array([getattr(surface, name) for surface in table])[code] for name in names}


def _warmth(ground: dict[str, Float], highest: float, hour: float, sunrise: float) -> Float:
    phase = (hour - sunrise) / (ground["peak"] - sunrise) * np.pi / 2
    return np.asarray(np.maximum((ground["slope"] * highest + ground["offset"]) * np.sin(phase), 0.0))


class _Ground:
    """Rays over the ground from every open cell, up to the first building."""

    def __init__(self, open_ground: NDArray[np.bool_], resolution: float) -> None:
        self.open = open_ground
        self.near = max(round(NEAR / resolution), 1)
        self.far = max(round(FAR / resolution), self.near)
        built = [_moved(~open_ground, row, column).astype(int) for row, column in ((1, 0), (-1, 0), (0, 1), (0, -1))]
        self.before = (built[0] - built[1], built[2] - built[3])  # towards the building beside a cell: south, east

    def lit_walls(self, roofs: Float32, azimuth: float) -> Float32:
        """Return 1 in open cells at the foot of a wall that looks towards the sun and is lit up to its roof."""
        found = np.zeros(self.open.shape, np.float32)
        for row, column, facing in ((1, 0, 0.0), (0, -1, 90.0), (-1, 0, 180.0), (0, 1, 270.0)):
            if np.cos(np.radians(azimuth - facing)) > 0:  # the building lies opposite to where its wall looks
                roof = _moved(np.where(self.open, 0.0, roofs).astype(np.float32), row, column)
                found = np.maximum(found, (roof > 0.5).astype(np.float32))
        return found * self.open

    def gather(self, ground: Float, wall: Float) -> list[Float]:
        """Return what is seen from around and from the halves to north, east, south and west, weighted."""
        halves = [np.zeros(self.open.shape) for _ in FACES]
        every = np.zeros(self.open.shape)
        for azimuth in RAYS:
            seen = self._along(float(np.radians(azimuth)), np.where(self.open, ground, 0), np.where(self.open, wall, 0))
            every += seen / len(RAYS)
            for half, face in zip(halves, FACES, strict=True):
                if np.cos(np.radians(azimuth - face)) > 1e-9:
                    half += seen / (len(RAYS) / 2)
        return [every, *halves]

    def _along(self, azimuth: float, ground: Float, wall: Float) -> Float:
        south, east = -np.cos(azimuth), np.sin(azimuth)
        longest = max(abs(south), abs(east))
        free = self.open.copy()
        foot = np.zeros_like(wall)
        last = wall
        # a person at the foot of a wall has it before them on all of that side
        towards = self.before[0] * south + self.before[1] * east
        seen = np.where(towards > 1e-9, wall * (WEIGHTS[0] / self.near + WEIGHTS[1] / self.far), 0.0)
        for n in range(self.far):
            row, column = round(n * south / longest), round(n * east / longest)
            here = _moved(self.open, row, column)
            hit = free & ~here & _inside(ground.shape, row, column)
            foot = np.where(hit, last, foot)
            free = free & here
            weight = WEIGHTS[1] / self.far + (WEIGHTS[0] / self.near if n < self.near else 0.0)
            seen += weight * (np.where(free, _moved(ground, row, column), 0.0) + foot)
            last = _moved(wall, row, column)
        return seen


def _moved(field: Any, row: int, column: int) -> Any:
    """Return the field as seen from every cell so many cells to the south and to the east; 0 beyond the border."""
    rows, columns = field.shape
    found = np.zeros_like(field)
    if abs(row) >= rows or abs(column) >= columns:
        return found
    to = (slice(max(-row, 0), rows - max(row, 0)), slice(max(-column, 0), columns - max(column, 0)))
    of = (slice(max(row, 0), rows - max(-row, 0)), slice(max(column, 0), columns - max(-column, 0)))
    found[to] = field[of]
    return found


def _inside(shape: tuple[int, ...], row: int, column: int) -> NDArray[np.bool_]:
    return np.asarray(_moved(np.ones(shape, np.bool_), row, column))


def _result(fields: dict[str, Float32], plan: Any, weather: xr.Dataset) -> xr.Dataset:
    from twin.heat.day import wind_for
    from twin.heat.utci import utci
    from twin.variables import describe

    forcing = plan.day.forcing
    radiant = fields["mean_radiant_temperature"]
    felt = np.full(radiant.shape, np.nan, np.float32)
    wind = wind_for("utci", forcing)
    for n in range(len(radiant)):
        felt[n] = utci(forcing.temperature[n], radiant[n], wind[n], forcing.humidity[n])
    fields = fields | {"utci": felt}
    result = plan.day.spec.dataset().assign_coords(time=weather["time"])
    result = result.assign({name: (("time", "y", "x"), field) for name, field in fields.items()})
    caveats = (*forcing.caveats, "radiation as published for SOLWEIG, to compare programs with; not validated")
    described: xr.Dataset = describe(result)
    return described.assign_attrs(caveats="; ".join(caveats), physics="SOLWEIG, isotropic")
