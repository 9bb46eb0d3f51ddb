"""Days out of a series: the hottest, a typical hot one, a given one; ready for `twin.heat.simulate`.

A chosen day runs from midnight to midnight of local standard time, without gaps. What had to be estimated for it
(direct and diffuse radiation, humidity from the dew point) is named in its caveats or notes.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError, MissingDataError
from twin.variables import describe
from twin.weather.humidity import relative_humidity
from twin.weather.radiation_split import place_of, split_global
from twin.weather.steps import add_words, split_days, step_seconds, utc_starts
from twin.weather.sun_steps import sine_while_up
from twin.weather.time_axis import stamp_of

NEEDED = (
    "air_temperature",
    "relative_humidity",
    "wind_speed",
    "global_irradiance",
    "direct_normal_irradiance",
    "diffuse_irradiance",
)
HOT = 30.0
"""A hot day of the Deutscher Wetterdienst (heisser Tag) reaches it, degC."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class _Daily:
    """Days of a series: whether each is whole, and what makes it hot."""

    day: NDArray[np.datetime64]
    whole: NDArray[np.bool_]
    highest: Float
    lowest: Float
    vapour: Float
    wind: Float
    light: Float


def select_day(
    weather: xr.Dataset,
    date: str | datetime.date,
    *,
    days: int = 1,
    wind_speed: float | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> xr.Dataset:
    """Take a day, or several, out of a series.

    Parameters
    ----------
    weather : xr.Dataset
        From a reader of `twin.weather`.
    date : str or date
        First day in local standard time: ``"2018-07-26"``, or ``"07-26"`` where the series holds that day once, as
        typical years do.
    days : int
        How many days in a row, 1 to 31.
    wind_speed : float, optional
        m/s at 10 m where the series has none; named in the caveats.
    latitude, longitude : float, optional
        Degrees, where the series does not say its place; for splitting radiation.

    Returns
    -------
    xr.Dataset
        Whole days of regular steps with `air_temperature`, `relative_humidity`, `wind_speed` and the three
        irradiances, and what else there is.

    Raises
    ------
    InputError
        If the day is not in the series, is not whole, or holds gaps: with their times.
    MissingDataError
        If a variable is missing altogether.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> select_day(day, "07-26").sizes["time"]
    24
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 31:
        raise InputError(f"days is {days!r}; it must be a whole number from 1 to 31")
    utc_starts(weather)  # zone and meaning of the labels are known, or this says how to find them
    step = step_seconds(weather)
    per_day = round(86400 / step)
    if abs(per_day * step - 86400) > 1e-3:
        raise InputError(f"the weather's steps of {step:g} s do not divide a day")
    starts, day_of = split_days(weather, step)
    first = _day(date, day_of)
    chosen = (day_of >= first) & (day_of < first + days)
    if chosen.sum() != per_day * days:
        raise InputError(
            f"{_name(weather)} holds {int(chosen.sum())} of the {per_day * days} steps from {first} on; it runs from "
            f"{stamp_of(starts[0])} to {stamp_of(starts[-1])}"
        )
    day = _complete(weather.isel(time=np.flatnonzero(chosen)), wind_speed, latitude, longitude)
    for name in NEEDED:
        gap = np.isnan(day[name].values)
        if gap.any():
            times = [stamp_of(time) for time in day["time"].values[gap][:3]]
            more = f" and {int(gap.sum()) - 3} more" if gap.sum() > 3 else ""
            raise InputError(
                f"{_name(weather)}: {name} is missing at {', '.join(times)}{more}; choose another day, or fill short "
                "gaps with twin.weather.fill_gaps(weather, longest='2 h')"
            )
    span = str(first) if days == 1 else f"{first} to {first + days - 1}"
    day.attrs["title"] = f"{weather.attrs.get('title', 'weather')}: {span}"
    return day


def hottest_day(weather: xr.Dataset, **options: float | None) -> xr.Dataset:
    """Take the day of a series that reaches the highest air temperature; whole days without gaps alone count.

    Parameters
    ----------
    weather : xr.Dataset
        From a reader of `twin.weather`.
    **options
        `wind_speed`, `latitude` and `longitude` of `select_day`.

    Returns
    -------
    xr.Dataset
        As `select_day`. A hotter day that had to be passed over because of gaps is named in the notes.

    Raises
    ------
    InputError
        If no day is whole.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> str(hottest_day(day).time.values[0])[:10]
    '2018-07-26'
    """
    table = _daily(weather)
    best = int(np.nanargmax(np.where(table.whole, table.highest, -np.inf)))
    chosen = select_day(weather, str(table.day[best]), **options)  # type: ignore[arg-type]
    hotter = np.flatnonzero((table.highest > table.highest[best]) & ~table.whole)
    if len(hotter):
        named = ", ".join(f"{table.day[n]} ({table.highest[n]:.1f} degC)" for n in hotter[:3])
        chosen = add_words(chosen, note=f"hotter days have gaps and were passed over: {named}")
    return chosen


def typical_hot_day(weather: xr.Dataset, *, threshold: float = HOT, **options: float | None) -> xr.Dataset:
    """Take the day that stands for the hot days of a series best.

    Of all whole days that reach `threshold`, it is the one nearest to their medians of highest and lowest air
    temperature, vapour pressure, wind and sum of global radiation, each in units of its spread: a real day, not a mean.

    Parameters
    ----------
    weather : xr.Dataset
        From a reader of `twin.weather`.
    threshold : float
        degC; 30 makes a hot day of the Deutscher Wetterdienst (heißer Tag), 25 a summer day.
    **options
        `wind_speed`, `latitude` and `longitude` of `select_day`.

    Returns
    -------
    xr.Dataset
        As `select_day`; how many days it stands for is in the notes.

    Raises
    ------
    InputError
        If no whole day reaches the threshold.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> typical_hot_day(day).attrs["notes"]
    'stands for 1 days that reach 30 degC'
    """
    table = _daily(weather)
    hot = np.flatnonzero(table.whole & (table.highest >= threshold))
    if len(hot) == 0:
        most = np.nanmax(np.where(table.whole, table.highest, -np.inf))
        raise InputError(
            f"no whole day of {_name(weather)} reaches {threshold:g} degC; the hottest reaches {most:.1f} degC. "
            "Give a lower threshold"
        )
    score = np.zeros(len(hot))
    for name in ("highest", "lowest", "vapour", "wind", "light"):
        values = getattr(table, name)[hot]
        if np.isnan(values).any():
            continue
        middle = np.median(values)
        spread = np.median(np.abs(values - middle))
        score += ((values - middle) / (spread if spread > 0 else 1.0)) ** 2
    best = hot[int(score.argmin())]
    chosen = select_day(weather, str(table.day[best]), **options)  # type: ignore[arg-type]
    return add_words(chosen, note=f"stands for {len(hot)} days that reach {threshold:g} degC")


def _complete(
    weather: xr.Dataset, wind_speed: float | None, latitude: float | None, longitude: float | None
) -> xr.Dataset:
    """Add what can follow from what is there; refuse what cannot."""
    day = weather
    if "relative_humidity" not in day or np.isnan(day["relative_humidity"].values).any():
        day = _humid(day)
    if "wind_speed" not in day or np.isnan(day["wind_speed"].values).all():
        if wind_speed is None:
            raise MissingDataError(
                f"{_name(weather)} has no wind; read a product with wind, or give wind_speed (m/s at 10 m), which will "
                "stand in the caveats"
            )
        if not 0 <= wind_speed <= 30:
            raise InputError(f"wind_speed is {wind_speed!r}; it must lie in 0 to 30 m/s")
        day = add_words(
            day.assign(wind_speed=("time", np.full(day.sizes["time"], float(wind_speed)))),
            caveat=f"assumed weather: wind of {wind_speed:g} m/s, none was measured",
        )
        day["wind_speed"].attrs["height"] = 10.0
    elif wind_speed is not None:
        raise InputError(f"{_name(weather)} has its own wind; leave wind_speed out")
    radiation = ("global_irradiance", "direct_normal_irradiance", "diffuse_irradiance")
    if not any(name in day and np.isfinite(day[name].values).any() for name in radiation):
        raise MissingDataError(
            f"{_name(weather)} has no radiation on that day; estimate it from clouds or sunshine with "
            "twin.weather.estimate_irradiance(weather), which says so in every result, or read a product that has it"
        )
    if "global_irradiance" not in day:
        day = _with_global(day, latitude, longitude)
    split = [name for name in radiation[1:] if name not in day or np.isnan(day[name].values).any()]
    if split and np.isfinite(day["global_irradiance"].values).any():
        day = split_global(day, latitude=latitude, longitude=longitude)
    for name in ("air_temperature", "relative_humidity"):
        if name not in day:
            raise MissingDataError(f"{_name(weather)} has no {name}; read a product that has it")
    return describe(day)


def _humid(day: xr.Dataset) -> xr.Dataset:
    if "dew_point_temperature" not in day or "air_temperature" not in day:
        return day
    air, dew = (np.asarray(day[name].values) for name in ("air_temperature", "dew_point_temperature"))
    given = day["relative_humidity"].values if "relative_humidity" in day else np.full(len(air), np.nan)
    humid = np.where(np.isfinite(given), given, relative_humidity(air, dew))
    return add_words(
        day.assign(relative_humidity=("time", humid)), note="relative humidity follows from the dew point where missing"
    )


def _with_global(day: xr.Dataset, latitude: float | None, longitude: float | None) -> xr.Dataset:
    if "direct_normal_irradiance" not in day or "diffuse_irradiance" not in day:
        raise MissingDataError(f"{_name(day)} has neither global irradiance nor both direct and diffuse")
    where = place_of(day, latitude, longitude)
    sine, _ = sine_while_up(utc_starts(day), step_seconds(day), latitude=where[0], longitude=where[1])
    total = day["diffuse_irradiance"].values + day["direct_normal_irradiance"].values * sine
    return day.assign(global_irradiance=("time", total))


def _daily(weather: xr.Dataset) -> _Daily:
    """Return the days of a series with their extremes and sums, and whether each is whole."""
    if "air_temperature" not in weather:
        raise MissingDataError(f"{_name(weather)} has no air_temperature; the hottest day cannot be told")
    utc_starts(weather)
    step = step_seconds(weather)
    _, day_of = split_days(weather, step)
    days, index = np.unique(day_of, return_inverse=True)
    air = np.asarray(weather["air_temperature"].values, dtype=np.float64)
    whole = np.bincount(index) == round(86400 / step)
    for name in NEEDED:
        if name in weather and np.isfinite(weather[name].values).any():
            if name in ("direct_normal_irradiance", "diffuse_irradiance") and "global_irradiance" in weather:
                continue  # can be split
            if name == "relative_humidity" and "dew_point_temperature" in weather:
                continue
            whole &= np.bincount(index, weights=np.isnan(weather[name].values)) == 0
    if not whole.any():
        raise InputError(
            f"no day of {_name(weather)} is whole; fill short gaps with twin.weather.fill_gaps(weather, longest='2 h')"
        )
    highest, lowest = np.full(len(days), -np.inf), np.full(len(days), np.inf)
    np.fmax.at(highest, index, air)
    np.fmin.at(lowest, index, air)

    def mean(name: str) -> Float:
        if name not in weather:
            return np.full(len(days), np.nan)
        return np.asarray(np.bincount(index, weights=weather[name].values) / np.bincount(index))

    vapour = np.full(len(days), np.nan)
    if "relative_humidity" in weather:
        from twin.weather.hot_day import saturation_pressure

        pressure = weather["relative_humidity"].values / 100 * saturation_pressure(air)
        vapour = np.bincount(index, weights=pressure) / np.bincount(index)
    return _Daily(days, whole, highest, lowest, vapour, mean("wind_speed"), mean("global_irradiance"))


def _day(date: str | datetime.date, day_of: NDArray[np.datetime64]) -> np.datetime64:
    text = date.isoformat()[:10] if isinstance(date, datetime.date) else date
    if not isinstance(text, str) or not re.fullmatch(r"(\d{4}-)?\d{2}-\d{2}", text):
        raise InputError(f"date is {date!r}; write it as '2018-07-26', or '07-26' in a typical year")
    if len(text) == 5:
        found = [day for day in np.unique(day_of) if str(day)[5:] == text]
        if len(found) != 1:
            raise InputError(f"the weather holds {len(found)} days {text}; give the year too, as '2018-{text}'")
        return np.datetime64(found[0], "D")
    try:
        return np.datetime64(text, "D")
    except ValueError as error:
        raise InputError(f"date is {date!r}; there is no such day") from error


def _name(weather: xr.Dataset) -> str:
    return str(weather.attrs.get("source", "the weather"))
