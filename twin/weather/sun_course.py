"""What labels mean, told by when the light comes: for files with global radiation that do not say it.

Where no direct normal irradiance allows a balance (`closure`), the mean course of the light through the day is laid
over that of the sun: at noon it is symmetric. Clouds that prefer an afternoon shift it by minutes, another label by 30.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.weather.steps import INTERVALS, start_lag
from twin.weather.sun_steps import sine_while_up

LEAST_DAYS = 20
CLEAR = 1.25
"""How many times larger the next best residual must be."""

Float = NDArray[np.float64]


def label_by_course(
    total: Float, labels: NDArray[np.datetime64], *, utc_offset: float, latitude: float, longitude: float, source: str
) -> tuple[str, dict[str, float]]:
    """Find what hourly labels mean from the daily course of global irradiance.

    Parameters
    ----------
    total : array
        Global irradiance, W/m2, hourly.
    labels : array of datetime64
        On the clock of `utc_offset`.
    utc_offset : float
        Hours ahead of UTC.
    latitude, longitude : float
        Degrees.
    source : str
        For messages.

    Returns
    -------
    interval, residuals : str, dict
        ``"start"``, ``"end"`` or ``"instant"``; what each leaves of the mean course, W/m2.

    Raises
    ------
    InputError
        If there are too few days, or two meanings fit alike.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-15", max_temperature=30, latitude=50, longitude=8)
    >>> month = np.datetime64("2018-07-01", "ns") + np.arange(744) * np.timedelta64(3600, "s")
    >>> label_by_course(np.tile(day.global_irradiance.values, 31), month, utc_offset=1, latitude=50, longitude=8,
    ...                 source="x")[0]
    'start'
    """
    known = np.isfinite(total)
    days = np.unique(labels[known].astype("datetime64[D]"))
    if len(days) < LEAST_DAYS:
        raise InputError(
            f"{source} holds {len(days)} days; {LEAST_DAYS} are needed to find out from its light what its labels "
            "mean: say interval='instant' or 'end'"
        )
    residuals = {}
    for interval in INTERVALS:
        lag = start_lag(interval, 3600.0) + np.timedelta64(round(utc_offset * 3600), "s")
        sine, share = sine_while_up(
            np.asarray(labels - lag, labels.dtype), 3600.0, latitude=latitude, longitude=longitude, samples=4
        )
        residuals[interval] = _residual(total, sine * share, labels, known)
    best, second = sorted(residuals, key=residuals.__getitem__)[:2]
    if residuals[second] < CLEAR * residuals[best]:
        listed = ", ".join(f"{name} {left:.1f} W/m2" for name, left in residuals.items())
        raise InputError(
            f"{source}: the course of its light does not tell what its labels mean ({listed}); say interval='instant' "
            "or 'end'"
        )
    return best, residuals


def _residual(total: Float, sine: Float, labels: NDArray[np.datetime64], known: NDArray[np.bool_]) -> float:
    """Root mean square of what a share of the sun's sine leaves of the mean course of each month."""
    month = labels.astype("datetime64[M]").astype(np.int64)
    hour = ((labels - labels.astype("datetime64[D]")) / np.timedelta64(1, "h")).astype(np.int64)
    _, month = np.unique(month, return_inverse=True)
    cell = (month * 24 + hour)[known]
    count = np.maximum(np.bincount(cell), 1)
    light = np.bincount(cell, weights=total[known]) / count
    sun = np.bincount(cell, weights=sine[known]) / count
    # light rises faster than the sine: a straight line where the sun is up
    left = []
    for first in range(0, len(light), 24):
        up = np.flatnonzero(sun[first : first + 24] > 0.02) + first
        if len(up) >= 4:
            line = np.polyfit(sun[up], light[up], 2)
            left.append(light[up] - np.polyval(line, sun[up]))
    return float(np.sqrt(np.mean(np.concatenate(left) ** 2))) if left else float("inf")
