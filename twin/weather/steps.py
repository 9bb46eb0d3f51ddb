"""One form for weather from any source: regular steps, labelled by their start, in local standard time.

Sources label intervals by their start, their end, or by an instant; here every label becomes the start of its step, and
what it was is kept in the attributes. Missing rows and values stay missing (NaN) and are named; nothing is filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from twin.errors import DataError, InputError, TwinError
from twin.variables import describe
from twin.weather.hot_day import time_attributes
from twin.weather.quality import check_radiation, check_values
from twin.weather.sun import check_place
from twin.weather.time_axis import regular_axis
from twin.weather.wind_profile import STATION_HEIGHT, to_station_height

Interval = Literal["start", "end", "instant"]
INTERVALS = ("start", "end", "instant")
UNKNOWN = "unknown"
AGAINST = "time labels contradict the radiation"

MINUTE = np.timedelta64(60, "s")
Float = NDArray[np.float64]


@dataclass(frozen=True)
class Origin:
    """Where weather comes from, as far as its source says.

    name : file or table, for messages and attributes
    kind : what it is, such as ``"EnergyPlus weather file"``
    licence : terms and attribution, ``""`` if unknown
    latitude, longitude : degrees, None if unknown
    elevation : m above sea level, None if unknown
    wind_height : of the wind sensor above ground, m
    roughness : of the ground around the wind sensor, m, where the wind has to be converted
    caveats : assumptions that results must show
    notes : what was noticed or converted
    units_stated : whether units are certain, so that odd radiation is not taken for a mistake of units
    error : class of what is raised about its values
    """

    name: str
    kind: str
    licence: str = ""
    latitude: float | None = None
    longitude: float | None = None
    elevation: float | None = None
    wind_height: float = STATION_HEIGHT
    roughness: float | None = None
    caveats: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    units_stated: bool = True
    error: type[TwinError] = field(default=DataError)


def make_weather(
    values: Mapping[str, ArrayLike],
    labels: ArrayLike,
    origin: Origin,
    *,
    interval: str,
    utc_offset: float | None,
    step: float | None = None,
) -> xr.Dataset:
    """Bring values and their labels into the form of this module.

    Parameters
    ----------
    values : mapping of name to array
        In the units of `twin.variables`; NaN where missing.
    labels : array of datetime64
        On the clock of `utc_offset`; gaps are allowed, disorder and doubles are not.
    origin : Origin
        Where they come from.
    interval : {"start", "end", "instant", "unknown"}
        What a label marks. An instant becomes the middle of its step.
    utc_offset : float or None
        Hours that the clock is ahead of UTC; None only with an unknown interval.
    step : float, optional
        Length of a step, s; the most frequent distance of labels unless given.

    Returns
    -------
    xr.Dataset
        Over `time`.

    Raises
    ------
    DataError or InputError
        If labels or values are impossible; by `origin.error`.
    """
    if interval not in (*INTERVALS, UNKNOWN):
        raise InputError(f"interval is {interval!r}; it must be 'start', 'end' or 'instant'")
    if utc_offset is None and interval != UNKNOWN:
        raise InputError(f"{origin.name}: the times have no zone; give utc_offset (1 for German standard time)")
    if utc_offset is not None and not -14 <= utc_offset <= 14:
        raise InputError(f"utc_offset is {utc_offset!r}; it must lie in -14 to 14 hours")
    if origin.latitude is not None and origin.longitude is not None:
        check_place(origin.latitude, origin.longitude)
    times, arrays, seconds, gaps = regular_axis(values, labels, origin.name, origin.error, step)
    notes = list(origin.notes)
    caveats = list(origin.caveats)
    if gaps:
        notes.append(gaps)
    starts = times - start_lag(interval, seconds)
    arrays = check_values(arrays, starts, origin.name, notes, origin.error)
    if "wind_speed" in arrays and origin.wind_height != STATION_HEIGHT:
        arrays["wind_speed"], words = to_station_height(arrays["wind_speed"], origin.wind_height, origin.roughness)
        caveats.append(words)
    if utc_offset is not None and interval != UNKNOWN and origin.latitude is not None and origin.longitude is not None:
        utc = starts - np.timedelta64(round(utc_offset * 3600), "s")
        check_radiation(arrays, utc, seconds, origin.latitude, origin.longitude, origin)
    attributes: dict[str, str | float] = {"title": f"weather from {origin.name}", "source": origin.name}
    attributes["source_kind"] = origin.kind
    attributes["source_times"] = _words(interval, utc_offset)
    if origin.licence:
        attributes["licence"] = origin.licence
    for key, value in (
        ("latitude", origin.latitude),
        ("longitude", origin.longitude),
        ("elevation", origin.elevation),
    ):
        if value is not None:
            attributes[key] = float(value)
    if caveats:
        attributes["caveats"] = "; ".join(caveats)
    if notes:
        attributes["notes"] = "; ".join(notes)
    clock = time_attributes(0.0 if utc_offset is None else utc_offset, seconds)
    if interval == UNKNOWN:
        clock["interval"], clock["long_name"] = UNKNOWN, "label as in the file"
        if utc_offset is None:
            del clock["utc_offset_hours"]
    result = xr.Dataset(
        {name: ("time", array) for name, array in arrays.items()},
        coords={"time": ("time", starts.astype("datetime64[ns]"), clock)},
        attrs=attributes,
    )
    result = describe(result)
    if "wind_speed" in result:
        result["wind_speed"].attrs["height"] = STATION_HEIGHT
    return result


def relabel(weather: xr.Dataset, *, interval: str, utc_offset: float, anew: bool = False) -> xr.Dataset:
    """Say what the labels of weather of unknown convention mean.

    Parameters
    ----------
    weather : xr.Dataset
        From a reader, with ``time.attrs["interval"] == "unknown"``.
    interval : {"start", "end", "instant"}
        What a label marks.
    utc_offset : float
        Hours that the clock of the labels is ahead of UTC.
    anew : bool
        Whether a meaning that the source stated may be overruled: its labels as they stand now get the new one. For
        files that contradict their own radiation.

    Returns
    -------
    xr.Dataset
        Labelled by the start of each step.

    Raises
    ------
    InputError
        If the convention is known already, or is none of the three.

    Examples
    --------
    >>> hours = np.datetime64("2024-07-01", "h") + np.arange(24)
    >>> raw = make_weather({"air_temperature": np.full(24, 20.0)}, hours, Origin("x", "a table"),
    ...                    interval="unknown", utc_offset=None)
    >>> str(relabel(raw, interval="end", utc_offset=1).time.values[0])[:16]
    '2024-06-30T23:00'
    """
    if interval not in INTERVALS:
        raise InputError(f"interval is {interval!r}; it must be 'start', 'end' or 'instant'")
    if not -14 <= utc_offset <= 14:
        raise InputError(f"utc_offset is {utc_offset!r}; it must lie in -14 to 14 hours")
    known = weather["time"].attrs.get("interval", "start")
    if known != UNKNOWN and not anew:
        raise InputError(
            f"the times of this weather are known already (interval {known!r}); anew=True overrules its source"
        )
    seconds = step_seconds(weather)
    starts = weather["time"].values - start_lag(interval, seconds)
    result = weather.assign_coords(time=("time", starts, time_attributes(utc_offset, seconds)))
    result.attrs["source_times"] = _words(interval, utc_offset)
    if known != UNKNOWN:
        kept = [words for words in str(result.attrs.get("caveats", "")).split("; ") if not words.startswith(AGAINST)]
        result.attrs["caveats"] = joined([*kept, "time labels read otherwise than their source says"])
    return result


def start_lag(interval: str, seconds: float) -> np.timedelta64:
    """Return how much later than the start of its step a label lies.

    Examples
    --------
    >>> start_lag("instant", 3600.0).astype("timedelta64[m]").astype(int).item()
    30
    """
    share = {"end": 1.0, "instant": 0.5}.get(interval, 0.0)
    return np.timedelta64(round(seconds * share * 1e9), "ns")


def step_seconds(weather: xr.Dataset) -> float:
    """Return the length of the steps of weather, s.

    Raises
    ------
    InputError
        If `time` is not regular.

    Examples
    --------
    >>> hours = np.datetime64("2024-07-01", "ns") + np.arange(3) * np.timedelta64(3600, "s")
    >>> step_seconds(xr.Dataset(coords={"time": hours}))
    3600.0
    """
    if "time" not in weather.coords or weather["time"].dims != ("time",) or weather["time"].dtype.kind != "M":
        raise InputError("the weather has no coordinate 'time' of dates")
    times = weather["time"].values
    known = weather["time"].attrs.get("step_seconds")
    if len(times) < 2:
        if known is None:
            raise InputError("the weather is a single value; its step is not known")
        return float(known)
    seconds = np.diff(times) / np.timedelta64(1, "s")
    if seconds[0] <= 0 or not np.allclose(seconds, seconds[0], rtol=0, atol=1e-3):
        raise InputError(
            "the weather's time steps are not regular and ascending; read it with a reader of twin.weather"
        )
    return float(seconds[0])


def utc_starts(weather: xr.Dataset) -> NDArray[np.datetime64]:
    """Return the starts of the steps in UTC.

    Raises
    ------
    InputError
        If the weather does not say its zone, or what its labels mean.

    Examples
    --------
    >>> time = ("time", [np.datetime64("2024-07-01T12", "ns")], {"utc_offset_hours": 1.0, "step_seconds": 3600.0})
    >>> str(utc_starts(xr.Dataset(coords={"time": time}))[0])[:16]
    '2024-07-01T11:00'
    """
    time = weather["time"]
    interval = time.attrs.get("interval", "start")
    if interval not in INTERVALS:
        raise InputError(
            f"what the time labels of {weather.attrs.get('source', 'this weather')} mean is unknown; find out with "
            "twin.weather.label_convention, or say it with twin.weather.relabel"
        )
    if "utc_offset_hours" not in time.attrs:
        raise InputError("the weather's time does not say its zone; set weather.time.attrs['utc_offset_hours']")
    starts = time.values.astype("datetime64[ns]") - start_lag(interval, step_seconds(weather))
    return np.asarray(starts - np.timedelta64(round(float(time.attrs["utc_offset_hours"]) * 3600), "s"))


def add_words(weather: xr.Dataset, *, caveat: str = "", note: str = "") -> xr.Dataset:
    """Return the weather with a further caveat or note in its attributes, each once.

    Examples
    --------
    >>> add_words(xr.Dataset(attrs={"notes": "a"}), note="b").attrs["notes"]
    'a; b'
    """
    attributes = dict(weather.attrs)
    for key, words in (("caveats", caveat), ("notes", note)):
        before = str(attributes.get(key, ""))
        if words and words not in before:
            attributes[key] = f"{before}; {words}" if before else words
    return weather.copy().assign_attrs(attributes)


def split_days(weather: xr.Dataset, step: float) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Return the starts of the steps on the weather's clock, and the day each belongs to: that of its middle.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> len(set(split_days(day, 3600.0)[1].tolist()))
    1
    """
    offset = np.timedelta64(round(float(weather["time"].attrs["utc_offset_hours"]) * 3600), "s")
    starts = utc_starts(weather) + offset
    middle = starts + np.timedelta64(round(step * 5e8), "ns")
    return starts, middle.astype("datetime64[D]")


def _words(interval: str, utc_offset: float | None) -> str:
    meaning = {
        "start": "label at the start of the interval",
        "end": "label at the end of the interval",
        "instant": "label at the instant, taken as the middle of a step",
        UNKNOWN: "what a label marks is unknown",
    }[interval]
    return f"{meaning}, {'zone unknown' if utc_offset is None else f'UTC{utc_offset:+g}'}"


def joined(texts: Iterable[str]) -> str:
    """Return texts joined by semicolons, each once.

    Examples
    --------
    >>> joined(["a", "", "b", "a"])
    'a; b'
    """
    return "; ".join(dict.fromkeys(text for text in texts if text))
