"""Sums of the sun's energy over a time: what any surface can receive, before shade is known.

The beam, and the light around the sun that is shaded with it, become a vector for each position of the sun: a surface
that faces it receives its scalar product with the surface's normal, so that no slope or aspect is met one by one. The
rest of the sky is a mean brightness and a band at the horizon (Perez et al. 1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.gridspec import GridSpec
from twin.errors import InputError
from twin.heat.forcing import locate
from twin.provenance import fingerprint, stamp
from twin.weather.sun import clear_sky_irradiance, extraterrestrial_irradiance, solar_position

Float = NDArray[np.float64]
Skies = Literal["perez", "haydavies", "isotropic"]

LONG = 31
"""More days than that are put together by parts of the year and hours of the day."""

PARTS = 24
"""Parts of the year: the sun's declination changes by up to 6 degrees within one, by 3 to either side."""


@dataclass(frozen=True)
class Irradiation:
    """Energy over a time, kWh/m2.

    beam : (n, 3), vectors to the east, north and up, by position of the sun
    altitude, azimuth : (n,) of these, degrees, from grid north
    sky : on a horizontal surface from a sky that is equally bright
    horizon : on a vertical surface from the band at the horizon; may be negative under clouds
    total : global, on a horizontal surface
    days : how many days it is the sum of
    caveats : what was assumed
    """

    beam: Float
    altitude: Float
    azimuth: Float
    sky: float
    horizon: float
    total: float
    days: float
    caveats: tuple[str, ...]

    @property
    def is_year(self) -> bool:
        """Whether it is the sum of a year."""
        return 360.0 <= self.days <= 367.0

    def on_plane(self, tilt: float, aspect: float, *, albedo: float = 0.0) -> float:
        """Return what a plane that nothing shades receives, kWh/m2.

        Parameters
        ----------
        tilt, aspect : float
            Degrees; 0 is horizontal, aspect clockwise from grid north.
        albedo : float
            Of the ground before it.
        """
        slope, facing = np.radians(tilt), np.radians(aspect)
        normal = np.array([np.sin(slope) * np.sin(facing), np.sin(slope) * np.cos(facing), np.cos(slope)])
        direct = np.maximum(self.beam @ normal, 0.0).sum()
        diffuse = self.sky * (1 + np.cos(slope)) / 2 + self.horizon * np.sin(slope)
        return float(direct + max(diffuse, 0.0) + albedo * self.total * (1 - np.cos(slope)) / 2)


def sum_of_light(weather: xr.Dataset | None, spec: GridSpec, *, sky: Skies = "perez", samples: int = 3) -> Irradiation:
    """Sum the light of a weather for a place.

    Parameters
    ----------
    weather : xr.Dataset, optional
        Global, direct normal and diffuse irradiance (W/m2) over a regular `time`; what is missing is split off the
        global. Without weather: a year of cloudless days, from the 21st of every month.
    spec : GridSpec
        Where the place is.
    sky : {"perez", "haydavies", "isotropic"}
        How diffuse light is spread over the sky: R. Perez et al. (1990), Solar Energy 44, 271-289; J. Hay, J. Davies
        (1980); the same from everywhere.
    samples : int
        Positions of the sun in a step. A weather of more than a month is put together by half-months and hours, each
        with its own mean position of the sun.

    Raises
    ------
    InputError, MissingDataError
        If the weather has no light, gaps or impossible values.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> light = sum_of_light(day, GridSpec.from_bounds((691000, 5537000, 691100, 5537100), 2.0, 25832))
    >>> round(light.total, 1), light.on_plane(0, 0) / light.total > 0.995
    (7.4, True)
    """
    if sky not in ("perez", "haydavies", "isotropic"):
        raise InputError(f"sky is {sky!r}; it must be 'perez', 'haydavies' or 'isotropic'")
    longitude, latitude, convergence = locate(spec)
    if weather is None:
        starts, step, days, normal, diffuse, total = _cloudless_year(latitude, longitude)
        caveats: tuple[str, ...] = ("a year without clouds: more than any real year brings",)
    else:
        starts, step, normal, diffuse, total, caveats = _light_of(weather, latitude, longitude)
        days = np.full(len(starts), step / 86400.0)
    moments = ((np.arange(samples) + 0.5) / samples * step * 1e9).astype("timedelta64[ns]")
    instants = starts[:, None] + moments
    altitude, azimuth = (
        angle.reshape(instants.shape)
        for angle in solar_position(instants.ravel(), latitude=latitude, longitude=longitude)
    )
    up = altitude > 0
    h, a = np.radians(altitude), np.radians(azimuth - convergence)
    towards = np.stack([np.cos(h) * np.sin(a), np.cos(h) * np.cos(a), np.sin(h)], axis=-1) * up[..., None]
    share = up / np.maximum(up.sum(axis=1), 1)[:, None]
    height = np.degrees(np.arcsin(np.clip((towards[..., 2] * share).sum(axis=1), -1.0, 1.0)))
    around, even, band = _sky_light(sky, normal, diffuse, height, extraterrestrial_irradiance(starts))
    energy = days * 0.024  # kWh in a mean of 1 W over a step that stands for so many days
    vectors = ((normal + around) * energy)[:, None, None] * share[..., None] * towards
    key = _keys(starts, up.shape, float(days.sum()))
    lit = up & ((normal + around) > 0)[:, None]
    keys, place = np.unique(key[lit], return_inverse=True)
    beam = np.zeros((len(keys), 3))
    np.add.at(beam, place, vectors[lit])
    length = np.maximum(np.linalg.norm(beam, axis=1), 1e-300)
    day = up.any(axis=1)
    return Irradiation(
        beam=beam,
        altitude=np.degrees(np.arcsin(np.clip(beam[:, 2] / length, -1.0, 1.0))),
        azimuth=np.degrees(np.arctan2(beam[:, 0], beam[:, 1])) % 360.0,
        sky=float((even * energy).sum()),
        horizon=float((band * energy)[day].sum()),
        total=float((total * energy).sum()),
        days=float(days.sum()),
        caveats=caveats,
    )


