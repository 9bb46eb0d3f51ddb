"""Radiation from hours of true solar time to hours of the clock, its energy kept.

Within an hour light follows that of a cloudless sky (Haurwitz 1945), so that sunrise and noon stay where they are.
Where an hour is missing, the hours of the clock that it touches are missing too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.weather.sun import solar_position

CELL = 60
"""Pieces of time in which hours are cut up, s: the labels of the sources are whole minutes."""

NODE = 5
"""Pieces between two computed positions of the sun; the sine between them is straight within 6e-5."""

HAURWITZ = 0.057
"""Global light under a cloudless sky goes with sin h exp(-0.057 / sin h): B. Haurwitz (1945), J. Meteorol. 2, 154."""

CHUNK = 8784
"""Hours worked on at a time: a year, which takes 50 MB."""

Float = NDArray[np.float64]
Times = NDArray[np.datetime64]


def to_clock_hours(
    means: Float, source_ends: Times, target_ends: Times, *, latitude: float, longitude: float, by_sun: bool
) -> Float:
    """Turn means of hours that end at odd minutes into means of hours that end on the hour.

    Parameters
    ----------
    means : array
        Of the source hours, W/m2; NaN where missing.
    source_ends, target_ends : arrays of datetime64
        UTC, ascending; the target's are an hour apart.
    latitude, longitude : float
        Degrees.
    by_sun : bool
        Spread within an hour as a cloudless sky would, else evenly.

    Returns
    -------
    array
        One value for each target hour.

    Examples
    --------
    >>> ends = np.array(["2018-07-26T11:14", "2018-07-26T12:14", "2018-07-26T13:14"], "M8[ns]")
    >>> hours = np.array(["2018-07-26T12:00", "2018-07-26T13:00"], "M8[ns]")
    >>> to_clock_hours(np.full(3, 300.0), ends, hours, latitude=50, longitude=11, by_sun=False).tolist()
    [300.0, 300.0]
    """
    out = np.empty(len(target_ends))
    for begin in range(0, len(target_ends), CHUNK):
        part = target_ends[begin : begin + CHUNK]
        low = np.searchsorted(source_ends, part[0] - np.timedelta64(3600, "s"))
        high = np.searchsorted(source_ends, part[-1]) + 1
        sources = source_ends[low:high]
        if len(sources) == 0:
            out[begin : begin + CHUNK] = np.nan
            continue
        out[begin : begin + CHUNK] = _one_chunk(means[low:high], sources, part, latitude, longitude, by_sun)
    return out


def _one_chunk(
    means: Float, source_ends: Times, target_ends: Times, latitude: float, longitude: float, by_sun: bool
) -> Float:
    first = target_ends[0] - np.timedelta64(3600, "s")
    begin = min(first, source_ends[0] - np.timedelta64(3600, "s"))
    finish = max(target_ends[-1], source_ends[-1])
    count = int(np.ceil((finish - begin) / np.timedelta64(CELL, "s")))
    edges = begin + np.arange(count + 1) * np.timedelta64(CELL, "s")
    middle = edges[:-1] + np.timedelta64(CELL // 2, "s")
    # the source hour of each piece, where it lies in one
    source = np.searchsorted(source_ends, middle)
    inside = source < len(source_ends)
    inside[inside] &= middle[inside] > source_ends[source[inside]] - np.timedelta64(3660, "s")
    source = np.where(inside, source, 0)
    weight = np.ones(count)
    if by_sun:
        nodes = middle[0] + np.arange(0, count + NODE, NODE) * np.timedelta64(CELL, "s")
        altitude, _ = solar_position(nodes, latitude=latitude, longitude=longitude)
        sine = np.interp(np.arange(count), np.arange(0, count + NODE, NODE), np.sin(np.radians(altitude)))
        weight = np.where(sine > 0, sine * np.exp(-HAURWITZ / np.maximum(sine, 1e-3)), 0.0)
    total = np.bincount(source[inside], weights=weight[inside], minlength=len(source_ends))
    pieces = np.bincount(source[inside], minlength=len(source_ends))
    # light while the sun is down (twilight) stays spread evenly
    dark = total <= 1e-6 * np.maximum(pieces, 1)
    weight = np.where(inside & dark[source], 1.0, weight)
    total = np.where(dark, pieces, total)
    level = means * 3600.0 / CELL / np.maximum(total, 1e-30)
    light = np.where(inside, level[source] * weight, np.nan)
    target = np.searchsorted(target_ends, middle)
    wanted = (target < len(target_ends)) & (middle > first)
    summed = np.bincount(target[wanted], weights=light[wanted], minlength=len(target_ends))
    found = np.bincount(target[wanted], minlength=len(target_ends))
    return np.asarray(summed / np.maximum(found, 1), dtype=np.float64)
