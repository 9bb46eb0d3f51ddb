"""Changing the steps of a series: short gaps filled on request, short steps averaged into longer ones.

Radiation keeps its balance: it is filled as a share of the light outside the air, and averaged on the ground.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError
from twin.units import Quantity, to_si
from twin.weather.radiation_split import place_of
from twin.weather.steps import add_words, split_days, step_seconds, utc_starts
from twin.weather.sun_steps import direct_normal, outside_air, sine_while_up

Float = NDArray[np.float64]


def fill_gaps(weather: xr.Dataset, *, longest: Quantity = "2 h") -> xr.Dataset:
    """Fill short gaps of a series in a straight line between the values beside them; say so in the caveats.

    Radiation is not filled in a line: its share of the light outside the air is.

    Parameters
    ----------
    weather : xr.Dataset
        From a reader of `twin.weather`.
    longest : number or str
        Longest gap that is filled, s or text, up to 6 h; longer ones stay.

    Returns
    -------
    xr.Dataset

    Raises
    ------
    InputError
        If `longest` is out of range.
    MissingDataError
        If radiation is to be filled and the place is not known.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> day.air_temperature[10] = np.nan
    >>> fill_gaps(day).attrs["caveats"]
    'assumed weather: cloudless day; gaps filled between neighbours: air_temperature 1'
    """
    most = to_si(longest, "s", name="longest", minimum=0, maximum=6 * 3600)
    step = step_seconds(weather)
    filled: dict[str, Float] = {}
    counts = []
    for name in weather.data_vars:
        array = np.asarray(weather[name].values, dtype=np.float64)
        gap = np.isnan(array)
        if weather[name].dims != ("time",) or not gap.any() or name == "wind_direction":
            continue
        short = _short(gap, int(most / step + 1e-9))
        if not short.any():
            continue
        scale = np.ones(len(array))
        if name in ("global_irradiance", "diffuse_irradiance", "direct_normal_irradiance"):
            where = place_of(weather, None, None)
            sine, share = sine_while_up(utc_starts(weather), step, latitude=where[0], longitude=where[1])
            scale = share * (sine if name != "direct_normal_irradiance" else 1.0)
        part = np.where(scale > 1e-3, array / np.maximum(scale, 1e-3), np.nan)
        known = np.flatnonzero(np.isfinite(part))
        if len(known) == 0:
            continue
        line = np.interp(np.arange(len(array)), known, part[known]) * scale
        array = np.where(short, np.where(scale > 1e-3, line, 0.0), array)
        filled[str(name)] = array
        counts.append(f"{name} {int(short.sum())}")
    if not filled:
        return weather
    result = weather.assign({name: ("time", array) for name, array in filled.items()})
    for name in filled:
        result[name].attrs.update(weather[name].attrs)
    return add_words(result, caveat=f"gaps filled between neighbours: {', '.join(counts)}")


def longer_steps(weather: xr.Dataset, step: Quantity = "1 h") -> xr.Dataset:
    """Average a series into longer steps, such as 10 minutes into hours; the radiation balance stays closed.

    Parameters
    ----------
    weather : xr.Dataset
        From a reader of `twin.weather`.
    step : number or str
        New length, s or text; a multiple of the old that divides a day.

    Returns
    -------
    xr.Dataset
        A step with a missing value is missing; wind directions, which have no mean, are left out.

    Raises
    ------
    InputError
        If the steps do not fit.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6, step="10 min")
    >>> longer_steps(day).sizes["time"]
    24
    """
    old, new = step_seconds(weather), to_si(step, "s", name="step", minimum=60, maximum=10800)
    count = round(new / old)
    if count < 1 or abs(count * old - new) > 1e-3 or abs(round(86400 / new) * new - 86400) > 1e-3:
        raise InputError(f"step is {new:g} s; it must be a multiple of {old:g} s that divides a day")
    if count == 1:
        return weather
    starts, _ = split_days(weather, old)
    midnight = starts.astype("datetime64[D]").astype("datetime64[ns]")
    lead = np.flatnonzero((starts - midnight) % np.timedelta64(round(new * 1e9), "ns") == np.timedelta64(0, "ns"))
    if len(lead) == 0:
        raise InputError(f"no step of the weather begins on a multiple of {new:g} s of the day")
    begin = int(lead[0])
    whole = (len(starts) - begin) // count
    if whole == 0:
        raise InputError(f"the weather is shorter than a step of {new:g} s")
    cut = slice(begin, begin + whole * count)
    arrays = {
        str(name): np.asarray(weather[name].values, dtype=np.float64)[cut].reshape(whole, count).mean(axis=1)
        for name in weather.data_vars
        if weather[name].dims == ("time",) and name != "wind_direction"
    }
    attributes = dict(weather["time"].attrs) | {"step_seconds": float(new), "interval": "start"}
    attributes["long_name"] = "local standard time, start of the step"
    result = xr.Dataset(
        {name: ("time", array, dict(weather[name].attrs)) for name, array in arrays.items()},
        coords={"time": ("time", starts[cut][::count], attributes)},
        attrs=dict(weather.attrs),
    )
    if {"global_irradiance", "diffuse_irradiance", "direct_normal_irradiance"} <= set(arrays):
        where = place_of(weather, None, None)
        utc = utc_starts(result)
        sine, share = sine_while_up(utc, new, latitude=where[0], longitude=where[1])
        ground = np.maximum(arrays["global_irradiance"] - arrays["diffuse_irradiance"], 0.0)
        normal, rest = direct_normal(ground, arrays["diffuse_irradiance"], sine, share, outside_air(utc))
        result["direct_normal_irradiance"].values[:] = normal
        result["diffuse_irradiance"].values[:] = rest
    return add_words(result, note=f"averaged from steps of {old / 60:g} min")


def _short(gap: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Return the gaps of at most `most` steps that have values on both sides."""
    edges = np.diff(np.r_[0, gap.astype(np.int8), 0])
    out = np.zeros(len(gap), dtype=bool)
    for begin, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if end - begin <= most and begin > 0 and end < len(gap):
            out[begin:end] = True
    return out
