"""The air around a body, as the indices take it: checked, broadcast, with its vapour pressure.

Saturation is that over water also below freezing, as hygrometers and the indices' own definitions have it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError

RANGES = {
    "air_temperature": (-60.0, 60.0, "degC"),
    "mean_radiant_temperature": (-90.0, 120.0, "degC"),
    "wind_speed": (0.0, 60.0, "m/s"),
    "relative_humidity": (0.0, 100.0, "%"),
}
"""What air may be like, by name: lowest, highest, unit."""

# saturation over water on ITS-90, B. Hardy (1998), as the UTCI's published program uses it
_SATURATION = (-2836.5744, -6028.076559, 19.54263612, -0.02737830188, 1.6261698e-5, 7.0229056e-10, -1.8680009e-13)
_SATURATION_LOG = 2.7150305

Floats = NDArray[np.float64]


def saturation_vapour_pressure(air_temperature: ArrayLike) -> Floats:
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


def vapour_pressure(air_temperature: ArrayLike, relative_humidity: ArrayLike) -> Floats:
    """Return the vapour pressure of the air, hPa.

    Parameters
    ----------
    air_temperature : array
        degC.
    relative_humidity : array
        Percent.

    Examples
    --------
    >>> vapour_pressure(20.0, [50.0, 100.0]).round(2)
    array([11.7 , 23.39])
    """
    humidity = np.asarray(relative_humidity, dtype=np.float64)
    return np.asarray(0.01 * humidity * saturation_vapour_pressure(air_temperature), dtype=np.float64)


def broadcast(**fields: ArrayLike) -> list[Floats]:
    """Return fields in one shape, after refusing what air cannot be.

    Parameters
    ----------
    **fields
        Arrays by the names of `RANGES`. NaN is let through.

    Raises
    ------
    InputError
        If a value lies outside its range, or the shapes do not fit.

    Examples
    --------
    >>> broadcast(air_temperature=[10.0, 20.0], wind_speed=1.0)[1]
    array([1., 1.])
    """
    arrays = {name: np.asarray(field, dtype=np.float64) for name, field in fields.items()}
    for name, array in arrays.items():
        lowest, highest, unit = RANGES[name]
        bad = (array < lowest) | (array > highest)
        if bad.any():
            value = float(array[bad].flat[0])
            raise InputError(f"{name} is {value:g} {unit}; it must lie in {lowest:g} to {highest:g} {unit}")
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise InputError(f"fields of different shapes cannot be combined: {shapes}") from error
    return [np.broadcast_to(array, shape) for array in arrays.values()]


def cells(field: Floats) -> Floats:
    """Return a field as kernels take it: one dimension, without gaps in memory, a copy only where it must be.

    Parameters
    ----------
    field : array
        Of any shape, such as `broadcast` gives.

    Examples
    --------
    >>> cells(np.broadcast_to(3.0, (2, 2)))
    array([3., 3., 3., 3.])
    """
    # kernels are compiled anew for arrays that cannot be written to
    return np.require(field, dtype=np.float64, requirements=["C", "W"]).reshape(-1)
