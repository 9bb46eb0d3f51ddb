"""An assumed cloudless summer day: the weather of a heat study when nothing was measured.

All of it is assumption, said so in the result's `caveats`: a smooth temperature curve between two extremes, constant
vapour pressure and wind, clear-sky radiation. Times are local standard time (no summer time); each labels the start of
its step, and every value stands for the middle of the step.
"""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import xarray as xr

from twin.errors import InputError
from twin.units import Quantity, to_si
from twin.variables import describe
from twin.weather.sun import LINKE_TURBIDITY, check_place, clear_sky_irradiance, solar_position

DIURNAL_RANGE = 14.0
"""Night-time cooling on a cloudless summer day, K, when no minimum is given: inland Germany, 12 to 16 K."""

# W. Parton, J. Logan (1981), air at 1.5 m: lag of the maximum after noon (h), night decay, lag of the minimum (h)
_LAG_MAXIMUM, _DECAY, _LAG_MINIMUM = 1.86, 2.20, -0.17

CAVEAT = "assumed weather: cloudless day"

HOT, SUBTROPICS = 30.0, 30.0
"""A hot day of the German weather service, degC; north of this latitude, degrees, winter knows none."""


def hot_day(
    date: str | datetime.date,
    *,
    max_temperature: Quantity,
    latitude: float,
    longitude: float,
    min_temperature: Quantity | None = None,
    relative_humidity: float = 35.0,
    wind_speed: Quantity = 2.0,
    elevation: float = 0.0,
    linke_turbidity: float = LINKE_TURBIDITY,
    utc_offset: float | None = None,
    step: Quantity = "1 h",
) -> xr.Dataset:
    """Make the weather of a cloudless summer day.

    Parameters
    ----------
    date : str or date
        Day in local standard time, such as ``"2018-07-26"``.
    max_temperature : number or str
        Highest air temperature of the day, degC, -60 to 60.
    latitude, longitude : float
        Degrees.
    min_temperature : number or str, optional
        Lowest air temperature, degC; `DIURNAL_RANGE` below the highest if not given.
    relative_humidity : float
        Percent at the highest temperature, 1 to 100. Vapour pressure is constant over the day, but at most saturated.
    wind_speed : number or str
        m/s 10 m above ground, 0 to 30, constant.
    elevation : float
        Metres above sea level, for the air mass.
    linke_turbidity : float
        Haze, 1 to 10.
    utc_offset : float, optional
        Hours that local standard time is ahead of UTC; if not given, 1 in Germany, elsewhere the longitude's zone.
    step : number or str
        Length of a time step, s or text such as ``"1 h"``; must divide a day.

    Returns
    -------
    xr.Dataset
        Over `time`: `air_temperature`, `relative_humidity`, `wind_speed`, `global_irradiance`,
        `direct_normal_irradiance`, `diffuse_irradiance`, for the middle of each step.

    Raises
    ------
    InputError
        If a value is impossible.

    References
    ----------
    W. J. Parton, J. A. Logan (1981): A model for diurnal variation in soil and air temperature. Agricultural
    Meteorology 23, 205-216; night-time branch closed at the minimum as in J. Goudriaan, H. H. van Laar (1994):
    Modelling potential crop growth processes, section 3.3.

    Examples
    --------
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.9, longitude=11.6)
    >>> day.sizes["time"], day.time.attrs["utc_offset_hours"]
    (24, 1.0)
    >>> 34.5 < float(day.air_temperature.max()) <= 35.0
    True
    """
    check_place(latitude, longitude)
    day = _parse(date)
    highest = _within("max_temperature", to_si(max_temperature, "degC", name="max_temperature"), -60, 60)
    if min_temperature is None:
        lowest = highest - DIURNAL_RANGE
    else:
        lowest = _within("min_temperature", to_si(min_temperature, "degC", name="min_temperature"), -60, 60)
    if lowest > highest:
        raise InputError(f"min_temperature is {lowest:g} degC, above max_temperature {highest:g} degC")
    humidity = _within("relative_humidity", relative_humidity, 1, 100)
    wind = _within("wind_speed", to_si(wind_speed, "m/s", name="wind_speed"), 0, 30)
    offset = standard_time(latitude, longitude) if utc_offset is None else _within("utc_offset", utc_offset, -14, 14)
    seconds = to_si(step, "s", name="step", minimum=60)
    count = round(86400 / seconds)
    if count < 1 or abs(count * seconds - 86400) > 1e-6:
        raise InputError(f"step is {seconds:g} s; it must divide a day of 86400 s, such as '1 h' or '30 min'")

    starts = day + (np.arange(count) * round(seconds * 1e9)).astype("timedelta64[ns]")
    middles = starts + np.timedelta64(round(seconds * 5e8), "ns")
    to_utc = -np.timedelta64(round(offset * 3600), "s")
    hours = (middles - day) / np.timedelta64(1, "h")

    sunrise, sunset = _daylight(day + to_utc, latitude, longitude)
    temperature = diurnal_temperature(hours, lowest=lowest, highest=highest, sunrise=sunrise, sunset=sunset)
    vapour = np.minimum(humidity / 100 * saturation_pressure(highest), saturation_pressure(temperature))
    total, beam, diffuse = clear_sky_irradiance(
        middles + to_utc,
        latitude=latitude,
        longitude=longitude,
        elevation=elevation,
        linke_turbidity=linke_turbidity,
    )
    result = xr.Dataset(
        {
            "air_temperature": ("time", temperature),
            "relative_humidity": ("time", 100 * (vapour / saturation_pressure(temperature))),
            "wind_speed": ("time", np.full(count, wind)),
            "global_irradiance": ("time", total),
            "direct_normal_irradiance": ("time", beam),
            "diffuse_irradiance": ("time", diffuse),
        },
        coords={"time": ("time", starts.astype("datetime64[ns]"), time_attributes(offset, seconds))},
        attrs={
            "title": f"cloudless day {day.astype('datetime64[D]')}, maximum {highest:g} degC",
            "caveats": CAVEAT + _out_of_season(day, highest, latitude),
            "latitude": float(latitude),
            "longitude": float(longitude),
            "min_temperature": lowest,
            "max_temperature": highest,
            "linke_turbidity": float(linke_turbidity),
        },
    )
    return describe(result)


