"""Wind at another height above the ground, by one stated profile.

The logarithmic profile over short grass (roughness 0.01 m) is that of the UTCI, which takes wind at 10 m and walks in
what it leaves at 1.1 m; PET, which takes wind at 1.1 m, gets the same wind through it. Neutral air, no buildings.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError

STATION_HEIGHT = 10.0
"""Height of the wind that weather holds, m."""

PERSON_HEIGHT = 1.1
"""Middle of a standing person, m: wind for PET (VDI 3787 part 2)."""

ROUGHNESS = 0.01
"""Roughness length, m: P. Broede et al. (2012), section on wind, from which the UTCI's profile comes."""


def wind_at(
    speed: ArrayLike,
    height_from: float,
    height_to: float,
    *,
    roughness: float = ROUGHNESS,
    profile: Literal["logarithmic", "power"] = "logarithmic",
    exponent: float = 0.25,
) -> NDArray[np.float64]:
    """Convert wind speed from one height above the ground to another.

    Parameters
    ----------
    speed : float or array
        At `height_from`, m/s, >= 0; NaN stays NaN.
    height_from, height_to : float
        m above ground, above the roughness length and at most 200.
    roughness : float
        Roughness length of the surroundings, m: 0.01 short grass, 0.03 meadow, 0.3 suburb; 1e-4 to 3.
    profile : {"logarithmic", "power"}
        u ln(z2/z0) / ln(z1/z0), or u (z2/z1) to the power of `exponent`.
    exponent : float
        Of the power law, 0 to 1.

    Returns
    -------
    array, m/s

    Raises
    ------
    InputError
        If a speed is negative, or a height or the profile impossible.

    References
    ----------
    P. Broede, D. Fiala, K. Blazejczyk, I. Holmer, G. Jendritzky, B. Kampmann, B. Tinz, G. Havenith (2012): Deriving the
    operational procedure for the Universal Thermal Climate Index (UTCI). Int. J. Biometeorol. 56, 481-494.

    Examples
    --------
    >>> round(float(wind_at(3.0, 10.0, 1.1)), 3)
    2.041
    >>> round(float(wind_at(3.0, 10.0, 1.1, profile="power")), 3)
    1.728
    """
    wind = np.asarray(speed, dtype=np.float64)
    if (wind < 0).any() or np.isinf(wind).any():
        raise InputError(f"speed is {float(np.nanmin(wind)):g} m/s; it must be finite and >= 0")
    if not 1e-4 <= roughness <= 3:
        raise InputError(f"roughness is {roughness!r}; it must lie in 0.0001 to 3 m")
    lowest = roughness if profile == "logarithmic" else 0.0
    for name, height in (("height_from", height_from), ("height_to", height_to)):
        if not lowest < height <= 200:
            raise InputError(f"{name} is {height!r}; it must lie above {lowest:g} and at most 200 m")
    if profile == "logarithmic":
        factor = np.log(height_to / roughness) / np.log(height_from / roughness)
    elif profile == "power":
        if not 0 <= exponent <= 1:
            raise InputError(f"exponent is {exponent!r}; it must lie in 0 to 1")
        factor = (height_to / height_from) ** exponent
    else:
        raise InputError(f"profile is {profile!r}; it must be 'logarithmic' or 'power'")
    return np.asarray(wind * factor, dtype=np.float64)


def to_station_height(
    speed: NDArray[np.float64], height: float, roughness: float | None
) -> tuple[NDArray[np.float64], str]:
    """Convert wind to 10 m; also return the words that say so.

    Examples
    --------
    >>> wind, words = to_station_height(np.array([2.0]), 2.0, None)
    >>> round(float(wind[0]), 3), words
    (2.608, 'wind measured 2 m above ground, converted to 10 m (logarithmic profile, roughness 0.01 m)')
    """
    length = ROUGHNESS if roughness is None else roughness
    wind = wind_at(speed, height, STATION_HEIGHT, roughness=length)
    return wind, (
        f"wind measured {height:g} m above ground, converted to {STATION_HEIGHT:g} m (logarithmic profile, "
        f"roughness {length:g} m)"
    )
