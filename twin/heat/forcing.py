"""From weather to the numbers each step of the heat model needs: sun positions, sky, crowns and walls.

Everything here is uniform over the grid, so it is small and plain NumPy. Times become UTC through the offset that the
weather states; azimuths are turned from true to grid north by the meridian convergence of the CRS. The diffuse light
around the sun comes with the beam and is shaded with it (J. Hay and J. Davies 1980: its share of the diffuse light is
that of the beam in the extraterrestrial irradiance); the rest comes from all over the sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.errors import InputError, MissingDataError
from twin.heat import materials, radiation
from twin.heat.rays import even_azimuths
from twin.heat.utci import saturation_vapour_pressure
from twin.heat.views import FACES
from twin.variables import VARIABLES
from twin.weather.sun import extraterrestrial_irradiance, solar_position

NEEDED = (
    "air_temperature",
    "relative_humidity",
    "wind_speed",
    "direct_normal_irradiance",
    "diffuse_irradiance",
)

LOWEST_SINE = 0.087
"""Below 5 degrees of sun the light around it is no longer concentrated onto its disc (1 / sine would explode)."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Forcing:
    """Weather and sun of every step.

    step : s
    per_day : steps in a day
    air : (steps, 22), see radiation_kernels
    altitude, azimuth, weight : (steps, samples), positions of the sun within each step, degrees from grid north, and
        their share of the step's beam on the ground; weights are 0 at night
    temperature, humidity, wind : (steps,) degC, percent, m/s
    resolution : cell size, m
    directions, sky, receiver : as given to `make_forcing`
    """

    step: float
    per_day: int
    air: Float
    altitude: Float
    azimuth: Float
    weight: Float
    temperature: Float
    humidity: Float
    wind: Float
    resolution: float
    directions: int
    sky: str
    receiver: str


