"""Weather from your own table or Dataset, with units, zone and label said.

Nothing is guessed: a table without zone, a unit that is not known is refused with what is known; columns of other names
are left aside and named.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError
from twin.variables import VARIABLES
from twin.weather.humidity import relative_humidity
from twin.weather.steps import Origin, make_weather, relabel, step_seconds, utc_starts
from twin.weather.sun_steps import direct_normal, outside_air, sine_while_up

if TYPE_CHECKING:
    import pandas as pd

NAMES = (
    "air_temperature",
    "relative_humidity",
    "dew_point_temperature",
    "wind_speed",
    "wind_direction",
    "global_irradiance",
    "direct_normal_irradiance",
    "direct_horizontal",
    "diffuse_irradiance",
    "longwave_irradiance",
    "cloud_cover",
    "sunshine_fraction",
    "air_pressure",
)
"""Names a column can be given: those of `twin.variables`, and direct irradiance on the ground."""

# unit: factor and offset to the unit of twin.variables; J/cm2 and kJ/m2 are sums over a step
_UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "temperature": {"degC": (1.0, 0.0), "°C": (1.0, 0.0), "K": (1.0, -273.15), "0.1 degC": (0.1, 0.0)},
    "share": {"%": (1.0, 0.0), "1": (100.0, 0.0)},
    "speed": {"m/s": (1.0, 0.0), "m s-1": (1.0, 0.0), "km/h": (1 / 3.6, 0.0), "kn": (1852 / 3600, 0.0)},
    "irradiance": {"W/m2": (1.0, 0.0), "W m-2": (1.0, 0.0), "W/m²": (1.0, 0.0)},
    "energy": {"J/cm2": (1e4, 0.0), "kJ/m2": (1e3, 0.0), "Wh/m2": (3600.0, 0.0)},
    "fraction": {"1": (1.0, 0.0), "%": (0.01, 0.0), "1/8": (1 / 8, 0.0), "1/10": (0.1, 0.0)},
    "pressure": {"hPa": (1.0, 0.0), "mbar": (1.0, 0.0), "Pa": (0.01, 0.0), "kPa": (10.0, 0.0)},
    "angle": {"degree": (1.0, 0.0)},
}
_KINDS = {
    "air_temperature": ("temperature",),
    "dew_point_temperature": ("temperature",),
    "relative_humidity": ("share",),
    "wind_speed": ("speed",),
    "wind_direction": ("angle",),
    "cloud_cover": ("fraction",),
    "sunshine_fraction": ("fraction",),
    "air_pressure": ("pressure",),
}

Float = NDArray[np.float64]


def weather_from_table(
    table: pd.DataFrame | xr.Dataset,
    *,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    utc_offset: float | None = None,
    interval: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    elevation: float | None = None,
    wind_height: float = 10.0,
    wind_roughness: float | None = None,
    name: str = "own table",
    licence: str = "",
) -> xr.Dataset:
    """Make weather from a table of measurements.

    Parameters
    ----------
    table : DataFrame or Dataset
        Times as index (`DatetimeIndex`) or coordinate `time`.
    columns : mapping, optional
        Your column to one of `twin.weather.weather_table.NAMES`, such as ``{"Ta": "air_temperature"}``; columns that
        bear such a name need none. Others are left out.
    units : mapping, optional
        Name to unit where it is not that of `twin.variables`: ``{"air_temperature": "K"}``, ``{"global_irradiance":
        "J/cm2"}`` (a sum over the step), ``{"cloud_cover": "1/8"}``. Units that the variables of a Dataset state in
        ``attrs["units"]`` count where none is given here.
    utc_offset : float, optional
        Hours that the clock is ahead of UTC, without summer time; an index with a time zone says it itself, and is
        written in the zone's standard time.
    interval : {"start", "end", "instant"}
        What a label marks. Not guessed: ``None`` asks the radiation (`label_convention`) and needs the place.
    latitude, longitude : float, optional
        Degrees.
    elevation : float, optional
        m above sea level.
    wind_height : float
        Height of the wind sensor above ground, m; other heights than 10 are converted and named in the caveats.
    wind_roughness : float, optional
        Roughness length around the sensor, m; `twin.weather.wind_profile.ROUGHNESS` unless given.
    name : str
        What the table is called.
    licence : str
        Terms of its publisher.

    Returns
    -------
    xr.Dataset
        Over `time`; relative humidity follows from the dew point, direct normal irradiance from that on the ground.
        Columns that were not read are named in ``attrs["notes"]``.

    Raises
    ------
    InputError
        If a name, unit, zone or label is unclear, or a value impossible.

    Examples
    --------
    >>> import pandas as pd
    >>> hours = pd.date_range("2024-07-01", periods=24, freq="h")
    >>> table = pd.DataFrame({"Ta": 298.15}, index=hours)
    >>> day = weather_from_table(table, columns={"Ta": "air_temperature"}, units={"air_temperature": "K"},
    ...                          utc_offset=1, interval="start")
    >>> float(day.air_temperature[0])
    25.0
    """
    labels, given, offset = _open(table, utc_offset)
    wanted = _wanted(given, columns)
    renamed = _named(given, wanted)
    if not renamed:
        raise InputError(
            f"{name}: none of its columns ({', '.join(map(str, given)) or 'none'}) is one of {', '.join(NAMES)}; name "
            'them with columns={"your column": "air_temperature"}'
        )
    if offset is None:
        raise InputError(
            f"{name}: its times have no zone, and an hour's error moves every shadow; give utc_offset (1 for German "
            "standard time, 0 for UTC), or times with a time zone"
        )
    unit = _checked_units(units, renamed)
    unit = _stated_units(given, wanted) | unit
    step = _typical_step(labels)
    values = {key: _convert(key, array, unit.get(key), step) for key, array in renamed.items()}
    if "dew_point_temperature" in values and "relative_humidity" not in values and "air_temperature" in values:
        values["relative_humidity"] = relative_humidity(values["air_temperature"], values["dew_point_temperature"])
    ground = values.pop("direct_horizontal", None)
    if ground is not None:
        if "diffuse_irradiance" not in values:
            raise InputError(f"{name}: direct_horizontal needs diffuse_irradiance beside it")
        values["global_irradiance"] = ground + values["diffuse_irradiance"]
    origin = Origin(
        name=name,
        kind="own table",
        licence=licence,
        latitude=latitude,
        longitude=longitude,
        elevation=elevation,
        wind_height=wind_height,
        roughness=wind_roughness,
        notes=_not_read(table, wanted),
        units_stated="global_irradiance" in unit,
        error=InputError,
    )
    if interval is None:
        result = _asked(values, labels, origin, offset, ground is not None)
    else:
        result = make_weather(values, labels, origin, interval=interval, utc_offset=offset)
    return result if ground is None else _with_normal(result, name)


def _open(
    table: pd.DataFrame | xr.Dataset, utc_offset: float | None
) -> tuple[NDArray[np.datetime64], dict[str, Any], float | None]:
    """Return labels without zone, columns, and the offset if it is known."""
    import pandas as pd

    if isinstance(table, xr.Dataset):
        if "time" not in table.coords:
            raise InputError("the Dataset has no coordinate 'time'")
        index = pd.Index(table["time"].to_index())
        given: dict[str, Any] = {str(name): table[name] for name in table.data_vars if table[name].dims == ("time",)}
        known = table["time"].attrs.get("utc_offset_hours")
        utc_offset = float(known) if utc_offset is None and known is not None else utc_offset
    elif isinstance(table, pd.DataFrame):
        index = table.index
        given = dict(zip(map(str, table.columns), (table[name] for name in table.columns), strict=True))
    else:
        raise InputError(f"the table is a {type(table).__name__}; give a pandas DataFrame or an xarray Dataset")
    if not isinstance(index, pd.DatetimeIndex):
        raise InputError(
            f"the table's index is of type {index.dtype}; make it times: table.index = pd.to_datetime(table['time'])"
        )
    if index.tz is None:
        return index.to_numpy().astype("datetime64[ns]"), given, utc_offset
    if utc_offset is None:
        # winter and summer differ by daylight saving; the smaller offset is standard time on both hemispheres
        both = [pd.Timestamp(f"{index[0].year}-{month}-15", tz=index.tz).utcoffset() for month in ("01", "07")]
        utc_offset = min(one.total_seconds() for one in both if one is not None) / 3600
    utc = index.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[ns]")
    return np.asarray(utc + np.timedelta64(round(utc_offset * 3600), "s")), given, utc_offset


def _wanted(given: Mapping[str, Any], columns: Mapping[str, str] | None) -> dict[str, str]:
    """Return what each column that is read becomes."""
    wanted = dict(columns or {})
    for column, target in wanted.items():
        if column not in given:
            near = difflib.get_close_matches(str(column), list(given), n=1)
            raise InputError(f"the table has no column {column!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if target not in NAMES:
            near = difflib.get_close_matches(target, NAMES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(NAMES)}"
            raise InputError(f"column {column!r} is to become {target!r}, which is not known; {hint}")
    for column in given:
        if column in NAMES and column not in wanted and column not in wanted.values():
            wanted[column] = column
    doubles = [target for target in wanted.values() if list(wanted.values()).count(target) > 1]
    if doubles:
        raise InputError(f"two columns are to become {doubles[0]!r}; name one of them")
    return wanted


def _not_read(table: pd.DataFrame | xr.Dataset, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Say which columns are left aside, with the name that one may have been meant to have."""
    names = table.data_vars if isinstance(table, xr.Dataset) else table.columns
    aside = [str(column) for column in names if str(column) not in wanted]
    free = [name for name in NAMES if name not in wanted.values()]
    words = []
    for column in aside:
        near = difflib.get_close_matches(column, free, n=1, cutoff=0.8)
        words.append(f"{column} (meant as {near[0]}? columns={{{column!r}: {near[0]!r}}})" if near else column)
    return (f"columns not read: {', '.join(words)}",) if words else ()


