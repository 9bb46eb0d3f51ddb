"""The sun through steps of time: mean sine of its altitude while it is up, and what that makes of radiation.

Radiation in weather is a mean over a step. A mean direct normal irradiance N and the mean sine of the altitude while
the sun is up, s, make the mean direct irradiance on the ground, N s; at sunrise and sunset too, because both N and the
ground's share vanish while the sun is down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.weather.sun import extraterrestrial_irradiance, solar_position

SAMPLES = 12
"""Positions of the sun in a step: every 5 minutes of an hour; more change no hour by 1 W/m2 above 2 degrees."""

LOWEST_SINE = 0.02
"""Below 1.1 degrees a direct normal irradiance is not derived from that on the ground: it stays diffuse."""

Float = NDArray[np.float64]


def sine_while_up(
    starts: NDArray[np.datetime64], step: float, *, latitude: float, longitude: float, samples: int = SAMPLES
) -> tuple[Float, Float]:
    """Compute the mean sine of the sun's altitude while it is up, and the share of the step in which it is up.

    Parameters
    ----------
    starts : array of datetime64
        Starts of the steps, UTC.
    step : float
        Length, s; 0 for instants.
    latitude, longitude : float
        Degrees.
    samples : int
        Positions in a step.

    Returns
    -------
    sine, share : arrays
        Both 0 at night.

    Examples
    --------
    >>> noon = np.array(["2018-07-26T11:00"], "M8[ns]")
    >>> sine, share = sine_while_up(noon, 3600.0, latitude=49.9, longitude=11.6)
    >>> round(float(sine[0]), 2), float(share[0])
    (0.86, 1.0)
    """
    count = 1 if step == 0 else samples
    middles = ((np.arange(count) + 0.5) / count * step * 1e9).astype("timedelta64[ns]")
    instants = np.asarray(starts, dtype="datetime64[ns]")[:, None] + middles
    altitude, _ = solar_position(instants.ravel(), latitude=latitude, longitude=longitude)
    sine = np.sin(np.radians(altitude.reshape(instants.shape)))
    up = sine > 0
    share = up.mean(axis=1)
    total = np.where(up, sine, 0.0).mean(axis=1)
    return np.asarray(total / np.where(share > 0, share, 1.0), dtype=np.float64), np.asarray(share, dtype=np.float64)


def outside_air(starts: NDArray[np.datetime64]) -> Float:
    """Compute the irradiance outside the air on a surface that faces the sun, W/m2.

    Examples
    --------
    >>> outside_air(np.array(["2018-07-04T12:00"], "M8[ns]")).round().tolist()
    [1320.0]
    """
    return extraterrestrial_irradiance(starts)


def direct_normal(direct: Float, diffuse: Float, sine: Float, share: Float, outside: Float) -> tuple[Float, Float]:
    """Turn direct irradiance on the ground into that on a surface that faces the sun; their sum on the ground stays.

    Parameters
    ----------
    direct, diffuse : arrays
        On the ground, W/m2, means of steps.
    sine, share : arrays
        Of `sine_while_up`.
    outside : array
        Irradiance outside the air, W/m2.

    Returns
    -------
    direct normal, diffuse : arrays, W/m2
        What a sun near the horizon cannot give (more than there is outside the air) is counted as diffuse.

    Examples
    --------
    >>> one = np.ones(1)
    >>> normal, diffuse = direct_normal(400 * one, 100 * one, 0.5 * one, one, 1320 * one)
    >>> normal.tolist(), diffuse.tolist()
    ([800.0], [100.0])
    """
    high = sine > LOWEST_SINE
    most = outside * share
    normal = np.where(high, np.minimum(direct / np.where(high, sine, 1.0), most), 0.0)
    return np.asarray(normal), np.asarray(diffuse + np.maximum(direct - normal * sine, 0.0))
