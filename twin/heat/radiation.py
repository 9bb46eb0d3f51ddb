"""Radiation that reaches a standing person, and the sky it comes from.

A person is a standing body 1.1 m above the ground that takes up diffuse and longwave radiation from six directions with
the weights of Hoeppe (1992), and the sun's beam with the projected area of a standing body. Fluxes are W/m2,
temperatures degC, angles degrees. Functions are plain NumPy; the kernels repeat them per cell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIGMA = 5.670374419e-8
"""Stefan-Boltzmann constant, W m-2 K-4 (CODATA 2018)."""

ABSORPTION_SHORTWAVE = 0.70
"""Clothed body, VDI 3787 part 2."""

ABSORPTION_LONGWAVE = 0.97
"""Clothed body, VDI 3787 part 2; equal to its emissivity."""

WEIGHT_SIDE = 0.22
"""Share of each of the four horizontal directions for a standing person, Hoeppe (1992)."""

WEIGHT_UP_DOWN = 0.06
"""Share of the upper and of the lower direction, Hoeppe (1992)."""

Float = NDArray[np.float64]


def projected_area_factor(altitude: ArrayLike) -> Float:
    """Return the share of a standing body's surface that the sun's beam sees, whichever way the person faces.

    Parameters
    ----------
    altitude : array
        Of the sun, degrees, 0 to 90.

    References
    ----------
    VDI 3787 part 2; G. Jendritzky et al. (1990), after P. O. Fanger (1972).

    Examples
    --------
    >>> projected_area_factor([0.0, 60.0]).round(3).tolist()
    [0.308, 0.174]
    """
    h = np.asarray(altitude, dtype=np.float64)
    return np.asarray(0.308 * np.cos(np.radians(h * (1 - h**2 / 48402))), dtype=np.float64)


def mean_radiant_temperature(
    shortwave: ArrayLike, longwave: ArrayLike, *, direct_normal: ArrayLike = 0.0, altitude: ArrayLike = 0.0
) -> Float:
    """Compute the mean radiant temperature of a standing person from six fluxes and the sun's beam.

    Parameters
    ----------
    shortwave : array (6, ...)
        Down, up, and from north, east, south and west, without the direct beam, W/m2.
    longwave : array (6, ...)
        The same directions.
    direct_normal : array
        Beam that reaches the body, on a surface that faces the sun, W/m2.
    altitude : array
        Of the sun, degrees.

    Returns
    -------
    array, degC

    References
    ----------
    P. Hoeppe (1992): Ein neues Verfahren zur Bestimmung der mittleren Strahlungstemperatur im Freien. Wetter und Leben
    44, 147-151; VDI 3787 part 2.

    Examples
    --------
    >>> black_body = 5.670374419e-8 * 293.15**4
    >>> round(float(mean_radiant_temperature(np.zeros(6), np.full(6, black_body))), 6)
    20.0
    """
    weights = np.array([WEIGHT_UP_DOWN] * 2 + [WEIGHT_SIDE] * 4)
    beam = projected_area_factor(altitude) * np.asarray(direct_normal, dtype=np.float64)
    absorbed = ABSORPTION_SHORTWAVE * (np.tensordot(weights, np.asarray(shortwave, np.float64), 1) + beam)
    absorbed = absorbed + ABSORPTION_LONGWAVE * np.tensordot(weights, np.asarray(longwave, np.float64), 1)
    return np.asarray((absorbed / (ABSORPTION_LONGWAVE * SIGMA)) ** 0.25 - 273.15, dtype=np.float64)


def sky_emissivity(air_temperature: ArrayLike, vapour_pressure: ArrayLike) -> Float:
    """Return the effective longwave emissivity of a cloudless sky.

    Parameters
    ----------
    air_temperature : array
        degC.
    vapour_pressure : array
        hPa.

    References
    ----------
    A. J. Prata (1996): A new long-wave formula for estimating downward clear-sky radiation at the surface. Quarterly
    Journal of the Royal Meteorological Society 122, 1127-1151.

    Examples
    --------
    >>> round(float(sky_emissivity(20.0, 11.7)), 3)
    0.788
    """
    water = 46.5 * np.asarray(vapour_pressure, np.float64) / (np.asarray(air_temperature, np.float64) + 273.15)
    return np.asarray(1 - (1 + water) * np.exp(-np.sqrt(1.2 + 3.0 * water)), dtype=np.float64)
