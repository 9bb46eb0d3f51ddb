"""Universal Thermal Climate Index: the air temperature of a reference climate that strains the body as much.

Reference climate: radiant temperature equal to air temperature, 50 % relative humidity (vapour pressure at most
20 hPa), 0.5 m/s at 10 m. Air temperature, humidity and wind are those of the place; wind is that 10 m above ground.
Where the air is the same everywhere, the polynomial is collapsed once to one in radiant temperature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.heat.air import broadcast, cells, vapour_pressure
from twin.heat.air import saturation_vapour_pressure as saturation_vapour_pressure
from twin.heat.utci_table import COEFFICIENTS

WIND_MINIMUM = 0.5
"""Calmest wind of the index, m/s at 10 m; calmer air counts as this."""

STRONG_HEAT_STRESS = 32.0
"""UTCI from which heat stress is called strong, degC (Broede et al. 2012, table of stress categories)."""

Float = NDArray[np.float64]


def utci(
    air_temperature: ArrayLike, mean_radiant_temperature: ArrayLike, wind_speed: ArrayLike, relative_humidity: ArrayLike
) -> Float:
    """Compute the Universal Thermal Climate Index with the operational polynomial.

    Parameters
    ----------
    air_temperature : array
        degC, -60 to 60; the polynomial was fitted for -50 to 50.
    mean_radiant_temperature : array
        degC, -90 to 120; fitted for 30 K below to 70 K above air temperature.
    wind_speed : array
        m/s 10 m above ground, 0 to 60; fitted for 0.5 to 17; calmer air counts as 0.5.
    relative_humidity : array
        Percent, 0 to 100.

    Returns
    -------
    array, degC
        Of the broadcast shape. Outside the fitted ranges the polynomial is extrapolated; NaN stays NaN.

    Raises
    ------
    InputError
        If a value lies outside its range.

    References
    ----------
    P. Broede et al. (2012): Deriving the operational procedure for the Universal Thermal Climate Index (UTCI).
    International Journal of Biometeorology 56, 481-494.

    Examples
    --------
    >>> round(float(utci(25.0, 27.0, 1.0, 50.0)), 1)
    25.2
    """
    ta, tr, wind, humidity = broadcast(
        air_temperature=air_temperature,
        mean_radiant_temperature=mean_radiant_temperature,
        wind_speed=wind_speed,
        relative_humidity=relative_humidity,
    )
    from twin.heat import utci_kernels as loops

    felt = np.empty(tr.shape)
    radiant = cells(tr)
    same = all(np.size(value) == 1 for value in (air_temperature, wind_speed, relative_humidity))
    if same and tr.size:
        state = (float(field.flat[0]) for field in (ta, wind, humidity))
        loops.along_radiation(float(ta.flat[0]), radiant, utci_polynomial(*state), felt.reshape(-1))
        return felt
    air = [cells(field) for field in (ta, wind, humidity)]
    table = np.array([factor for row in COEFFICIENTS.values() for factor in row])
    loops.fields(air[0], radiant, air[1], air[2], table, felt.reshape(-1))
    return felt


def utci_polynomial(air_temperature: float, wind_speed: float, relative_humidity: float) -> Float:
    """Collapse the polynomial for one state of the air to one in the radiant temperature alone.

    Parameters
    ----------
    air_temperature, wind_speed, relative_humidity : float
        As for `utci`.

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
    ta, wind, humidity = broadcast(
        air_temperature=air_temperature, wind_speed=wind_speed, relative_humidity=relative_humidity
    )
    pressure = 0.1 * vapour_pressure(ta, humidity)
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