def make_forcing(
    weather: xr.Dataset,
    spec: GridSpec,
    *,
    samples: int = 3,
    directions: int = 64,
    sky: str = "anisotropic",
    receiver: str = "standing",
) -> Forcing:
    """Turn weather into forcing for a grid.

    Parameters
    ----------
    weather : xr.Dataset
        Over `time`, regular, at least one day; see `twin.weather.hot_day`.
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

    Raises
    ------
    InputError, MissingDataError
        If the weather is incomplete or impossible.
    """
    values, step = _check(weather)
    starts = weather["time"].values.astype("datetime64[ns]")
    if weather["time"].attrs.get("interval", "start") == "end":
        starts = starts - np.timedelta64(round(step * 1e9), "ns")
    offset = float(weather["time"].attrs["utc_offset_hours"])
    middle = (np.arange(samples) + 0.5) / samples * step
    instants = starts[:, None] + (middle * 1e9).astype("timedelta64[ns]") - np.timedelta64(round(offset * 3600), "s")
    longitude, latitude, convergence = locate(spec)
    altitude, azimuth = solar_position(instants.ravel(), latitude=latitude, longitude=longitude)
    altitude, azimuth = altitude.reshape(instants.shape), azimuth.reshape(instants.shape) - convergence

    height = np.maximum(np.sin(np.radians(altitude)), 0.0)
    total = height.sum(axis=1)
    day = total > 0
    weight = height / np.where(day, total, 1.0)[:, None]
    air = _air(values, altitude, azimuth, weight, even_azimuths(directions), extraterrestrial_irradiance(starts))
    _add_walls(air, values["wind_speed"], step, round(86400 / step))
    return Forcing(
        step=step,
        per_day=round(86400 / step),
        air=air,
        altitude=altitude,
        azimuth=azimuth,
        weight=weight,
        temperature=values["air_temperature"],
        humidity=values["relative_humidity"],
        wind=values["wind_speed"],
        resolution=float(spec.resolution),
        directions=directions,
        sky=sky,
        receiver=receiver,
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


def exchange_coefficient(wind: Float) -> Float:
    """Return the coefficient of sensible heat exchange between ground or walls and air, W m-2 K-1.

    Rowley et al. (1930) as used by Masson (2000): 11.8 + 4.2 u, with u the wind near the surface, taken as a third of
    that at 10 m (rural logarithmic profile over 0.3 m roughness, from 10 m down to 1 m).

    Examples
    --------
    >>> exchange_coefficient(np.array([3.0])).round(1).tolist()
    [16.0]
    """
    return np.asarray(11.8 + 4.2 * wind / 3.0, dtype=np.float64)


def _air(
    values: dict[str, Float], altitude: Float, azimuth: Float, weight: Float, azimuths: Float, extraterrestrial: Float
) -> Float:
    kelvin = values["air_temperature"] + 273.15
    beam, diffuse = values["direct_normal_irradiance"], values["diffuse_irradiance"]
    black = radiation.SIGMA * kelvin**4
    vapour = values["relative_humidity"] / 100 * saturation_vapour_pressure(values["air_temperature"])
    day = weight.sum(axis=1) > 0
    up = np.maximum((altitude > 0).mean(axis=1), 1e-9)
    sine = np.maximum(np.sin(np.radians(altitude)), 0.0).mean(axis=1) / up  # while the sun is up
    mean_altitude = (weight * altitude).sum(axis=1)
    around_sun = np.where(day, np.minimum(beam / extraterrestrial, 1.0), 0.0) * diffuse
    beam = np.where(day, beam + around_sun / np.maximum(sine, LOWEST_SINE), 0.0)
    diffuse = diffuse - around_sun * np.minimum(sine / LOWEST_SINE, 1.0)
    horizontal = beam * sine

    air = np.zeros((len(kelvin), 22))
    air[:, 0] = kelvin
    air[:, 1] = horizontal
    air[:, 2] = beam
    air[:, 3] = diffuse
    air[:, 4] = np.tan(np.radians(np.clip(mean_altitude, 0.0, 89.9)))
    air[:, 5] = radiation.sky_emissivity(values["air_temperature"], vapour) * black
    air[:, 6] = black  # crowns at air temperature; what they reflect is as warm
    # a crown catches the beam with a quarter of its surface, like a sphere, and the diffuse light with its upper half
    air[:, 7] = materials.CROWN_ALBEDO * (air[:, 2] / 4 + diffuse / 2)
    air[:, 8] = radiation.projected_area_factor(np.clip(mean_altitude, 0.0, 90.0))
    air[:, 9] = exchange_coefficient(values["wind_speed"])
    slope = _saturation_slope(values["air_temperature"])
    air[:, 10] = slope / (slope + 0.66)  # psychrometric constant, hPa/K, near sea level
    for face, direction in enumerate(FACES):
        toward = np.cos(np.radians(azimuth - (direction + 180.0)))  # the wall seen to the north faces south
        flat = np.cos(np.radians(altitude)) * np.maximum(toward, 0.0)
        air[:, 11 + face] = air[:, 2] * (weight * flat).sum(axis=1)
    north = (weight * np.cos(np.radians(azimuth))).sum(axis=1)
    east = (weight * np.sin(np.radians(azimuth))).sum(axis=1)
    sun = np.degrees(np.arctan2(east, north))
    for column, turned in ((20, sun), (21, sun + 180.0)):
        apart = np.abs((azimuths[None, :] - turned[:, None] + 180.0) % 360.0 - 180.0)
        air[:, column] = np.where(day, apart.argmin(axis=1), -1)
    return air


def _add_walls(air: Float, wind: Float, step: float, per_day: int) -> None:
    """Follow five walls through the day: sunlit ones seen to each of four sides, and one in shade; fill columns 15-19.

    The balance is that of the ground (radiation_kernels.heat_ground) for a wall that sees half sky, half ground at air
    temperature, and reflects a fifth of the light.
    """
    omega = 2 * np.pi / 86400
    store = materials.WALL_ADMITTANCE / np.sqrt(2 * omega) / step
    hold = materials.WALL_ADMITTANCE * np.sqrt(0.5 * omega)
    emissivity = materials.WALL_EMISSIVITY
    beam = np.column_stack([air[:, 11:15], np.zeros(len(air))])
    reflected = 0.5 * 0.2 * (air[:, 1] + air[:, 3])  # from a street of albedo 0.2
    light = (1 - materials.WALL_ALBEDO) * (beam + (0.5 * air[:, 3] + reflected)[:, None])
    black = radiation.SIGMA * air[:, 0] ** 4
    heat = emissivity * 0.5 * (air[:, 5] + black)
    deep = np.full(5, air[:per_day, 0].mean())
    surface = deep.copy()
    spin_up = 3
    for day in range(spin_up + 1):
        mean = np.zeros(5)
        for n in range(len(air) if day == spin_up else per_day):
            cube = emissivity * radiation.SIGMA * surface**3
            gain = light[n] + heat[n] + 3 * cube * surface + air[n, 9] * air[n, 0] + hold * deep
            new = (store * surface + gain) / (store + 4 * cube + air[n, 9] + hold)
            middle = 0.5 * (surface + new)
            mean += middle / per_day
            if day == spin_up:
                air[n, 15:20] = emissivity * radiation.SIGMA * middle**4 + (1 - emissivity) * heat[n] / emissivity
            surface = new
        deep = mean


def _saturation_slope(temperature: Float) -> Float:
    return (saturation_vapour_pressure(temperature + 0.05) - saturation_vapour_pressure(temperature - 0.05)) / 0.1


def _check(weather: xr.Dataset) -> tuple[dict[str, Float], float]:
    if "time" not in weather.coords or weather["time"].dims != ("time",):
        raise InputError("the weather has no coordinate 'time'; see twin.weather.hot_day for what it must hold")
    for name in NEEDED:
        if name not in weather:
            raise MissingDataError(f"the weather has no variable {name!r}; heat needs {', '.join(NEEDED)}")
        if weather[name].dims != ("time",):
            raise InputError(f"{name} has dims {weather[name].dims}; weather is over ('time',) only")
    time = weather["time"]
    if time.dtype.kind != "M":
        raise InputError(f"the weather's time is of type {time.dtype}; it must be datetime64")
    if "utc_offset_hours" not in time.attrs:
        raise InputError(
            "the weather's time does not say its zone, and an hour's error moves every shadow; set "
            "weather.time.attrs['utc_offset_hours'] (1.0 for German standard time, 0.0 for UTC)"
        )
    if time.attrs.get("interval", "start") not in ("start", "end"):
        raise InputError(f"time.attrs['interval'] is {time.attrs['interval']!r}; it must be 'start' or 'end'")
    seconds = np.diff(time.values) / np.timedelta64(1, "s")
    if len(seconds) == 0 or seconds[0] <= 0 or not np.allclose(seconds, seconds[0], rtol=0, atol=1e-3):
        raise InputError("the weather's time steps are not regular and ascending; resample them to one step")
    step = float(seconds[0])
    if abs(round(86400 / step) * step - 86400) > 1e-3 or len(time) < round(86400 / step) or step > 3 * 3600:
        raise InputError(
            f"the weather holds {len(time)} steps of {step:g} s; it must cover a whole day in steps of at most 3 h "
            "that divide a day, because the ground's warmth depends on the hours before"
        )
    values = {}
    for name in NEEDED:
        array = np.asarray(weather[name].values, dtype=np.float64)
        rule = VARIABLES[name]
        low = -np.inf if rule.minimum is None else rule.minimum
        high = np.inf if rule.maximum is None else rule.maximum
        wrong = np.flatnonzero(~((array >= low) & (array <= high)))
        if len(wrong):
            n = wrong[0]
            raise InputError(
                f"{name} is {array[n]:g} {rule.units} at {np.datetime_as_string(time.values[n], unit='m')}; "
                f"it must lie in {low:g} to {high:g}"
            )
        values[name] = array
    return values, step
