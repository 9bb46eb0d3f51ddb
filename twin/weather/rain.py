"""Rain in steps: design storms from depths the user brings, and rain series read into cumulative depth.

A series holds `rain_rate` (m/s) over `time` (seconds since the start). Each rate holds from its time to the next; a
series made here ends with a rate of zero at the end of the rain, so that it says itself how long its last step is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError, MissingDataError
from twin.units import Quantity, to_si
from twin.variables import VARIABLES, describe

_MM_PER_HOUR = 1e-3 / 3600.0
_UNITS_OF_RATE = {"m s-1": 1.0, "m/s": 1.0, "mm h-1": _MM_PER_HOUR, "mm/h": _MM_PER_HOUR, "mm/hr": _MM_PER_HOUR}
_SECONDS = {"s": 1.0, "seconds": 1.0, "min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0}


def block_rain(depth: Quantity, duration: Quantity, *, step: Quantity = "5 min") -> xr.Dataset:
    """Make rain of constant rate, as German heavy-rain maps use for the extreme event (for example 90 mm in 1 h).

    Parameters
    ----------
    depth : number or str
        Rain in all, m or text such as ``"44 mm"``, >= 0.
    duration : number or str
        How long it rains, s or text such as ``"60 min"``, > 0.
    step : number or str
        Length of the steps, s or text, > 0; the last is shorter if `duration` is not a multiple.

    Returns
    -------
    xr.Dataset
        `rain_rate` (m/s) over `time` (s), each rate from its time to the next, zero at the end.

    Raises
    ------
    InputError
        If a quantity cannot be read or is out of range.

    Examples
    --------
    >>> rain = block_rain("44 mm", "60 min")
    >>> rain.sizes["time"], float(rain.time[-1])
    (13, 3600.0)
    >>> round(float((rain.rain_rate[:-1] * np.diff(rain.time)).sum()), 12)
    0.044
    """
    fallen = to_si(depth, "m", name="depth", minimum=0.0)
    seconds = _positive(duration, "duration")
    length = _positive(step, "step")
    count = max(1, math.ceil(seconds / length - 1e-9))
    if count > 100_000:
        raise InputError(f"step is {step!r} for a rain of {seconds:g} s, {count} steps; use at most 100,000")
    starts = np.append(np.arange(count, dtype=np.float64) * length, seconds)
    rates = np.append(np.full(count, fallen / seconds), 0.0)
    return _series(starts, rates, f"block rain, {fallen * 1e3:g} mm in {seconds / 60:g} min")


def euler_ii_rain(depths: Mapping[str, Quantity], *, step: Quantity = "5 min") -> xr.Dataset:
    """Arrange the depths of one return period as a storm of type Euler II.

    In each duration from the shortest on, the storm brings just the depth of the table. Its increments are sorted in
    falling order; the strongest step begins at 0.3 of the storm's duration, rounded down to a step, and those before
    it rise towards it.

    Parameters
    ----------
    depths : mapping of duration to depth
        For one place and one return period, from your own table (in Germany KOSTRA-DWD):
        ``{"5 min": "9.6 mm", "10 min": "13.9 mm", ...}``. Its longest duration is the duration of the storm; between
        durations the increment is spread evenly.
    step : number or str
        Length of the steps, s or text; every duration must be a multiple.

    Returns
    -------
    xr.Dataset
        As `block_rain`.

    Raises
    ------
    InputError
        If the table is empty, falls with duration, or does not fit the steps.

    References
    ----------
    DWA-A 118 (2006), design storm of type Euler II.

    Examples
    --------
    >>> rain = euler_ii_rain({"5 min": "10 mm", "10 min": "15 mm", "15 min": "18 mm", "20 min": "20 mm"})
    >>> [round(float(rate) * 300e3, 9) for rate in rain.rain_rate]
    [5.0, 10.0, 3.0, 2.0, 0.0]
    """
    length = _positive(step, "step")
    if not depths:
        raise InputError("depths is empty; give a depth for each duration, such as {'5 min': '9.6 mm'}")
    known = sorted(
        (_positive(duration, "duration"), to_si(depth, "m", name=f"depth of {duration}", minimum=0.0))
        for duration, depth in depths.items()
    )
    increments: list[float] = []
    before, fallen = 0, 0.0
    for seconds, depth in known:
        steps = round(seconds / length)
        if steps <= before or abs(steps * length - seconds) > 1e-6 * length:
            raise InputError(
                f"the duration {seconds / 60:g} min is not a further multiple of the step of {length / 60:g} min; "
                "leave it out or choose a shorter step"
            )
        if depth < fallen:
            raise InputError(
                f"the depth falls to {depth * 1e3:g} mm at {seconds / 60:g} min from {fallen * 1e3:g} mm before; "
                "depths must not fall with duration"
            )
        increments += [(depth - fallen) / (steps - before)] * (steps - before)
        before, fallen = steps, depth
    falling = sorted(increments, reverse=True)
    rising = math.floor(0.3 * before + 1e-9) + 1  # the strongest step begins at 0.3 of the duration, rounded down
    arranged = falling[:rising][::-1] + falling[rising:]
    starts = np.arange(before + 1, dtype=np.float64) * length
    rates = np.append(np.array(arranged) / length, 0.0)
    return _series(starts, rates, f"Euler II, {fallen * 1e3:g} mm in {known[-1][0] / 60:g} min")


def cumulative_rain(rain: xr.Dataset | xr.DataArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read a rain series into the depth fallen since its start.

    Parameters
    ----------
    rain : xr.Dataset or xr.DataArray
        `rain_rate` over `time`, in m/s, or in mm/h if its attribute `units` says so, >= 0. `time` in seconds, or as
        timedelta64 or datetime64, ascending. Each rate holds until the next time; a last rate above zero holds as
        long as the step before it.

    Returns
    -------
    times : ndarray
        Seconds since the start, ascending, the first 0, the last the end of the rain.
    depths : ndarray
        Rain fallen until then, m.

    Raises
    ------
    InputError, MissingDataError
        If there is no rain rate, or a rate is negative, missing or impossibly high, or time does not ascend.

    Examples
    --------
    >>> times, depths = cumulative_rain(block_rain("6 mm", "10 min"))
    >>> times.tolist(), depths.round(12).tolist()
    ([0.0, 300.0, 600.0], [0.0, 0.003, 0.006])
    """
    if isinstance(rain, xr.Dataset):
        if "rain_rate" not in rain:
            raise MissingDataError(f"the rain has no variable 'rain_rate'; it holds: {', '.join(map(str, rain))}")
        rain = rain["rain_rate"]
    if not isinstance(rain, xr.DataArray):
        raise InputError(f"rain is a {type(rain).__name__}; give a Dataset such as twin.weather.block_rain makes")
    if rain.dims != ("time",) or "time" not in rain.coords or rain.size == 0:
        raise InputError(f"rain_rate has dims {rain.dims}; it must be a series over the coordinate 'time'")
    units = str(rain.attrs.get("units", "m s-1"))
    if units not in _UNITS_OF_RATE:
        raise InputError(f"rain_rate is in {units!r}; use one of: {', '.join(_UNITS_OF_RATE)}")
    rates = np.asarray(rain.values, dtype=np.float64) * _UNITS_OF_RATE[units]
    labels = rain["time"].values
    times = _seconds(rain["time"])
    _check_rates(rates, labels)
    if rates.size == 1 and rates[0] > 0:
        raise InputError("rain_rate has a single value: its duration is unknown; end the series with a rate of 0")
    if (np.diff(times) <= 0).any() or not np.isfinite(times).all():
        raise InputError("the rain's time does not ascend; sort it and remove repeated times")
    if rates[-1] > 0:
        times = np.append(times, 2 * times[-1] - times[-2])
        rates = np.append(rates, 0.0)
    depths = np.concatenate([[0.0], np.cumsum(rates[:-1] * np.diff(times))])
    raining = np.flatnonzero(rates)
    stop = raining[-1] + 2 if raining.size else 1
    return times[:stop], depths[:stop]


