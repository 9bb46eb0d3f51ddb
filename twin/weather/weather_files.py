"""Any weather file, whatever its kind: recognised by its first lines, read, and set beside the place of a study."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from twin.errors import DataError, InputError, TwinError
from twin.geometry.archives import is_archive, members
from twin.geometry.sources import existing_file
from twin.weather.dwd_stations import read_dwd_cdc
from twin.weather.dwd_try import read_dwd_try
from twin.weather.epw import read_epw
from twin.weather.steps import add_words
from twin.weather.text_lines import HEAD, KINDS, SUFFIXES, decoded, kind_of
from twin.weather.time_axis import stamp_of
from twin.weather.umep import read_umep_met

_READERS: dict[str, Callable[..., xr.Dataset]] = {
    "epw": read_epw,
    "dwd_try": read_dwd_try,
    "dwd_cdc": read_dwd_cdc,
    "umep": read_umep_met,
}
FAR = 50_000.0
"""From this distance on weather is called that of another place, m."""


def read_weather(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, kind: str = "auto", **options: Any
) -> xr.Dataset:
    """Read a weather file of any kind that is known.

    Parameters
    ----------
    path : path, or several
        A file or archive; for station products of the Deutscher Wetterdienst also several, or a folder.
    kind : {"auto", "epw", "dwd_try", "dwd_cdc", "umep"}
        Kind of the file; by its first lines unless given.
    **options
        Of the reader: `read_epw`, `read_dwd_try`, `read_dwd_cdc`, `read_umep_met`.

    Returns
    -------
    xr.Dataset
        Over `time`.

    Raises
    ------
    DataError
        If the file is of no known kind, damaged, or holds impossible values.
    InputError
        If the kind or an option is not known.

    Examples
    --------
    >>> read_weather("nowhere.epw")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.epw does not exist; weather is expected there
    """
    import inspect

    if kind != "auto" and kind not in _READERS:
        raise InputError(f"kind is {kind!r}; it must be 'auto' or one of: {', '.join(_READERS)}")
    kind = kind_of_file(path) if kind == "auto" else kind
    reader = _READERS[kind]
    known = [name for name in inspect.signature(reader).parameters if name != "path"]
    for option in options:
        if option not in known:
            raise InputError(f"{KINDS[kind]} has no option {option!r}; it knows {', '.join(known)}")
    return reader(path, **options)


def kind_of_file(path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> str:
    """Tell the kind of a weather file: a key of `twin.weather.text_lines.KINDS`.

    Raises
    ------
    DataError
        If it is none that is known.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.txt"
    ...     _ = file.write_text("STATIONS_ID;MESS_DATUM;QN_9;TT_TU;RF_TU;eor")
    ...     kind_of_file(file)
    'dwd_cdc'
    """
    if not isinstance(path, (str, os.PathLike)):
        return "dwd_cdc"
    file = Path(path)
    if file.is_dir():
        return "dwd_cdc"
    if not is_archive(file):
        files = [existing_file(file, "weather")]
    else:
        files = members(file, SUFFIXES, "weather")
        if any(member.name.lower().startswith("produkt_") for member in files):
            return "dwd_cdc"
    kind = kind_of(decoded(files[0], "weather", HEAD))
    if not kind:
        raise DataError(
            f"{files[0]} is no weather file of a known kind; known are {', '.join(KINDS.values())}. Read a table of "
            "your own with pandas and give it to twin.weather.weather_from_table"
        )
    return kind


def weather_info(path: str | os.PathLike[str]) -> str:
    """Say what a weather file holds: kind, place, times, variables and what is missing; ``""`` if it is none.

    Parameters
    ----------
    path : path
        A file, or an archive of station products.

    Raises
    ------
    DataError
        If it is a weather file, and damaged.

    Examples
    --------
    >>> weather_info(__file__)
    ''
    """
    file = Path(path)
    if file.is_dir() or file.suffix.lower() not in (*SUFFIXES, ".gz", ".zip"):
        return ""
    try:
        kind = kind_of_file(file)
    except TwinError:
        return ""
    weather = read_weather(file, kind=kind) if kind != "dwd_cdc" else _station_info(file)
    attributes = weather.attrs
    lines = [f"{file.name}: {KINDS[kind]}"]
    place = [f"{float(attributes[name]):.3f}" for name in ("latitude", "longitude") if name in attributes]
    if place:
        height = f", {attributes['elevation']:g} m" if "elevation" in attributes else ""
        lines.append(f"  place      {', '.join(place)}{height}")
    time = weather["time"].values
    step = float(weather["time"].attrs["step_seconds"]) / 60
    lines.append(f"  times      {stamp_of(time[0])} to {stamp_of(time[-1])}, {len(time):,} steps of {step:g} min")
    lines.append(f"  labels     {attributes['source_times']}")
    words = ("years", "licence", "caveats", "notes")
    lines += [f"  {key:<10} {attributes[key]}" for key in words if attributes.get(key)]
    for name, array in weather.data_vars.items():
        gaps = int(np.isnan(array.values).sum())
        span = f"{float(array.min()):.4g} to {float(array.max()):.4g} {array.attrs.get('units', '')}"
        lines.append(f"  {name:<26} {span}" + (f", {gaps:,} missing" if gaps else ""))
    return "\n".join(lines)


def _station_info(file: Path) -> xr.Dataset:
    """Radiation of a station needs its place, which a file alone does not say."""
    try:
        return read_dwd_cdc(file)
    except InputError as error:
        raise DataError(f"{error} (twin.weather.read_dwd_cdc)") from error


def beside(weather: xr.Dataset, latitude: float, longitude: float) -> xr.Dataset:
    """Return the weather with a caveat where it was measured far from a place.

    Examples
    --------
    >>> far = beside(xr.Dataset(attrs={"latitude": 38.0, "longitude": 23.75}), 49.9, 11.6)
    >>> far.attrs["caveats"]
    'weather of a place 1,640 km away'
    """
    if "latitude" not in weather.attrs or "longitude" not in weather.attrs:
        return weather
    north, east = np.radians(float(weather.attrs["latitude"])), np.radians(float(weather.attrs["longitude"]))
    here, there = np.radians(latitude), np.radians(longitude)
    half = np.sin((north - here) / 2) ** 2 + np.cos(north) * np.cos(here) * np.sin((east - there) / 2) ** 2
    metres = 2 * 6_371_000.0 * float(np.arcsin(np.sqrt(half)))
    if metres < FAR:
        return weather
    return add_words(weather, caveat=f"weather of a place {round(metres / 1e4) * 10:,} km away")
