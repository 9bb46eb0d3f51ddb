"""EnergyPlus weather files (EPW): place and zone from the header, rows of hours that are labelled by their end.

Hours run from 1 to 24 in the local standard time of the header; hour 1 is the mean from 0 to 1 o'clock. Typical years
are put together from months of different years: month, day and hour are kept, the years are named.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import DataError, TwinError
from twin.weather.closure import label_convention
from twin.weather.steps import AGAINST, Origin, add_words, make_weather
from twin.weather.text_lines import parse_numbers, read_lines, whole_days

TYPICAL_YEAR, TYPICAL_LEAP_YEAR = 2001, 2004
"""Years in which days that belong to no single year are written: the sun of another year differs by 0.2 degrees."""

# variable: field of a row (from 0), from which value on it is missing, factor to the unit of twin.variables
_FIELDS = {
    "air_temperature": (6, 99.9, 1.0),
    "dew_point_temperature": (7, 99.9, 1.0),
    "relative_humidity": (8, 999.0, 1.0),
    "air_pressure": (9, 999_999.0, 0.01),
    "longwave_irradiance": (12, 9999.0, 1.0),
    "global_irradiance": (13, 9999.0, 1.0),
    "direct_normal_irradiance": (14, 9999.0, 1.0),
    "diffuse_irradiance": (15, 9999.0, 1.0),
    "wind_direction": (20, 999.0, 1.0),
    "wind_speed": (21, 999.0, 1.0),
    "cloud_cover": (22, 99.0, 0.1),
}
_HEADER_LINES = 8
_LEAST_FIELDS = 23

Float = NDArray[np.float64]


def read_epw(path: str | os.PathLike[str], *, licence: str = "") -> xr.Dataset:
    """Read an EnergyPlus weather file.

    Parameters
    ----------
    path : path
        The .epw file, gzipped or in an archive too.
    licence : str
        Terms of its publisher; what the file's comments say unless given.

    Returns
    -------
    xr.Dataset
        Over `time` (starts of the hours, local standard time of the header): `air_temperature`, `relative_humidity`,
        `wind_speed` (10 m), `global_irradiance`, `direct_normal_irradiance`, `diffuse_irradiance` and, where the file
        has them, `longwave_irradiance`, `cloud_cover`, `air_pressure`, `dew_point_temperature`, `wind_direction`. NaN
        where a code says missing. ``attrs["years"]`` names the years of a typical year. A file whose
        radiation contradicts its labels (`label_convention`) says so in its caveats.

    Raises
    ------
    DataError
        If the file is of another kind, damaged, or holds impossible values.

    References
    ----------
    US Department of Energy, EnergyPlus: Auxiliary Programs, chapter on the weather file's data dictionary.

    Examples
    --------
    >>> read_epw("nowhere.epw")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.epw does not exist; an EnergyPlus weather file (.epw) is expected there
    """
    file, lines = read_lines(path, "epw")
    latitude, longitude, offset, elevation, name = _location(lines[0], file)
    first = _first_row(lines, file)
    per_hour = _records_per_hour(lines[:first], file)
    rows = [line.split(",") for line in lines[first:] if line.strip()]
    if not rows:
        raise DataError(f"{file} ends with its header; the rows of weather are missing: fetch it again")
    # the sixth field holds letters about uncertainty
    table = parse_numbers([[*row[:5], "0", *row[6:]] for row in rows], _LEAST_FIELDS, file, first + 1)
    labels, years = _labels(table, per_hour, file, first + 1)
    values: dict[str, Float] = {}
    for variable, (column, missing, factor) in _FIELDS.items():
        array = table[:, column]
        array = np.where(array >= missing, np.nan, array * factor)
        if not np.isnan(array).all():
            values[variable] = array
    comments = [line.split(",", 1)[1].strip().strip('"') for line in lines[:first] if line.startswith("COMMENTS")]
    origin = Origin(
        name=file.name,
        kind="EnergyPlus weather file",
        licence=licence or "; ".join(text for text in comments if text)[:500],
        latitude=latitude,
        longitude=longitude,
        elevation=elevation,
        notes=(f"typical year of rows from {years}",) if "," in years or "-" in years else (),
    )
    step = 3600.0 / per_hour
    result = make_weather(values, labels, origin, interval="end", utc_offset=offset, step=step)
    result = _against_radiation(result, latitude, longitude, offset)
    result.attrs["years"] = years
    if name:
        result.attrs["title"] = f"weather of {name}, {years}"
    return result


def _against_radiation(weather: xr.Dataset, latitude: float, longitude: float, offset: float) -> xr.Dataset:
    """Return the weather with a caveat where its own radiation says that the hours mean something else."""
    try:
        found = label_convention(weather, latitude=latitude, longitude=longitude, utc_offset=offset)
    except TwinError:
        return weather  # too little sun, or radiation that was not measured together: the format's rule stands
    if found.interval == "start":
        return weather
    earlier = {"instant": "half a step", "end": "a step"}[found.interval]
    return add_words(
        weather,
        caveat=(
            f"{AGAINST}: as the format means them {found.residuals['start']:.0f} W/m2 of the balance are left, "
            f"{earlier} earlier {found.residual:.0f}: twin.weather.relabel(weather, interval={found.interval!r}, "
            f"utc_offset={offset:g}, anew=True) follows the radiation"
        ),
    )


def _location(line: str, file: Path) -> tuple[float, float, float, float, str]:
    fields = [field.strip() for field in line.split(",")]
    try:
        latitude, longitude, offset, elevation = (float(text) for text in fields[6:10])
    except ValueError:
        raise DataError(
            f"{file}: its first line does not hold latitude, longitude, zone and elevation in fields 7 to 10: "
            f"{line[:80]!r}"
        ) from None
    for what, value, most in (("latitude", latitude, 90), ("longitude", longitude, 180), ("zone", offset, 14)):
        if not abs(value) <= most:
            raise DataError(f"{file}: its {what} is {value:g}; it must lie in -{most} to {most}")
    name = "" if fields[1] in ("", "NA", "-", "unknown") else fields[1]
    return latitude, longitude, offset, elevation, name


def _first_row(lines: list[str], file: Path) -> int:
    """Return the index of the first row of data: after DATA PERIODS, which ends the header."""
    for number, line in enumerate(lines[:100]):
        if line.upper().startswith("DATA PERIODS"):
            return number + 1
    raise DataError(f"{file} has no line DATA PERIODS, which ends the header of an EnergyPlus weather file")


def _records_per_hour(header: list[str], file: Path) -> int:
    fields = header[-1].split(",")
    try:
        count = int(fields[2])
    except (IndexError, ValueError):
        raise DataError(f"{file}: DATA PERIODS does not say how many rows an hour has: {header[-1][:80]!r}") from None
    if count < 1 or 60 % count:
        raise DataError(f"{file}: DATA PERIODS says {count} rows an hour; it must divide 60")
    return count


def _labels(table: Float, per_hour: int, file: Path, first_line: int) -> tuple[NDArray[np.datetime64], str]:
    """Return the ends of the intervals, and the years the rows are from in words."""
    year, month, day, hour = (table[:, column] for column in range(4))
    wrong = (hour < 1) | (hour > 24) | (hour != np.floor(hour))
    if wrong.any():
        n = int(wrong.argmax())
        raise DataError(f"{file}, line {first_line + n}: the hour is {hour[n]:g}; hours run from 1 to 24")
    real = np.asarray(year, dtype=np.int64)
    # January to December of falling or mixed years is a typical year; a true series runs on
    order = real * 12 + month
    several = len(np.unique(real)) > 1
    typical = bool((np.diff(order) < 0).any()) or (several and _jumps(real, month))
    written = real
    if typical:
        leap = bool(((month == 2) & (day == 29)).any())
        written = np.full(len(real), TYPICAL_LEAP_YEAR if leap else TYPICAL_YEAR)
    days = whole_days(month, day, written, file, first_line)
    within = np.zeros(len(hour))
    if per_hour > 1:
        block = np.r_[0, np.flatnonzero(np.diff(hour) != 0) + 1]
        within = np.arange(len(hour)) - np.repeat(block, np.diff(np.r_[block, len(hour)]))
        if (within >= per_hour).any():
            n = int((within >= per_hour).argmax())
            raise DataError(f"{file}, line {first_line + n}: more than {per_hour} rows in hour {hour[n]:g}")
    minutes = (hour - 1) * 60 + (within + 1) * 60 / per_hour
    labels = days.astype("datetime64[ns]") + (minutes * 60e9).astype("timedelta64[ns]")
    if typical:
        words = ", ".join(f"{y} ({_months(real, month, y)})" for y in np.unique(real))
    else:
        words = str(real[0]) if not several else f"{real.min()}-{real.max()}"
    return labels, words


def _jumps(year: NDArray[np.int64], month: Float) -> bool:
    """Tell whether the year changes elsewhere than from December to January of the next."""
    change = np.flatnonzero(np.diff(year) != 0)
    onward = (np.diff(year)[change] == 1) & (month[change] == 12) & (month[change + 1] == 1)
    return bool((~onward).any())


def _months(year: NDArray[np.int64], month: Float, wanted: int) -> str:
    return ", ".join(f"{int(m)}" for m in np.unique(month[year == wanted]))
