"""Files of the Deutscher Wetterdienst (Climate Data Center) to columns: found in folders and archives, checked, in UTC.

A product file is known by the names of its columns, not by its own name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, InputError
from twin.geometry.archives import is_archive, members
from twin.geometry.sources import existing_file
from twin.weather.dwd_products import HOURLY, MISSING, PLAIN, SOLAR_TIME, TEN_MINUTES, ZENITH, Column
from twin.weather.text_lines import decoded, kind_of
from twin.weather.time_axis import stamp_of

_TEN_MINUTES_UTC = np.datetime64("2000-01-01T00:00", "ns")
"""Before, labels of the 10-minute products are CET (their description says so)."""

Float = NDArray[np.float64]
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Product:
    """What one file holds: labels in UTC, columns by variable, and whether its hours are those of true solar time."""

    file: Path
    station: int
    seconds: float
    labels: Times
    columns: dict[str, tuple[Column, Float]]
    zenith: Float | None


def find_files(path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> tuple[list[Path], list[Path]]:
    """Return the files of products and those of the station's geography."""
    given = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    if not given:
        raise InputError("no file is named; give the product files of a station")
    products: list[Path] = []
    geography: list[Path] = []
    for one in map(Path, given):
        inside = sorted(one.iterdir()) if one.is_dir() else [one]
        if one.is_dir():
            inside = [file for file in inside if file.suffix.lower() in (".zip", ".txt", ".csv", ".gz")]
            if not inside:
                raise DataError(f"{one} is a folder without product files (produkt_*.txt or .zip)")
        for file in inside:
            if not is_archive(file):
                existing_file(file, "a station product of the Deutscher Wetterdienst (CDC)")
            parts = members(file, (".txt", ".csv"), "a station product") if is_archive(file) else [file]
            for part in parts:
                name = part.name.lower()
                if name.startswith("metadaten_geographie"):
                    geography.append(part)
                elif name.startswith("produkt_") or (not is_archive(file) and not name.startswith("metadaten_")):
                    products.append(part)
    if not products:
        raise DataError(f"{given[0]} holds no product file (produkt_*.txt) of a station")
    return products, geography


def read_product(file: Path) -> Product:
    """Read one product file: its columns as they stand, NaN where missing, its labels in UTC.

    Raises
    ------
    DataError
        If it is of another kind, damaged, out of order, or of several stations.
    """
    lines = [line for line in decoded(file, "a station product of the Deutscher Wetterdienst") if line.strip()]
    if kind_of(lines) != "dwd_cdc":
        first = lines[0].strip()[:60] if lines else ""
        raise DataError(
            f"{file} is no station product of the Deutscher Wetterdienst: its first line should name STATIONS_ID and "
            f"MESS_DATUM, it is {first!r}"
        )
    header = [word.strip().upper() for word in lines[0].split(";")]
    rows = [line.split(";") for line in lines[1:]]
    if not rows:
        raise DataError(f"{file} holds no rows")
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise DataError(
                f"{file}, line {number + 2}: {len(row)} fields, the header names {len(header)}"
                + ("; the file is cut off: fetch it again" if number == len(rows) - 1 else "")
            )
    text = {name: [row[n] for row in rows] for n, name in enumerate(header)}
    stations = sorted({word.strip() for word in text["STATIONS_ID"]})
    if len(stations) != 1 or not stations[0].isdigit():
        raise DataError(f"{file} holds the stations {', '.join(stations[:5])}; one is expected")
    labels, ten = _times(text["MESS_DATUM"], file)
    known = TEN_MINUTES if ten else HOURLY
    columns: dict[str, tuple[Column, Float]] = {}
    for name in header:
        if name in known and known[name].variable not in columns:
            columns[known[name].variable] = (known[name], _numbers(text[name], name, file))
    solar = SOLAR_TIME in header
    zenith = _numbers(text[ZENITH], ZENITH, file) if solar and ZENITH in header else None
    if solar and zenith is None:
        raise DataError(f"{file} has hours of true solar time and no column {ZENITH}; it is not whole")
    if not columns and not any(name.startswith(("V_", "R", "FX")) for name in header if name not in PLAIN):
        raise DataError(f"{file}: its columns {', '.join(header)} are not known")
    return Product(file, int(stations[0]), 600.0 if ten else 3600.0, labels, columns, zenith)


def _times(words: list[str], file: Path) -> tuple[Times, bool]:
    """Return the labels in UTC, and whether they are those of a 10-minute product."""
    trimmed = [word.strip().replace(":", "") for word in words]
    lengths = {len(word) for word in trimmed}
    if not lengths <= {10, 12} or len(lengths) != 1:
        n = next((n for n, word in enumerate(trimmed) if len(word) not in (10, 12)), 0)
        raise DataError(f"{file}, line {n + 2}: the time is {words[n]!r}; it is expected as 2018072614 (UTC)")
    digits = 12 if lengths == {12} else 10
    ten = digits == 12 and not any(":" in word for word in words[:1])
    for n, word in enumerate(trimmed):
        if not word.isdigit():
            raise DataError(f"{file}, line {n + 2}: the time is {words[n]!r}; it is expected as 2018072614 (UTC)")
    text = [f"{w[:4]}-{w[4:6]}-{w[6:8]}T{w[8:10]}:{w[10:12] or '00'}" for w in trimmed]
    try:
        labels = np.array(text, dtype="datetime64[ns]")
    except ValueError as error:
        raise DataError(f"{file} holds a time that does not exist: {error}") from None
    if ten:
        labels = np.where(labels < _TEN_MINUTES_UTC, labels - np.timedelta64(3600, "s"), labels)
    apart = np.diff(labels)
    if (apart <= np.timedelta64(0, "s")).any():
        n = int((apart <= np.timedelta64(0, "s")).argmax())
        what = "is there twice" if apart[n] == np.timedelta64(0, "s") else f"comes after {stamp_of(labels[n])}"
        raise DataError(f"{file}, line {n + 3}: the time {stamp_of(labels[n + 1])} {what}; times must ascend")
    return labels, ten


def _numbers(words: list[str], name: str, file: Path) -> Float:
    try:
        array = np.array(words, dtype=np.float64)
    except ValueError:
        for n, word in enumerate(words):
            try:
                float(word)
            except ValueError:
                raise DataError(f"{file}, line {n + 2}: {name} is {word.strip()!r}; a number is expected") from None
        raise
    return np.where(array == MISSING, np.nan, array)


def station_place(
    geography: list[Path], latitude: float | None, longitude: float | None, elevation: float | None
) -> tuple[float | None, float | None, float | None]:
    """Return latitude, longitude and elevation: as given, else the last entry of the station's geography."""
    if latitude is not None and longitude is not None:
        return latitude, longitude, elevation
    for file in geography:
        lines = [line.split(";") for line in decoded(file, "the geography of a station") if line.strip()]
        header = [word.strip().lower().replace(".", "") for word in lines[0]]
        try:
            height, north, east = (header.index(name) for name in ("stationshoehe", "geogrbreite", "geogrlaenge"))
            last = lines[-1]
            return float(last[north]), float(last[east]), float(last[height]) if elevation is None else elevation
        except (ValueError, IndexError):
            raise DataError(
                f"{file}: its columns {', '.join(header)} do not hold Stationshoehe, Geogr.Breite and Geogr.Laenge; "
                "give latitude and longitude"
            ) from None
    return latitude, longitude, elevation