def _named(given: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Float]:
    out = {}
    for column, target in wanted.items():
        try:
            out[target] = np.asarray(given[column], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"column {column!r} holds what is no number: {error}") from None
    return out


def _checked_units(units: Mapping[str, str] | None, names: Mapping[str, Float]) -> dict[str, str]:
    checked = dict(units or {})
    for key, unit in checked.items():
        if key not in names:
            raise InputError(f"a unit is given for {key!r}, which the table does not hold (after renaming)")
        known = [word for kind in _kinds(key) for word in _UNITS[kind]]
        if unit not in known:
            raise InputError(f"the unit of {key} is {unit!r}; use one of: {', '.join(known)}")
    return checked


def _stated_units(given: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the units that the variables of a Dataset state themselves, where they are not those of this project."""
    stated = {}
    for column, target in wanted.items():
        if not isinstance(given[column], xr.DataArray):
            continue
        unit = given[column].attrs.get("units")
        if unit is None or (target in VARIABLES and unit == VARIABLES[target].units):
            continue
        known = [word for kind in _kinds(target) for word in _UNITS[kind]]
        if unit not in known:
            raise InputError(
                f"{column} states the unit {unit!r}, which is not known; use one of: {', '.join(known)} in "
                f"attrs['units'], or drop that and give units={{{target!r}: ...}}"
            )
        stated[target] = unit
    return stated


def _kinds(name: str) -> tuple[str, ...]:
    return _KINDS.get(name, ("irradiance", "energy"))


def _convert(name: str, array: Float, unit: str | None, step: float) -> Float:
    code = np.isin(array, (-999.0, -9999.0))
    if unit is None:
        return array
    for kind in _kinds(name):
        if unit in _UNITS[kind]:
            factor, offset = _UNITS[kind][unit]
            if kind == "energy":
                factor /= step
            return np.where(code, array, array * factor + offset)
    raise InputError(f"the unit of {name} is {unit!r}, which is not known")


def _typical_step(labels: NDArray[np.datetime64]) -> float:
    if len(labels) < 2:
        raise InputError(f"the table holds {len(labels)} times; weather needs at least a day")
    return float(np.median(np.diff(labels) / np.timedelta64(1, "s")))


def _asked(
    values: Mapping[str, Float], labels: NDArray[np.datetime64], origin: Origin, offset: float, ground: bool
) -> xr.Dataset:
    from twin.weather.closure import label_convention

    if origin.latitude is None or origin.longitude is None or ground:
        raise InputError(
            f"{origin.name}: what a time label marks is not said; give interval='start', 'end' or 'instant'. It can be "
            "found from global, diffuse and direct normal irradiance where latitude and longitude are given"
        )
    raw = make_weather(values, labels, origin, interval="unknown", utc_offset=offset)
    found = label_convention(raw, latitude=origin.latitude, longitude=origin.longitude, utc_offset=offset)
    result = relabel(raw, interval=found.interval, utc_offset=offset)
    before = str(result.attrs.get("notes", ""))
    result.attrs["notes"] = f"{before}; {found.words}" if before else found.words
    return result


def _with_normal(weather: xr.Dataset, name: str) -> xr.Dataset:
    """Add direct normal irradiance, from global (which is direct on the ground and diffuse)."""
    from twin.variables import describe

    if "latitude" not in weather.attrs or "longitude" not in weather.attrs:
        raise InputError(
            f"{name}: direct irradiance on the ground needs latitude and longitude to become direct normal"
        )
    starts, step = utc_starts(weather), step_seconds(weather)
    sine, share = sine_while_up(starts, step, latitude=weather.attrs["latitude"], longitude=weather.attrs["longitude"])
    total, diffuse = weather["global_irradiance"].values, weather["diffuse_irradiance"].values
    normal, rest = direct_normal(np.maximum(total - diffuse, 0.0), diffuse, sine, share, outside_air(starts))
    return describe(weather.assign(direct_normal_irradiance=("time", normal), diffuse_irradiance=("time", rest)))
