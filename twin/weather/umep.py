"""Meteorological files of UMEP and SOLWEIG: 24 columns of text, -999 where missing, no word about place or zone.

What the hours label is not written in the file and differs from file to file, so it is found from the radiation itself
(`label_convention`), or has to be said.
"""

from __future__ import annotations

import os

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import DataError, InputError
from twin.weather.closure import label_convention
from twin.weather.steps import UNKNOWN, Origin, add_words, make_weather, relabel
from twin.weather.text_lines import parse_numbers, read_lines

MISSING = -999.0

# variable: column (from 0), factor to the unit of twin.variables
_FIELDS = {
    "wind_speed": (9, 1.0),
    "relative_humidity": (10, 1.0),
    "air_temperature": (11, 1.0),
    "air_pressure": (12, 10.0),
    "global_irradiance": (14, 1.0),
    "longwave_irradiance": (16, 1.0),
    "cloud_cover": (17, 1.0),
    "diffuse_irradiance": (21, 1.0),
    "direct_normal_irradiance": (22, 1.0),
    "wind_direction": (23, 1.0),
}
_COLUMNS = 24


def read_umep_met(
    path: str | os.PathLike[str],
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    interval: str | None = None,
    utc_offset: float | None = None,
    wind_height: float = 10.0,
    licence: str = "",
) -> xr.Dataset:
    """Read a meteorological file of UMEP or SOLWEIG.

    Parameters
    ----------
    path : path
        The text file: year, day of the year, hour, minute and 20 columns of weather.
    latitude, longitude : float, optional
        Where it was measured, degrees; needed to find out what the hours label.
    interval : {"start", "end", "instant"}, optional
        What a label marks; found by `label_convention` unless given.
    utc_offset : float, optional
        Hours that the file's clock is ahead of UTC; the standard time of the longitude unless given (1 in Germany).
    wind_height : float
        Height of the wind sensor, m; other heights than 10 are converted.
    licence : str
        Terms of its publisher.

    Returns
    -------
    xr.Dataset
        Over `time`. Where neither `interval` nor the place is given, labels stay as they are and
        ``time.attrs["interval"]`` is ``"unknown"``: models refuse such weather.

    Raises
    ------
    DataError
        If the file is of another kind, damaged, or holds impossible values.
    InputError
        If the radiation does not tell what the hours label; the message holds the residuals.

    References
    ----------
    F. Lindberg et al. (2018): Urban Multi-scale Environmental Predictor (UMEP). Environmental Modelling & Software 99,
    70-87; manual, section on meteorological input data.

    Examples
    --------
    >>> read_umep_met("nowhere.txt")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.txt does not exist; a meteorological file of UMEP or SOLWEIG is expected there
    """
    file, lines = read_lines(path, "umep")
    rows = [line.split() for line in lines[1:] if line.strip() and not line.lstrip().startswith(("%", "#"))]
    if not rows:
        raise DataError(f"{file} holds no rows of weather")
    table = parse_numbers(rows, _COLUMNS, file, 2)
    if (table[-1] == -9).sum() > 10:  # older files end with rows of -9
        table = table[(table != -9).sum(axis=1) > _COLUMNS // 2]
    table = np.where(table == MISSING, np.nan, table)
    labels, notes = _labels(table, file.name)
    values: dict[str, NDArray[np.float64]] = {}
    for name, (column, factor) in _FIELDS.items():
        if not np.isnan(table[:, column]).all():
            values[name] = table[:, column] * factor
    origin = Origin(
        name=file.name,
        kind="meteorological file of UMEP",
        licence=licence,
        latitude=latitude,
        longitude=longitude,
        wind_height=wind_height,
        notes=notes,
        units_stated=False,
    )
    if interval is not None:
        if utc_offset is None:
            raise InputError(f"{file}: the file names no zone; give utc_offset besides interval (1 for German time)")
        return make_weather(values, labels, origin, interval=interval, utc_offset=utc_offset)
    raw = make_weather(values, labels, origin, interval=UNKNOWN, utc_offset=utc_offset)
    if latitude is None or longitude is None:
        return raw
    found = label_convention(raw, latitude=latitude, longitude=longitude, utc_offset=utc_offset)
    return add_words(relabel(raw, interval=found.interval, utc_offset=found.utc_offset), note=found.words)


def _labels(table: NDArray[np.float64], name: str) -> tuple[NDArray[np.datetime64], tuple[str, ...]]:
    year, day, hour, minute = (table[:, n] for n in range(4))
    wrong = ~((year >= 1800) & (year <= 2300) & (day >= 1) & (day <= 366) & (hour >= 0) & (hour <= 24))
    wrong |= ~((minute >= 0) & (minute < 60))
    if wrong.any():
        n = int(wrong.argmax())
        raise DataError(
            f"{name}, row {n + 1}: year {year[n]:g}, day {day[n]:g}, hour {hour[n]:g}, minute {minute[n]:g} is no time"
        )
    notes: tuple[str, ...] = ()
    if len(np.unique(minute)) == 1 and minute[0] != 0:
        notes = (f"every row has the minute {minute[0]:g}; the hour alone counts",)
        minute = np.zeros(len(minute))
    start = (year.astype(np.int64) - 1970).astype("datetime64[Y]").astype("datetime64[ns]")
    seconds = ((day - 1) * 24 + hour) * 3600 + minute * 60
    return np.asarray(start + (seconds * 1e9).astype("timedelta64[ns]")), notes
