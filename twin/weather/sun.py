"""Where the sun stands and how strongly it shines through a cloudless sky; thin covers around pvlib.

Instants are UTC (numpy datetime64), angles are degrees, azimuths clockwise from true north. pvlib is imported on use,
because it takes a second or two.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError

LINKE_TURBIDITY = 3.5
"""Haze of the assumed cloudless sky: a summer value for central Europe (maps of Remund et al. 2003: 3 to 4)."""

Float = NDArray[np.float64]


def solar_position(instants: ArrayLike, *, latitude: float, longitude: float) -> tuple[Float, Float]:
    """Compute altitude and azimuth of the sun's centre, as seen through the air (with refraction).

    Parameters
    ----------
    instants : array of datetime64
        UTC.
    latitude, longitude : float
        Degrees, -90 to 90 and -180 to 180.

    Returns
    -------
    altitude, azimuth : arrays
        Degrees; altitude is negative at night; azimuth clockwise from true north, 0 to 360.

    Raises
    ------
    InputError
        If the place is impossible or an instant is missing.

    References
    ----------
    I. Reda, A. Andreas (2004): Solar position algorithm for solar radiation applications. Solar Energy 76, 577-589,
    as implemented by pvlib.

    Examples
    --------
    >>> altitude, azimuth = solar_position(np.array(["2018-07-26T11:20"], "M8[s]"), latitude=49.9, longitude=11.6)
    >>> round(float(altitude[0])), round(float(azimuth[0]))
    (59, 180)
    """
    from pvlib import solarposition

    check_place(latitude, longitude)
    times = _utc_index(instants)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = solarposition.spa_python(times, latitude, longitude, how="numpy")
    return (
        np.asarray(table["apparent_elevation"], dtype=np.float64),
        np.asarray(table["azimuth"], dtype=np.float64),
    )


def clear_sky_irradiance(
    instants: ArrayLike,
    *,
    latitude: float,
    longitude: float,
    elevation: float = 0.0,
    linke_turbidity: float = LINKE_TURBIDITY,
) -> tuple[Float, Float, Float]:
    """Compute the irradiance under a cloudless sky.

    Parameters
    ----------
    instants : array of datetime64
        UTC.
    latitude, longitude : float
        Degrees.
    elevation : float
        Metres above sea level, -500 to 9000.
    linke_turbidity : float
        1 (pure air) to 10 (very hazy).

    Returns
    -------
    global_horizontal, direct_normal, diffuse_horizontal : arrays, W/m2

    Raises
    ------
    InputError
        If the place, elevation or turbidity is impossible.

    References
    ----------
    P. Ineichen, R. Perez (2002): A new airmass independent formulation for the Linke turbidity coefficient. Solar
    Energy 73, 151-157, as implemented by pvlib.

    Examples
    --------
    >>> noon = np.array(["2018-07-26T11:20"], "M8[s]")
    >>> total, beam, diffuse = clear_sky_irradiance(noon, latitude=49.9, longitude=11.6, elevation=340)
    >>> 800 < float(total[0]) < 900
    True
    """
    from pvlib import atmosphere, clearsky

    if not -500 <= elevation <= 9000:
        raise InputError(f"elevation is {elevation:g} m; it must lie in -500 to 9000 m")
    if not 1 <= linke_turbidity <= 10:
        raise InputError(f"linke_turbidity is {linke_turbidity:g}; it must lie in 1 to 10")
    altitude, _ = solar_position(instants, latitude=latitude, longitude=longitude)
    zenith = 90.0 - altitude
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = atmosphere.get_relative_airmass(np.minimum(zenith, 90.0))
        absolute = atmosphere.get_absolute_airmass(relative, atmosphere.alt2pres(elevation))
        extra = extraterrestrial_irradiance(instants)
        sky = clearsky.ineichen(zenith, absolute, linke_turbidity, altitude=elevation, dni_extra=extra)
    total, beam, diffuse = (np.nan_to_num(np.asarray(sky[name], np.float64)) for name in ("ghi", "dni", "dhi"))
    return total, beam, diffuse


def extraterrestrial_irradiance(instants: ArrayLike) -> Float:
    """Compute the sun's irradiance outside the air, on a surface that faces it, W/m2.

    Parameters
    ----------
    instants : array of datetime64
        UTC.

    References
    ----------
    J. W. Spencer (1971), as implemented by pvlib.

    Examples
    --------
    >>> extraterrestrial_irradiance(["2018-07-04T12:00"]).round().tolist()
    [1320.0]
    """
    from pvlib import irradiance

    days = _utc_index(instants).day_of_year.to_numpy()
    return np.asarray(irradiance.get_extra_radiation(days), dtype=np.float64)


def check_place(latitude: float, longitude: float) -> None:
    """Refuse a latitude or longitude that does not exist.

    Examples
    --------
    >>> check_place(49.9, 11.6)
    """
    if not -90 <= latitude <= 90:
        raise InputError(f"latitude is {latitude!r}; it must lie in -90 to 90 degrees")
    if not -180 <= longitude <= 180:
        raise InputError(f"longitude is {longitude!r}; it must lie in -180 to 180 degrees")


def _utc_index(instants: ArrayLike) -> pd.DatetimeIndex:
    times = pd.DatetimeIndex(np.atleast_1d(np.asarray(instants, dtype="datetime64[ns]")), tz="UTC")
    if times.hasnans:
        raise InputError("an instant is missing (NaT); every time step needs its time")
    return times
