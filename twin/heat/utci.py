"""Universal Thermal Climate Index: the air temperature of a reference climate that strains the body as much.

Reference climate: radiant temperature equal to air temperature, 50 % relative humidity (vapour pressure at most
20 hPa), 0.5 m/s at 10 m. Air temperature, humidity and wind are those of the place; wind is that 10 m above ground.
Functions are plain NumPy; for the heat model the polynomial is collapsed once per hour to one in radiant temperature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError
from twin.heat.utci_table import COEFFICIENTS

WIND_MINIMUM = 0.5
"""Calmest wind of the index, m/s at 10 m; calmer air counts as this."""

STRONG_HEAT_STRESS = 32.0
"""UTCI from which heat stress is called strong, degC (Broede et al. 2012, table of stress categories)."""

# saturation over water on ITS-90, B. Hardy (1998), as the index's published program uses it
_SATURATION = (-2836.5744, -6028.076559, 19.54263612, -0.02737830188, 1.6261698e-5, 7.0229056e-10, -1.8680009e-13)
_SATURATION_LOG = 2.7150305

Float = NDArray[np.float64]


def saturation_vapour_pressure(air_temperature: ArrayLike) -> Float:
    """Return the saturation vapour pressure over water.

    Parameters
    ----------
    air_temperature : array
        degC, -100 to 100.

    Returns
    -------
    array, hPa

    References
    ----------
    B. Hardy (1998): ITS-90 formulations for vapor pressure. 3rd International Symposium on Humidity and Moisture.

    Examples
    --------
    >>> round(float(saturation_vapour_pressure(20.0)), 2)
    23.39
    """
    kelvin = np.asarray(air_temperature, dtype=np.float64) + 273.15
    exponent = _SATURATION_LOG * np.log(kelvin)
    for power, factor in enumerate(_SATURATION):
        exponent = exponent + factor * kelvin ** (power - 2)
    return np.asarray(np.exp(exponent) * 0.01, dtype=np.float64)


def utci(
    air_temperature: ArrayLike, mean_radiant_temperature: ArrayLike, wind_speed: ArrayLike, relative_humidity: ArrayLike
) -> Float:
    """Compute the Universal Thermal Climate Index with the operational polynomial.

    Parameters
    ----------
    air_temperature : array
        degC; the polynomial was fitted for -50 to 50.
    mean_radiant_temperature : array
        degC; fitted for 30 K below to 70 K above air temperature.
    wind_speed : array
        m/s 10 m above ground; fitted for 0.5 to 17; calmer air counts as 0.5.
    relative_humidity : array
        Percent, 0 to 100.

    Returns
    -------
    array, degC
        Of the broadcast shape. Outside the fitted ranges the polynomial is extrapolated; NaN stays NaN.

    Raises
    ------
    InputError
        If a humidity lies outside 0 to 100 % or a wind speed is negative.

    References
    ----------
    P. Broede et al. (2012): Deriving the operational procedure for the Universal Thermal Climate Index (UTCI).
    International Journal of Biometeorology 56, 481-494.

    Examples
    --------
    >>> round(float(utci(25.0, 27.0, 1.0, 50.0)), 1)
    25.2
    """
    ta, tmrt, wind, humidity = np.broadcast_arrays(
        *(
            np.asarray(value, dtype=np.float64)
            for value in (air_temperature, mean_radiant_temperature, wind_speed, relative_humidity)
        )
    )
    _check(wind, humidity)
    pressure = humidity * 0.1 / 100.0 * saturation_vapour_pressure(ta)
    coefficients = _collapse(ta, np.maximum(wind, WIND_MINIMUM), pressure)
    difference = tmrt - ta
    result = np.zeros_like(difference)
    for coefficient in coefficients[::-1]:
        result = result * difference + coefficient
    return np.asarray(ta + result, dtype=np.float64)


def utci_polynomial(air_temperature: float, wind_speed: float, relative_humidity: float) -> Float:
    """Collapse the polynomial for one state of the air to one in the radiant temperature alone.

    Returns
    -------
    array (7,)
        c, so that UTCI = sum of c[k] (Tmrt - Ta)^k, in degC.

    Examples
    --------
    >>> c = utci_polynomial(25.0, 1.0, 50.0)
    >>> round(float(np.polyval(c[::-1], 27.0 - 25.0)), 1)
    25.2
    """
    wind, humidity = np.float64(wind_speed), np.float64(relative_humidity)
    _check(np.asarray(wind), np.asarray(humidity))
    ta = np.asarray(air_temperature, dtype=np.float64)
    pressure = humidity * 0.1 / 100.0 * saturation_vapour_pressure(ta)
    result = np.array(_collapse(ta, np.maximum(wind, WIND_MINIMUM), pressure), dtype=np.float64)
    result[0] += float(air_temperature)
    return result


def _collapse(ta: Float, wind: ArrayLike, pressure: ArrayLike) -> list[Float]:
    """Sum the table over air temperature, wind and vapour pressure; one coefficient per power of (Tmrt - Ta)."""
    collapsed = [np.zeros(np.shape(ta)) for _ in range(7)]
    for (pressure_power, difference_power, wind_power), row in COEFFICIENTS.items():
        in_temperature = np.zeros(np.shape(ta))
        for factor in row[::-1]:
            in_temperature = in_temperature * ta + factor
        collapsed[difference_power] += in_temperature * np.power(wind, wind_power) * np.power(pressure, pressure_power)
    return collapsed


def _check(wind: Float, humidity: Float) -> None:
    if (wind < 0).any():
        raise InputError(f"wind_speed is {float(np.nanmin(wind)):g} m/s; it must be >= 0")
    outside = (humidity < 0) | (humidity > 100)
    if outside.any():
        raise InputError(f"relative_humidity is {float(humidity[outside].flat[0]):g} %; it must lie in 0 to 100 %")