def _out_of_season(day: np.datetime64, highest: float, latitude: float) -> str:
    month = int(day.astype("datetime64[M]").astype(int)) % 12 + 1
    if highest < HOT or latitude < SUBTROPICS or month not in (11, 12, 1, 2):
        return ""
    return f"; {highest:g} degC in month {month} does not occur at latitude {latitude:g}: heat of summer, sun of winter"


def time_attributes(utc_offset: float, step: float) -> dict[str, str | float]:
    """Return what every `time` coordinate of weather says about itself: zone, label position and step in seconds.

    Examples
    --------
    >>> time_attributes(1.0, 3600.0)["interval"]
    'start'
    """
    return {
        "long_name": "local standard time, start of the step",
        "utc_offset_hours": float(utc_offset),
        "interval": "start",
        "step_seconds": float(step),
    }


def diurnal_temperature(
    hours: np.typing.ArrayLike, *, lowest: float, highest: float, sunrise: float, sunset: float
) -> np.typing.NDArray[np.float64]:
    """Follow the air temperature through a cloudless day: a sine by day, an exponential decay by night.

    Parameters
    ----------
    hours : array
        Hours of the day on the clock of `sunrise` and `sunset`.
    lowest, highest : float
        Extremes, degC.
    sunrise, sunset : float
        Hours; sunset after sunrise.

    Returns
    -------
    array, degC
        Periodic over 24 h and continuous; `highest` is met `1.86 h` after the middle of the day.

    References
    ----------
    Parton and Logan (1981), see `hot_day`.

    Examples
    --------
    >>> diurnal_temperature([5.0 - 0.17, 12.5 + 1.86], lowest=20, highest=34, sunrise=5, sunset=20).round(6).tolist()
    [20.0, 34.0]
    """
    daylight = sunset - sunrise
    start = sunrise + _LAG_MINIMUM
    since = (np.asarray(hours, dtype=np.float64) - start) % 24.0
    length = sunset - start
    # the sine's crest lies `_LAG_MAXIMUM` after the middle of the day
    quarter = daylight / 2 + _LAG_MAXIMUM - _LAG_MINIMUM
    by_day = lowest + (highest - lowest) * np.sin(0.5 * np.pi * since / quarter)
    at_sunset = lowest + (highest - lowest) * math.sin(0.5 * math.pi * length / quarter)
    share = (since - length) / (24.0 - length)
    end = math.exp(-_DECAY)
    by_night = lowest + (at_sunset - lowest) * (np.exp(-_DECAY * share) - end) / (1 - end)
    return np.asarray(np.where(since <= length, by_day, by_night), dtype=np.float64)


def _daylight(midnight_utc: np.datetime64, latitude: float, longitude: float) -> tuple[float, float]:
    """Hours after local midnight of sunrise and sunset, to a minute; a polar day or night is refused."""
    minutes = np.arange(0, 24 * 60 + 1)
    altitude, _ = solar_position(
        midnight_utc + minutes.astype("timedelta64[m]"), latitude=latitude, longitude=longitude
    )
    up = altitude > 0
    rises = np.flatnonzero(~up[:-1] & up[1:])
    sets = np.flatnonzero(up[:-1] & ~up[1:])
    if not len(rises) or not len(sets) or sets[-1] <= rises[0]:
        raise InputError(
            f"at latitude {latitude:g} the sun does not rise and set between midnight and midnight of the clock "
            "on that day; give a date with both, or the local utc_offset"
        )
    return float(rises[0]) / 60, float(sets[-1]) / 60


def standard_time(latitude: float, longitude: float) -> float:
    """Return the hours that local standard time is ahead of UTC: 1 in Germany, elsewhere the longitude's zone.

    Examples
    --------
    >>> standard_time(50.8, 6.1), standard_time(-33.9, 151.2)
    (1.0, 10.0)
    """
    germany = 47.2 <= latitude <= 55.1 and 5.8 <= longitude <= 15.1  # its west lies in the zone of Greenwich
    return 1.0 if germany else float(round(longitude / 15.0))


def saturation_pressure(temperature: np.typing.ArrayLike) -> np.typing.NDArray[np.float64]:
    """Compute the saturation vapour pressure over water, hPa: Magnus form of Alduchov and Eskridge (1996), eq. 21.

    Examples
    --------
    >>> saturation_pressure(20.0).round(2).item()
    23.33
    """
    t = np.asarray(temperature, dtype=np.float64)
    return np.asarray(6.1094 * np.exp(17.625 * t / (243.04 + t)), dtype=np.float64)


def _parse(date: str | datetime.date) -> np.datetime64:
    try:
        stamp = pd.Timestamp(date)
    except (ValueError, TypeError) as error:
        raise InputError(f"date is {date!r}; write it as '2018-07-26'") from error
    if pd.isna(stamp) or stamp.tz is not None or not 1900 <= stamp.year <= 2200 or stamp != stamp.normalize():
        raise InputError(f"date is {date!r}; give a day between 1900 and 2200 without a time, such as '2018-07-26'")
    return np.datetime64(stamp.date(), "ns")


def _within(name: str, value: float, low: float, high: float) -> float:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} is {value!r}; it must lie in {low:g} to {high:g}")
    return float(value)
