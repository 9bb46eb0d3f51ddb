"""Maps (y, x) taken from a heat result: values at an hour, hours and degree hours above a threshold, classes, shade.

Each takes what the result kept: hourly fields where they are there, else the map of the day that says the same; where
neither is there, the refusal names what to keep. `hour` is what the result's own clock says (standard time as a rule).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.errors import InputError, MissingDataError
from twin.stress_classes import classify, stress_classes

Hour = float | np.datetime64 | None
"""A clock hour such as 14.0, a time of the result, or None for the highest value of the day."""

STRONG = {"utci": 32.0, "pet": 35.0, "pet_wg": 35.0, "perceived_temperature": 32.0}
"""Bound above which heat stress is strong, degC."""

_DURATION = re.compile(r"(?:(pet|pet_wg|perceived_temperature)_)?(\w+_heat_stress)_duration")


def step_hours(result: xr.Dataset) -> float:
    """Return the length of a step of a result, h.

    Raises
    ------
    MissingDataError
        If the result has no steps, or only one whose length is not stated.
    InputError
        If the steps are of unequal length.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T00", "ns") + np.arange(3) * np.timedelta64(3, "h")
    >>> step_hours(xr.Dataset(coords={"time": times}))
    3.0
    """
    if "time" not in result.coords:
        raise MissingDataError("the result has no steps in time; keep an hourly field (heat.simulate(hourly=...))")
    stated = result["time"].attrs.get("step_seconds")
    times = np.atleast_1d(result["time"].values)
    lengths = np.unique(np.diff(times) / np.timedelta64(1, "s"))
    if stated is not None:
        return float(stated) / 3600.0
    if len(lengths) == 0:
        raise MissingDataError("the result holds one time whose length is not stated (time.attrs['step_seconds'])")
    if lengths.max() - lengths.min() > 1e-6 * lengths.max() or lengths.min() <= 0:
        raise InputError(
            f"the steps of the result are {lengths.min():g} to {lengths.max():g} s long; they must be equal"
        )
    return float(lengths[0]) / 3600.0


def check_whole_day(result: xr.Dataset) -> None:
    """Refuse to speak of the whole day, or a part of it, for a result that kept only some hours.

    Raises
    ------
    MissingDataError
        If the result says that it kept only some hours, or its steps have gaps.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T00", "ns") + np.arange(3) * np.timedelta64(3, "h")
    >>> check_whole_day(xr.Dataset(coords={"time": times}))
    """
    way = "keep all hours (heat.simulate(hourly=...) without hours=), or ask for a map of the day"
    try:
        options = json.loads(str(result.attrs.get("options", "{}")))
    except json.JSONDecodeError:
        options = {}
    if isinstance(options, dict) and options.get("hours"):
        raise MissingDataError(
            f"the result kept only the hours {options['hours']}, so nothing can be told of the whole day; {way}"
        )
    length = step_hours(result)
    gaps = np.diff(np.atleast_1d(result["time"].values)) / np.timedelta64(1, "h")
    if len(gaps) and not np.allclose(gaps, length, rtol=1e-6):
        raise MissingDataError(
            f"the steps of the result are {length:g} h long but begin up to {gaps.max():g} h apart, so nothing can be "
            f"told of the whole day; {way}"
        )


def steps_at(result: xr.Dataset, first: float, last: float) -> list[int]:
    """Return the steps whose clock hour lies in `first` to `last`, both included.

    Parameters
    ----------
    result : xr.Dataset
        With a coordinate `time`.
    first, last : float
        Clock hours, 0 to 24.

    Raises
    ------
    InputError
        If the hours are no hours of a day.
    MissingDataError
        If the result has no such step.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T00", "ns") + np.arange(24) * np.timedelta64(1, "h")
    >>> steps_at(xr.Dataset(coords={"time": times}), 11, 13)
    [11, 12, 13]
    """
    if not (0 <= first <= last <= 24):
        raise InputError(f"hours are {first!r} to {last!r}; they must lie in 0 to 24, the first not after the last")
    if "time" not in result.coords:
        raise MissingDataError("the result has no steps in time; keep an hourly field (heat.simulate(hourly=...))")
    clock = _clock(result)
    found = np.flatnonzero((clock >= first - 1e-6) & (clock <= last + 1e-6))
    if not len(found):
        raise MissingDataError(
            f"the result has no step from {first:g} to {last:g} h; "
            f"its steps begin at {clock.min():g} to {clock.max():g} h"
        )
    return [int(i) for i in found]


def _clock(result: xr.Dataset) -> NDArray[np.float64]:
    times = np.atleast_1d(result["time"].values)
    return np.asarray((times - times.astype("datetime64[D]")) / np.timedelta64(1, "h"), np.float64)


def hourly(result: xr.Dataset, name: str) -> xr.DataArray:
    """Return an hourly field of a result.

    Raises
    ------
    MissingDataError
        If the result did not keep it.

    Examples
    --------
    >>> field = xr.DataArray(np.zeros((1, 2, 2)), dims=("time", "y", "x"))
    >>> hourly(xr.Dataset({"utci": field}), "utci").sizes["time"]
    1
    """
    if name not in result or result[name].dims != ("time", "y", "x"):
        raise MissingDataError(
            f"the result holds no {name!r} by hour; compute it with "
            f"heat.simulate({_asked(name)}hourly=({name!r}, ...)) or ask for a map of the day"
        )
    return result[name]


def _asked(name: str) -> str:
    return f"indices=({name!r},), " if name in STRONG or name == "wbgt" else ""


def value_at(result: xr.Dataset, name: str = "utci", hour: Hour = 14.0) -> xr.DataArray:
    """Return a quantity at an hour, or its highest value of the day.

    Parameters
    ----------
    result : xr.Dataset
        Of heat.
    name : str
        ``"utci"``, ``"pet"``, ``"mean_radiant_temperature"``, ``"sunlit_fraction"`` ...
    hour : float, numpy.datetime64 or None
        Clock hour 0 to 24: the step that begins nearest to it, at most half a step away, on the first day that has
        one. None: the day's highest value (`<name>_max`, or taken from the hours).

    Returns
    -------
    xr.DataArray (y, x)
        Unit of the quantity; NaN on roofs; `attrs["hour"]` says which step.

    Raises
    ------
    MissingDataError
        If the result holds neither the hours nor, for None, the highest value; or no step near the hour.
    InputError
        If the hour is no hour of a day.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T12", "ns") + np.arange(3) * np.timedelta64(1, "h")
    >>> utci = xr.DataArray(np.arange(3.0).reshape(3, 1, 1), dims=("time", "y", "x"), coords={"time": times})
    >>> value_at(xr.Dataset({"utci": utci}), hour=13).item()
    1.0
    """
    if hour is None:
        return _highest(result, name)
    field = hourly(result, name)
    if isinstance(hour, np.datetime64):
        here = np.flatnonzero(result["time"].values == hour)
        if not len(here):
            raise MissingDataError(f"the result has no step at {hour}")
        step = int(here[0])
    else:
        if not (isinstance(hour, int | float) and math.isfinite(hour) and 0 <= hour <= 24):
            raise InputError(
                f"hour is {hour!r}; give a clock hour from 0 to 24, or None for the highest value of the day"
            )
        clock = _clock(result)
        step = int(np.argmin(np.abs(clock - hour)))
        if abs(clock[step] - hour) > 0.5 * step_hours(result) + 1e-6:
            raise MissingDataError(
                f"the result has no step at {hour:g} h; its steps begin at {clock.min():g} to {clock.max():g} h"
            )
    chosen = field.isel(time=step).reset_coords("time", drop=True).load()
    return _named(chosen, name, hour=str(np.datetime_as_string(result["time"].values[step], unit="m")))


def _highest(result: xr.Dataset, name: str) -> xr.DataArray:
    if f"{name}_max" in result and result[f"{name}_max"].dims == ("y", "x"):
        return result[f"{name}_max"]
    if name not in result or result[name].dims != ("time", "y", "x"):
        raise MissingDataError(f"the result holds neither {name + '_max'!r} nor {name!r} by hour")
    highest = None
    for step in _steps(result[name]):
        highest = step if highest is None else np.fmax(highest, step)
    return _named(result[name].isel(time=0, drop=True).copy(data=highest), f"{name}_max")


def _steps(field: xr.DataArray) -> Iterator[NDArray[np.float32]]:
    """Yield the hours one by one, so that a streamed result is never whole in memory."""
    for step in range(field.sizes["time"]):
        yield np.asarray(field.isel(time=step).values, np.float32)


def hours_above(result: xr.Dataset, threshold: float | None = None, index: str = "utci") -> xr.DataArray:
    """Return for how many hours an index lies above a threshold.

    Parameters
    ----------
    result : xr.Dataset
        Of heat: the index by hour, or the map of the day that counts the hours of the class beginning at `threshold`.
    threshold : float, optional
        degC; strong heat stress if not given.
    index : str
        ``"utci"``, ``"pet"``, ``"pet_wg"``, ``"perceived_temperature"``; with a threshold also ``"wbgt"`` or
        ``"mean_radiant_temperature"``.

    Returns
    -------
    xr.DataArray (y, x)
        h; NaN on roofs.

    Raises
    ------
    MissingDataError
        If the result holds neither, or kept only some hours.
    InputError
        If an index without classes is given no threshold, or the threshold is not finite.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T12", "ns") + np.arange(3) * np.timedelta64(1, "h")
    >>> utci = xr.DataArray(np.array([31.0, 33, 34]).reshape(3, 1, 1), dims=("time", "y", "x"), coords={"time": times})
    >>> hours_above(xr.Dataset({"utci": utci})).item()
    2.0
    """
    bound = _threshold(threshold, index)
    for name in result.data_vars:
        if _counts(str(name)) == (index, bound) and result[name].dims == ("y", "x"):
            return result[name]
    field, length = hourly(result, index), step_hours(result)
    check_whole_day(result)
    hours: NDArray[np.float32] | None = None
    for values in _steps(field):
        over = np.where(np.isnan(values), np.nan, (values > bound) * length).astype(np.float32)
        hours = over if hours is None else hours + over
    words = f"hours with {variables.label(index)} above {bound:g} degC"
    return field.isel(time=0, drop=True).copy(data=hours).rename(f"{index}_hours_above").assign_attrs(
        units="h", long_name=words, long_name_de=f"Stunden mit {variables.label(index, 'de')} über {bound:g} °C"
    )  # fmt: skip


def _counts(name: str) -> tuple[str, float] | None:
    """Return the index and bound whose hours a map of the day counts; None for other variables."""
    found = _DURATION.fullmatch(name)
    if found is None:
        return None
    index = found[1] or "utci"
    bounds = {one.meaning: one.lower for one in stress_classes(index)}
    return (index, bounds[found[2]]) if found[2] in bounds else None


def _threshold(threshold: float | None, index: str) -> float:
    if threshold is None:
        if index not in STRONG:
            raise InputError(f"{index!r} has no classes of heat stress; give a threshold in degC")
        return STRONG[index]
    if not math.isfinite(threshold):
        raise InputError(f"threshold is {threshold!r} degC; it must be a finite number")
    return float(threshold)


def degree_hours(result: xr.Dataset, threshold: float | None = None, index: str = "utci") -> xr.DataArray:
    """Return by how much and how long an index lies above a threshold: the sum of excess times duration.

    Parameters
    ----------
    result : xr.Dataset
        Of heat: the index by hour, or for strong heat stress the map of the day `<index>_degree_hours`.
    threshold : float, optional
        degC; strong heat stress if not given.
    index : str
        As for `hours_above`.

    Returns
    -------
    xr.DataArray (y, x)
        K h; NaN on roofs.

    Raises
    ------
    MissingDataError
        If the result holds neither, or kept only some hours.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T12", "ns") + np.arange(3) * np.timedelta64(1, "h")
    >>> utci = xr.DataArray(np.array([31.0, 33, 34]).reshape(3, 1, 1), dims=("time", "y", "x"), coords={"time": times})
    >>> degree_hours(xr.Dataset({"utci": utci})).item()
    3.0
    """
    bound = _threshold(threshold, index)
    kept = f"{index}_degree_hours"
    if kept in result and bound == STRONG.get(index):
        return result[kept]
    field, length = hourly(result, index), step_hours(result)
    check_whole_day(result)
    total: NDArray[np.float32] | None = None
    for values in _steps(field):
        excess = np.where(np.isnan(values), np.nan, np.maximum(values - bound, 0.0) * length).astype(np.float32)
        total = excess if total is None else total + excess
    words = f"degree hours with {variables.label(index)} above {bound:g} degC"
    return field.isel(time=0, drop=True).copy(data=total).rename(kept).assign_attrs(
        units="K h", long_name=words, long_name_de=f"Gradstunden: {variables.label(index, 'de')} über {bound:g} °C"
    )  # fmt: skip


def sunlit_hours(result: xr.Dataset) -> xr.DataArray:
    """Return the hours of direct sun: `sunlit_hours` as kept, else the sum of `sunlit_fraction` over the steps.

    Parameters
    ----------
    result : xr.Dataset
        Of heat.

    Raises
    ------
    MissingDataError
        If the result holds neither, or kept only some hours.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T12", "ns") + np.arange(2) * np.timedelta64(1, "h")
    >>> sun = xr.DataArray(np.array([1.0, 0.5]).reshape(2, 1, 1), dims=("time", "y", "x"), coords={"time": times})
    >>> sunlit_hours(xr.Dataset({"sunlit_fraction": sun})).item()
    1.5
    """
    if "sunlit_hours" in result:
        return result["sunlit_hours"]
    field, length = hourly(result, "sunlit_fraction"), step_hours(result)
    check_whole_day(result)
    total: NDArray[np.float32] | None = None
    for values in _steps(field):
        total = values * np.float32(length) if total is None else total + values * np.float32(length)
    return _named(field.isel(time=0, drop=True).copy(data=total), "sunlit_hours")


def shaded_share(result: xr.Dataset, first: float = 12.0, last: float | None = None) -> xr.DataArray:
    """Return the share of direct sun kept away, mean over the steps from one clock hour to another.

    Parameters
    ----------
    result : xr.Dataset
        Of heat, with `sunlit_fraction` by hour.
    first, last : float
        Clock hours, both included; one hour if there is no last.

    Returns
    -------
    xr.DataArray (y, x)
        0 (full sun) to 1 (full shade); NaN on roofs.

    Raises
    ------
    MissingDataError
        If the result holds no `sunlit_fraction` by hour, or no step in these hours.

    Examples
    --------
    >>> times = np.datetime64("2018-07-26T12", "ns") + np.arange(2) * np.timedelta64(1, "h")
    >>> sun = xr.DataArray(np.array([1.0, 0.5]).reshape(2, 1, 1), dims=("time", "y", "x"), coords={"time": times})
    >>> shaded_share(xr.Dataset({"sunlit_fraction": sun}), 12, 13).item()
    0.25
    """
    field = hourly(result, "sunlit_fraction")
    steps = steps_at(result, first, first if last is None else last)
    total = np.zeros(field.shape[1:], np.float64)
    for step in steps:
        total += 1.0 - np.asarray(field.isel(time=step).values, np.float64)
    share = (total / len(steps)).astype(np.float32)
    return field.isel(time=0, drop=True).copy(data=share).rename("shaded_share").assign_attrs(
        units="1", long_name="share of direct sun kept away", long_name_de="Anteil der abgehaltenen direkten Sonne"
    )  # fmt: skip


def stress_class_map(result: xr.Dataset, index: str = "utci", hour: Hour = None) -> xr.DataArray:
    """Return the class of heat stress of every cell, at an hour or at the highest value of the day.

    Parameters
    ----------
    result : xr.Dataset
        Of heat.
    index : str
        ``"utci"``, ``"pet"``, ``"pet_wg"`` or ``"perceived_temperature"``.
    hour : float, numpy.datetime64 or None
        As for `value_at`.

    Returns
    -------
    xr.DataArray (y, x) uint8
        Number of the class in `twin.stress_classes.stress_classes(index)`, 255 where there is no value; CF flags.

    Raises
    ------
    InputError
        If the index has no classes.
    MissingDataError
        As for `value_at`.

    Examples
    --------
    >>> result = xr.Dataset({"utci_max": (("y", "x"), np.array([[31.0, 39.0, np.nan]]))})
    >>> stress_class_map(result).values.tolist()
    [[6, 8, 255]]
    """
    classes = stress_classes(index)
    field = value_at(result, index, hour)
    attributes = {
        "units": "1",
        "long_name": "class of thermal stress",
        "long_name_de": "Klasse der Wärmebelastung",
        "index": index,
        "flag_values": np.arange(len(classes), dtype=np.uint8),
        "flag_meanings": " ".join(one.meaning for one in classes),
    }
    if "hour" in field.attrs:
        attributes["hour"] = field.attrs["hour"]
    found = xr.DataArray(classify(field.values, index), coords=field.coords, dims=field.dims, attrs=attributes)
    return found.rename(f"{index}_stress_class")


def _named(field: xr.DataArray, name: str, **attributes: str) -> xr.DataArray:
    # a new name brings its own unit and words
    bare = field if field.name == name else field.drop_attrs(deep=False)
    return variables.describe(bare.rename(name)).assign_attrs(attributes)
