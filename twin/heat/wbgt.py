"""Wet bulb globe temperature (WBGT) in the sun: 0.7 of a wet bulb, 0.2 of a black globe, 0.1 of the air.

The instruments are computed: a globe of 150 mm by the heat balance of ISO 7726, a naturally ventilated wet wick by that
of Liljegren et al. (2008). Both see surroundings of the mean radiant temperature, which is that of a person: a black
globe and a white wick absorb somewhat more and less sun. Wind is that at the instruments, 1.1 m above ground.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError
from twin.heat.air import broadcast, cells, vapour_pressure
from twin.heat.pet import PRESSURE

Floats = NDArray[np.float64]


def wbgt(
    air_temperature: ArrayLike,
    mean_radiant_temperature: ArrayLike,
    wind_speed: ArrayLike,
    relative_humidity: ArrayLike,
    *,
    pressure: float = PRESSURE,
) -> Floats:
    """Compute the wet bulb globe temperature outdoors.

    Parameters
    ----------
    air_temperature : array
        degC, -60 to 60.
    mean_radiant_temperature : array
        degC, -90 to 120.
    wind_speed : array
        m/s 1.1 m above ground, 0 to 60; at the wick, calmer air counts as 0.13 m/s.
    relative_humidity : array
        Percent, 0 to 100.
    pressure : float
        Air pressure, hPa, 500 to 1100.

    Returns
    -------
    array, degC
        Of the broadcast shape; NaN stays NaN. Without sun, ISO 7243 counts the globe 0.3 and the air not at all; that
        is another 0.1 (globe - air).

    Raises
    ------
    InputError
        If a value lies outside its range.

    References
    ----------
    ISO 7243 (2017), ISO 7726 (1998). J. C. Liljegren et al. (2008): Modeling the wet bulb globe temperature using
    standard meteorological measurements. Journal of Occupational and Environmental Hygiene 5, 645-655.

    Examples
    --------
    >>> wbgt(30.0, [30.0, 60.0], 1.0, 50.0).round(1)
    array([24.5, 27.6])
    """
    return _temperatures(
        air_temperature, mean_radiant_temperature, wind_speed, relative_humidity, pressure=pressure, side=0
    )


def globe_temperature(air_temperature: ArrayLike, mean_radiant_temperature: ArrayLike, wind_speed: ArrayLike) -> Floats:
    """Compute the temperature of a black globe of 150 mm, emissivity 0.95.

    Parameters
    ----------
    air_temperature, mean_radiant_temperature, wind_speed : array
        As for `wbgt`.

    Returns
    -------
    array, degC

    Raises
    ------
    InputError
        If a value lies outside its range.

    References
    ----------
    ISO 7726 (1998): Ergonomics of the thermal environment - Instruments for measuring physical quantities.

    Examples
    --------
    >>> globe_temperature(30.0, [30.0, 60.0], 1.0).round(1)
    array([30. , 40.5])
    """
    return _temperatures(air_temperature, mean_radiant_temperature, wind_speed, 50.0, pressure=PRESSURE, side=1)


def natural_wet_bulb_temperature(
    air_temperature: ArrayLike,
    mean_radiant_temperature: ArrayLike,
    wind_speed: ArrayLike,
    relative_humidity: ArrayLike,
    *,
    pressure: float = PRESSURE,
) -> Floats:
    """Compute the temperature of a wet wick in the open, neither shielded nor ventilated.

    Parameters
    ----------
    air_temperature, mean_radiant_temperature, wind_speed, relative_humidity, pressure
        As for `wbgt`.

    Returns
    -------
    array, degC

    Raises
    ------
    InputError
        If a value lies outside its range.

    References
    ----------
    J. C. Liljegren et al. (2008), Journal of Occupational and Environmental Hygiene 5, 645-655.

    Examples
    --------
    >>> natural_wet_bulb_temperature(30.0, [30.0, 60.0], 1.0, 50.0).round(1)
    array([22.1, 23.6])
    """
    return _temperatures(
        air_temperature, mean_radiant_temperature, wind_speed, relative_humidity, pressure=pressure, side=2
    )


def _temperatures(
    air_temperature: ArrayLike,
    mean_radiant_temperature: ArrayLike,
    wind_speed: ArrayLike,
    relative_humidity: ArrayLike,
    *,
    pressure: float,
    side: int,
) -> Floats:
    if not 500.0 <= pressure <= 1100.0:
        raise InputError(f"pressure is {pressure:g} hPa; it must lie in 500 to 1100 hPa")
    ta, tr, wind, humidity = broadcast(
        air_temperature=air_temperature,
        mean_radiant_temperature=mean_radiant_temperature,
        wind_speed=wind_speed,
        relative_humidity=relative_humidity,
    )
    from twin.heat import wbgt_kernels as loops

    out = np.empty(ta.shape)
    vapour = cells(vapour_pressure(ta, humidity))
    loops.temperatures(cells(ta), cells(tr), cells(wind), vapour, float(pressure), side, out.reshape(-1))
    return out
