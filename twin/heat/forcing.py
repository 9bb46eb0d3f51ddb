"""From weather to the numbers each step of the heat model needs: positions of the sun, light, sky.

Everything here is uniform over the grid, so it is small and plain NumPy. Times become UTC through the offset that the
weather states; azimuths are turned from true to grid north by the meridian convergence of the CRS. What is missing or
was changed on the way is said in `Forcing.caveats`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.errors import InputError
from twin.heat import radiation, sky
from twin.heat.air import saturation_vapour_pressure
from twin.heat.known_sky import known_sky
from twin.heat.surface_temperature import WallClimate, evaporating_share, exchange_coefficient, wall_climate
from twin.heat.weather_values import check_weather, light_by_night
from twin.weather.sun import clear_sky_irradiance, extraterrestrial_irradiance, solar_position

SKIES = ("anisotropic", "isotropic")
"""Anisotropic: Perez et al. (1993) and Martin and Berdahl (1984). Isotropic: the same from everywhere."""

Float = NDArray[np.float64]
Times = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)  # known by identity: tables are kept for it
class Forcing:
    """Weather and sun of every step; arrays (steps,) unless said.

    step : s
    per_day : steps in a day
    altitude, azimuth, weight : (steps, samples), positions of the sun within each step, degrees from grid north, and
        their share of the step's beam on the ground; weights are 0 at night
    temperature, humidity, wind : degC, percent, m/s
    beam, diffuse, horizontal : beam on a surface that faces it, diffuse light, beam on a horizontal, W/m2
    extraterrestrial : W/m2
    emissivity, clouds : longwave emissivity of the cloudless sky, cloudy share; where longwave radiation was measured,
        emissivity of the whole sky, and 0
    exchange, evaporating : see `twin.heat.surface_temperature`
    wall : a wall in the dark
    resolution : cell size, m
    directions, sky, receiver : as given to `make_forcing`
    caveats : what was assumed or changed
    """

    step: float
    per_day: int
    altitude: Float
    azimuth: Float
    weight: Float
    temperature: Float
    humidity: Float
    wind: Float
    beam: Float
    diffuse: Float
    horizontal: Float
    extraterrestrial: Float
    emissivity: Float
    clouds: Float
    exchange: Float
    evaporating: Float
    wall: WallClimate
    resolution: float
    directions: int
    sky: str
    receiver: str
    caveats: tuple[str, ...]

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.temperature)


def make_forcing(
    weather: xr.Dataset,
    spec: GridSpec,
    *,
    samples: int = 3,
    directions: int = 64,
    sky: str = "anisotropic",
    receiver: str = "standing",
    elevation: float = 0.0,
) -> Forcing:
    """Turn weather into forcing for a grid.

    Parameters
    ----------
    weather : xr.Dataset
        Over `time`, regular, at least one day; see `twin.weather.hot_day`. Of global, direct and diffuse irradiance
        two must be there, or the global alone, which is then split after Erbs et al. (1982). Where
        `longwave_irradiance` is known it is the sky's warmth; else `cloud_cover` says the clouds, where known; else
        the light that is missing to a cloudless sky does.
    spec : GridSpec
        Where the place is.
    samples : int
        Positions of the sun within a step.
    directions : int
        Azimuths of the horizons, see `twin.heat.views.look_around`.
    sky : {"anisotropic", "isotropic"}
        How light and warmth are spread over the sky.
    receiver : {"standing", "sphere"}
        A standing person, or a black globe.
    elevation : float
        Of the place above the sea, m: for the cloudless sky with which clouds are told.

    Raises
    ------
    InputError, MissingDataError
        If the weather is incomplete or impossible.

    Examples
    --------
    >>> from pyproj import CRS
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> forcing = make_forcing(day, GridSpec(691000, 5537020, 2.0, 10, 10, CRS.from_epsg(25832)))
    >>> forcing.steps, round(float(forcing.altitude.max())), float(forcing.clouds.max().round(2))
    (24, 59, 0.0)
    """
    _check_names(sky, receiver)
    values, step, caveats = check_weather(weather)
    per_day = round(86400 / step)
    starts = weather["time"].values.astype("datetime64[ns]")
    if weather["time"].attrs.get("interval", "start") == "end":
        starts = starts - np.timedelta64(round(step * 1e9), "ns")
    offset = float(weather["time"].attrs["utc_offset_hours"])
    moved = _moments(samples, step) - np.timedelta64(round(offset * 3600), "s")
    instants = np.asarray(starts[:, None] + moved, dtype="datetime64[ns]")
    longitude, latitude, convergence = locate(spec)
    altitude, azimuth = solar_position(instants.ravel(), latitude=latitude, longitude=longitude)
    altitude, azimuth = altitude.reshape(instants.shape), azimuth.reshape(instants.shape) - convergence

    height = np.maximum(np.sin(np.radians(altitude)), 0.0)
    total = height.sum(axis=1)
    day = total > 0
    weight = height / np.where(day, total, 1.0)[:, None]
    up = np.maximum((altitude > 0).mean(axis=1), 1e-9)
    sine = height.mean(axis=1) / up  # while the sun is up
    beam, diffuse, said = light_by_night(values, sine, altitude.max(axis=1), instants, starts)
    caveats += said
    clouds = _clouds(instants, altitude, beam * sine + diffuse, latitude, longitude, elevation)
    air = values["air_temperature"]
    vapour = values["relative_humidity"] / 100 * saturation_vapour_pressure(air)
    emissivity, clouds, used = known_sky(_emissivity(air, vapour, instants, longitude), clouds, air, values)
    caveats.append(used)
    return Forcing(
        step=step,
        per_day=per_day,
        altitude=altitude,
        azimuth=azimuth,
        weight=weight,
        temperature=air,
        humidity=values["relative_humidity"],
        wind=values["wind_speed"],
        beam=beam,
        diffuse=diffuse,
        horizontal=beam * sine,
        extraterrestrial=extraterrestrial_irradiance(starts),
        emissivity=emissivity,
        clouds=clouds,
        exchange=exchange_coefficient(values["wind_speed"]),
        evaporating=evaporating_share(air),
        wall=_wall(air, values["wind_speed"], emissivity, clouds, sky, step, per_day),
        resolution=float(spec.resolution),
        directions=directions,
        sky=sky,
        receiver=receiver,
        caveats=tuple(caveats),
    )


def locate(spec: GridSpec) -> tuple[float, float, float]:
    """Return longitude, latitude and meridian convergence (degrees) at the middle of a grid.

    Examples
    --------
    >>> longitude, latitude, convergence = locate(GridSpec.from_bounds((499990, 5500000, 500010, 5500020), 1, 25832))
    >>> round(longitude, 3), round(latitude, 1), round(abs(convergence), 6)
    (9.0, 49.7, 0.0)
    """
    from pyproj import Proj

    longitude, latitude = spec.geographic_centre
    convergence = Proj(spec.crs).get_factors(longitude, latitude).meridian_convergence
    return longitude, latitude, float(convergence)


def _check_names(kind: str, receiver: str) -> None:
    if kind not in SKIES:
        raise InputError(f"sky is {kind!r}; it must be one of {', '.join(SKIES)}")
    if receiver not in radiation.RECEIVERS:
        raise InputError(f"receiver is {receiver!r}; it must be one of {', '.join(radiation.RECEIVERS)}")


def _moments(samples: int, step: float) -> NDArray[np.timedelta64]:
    middle = (np.arange(samples) + 0.5) / samples * step
    return (middle * 1e9).astype("timedelta64[ns]")


def _clouds(
    instants: Times, altitude: Float, light: Float, latitude: float, longitude: float, elevation: float
) -> Float:
    found, _, _ = clear_sky_irradiance(instants.ravel(), latitude=latitude, longitude=longitude, elevation=elevation)
    return sky.cloud_share(light, found.reshape(instants.shape).mean(axis=1), altitude.mean(axis=1))


def _emissivity(air: Float, vapour: Float, instants: Times, longitude: float) -> Float:
    since = (instants - instants.astype("datetime64[D]")) / np.timedelta64(1, "h")
    hour = since.mean(axis=1) + longitude / 15.0  # mean solar time; a quarter of an hour off at most
    return sky.clear_sky_emissivity(air, vapour, hour)


def _wall(
    air: Float, wind: Float, emissivity: Float, clouds: Float, kind: str, step: float, per_day: int
) -> WallClimate:
    side = np.diff(np.linspace(0, np.pi / 2, sky.LEVELS) / 2 + np.sin(np.linspace(0, np.pi, sky.LEVELS)) / 4)
    seen = sky.longwave_sky(emissivity, clouds, angular=kind == "anisotropic") @ (side / side.sum())
    return wall_climate(air, wind, seen * radiation.SIGMA * (air + 273.15) ** 4, step=step, per_day=per_day)
