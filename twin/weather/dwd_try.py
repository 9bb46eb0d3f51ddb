"""Test reference years of the Deutscher Wetterdienst (TRY): of 2017 for every square kilometre, and of 2010.

A header in free text ends with a line of three asterisks; the line before names the columns. Hours run from 1 to 24 in
Central European Time without summer time; those of 2017 are labelled by their end. Direct and diffuse radiation fall on
the ground. The years are put together or projected: their days are written in a year without meaning.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import DataError, InputError
from twin.weather.epw import TYPICAL_YEAR
from twin.weather.steps import Origin, make_weather, start_lag
from twin.weather.sun_course import label_by_course
from twin.weather.sun_steps import direct_normal, outside_air, sine_while_up
from twin.weather.text_lines import parse_numbers, read_lines, whole_days

LICENCE = "Datenbasis: Deutscher Wetterdienst (Testreferenzjahre, DWD/BBSR)"
COLUMNS_2017 = ("RW", "HW", "MM", "DD", "HH", "t", "p", "WR", "WG", "N", "x", "RF", "B", "D", "A", "E", "IL")
COLUMNS_2010 = ("RG", "IS", "MM", "DD", "HH", "N", "WR", "WG", "t", "p", "x", "RF", "W", "B", "D", "IK", "A", "E", "IL")
TOWN = "the warmth of the town is in the temperature already: add no further heat island"

CET = 1.0
HOUR = 3600.0
Float = NDArray[np.float64]


def read_dwd_try(
    path: str | os.PathLike[str],
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    interval: str | None = None,
) -> xr.Dataset:
    """Read a test reference year of the Deutscher Wetterdienst, in the form of 2017 or of 2010 (also 2035, 2045).

    Parameters
    ----------
    path : path
        The .dat file, gzipped or in an archive too.
    latitude, longitude : float, optional
        Degrees, where the header names no place; otherwise the header counts: EPSG:3034 in the form of 2017, degrees
        and minutes in that of 2010.
    interval : {"start", "end", "instant"}, optional
        What the hours label, for the form of 2010 alone: there computed radiation is that of the full hour and measured
        radiation that of the hour before, so it is found from the course of the light unless given. The form of 2017
        labels the end.

    Returns
    -------
    xr.Dataset
        Over `time` (starts of the hours, UTC+1): `air_temperature`, `relative_humidity`, `wind_speed` (10 m),
        `global_irradiance` (direct and diffuse on the ground), `direct_normal_irradiance`, `diffuse_irradiance`,
        `longwave_irradiance`, `cloud_cover`, `air_pressure`, `wind_direction`. ``attrs["years"]`` says which
        climate it stands for.

    Raises
    ------
    DataError
        If the file is of another kind, damaged, names no place, or holds impossible values.
    InputError
        If the light of a year of 2010 does not tell what its hours label.

    References
    ----------
    Deutscher Wetterdienst, Bundesinstitut fuer Bau-, Stadt- und Raumforschung (2017): Handbuch Ortsgenaue
    Testreferenzjahre von Deutschland fuer mittlere, extreme und zukuenftige Witterungsverhaeltnisse.

    Examples
    --------
    >>> read_dwd_try("nowhere.dat")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.dat does not exist; a test reference year ... is expected there
    """
    file, lines = read_lines(path, "dwd_try")
    columns, first = _columns(lines, file)
    header = lines[:first]
    rows = [line.split() for line in lines[first:] if line.strip()]
    if not rows:
        raise DataError(f"{file} ends with its header; the rows of weather are missing: fetch it again")
    table = parse_numbers(rows, len(columns), file, first + 1)
    column = {name: table[:, n] for n, name in enumerate(columns)}
    labels = _labels(column, file, first + 1)
    here = _place(header, column, file)
    where = here if here is not None else (latitude, longitude)
    if where[0] is None or where[1] is None:
        raise DataError(f"{file}: its header names no place; give latitude and longitude")
    elevation = _number(header, r"H(?:oe|ö)henlage\s*:\s*(-?\d+)")
    if elevation is None:
        elevation = _number(header, r"L\.\s+(-?\d+)\s+Meter")
    origin = Origin(
        name=file.name,
        kind=f"test reference year of the Deutscher Wetterdienst, form of {2017 if 'RW' in columns else 2010}",
        licence=LICENCE,
        latitude=where[0],
        longitude=where[1],
        elevation=elevation,
        notes=(TOWN,) if "RW" in columns else (),
    )
    meaning, words = _meaning(column, labels, (where[0], where[1]), interval, file)
    origin = replace(origin, notes=(*origin.notes, *words))
    values = _values(column, labels, meaning, (where[0], where[1]))
    result = make_weather(values, labels, origin, interval=meaning, utc_offset=CET, step=HOUR)
    sort, period = _text(header, "Art des TRY"), _text(header, "Bezugszeitraum")
    result.attrs["years"] = f"{sort or 'test reference year'}, {period or 'period not named'}"
    return result


def _columns(lines: list[str], file: Path) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns and the index of the first row."""
    for number, line in enumerate(lines[:200]):
        words = tuple(line.split())
        if words in (COLUMNS_2017, COLUMNS_2010):
            following = number + 1
            # some copies lack the line of asterisks
            while following < len(lines) and not lines[following].strip().strip("*"):
                following += 1
            return words, following
    raise DataError(
        f"{file}: no line names the columns {' '.join(COLUMNS_2017)} (2017) or {' '.join(COLUMNS_2010)} (2010); "
        "other test reference years are not read"
    )