def _check_rates(rates: NDArray[np.float64], labels: NDArray[np.generic]) -> None:
    highest = VARIABLES["rain_rate"].maximum or math.inf
    for bad, rule in (
        (~np.isfinite(rates), "rates must be finite: fill the gap, or cut the series before it"),
        (rates < 0, "rates must be >= 0 (nodata is NaN)"),
        (rates > highest, f"rates must be <= {highest / _MM_PER_HOUR:g} mm/h: are they in mm/h? Then say so in attrs"),
    ):
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            when = labels[first]
            place = str(when)[:19] if isinstance(when, np.datetime64) else f"time {when}"
            raise InputError(f"rain_rate is {rates[first] / _MM_PER_HOUR:.6g} mm/h at {place}; {rule}")


def _seconds(time: xr.DataArray) -> NDArray[np.float64]:
    """Time since the first label, s."""
    values = time.values
    if values.dtype.kind in "mM":
        return np.asarray((values - values[0]) / np.timedelta64(1, "ns") * 1e-9, dtype=np.float64)
    if values.dtype.kind not in "fiu":
        raise InputError(f"the rain's time is of type {values.dtype}; use seconds, timedelta64 or datetime64")
    units = str(time.attrs.get("units", "s"))
    if units not in _SECONDS:
        raise InputError(f"the rain's time is in {units!r}; use one of: {', '.join(_SECONDS)}")
    return np.asarray((values - values[0]) * _SECONDS[units], dtype=np.float64)


def _positive(value: Quantity, name: str) -> float:
    seconds = to_si(value, "s", name=name)
    if seconds <= 0:
        raise InputError(f"{name} is {value!r}; it must be longer than 0 s")
    return seconds


def _series(starts: NDArray[np.float64], rates: NDArray[np.float64], title: str) -> xr.Dataset:
    time = xr.Variable(
        "time", starts, {"units": "s", "long_name": "time since start", "comment": "a rate holds until the next time"}
    )
    return describe(xr.Dataset({"rain_rate": ("time", rates)}, {"time": time}, {"title": title}))
