"""Station products of the Deutscher Wetterdienst (Climate Data Center): several files of one station become one series.

Steps are hours (or 10 minutes) of UTC, written in a zone of your choice. Hourly radiation comes in hours of true solar
time, which begin at odd minutes of UTC: it is spread over them as under a cloudless sky and summed over the
hours of the clock, so that its energy is kept. Readings at full hours become means of the hour between two of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import DataError, InputError
from twin.weather.dwd_files import Product, find_files, read_product, station_place
from twin.weather.dwd_products import Column
from twin.weather.solar_time import to_clock_hours
from twin.weather.steps import Origin, make_weather
from twin.weather.sun import solar_position
from twin.weather.sun_steps import direct_normal, outside_air, sine_while_up
from twin.weather.time_axis import stamp_of

LICENCE = "Datenbasis: Deutscher Wetterdienst (Climate Data Center)"

_HOURLY_CERTAIN = np.datetime64("1995-01-01T00:00", "ns")

Float = NDArray[np.float64]
Times = NDArray[np.datetime64]


def read_dwd_cdc(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    elevation: float | None = None,
    utc_offset: float = 1.0,
    period: tuple[str, str] | None = None,
    wind_height: float = 10.0,
) -> xr.Dataset:
    """Read station products of the Deutscher Wetterdienst and join them.

    Parameters
    ----------
    path : path, or several
        Product files (``produkt_tu_stunde_...txt``), archives as they are downloaded (``stundenwerte_ST_...zip``), or
        a folder of either; all of one station and of one step, hours or 10 minutes.
    latitude, longitude : float, optional
        Of the station, degrees; taken from the station's geography file where an archive holds it. Radiation needs it.
    elevation : float, optional
        m above sea level.
    utc_offset : float
        Zone in which the times are written, hours; 1 is German standard time.
    period : tuple of str, optional
        First and last day that is kept, such as ``("2018-07-20", "2018-08-10")``: quicker for long series.
    wind_height : float
        Height of the anemometer, m.

    Returns
    -------
    xr.Dataset
        Over `time` (starts of the steps): what the files hold of `air_temperature`, `relative_humidity`, `wind_speed`,
        `global_irradiance`, `diffuse_irradiance`, `direct_normal_irradiance` (from both), `longwave_irradiance`,
        `cloud_cover`, `sunshine_fraction`, `air_pressure`, `dew_point_temperature`, `wind_direction`; NaN where
        missing.

    Raises
    ------
    DataError
        If a file is of another kind or damaged, or the files are of several stations or steps.
    InputError
        If radiation is there and nothing says where the station is, or the period holds nothing.

    References
    ----------
    Deutscher Wetterdienst, Climate Data Center: descriptions of the data sets observations_germany/climate/hourly and
    10_minutes (air_temperature, wind, solar, sun, cloudiness, pressure, dew_point, moisture).

    Examples
    --------
    >>> read_dwd_cdc("nowhere.zip")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.zip does not exist; a station product ... is expected there
    """
    files, geography = find_files(path)
    every = [read_product(file) for file in files]
    products = [product for product in every if product.columns]
    unread = [product.file.name for product in every if not product.columns]
    if not products:
        raise DataError(f"{files[0]}: none of its columns is read; temperature, wind, radiation, cloud are")
    _one_station(products)
    if period is not None:
        products = _within(products, period, utc_offset)
    place = station_place(geography, latitude, longitude, elevation)
    seconds = products[0].seconds
    ends = _common_ends(products, seconds)
    values: dict[str, Float] = {}
    owner: dict[str, str] = {}
    notes = [f"no column of {', '.join(unread)} is read"] if unread else []
    for product in products:
        for name, array in _on_steps(product, ends, place).items():
            if name in values:
                _agree(name, values[name], array, owner[name], product.file.name)
                values[name] = np.where(np.isnan(values[name]), array, values[name])
            else:
                values[name], owner[name] = array, product.file.name
        if product.zenith is not None:
            notes.append("hourly radiation shifted from true solar time to the hours of the clock, energy kept")
    if "global_irradiance" in values and "diffuse_irradiance" in values:
        _add_direct(values, ends, seconds, place)
    caveats = []
    if seconds == 3600.0 and ends[0] < _HOURLY_CERTAIN:
        caveats.append(
            "hourly values of early years can be in CET although the file says UTC: see the station's metadata"
        )
    origin = Origin(
        name=", ".join(dict.fromkeys(product.file.name for product in products)),
        kind=f"station {products[0].station:05d} of the Deutscher Wetterdienst",
        licence=LICENCE,
        latitude=place[0],
        longitude=place[1],
        elevation=place[2],
        wind_height=wind_height,
        notes=tuple(dict.fromkeys(notes)),
        caveats=tuple(caveats),
    )
    local = ends + np.timedelta64(round(utc_offset * 3600), "s")
    result = make_weather(values, local, origin, interval="end", utc_offset=utc_offset, step=seconds)
    result.attrs["title"] = f"weather of DWD station {products[0].station:05d}"
    result.attrs["source_times"] = "labels in UTC; intervals end, readings stand at their label"
    return result


def _one_station(products: list[Product]) -> None:
    for what in ("station", "seconds"):
        seen = {getattr(product, what): product.file.name for product in products}
        if len(seen) > 1:
            words = ", ".join(f"{value:g} in {name}" for value, name in list(seen.items())[:4])
            noun = "stations" if what == "station" else "lengths of a step (s)"
            raise DataError(f"the files are of several {noun}: {words}; read them one by one")


def _within(products: list[Product], period: tuple[str, str], utc_offset: float) -> list[Product]:
    try:
        first, last = (np.datetime64(day, "D") for day in period)
    except (TypeError, ValueError) as error:
        raise InputError(f"period is {period!r}; give two days such as ('2018-07-20', '2018-08-10')") from error
    shift = np.timedelta64(round(utc_offset * 3600), "s")
    low = first.astype("datetime64[ns]") - shift
    high = (last + 1).astype("datetime64[ns]") - shift + np.timedelta64(7200, "s")  # an hour of solar time reaches over
    kept = []
    for product in products:
        inside = (product.labels >= low) & (product.labels <= high)
        if inside.any():
            columns = {name: (column, array[inside]) for name, (column, array) in product.columns.items()}
            zenith = None if product.zenith is None else product.zenith[inside]
            kept.append(replace(product, labels=product.labels[inside], columns=columns, zenith=zenith))
    if not kept:
        spans = f"{stamp_of(products[0].labels[0])} to {stamp_of(products[0].labels[-1])}"
        raise InputError(f"the files hold nothing between {period[0]} and {period[1]}; they run from {spans} UTC")
    return kept


def _common_ends(products: list[Product], seconds: float) -> Times:
    """Return the ends of all steps that the products touch, on the clock."""
    unit = np.timedelta64(round(seconds), "s")
    origin = np.datetime64("1800-01-01", "s")
    for product in products:
        odd = (product.labels - origin) % unit != np.timedelta64(0, "s")
        if product.zenith is None and odd.any():
            raise DataError(
                f"{product.file}: {stamp_of(product.labels[odd.argmax()])} does not lie on steps of "
                f"{seconds / 60:g} min"
            )
    first = min(product.labels[0] for product in products)
    last = max(product.labels[-1] for product in products)
    start = first - (first - origin) % unit
    count = int(np.ceil((last - start) / unit)) + 1
    ends = start + np.arange(count) * unit
    return np.asarray(ends[ends >= first], dtype="datetime64[ns]")


def _on_steps(
    product: Product, ends: Times, place: tuple[float | None, float | None, float | None]
) -> dict[str, Float]:
    """Return the columns of one product as means of the steps that end at `ends`."""
    if product.zenith is not None:
        latitude, longitude = _known_place(place, product.file)
        _check_zenith(product, latitude, longitude)
    out: dict[str, Float] = {}
    for name, (column, given) in product.columns.items():
        array = given if column.missing is None else np.where(given == column.missing, np.nan, given)
        if column.kind in ("sum", "share"):
            array = array * column.factor / product.seconds if column.kind == "sum" else _shares(array, column, product)
        else:
            array = array * column.factor
        if product.zenith is not None:
            weighted = name in ("global_irradiance", "diffuse_irradiance")
            out[name] = to_clock_hours(
                array, product.labels, ends, latitude=latitude, longitude=longitude, by_sun=weighted
            )
            continue
        whole = np.full(len(ends) + 1, np.nan)  # one label more: readings become means of two
        unit = np.timedelta64(round(product.seconds), "s")
        index = np.round((product.labels - (ends[0] - unit)) / unit).astype(np.int64)
        whole[index] = array
        out[name] = 0.5 * (whole[:-1] + whole[1:]) if column.kind == "instant" else whole[1:]
    return out


def _shares(array: Float, column: Column, product: Product) -> Float:
    # minutes of an hour, or hours of ten minutes
    most = column.factor if column.factor == 60.0 else product.seconds / 3600.0
    share = array / most
    over = share > 1.0
    if (share[over] > 1.02).any():
        n = int(np.nanargmax(share))
        raise DataError(f"{product.file}: sunshine is {array[n]:g} at {stamp_of(product.labels[n])}, above {most:g}")
    return np.asarray(np.minimum(share, 1.0))


def _check_zenith(product: Product, latitude: float, longitude: float) -> None:
    """The file tells the sun's zenith in the middle of its intervals: compare it with ours, for place and labels."""
    assert product.zenith is not None
    known = np.flatnonzero(np.isfinite(product.zenith) & (product.zenith > 0))[:: max(1, len(product.zenith) // 500)]
    if len(known) == 0:
        return
    middle = product.labels[known] - np.timedelta64(1800, "s")
    altitude, _ = solar_position(middle, latitude=latitude, longitude=longitude)
    off = np.abs(90.0 - altitude - product.zenith[known])
    if np.median(off) > 1.5:
        raise DataError(
            f"{product.file}: its zenith angles of the sun differ by {np.median(off):.1f} degrees from those at "
            f"{latitude:.3f}, {longitude:.3f}; the place is not that of station {product.station}"
        )


def _agree(name: str, first: Float, second: Float, one: str, other: str) -> None:
    both = np.isfinite(first) & np.isfinite(second)
    if not both.any() or name == "wind_direction":
        return
    apart = float(np.abs(first[both] - second[both]).mean())
    scale = {"air_pressure": 1.0, "relative_humidity": 5.0, "sunshine_fraction": 0.2, "cloud_cover": 0.2}.get(name, 2.0)
    if name in ("global_irradiance", "diffuse_irradiance", "longwave_irradiance"):
        scale = 20.0
    if apart > scale:
        raise DataError(f"{name} in {one} and in {other} differ by {apart:.2g} on average; leave one of the files out")


def _add_direct(values: dict[str, Float], ends: Times, seconds: float, place: tuple[float | None, ...]) -> None:
    latitude, longitude = place[0], place[1]
    if latitude is None or longitude is None:
        return
    starts = ends - np.timedelta64(round(seconds), "s")
    sine, share = sine_while_up(starts, seconds, latitude=latitude, longitude=longitude)
    total, diffuse = values["global_irradiance"], values["diffuse_irradiance"]
    # both sensors err: diffuse light cannot exceed the global
    diffuse = np.where(diffuse > total, np.where(diffuse > total + 50.0, np.nan, total), diffuse)
    normal, rest = direct_normal(total - diffuse, diffuse, sine, share, outside_air(starts))
    values["direct_normal_irradiance"], values["diffuse_irradiance"] = normal, rest


def _known_place(place: tuple[float | None, float | None, float | None], file: Path) -> tuple[float, float]:
    if place[0] is None or place[1] is None:
        raise InputError(
            f"{file} holds radiation in hours of true solar time and does not say where the station is; give latitude "
            "and longitude (list of stations beside the download), or read the archive, which holds its geography"
        )
    return place[0], place[1]
