"""What the weather itself says of the sky's warmth: measured longwave radiation, or the cover of clouds.

Radiation comes before cover, cover before the clouds that missing light tells of; how the warmth is spread over the
sky stays the law of `twin.heat.sky`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat.radiation import SIGMA

SKY = ("longwave_irradiance", "cloud_cover")
"""Variables of the weather that tell of the sky's warmth; both may be missing, as a whole or in single steps."""

BLACK_SHARE = 0.84
"""Share of a black sky that full cover brings: Unsworth and Monteith (1975); the rest is colder cloud."""

LEAST_LONGWAVE = 100.0
"""Less comes from no sky above a town, W/m2: an emissivity of 0.6 above air of -40 degC sends as much."""

MOST_OF_BLACK = 1.2
"""Share of a black body at air temperature that no sky exceeds: a cloud 13 K warmer than that sends it."""

Float = NDArray[np.float64]
Times = NDArray[np.datetime64]


def check_sky(name: str, values: Float, air: Float, time: Times) -> None:
    """Refuse longwave radiation or cover of clouds that contradicts physics; gaps may stay.

    Parameters
    ----------
    name : str
        One of `SKY`.
    values : array (steps,)
        W/m2, or share of the sky.
    air : array (steps,)
        Air temperature, degC.
    time : array (steps,)
        Labels of the steps.

    Raises
    ------
    InputError
        With variable, time, value and rule.

    Examples
    --------
    >>> check_sky("cloud_cover", np.array([0.5, np.nan]), np.array([20.0, 20.0]), np.array([0, 1], "M8[h]"))
    """
    longwave = name == "longwave_irradiance"
    low = LEAST_LONGWAVE if longwave else 0.0
    high = MOST_OF_BLACK * SIGMA * (air + 273.15) ** 4 if longwave else np.ones(len(values))
    wrong = np.flatnonzero((values < low) | (values > high))
    if not len(wrong):
        return
    n = wrong[0]
    unit, why = (" W m-2", f", {MOST_OF_BLACK:g} of a black body at {air[n]:g} degC") if longwave else ("", "")
    raise InputError(
        f"{name} is {values[n]:g}{unit} at {np.datetime_as_string(time[n], unit='m')} ({len(wrong)} steps); it must "
        f"lie in {low:g} to {high[n]:.4g}{why}; correct it, or leave it out with weather.drop_vars({name!r})"
    )


def known_sky(emissivity: Float, clouds: Float, air: Float, values: Mapping[str, Float]) -> tuple[Float, Float, str]:
    """Return emissivity and clouds of the sky with what the weather says of it, and in words what was used.

    Parameters
    ----------
    emissivity : array (steps,)
        Of the cloudless sky, by formula.
    clouds : array (steps,)
        Cloudy share, told by the light.
    air : array (steps,)
        Air temperature, degC.
    values : mapping
        Of `check_weather`, with or without the variables of `SKY`.

    Returns
    -------
    emissivity, clouds : array (steps,)
        Where longwave radiation is known, that of the whole sky, and no clouds beside it.
    said : str

    References
    ----------
    M. H. Unsworth, J. L. Monteith (1975): Long-wave radiation at the ground. I. Angular distribution of incoming
    radiation. Q. J. R. Meteorol. Soc. 101, 13-24.

    Examples
    --------
    >>> air, measured = np.array([20.0, 20.0]), np.array([SIGMA * 293.15**4 * 0.9, np.nan])
    >>> found = known_sky(np.full(2, 0.8), np.full(2, 0.5), air, {"longwave_irradiance": measured})
    >>> found[0].round(6).tolist(), found[1].tolist()
    ([0.9, 0.8], [0.0, 0.5])
    """
    steps = len(air)
    nothing = np.full(steps, np.nan)
    longwave, cover = (values.get(name, nothing) for name in SKY)
    measured = np.isfinite(longwave)
    seen = np.isfinite(cover) & ~measured
    emissivity = np.where(measured, longwave / (SIGMA * (air + 273.15) ** 4), emissivity)
    clouds = np.where(measured, 0.0, np.where(seen, BLACK_SHARE * cover, clouds))
    sources = (
        ("longwave_irradiance of the weather", int(measured.sum())),
        ("cloud_cover of the weather", int(seen.sum())),
        ("clouds estimated from the light", steps - int(measured.sum()) - int(seen.sum())),
    )
    parts = [f"{words} ({count} of {steps} steps)" for words, count in sources if count]
    return emissivity, clouds, "warmth of the sky: " + ", ".join(parts)
