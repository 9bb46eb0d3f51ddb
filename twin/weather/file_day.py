"""A day of weather out of a file for the place of a study: what the event `weather_file` stands on."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable

import xarray as xr

from twin.errors import InputError
from twin.weather.days import HOT, hottest_day, select_day, typical_hot_day
from twin.weather.radiation_split import estimate_irradiance
from twin.weather.weather_files import beside, kind_of_file, read_weather

CHOICES = ("hottest", "typical")


def day_from_file(
    file: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    date: str | datetime.date = "hottest",
    days: int = 1,
    latitude: float,
    longitude: float,
    kind: str = "auto",
    threshold: float = HOT,
    wind_speed: float | None = None,
    estimate_radiation: bool = False,
    interval: str | None = None,
    utc_offset: float | None = None,
    station: tuple[float, float] | None = None,
) -> xr.Dataset:
    """Read a weather file and take a day out of it, for a place.

    Parameters
    ----------
    file : path, or several
        As for `read_weather`.
    date : str or date
        ``"hottest"``, ``"typical"`` (of the hot days), a day such as ``"2018-07-26"``, or ``"07-26"`` in typical years.
    days : int
        How many days in a row, 1 to 31, where a date is given.
    latitude, longitude : float
        Of the place, degrees; weather from far away gets a caveat.
    kind : str
        Kind of the file, see `read_weather`.
    threshold : float
        degC that a day must reach to count for ``"typical"``.
    wind_speed : float, optional
        m/s at 10 m where the file has no wind.
    estimate_radiation : bool
        Whether radiation may be estimated from clouds or sunshine where none was measured.
    interval, utc_offset : optional
        What labels mark and their zone, for files of UMEP, which do not say it.
    station : tuple of float, optional
        Latitude and longitude of the measurement, where the file does not say it; those of the place unless given.

    Returns
    -------
    xr.Dataset
        As `select_day`.

    Raises
    ------
    InputError, DataError, MissingDataError
        If the file or the day cannot be used.

    Examples
    --------
    >>> day_from_file("nowhere.epw", latitude=50, longitude=11)
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.epw does not exist; weather is expected there
    """
    found = kind_of_file(file) if kind == "auto" else kind
    options: dict[str, object] = {}
    if found in ("umep", "dwd_cdc", "dwd_try"):
        where = station if station is not None else None if found != "umep" else (latitude, longitude)
        if where is not None:
            options |= {"latitude": where[0], "longitude": where[1]}
    if found == "umep":
        options |= {"interval": interval, "utc_offset": utc_offset}
    elif interval is not None or utc_offset is not None:
        raise InputError(f"interval and utc_offset are for files of UMEP; this one is {found} and says them itself")
    weather = read_weather(file, kind=found, **options)
    if estimate_radiation and "global_irradiance" not in weather:
        weather = estimate_irradiance(weather)
    extra = {"wind_speed": wind_speed}
    if date in CHOICES:
        if days != 1:
            raise InputError(f"date is {date!r} and days is {days}; several days need the date of the first")
        if date == "hottest":
            day = hottest_day(weather, **extra)
        else:
            day = typical_hot_day(weather, threshold=threshold, **extra)
    else:
        day = select_day(weather, date, days=days, **extra)
    return beside(day, latitude, longitude)