def described(
    result: xr.Dataset, light: Irradiation, options: dict[str, Any], inputs: tuple[xr.Dataset | None, ...]
) -> xr.Dataset:
    """Return a result with units, names, where it comes from, and what it is the sum of.

    Parameters
    ----------
    result : xr.Dataset
    light : Irradiation
        What it was computed with.
    options : dict
        Every option in full.
    inputs : tuple of xr.Dataset
        Grid and weather.
    """
    given = fingerprint(*(part for part in inputs if part is not None))
    result = variables.describe(stamp(result, model="irradiation", options=options, inputs=given))
    return result.assign_attrs(
        days=light.days,
        global_irradiation=light.total,
        caveats="; ".join(light.caveats),
        title="sum of a year" if light.is_year else f"sum of {light.days:g} day{'s' if light.days != 1 else ''}",
    )


def _keys(starts: NDArray[np.datetime64], shape: tuple[int, int], days: float) -> NDArray[np.int64]:
    """Number what is put together: every sample, or half-months and hours."""
    if days <= LONG:
        return np.arange(shape[0] * shape[1]).reshape(shape)
    day = (starts.astype("datetime64[D]") - starts.astype("datetime64[Y]")).astype(np.int64)
    hour = (starts - starts.astype("datetime64[D]")).astype("timedelta64[m]").astype(np.int64) // 60
    part = np.minimum((day * PARTS / 365.25).astype(np.int64), PARTS - 1)
    return np.broadcast_to((part * 24 + hour)[:, None], shape)


def _light_of(
    weather: xr.Dataset, latitude: float, longitude: float
) -> tuple[NDArray[np.datetime64], float, Float, Float, Float, tuple[str, ...]]:
    from twin.weather.radiation_split import split_global
    from twin.weather.steps import step_seconds, utc_starts

    names = ("direct_normal_irradiance", "diffuse_irradiance")
    if any(name not in weather for name in names):
        weather = split_global(weather, latitude=latitude, longitude=longitude)
    starts, step = utc_starts(weather), step_seconds(weather)
    normal, diffuse = (np.asarray(weather[name].values, np.float64) for name in names)
    if "global_irradiance" in weather:
        total = np.asarray(weather["global_irradiance"].values, np.float64)
    else:
        sine = np.sin(np.radians(np.maximum(_heights(starts, step, latitude, longitude), 0.0)))
        total = normal * sine + diffuse
    for name, values in zip((*names, "global_irradiance"), (normal, diffuse, total), strict=True):
        wrong = ~(np.isfinite(values) & (values >= 0) & (values <= 1500))
        if wrong.any():
            when = np.datetime_as_string(weather["time"].values[wrong][0], unit="m")
            raise InputError(
                f"{name} is {values[wrong][0]} W/m2 at {when}; irradiances must lie within 0 to 1500 without gaps"
            )
    said = str(weather.attrs.get("caveats", ""))
    return np.asarray(starts, "datetime64[ns]"), float(step), normal, diffuse, total, (said,) if said else ()


def _heights(starts: Any, step: float, latitude: float, longitude: float) -> Float:
    middle = starts + np.timedelta64(round(step / 2 * 1e9), "ns")
    return solar_position(middle, latitude=latitude, longitude=longitude)[0]


def _cloudless_year(
    latitude: float, longitude: float
) -> tuple[NDArray[np.datetime64], float, Float, Float, Float, Float]:
    """Return twelve cloudless days in steps of half an hour, each of which stands for its month."""
    months = np.arange("2021-01", "2022-01", dtype="datetime64[M]")
    middle = months.astype("datetime64[D]") + np.timedelta64(20, "D")
    lengths = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.float64)
    noon = -round(longitude / 15.0 * 3600)
    begin = middle.astype("datetime64[s]") + np.timedelta64(noon, "s")  # solar midnight, so that days are whole
    starts = (begin[:, None] + np.arange(48) * np.timedelta64(1800, "s")).ravel().astype("datetime64[ns]")
    total, normal, diffuse = clear_sky_irradiance(
        starts + np.timedelta64(900, "s"), latitude=latitude, longitude=longitude
    )
    return starts, 1800.0, np.repeat(lengths / 48.0, 48), normal, diffuse, total


def _sky_light(
    sky: str, normal: Float, diffuse: Float, altitude: Float, extraterrestrial: Float
) -> tuple[Float, Float, Float]:
    """Light around the sun (on a surface that faces it), of an even sky, and of the horizon (on a wall), W/m2."""
    nothing = np.zeros_like(diffuse)
    if sky == "isotropic":
        return nothing, diffuse, nothing
    import pvlib

    zenith = 90.0 - altitude
    given: tuple[Any, ...] = (diffuse, normal, extraterrestrial, zenith, np.full_like(zenith, 180.0))
    if sky == "perez":
        given = (*given, pvlib.atmosphere.get_relative_airmass(zenith))
    model = getattr(pvlib.irradiance, sky)

    def part(name: str, tilt: Float | float) -> Float:
        found = model(tilt, 180.0, *given, return_components=True)[f"poa_{name}"]
        return np.where(diffuse > 0, np.nan_to_num(np.asarray(found, np.float64)), 0.0)

    # facing the sun, the horizontal and the vertical: the parts' coefficients do not depend on the surface
    around = part("circumsolar", zenith)
    even = part("isotropic", 0.0)
    band = part("horizon", 90.0) if sky == "perez" else nothing
    return around, even, band
