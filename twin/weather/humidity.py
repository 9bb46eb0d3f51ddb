"""Humidity and pressure from what was measured instead: dew point, vapour pressure, elevation.

Saturation is over water (Alduchov and Eskridge 1996), as everywhere in this package.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError
from twin.weather.hot_day import saturation_pressure


def relative_humidity(air_temperature: ArrayLike, dew_point_temperature: ArrayLike) -> NDArray[np.float64]:
    """Compute relative humidity from air temperature and dew point.

    Parameters
    ----------
    air_temperature, dew_point_temperature : float or array
        degC; a dew point up to 0.5 K above the air temperature counts as saturated.

    Returns
    -------
    array, percent

    Raises
    ------
    InputError
        If a dew point lies more than 0.5 K above the air temperature.

    References
    ----------
    O. Alduchov, R. Eskridge (1996): Improved Magnus form approximation of saturation vapor pressure. J. Appl. Meteorol.
    35, 601-609, eq. 21.

    Examples
    --------
    >>> relative_humidity(30.0, 15.0).round(1).item()
    40.2
    """
    air = np.asarray(air_temperature, dtype=np.float64)
    dew = np.asarray(dew_point_temperature, dtype=np.float64)
    above = dew - air
    if (above > 0.5).any():
        worst = np.unravel_index(np.nanargmax(above), above.shape)
        raise InputError(
            f"the dew point is {np.broadcast_to(dew, above.shape)[worst]:g} degC at an air temperature of "
            f"{np.broadcast_to(air, above.shape)[worst]:g} degC; it cannot lie above it"
        )
    share = saturation_pressure(dew) / saturation_pressure(air)
    return np.asarray(100.0 * np.minimum(share, 1.0), dtype=np.float64)


def pressure_at(elevation: float) -> float:
    """Return the mean air pressure at an elevation, hPa, by the standard atmosphere.

    Parameters
    ----------
    elevation : float
        m above sea level, -500 to 9000.

    Raises
    ------
    InputError
        If the elevation is out of range.

    References
    ----------
    ISO 2533 (1975): Standard atmosphere.

    Examples
    --------
    >>> round(pressure_at(340.0), 1)
    973.1
    """
    if not -500 <= elevation <= 9000:
        raise InputError(f"elevation is {elevation!r}; it must lie in -500 to 9000 m")
    return float(1013.25 * (1.0 - 0.0065 * elevation / 288.15) ** 5.25588)