def _labels(column: dict[str, Float], file: Path, first_line: int) -> NDArray[np.datetime64]:
    hour = column["HH"]
    wrong = (hour < 1) | (hour > 24) | (hour != np.floor(hour))
    if wrong.any():
        n = int(wrong.argmax())
        raise DataError(f"{file}, line {first_line + n}: the hour is {hour[n]:g}; hours run from 1 to 24")
    year = np.full(len(hour), TYPICAL_YEAR)
    days = whole_days(column["MM"], column["DD"], year, file, first_line)
    return np.asarray(days.astype("datetime64[ns]") + (hour * 3600e9).astype("timedelta64[ns]"))


def _meaning(
    column: dict[str, Float],
    labels: NDArray[np.datetime64],
    place: tuple[float, float],
    interval: str | None,
    file: Path,
) -> tuple[str, tuple[str, ...]]:
    """Return what the hours label, and words about how that is known."""
    if "RW" in column:
        if interval not in (None, "end"):
            raise InputError(f"{file}: interval is {interval!r}; years of 2017 label the end of the hour")
        return "end", ()
    if interval is not None:
        return interval, ()
    found, left = label_by_course(
        column["B"] + column["D"], labels, utc_offset=CET, latitude=place[0], longitude=place[1], source=str(file)
    )
    listed = ", ".join(f"{name} {value:.1f}" for name, value in left.items())
    return found, (f"hours found to label the {found} from the course of the light (leaves {listed} W/m2)",)


def _values(
    column: dict[str, Float], labels: NDArray[np.datetime64], meaning: str, place: tuple[float, float]
) -> dict[str, Float]:
    lag = start_lag(meaning, HOUR) + np.timedelta64(round(HOUR * CET), "s")
    starts = np.asarray(labels - lag, labels.dtype)
    direct, diffuse = column["B"], column["D"]
    sine, share = sine_while_up(starts, HOUR, latitude=place[0], longitude=place[1])
    normal, rest = direct_normal(np.maximum(direct, 0.0), diffuse, sine, share, outside_air(starts))
    return {
        "air_temperature": column["t"],
        "relative_humidity": column["RF"],
        "wind_speed": column["WG"],
        "global_irradiance": np.where(direct >= 0, direct + diffuse, direct),
        "direct_normal_irradiance": normal,
        "diffuse_irradiance": rest,
        "longwave_irradiance": column["A"],
        "cloud_cover": np.where(column["N"] > 8, np.nan, column["N"] / 8),
        "air_pressure": column["p"],
        "wind_direction": np.where(column["WR"] > 360, np.nan, column["WR"]),
    }


def _place(header: list[str], column: dict[str, Float], file: Path) -> tuple[float, float] | None:
    """Return latitude and longitude from the header, or from the rows' coordinates."""
    latitude = _number(header, r"Breitengrad\s*:\s*(-?\d+(?:\.\d+)?)")
    longitude = _number(header, r"L(?:ä|ae)ngengrad\s*:\s*(-?\d+(?:\.\d+)?)")
    if latitude is not None and longitude is not None:
        return latitude, longitude
    if "RW" in column:
        from pyproj import Transformer

        east = _number(header, r"Rechtswert\s*:\s*(\d+)")
        north = _number(header, r"Hochwert\s*:\s*(\d+)")
        east, north = (column["RW"][0] if east is None else east), (column["HW"][0] if north is None else north)
        longitude, latitude = Transformer.from_crs(3034, 4326, always_xy=True).transform(east, north)
        if not (45 < latitude < 57 and 4 < longitude < 17):
            raise DataError(f"{file}: {east:g}, {north:g} in EPSG:3034 do not lie in Germany; the header is damaged")
        return float(latitude), float(longitude)
    found = re.search(r"(\d+)°\s*(\d+)'\s*N.*?(\d+)°\s*(\d+)'\s*[OE]", "\n".join(header))
    if found is None:
        return None
    north_d, north_m, east_d, east_m = (float(text) for text in found.groups())
    return north_d + north_m / 60, east_d + east_m / 60


def _number(header: list[str], pattern: str) -> float | None:
    found = re.search(pattern, "\n".join(header))
    return None if found is None else float(found[1])


def _text(header: list[str], key: str) -> str:
    for line in header:
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
