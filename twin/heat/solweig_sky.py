"""The clearness of the sky as SOLWEIG takes it: light over that of a cloudless sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SOLAR_CONSTANT = 1370.0
"""As in Crawford and Duchon (1999), W/m2."""

PRESSURE = 1013.25
"""hPa."""

# W. L. Smith (1966), J. Appl. Meteorol. 5, 726-727: rows of 10 degrees of latitude from the equator; winter, spring,
# summer, autumn
MOISTURE = np.array(
    [
        [3.37, 2.85, 2.80, 2.64],
        [2.99, 3.02, 2.70, 2.93],
        [3.60, 3.00, 2.98, 2.93],
        [3.04, 3.11, 2.92, 2.94],
        [2.70, 2.95, 2.77, 2.71],
        [2.52, 3.07, 2.67, 2.93],
        [1.76, 2.69, 2.61, 2.61],
        [1.60, 1.67, 2.24, 2.63],
        [1.11, 1.44, 1.94, 2.02],
    ]
)


def clearness(
    irradiance: Float, altitude: Float, day: Float, temperature: Float, humidity: Float, latitude: float
) -> Float:
    """Return the clearness of every step: 1 for a cloudless sky and at night, at least 0.

    Parameters
    ----------
    irradiance : array
        Global, W/m2.
    altitude : array
        Of the sun, degrees.
    day : array
        Of the year.
    temperature, humidity : array
        Of the air, degC and percent.
    latitude : float
        Degrees.

    References
    ----------
    T. M. Crawford, C. E. Duchon (1999): An improved parameterization for estimating effective atmospheric emissivity
    for use in calculating daytime downwelling longwave radiation. Journal of Applied Meteorology 38, 474-480.
    F. Lindberg, B. Holmer, S. Thorsson (2008), as in `twin.heat.solweig_physics` (the term by the height of the sun).

    Examples
    --------
    >>> clearness(*(np.array([value]) for value in (0.0, -5.0, 200.0, 20.0, 50.0)), latitude=50.0).tolist()
    [1.0]
    """
    up = altitude > 0
    height = np.radians(np.where(up, np.maximum(altitude, 0.1), 90.0))
    cosine = np.sin(height)
    mass = 35 * cosine / np.sqrt(1224 * cosine**2 + 1)
    gases = 1.021 - 0.084 * np.sqrt(mass * (0.000949 * PRESSURE + 0.051))
    ratio = np.log(np.maximum(humidity, 1e-3) / 100) + 17.27 * temperature / (237.3 + temperature)
    dew_point = 237.3 * ratio / (17.27 - ratio)
    season = ((day + 9) // 91.3125).astype(int) % 4 if latitude >= 0 else ((day + 9) // 91.3125 + 2).astype(int) % 4
    moisture = MOISTURE[min(int(abs(latitude) // 10), 8), season]
    water = np.exp(0.1133 - np.log(moisture + 1) + 0.0393 * (1.8 * dew_point + 32))
    vapour = 1 - 0.077 * (water * mass) ** 0.3
    distance = 1 + 0.033 * np.cos(2 * np.pi * day / 365)
    cloudless = SOLAR_CONSTANT * cosine * gases * vapour * 0.935**mass * distance
    low = 1 - (0.1473 * np.log(np.degrees(height)) + 0.3454)
    found = irradiance / cloudless + low
    return np.asarray(np.where(up, np.clip(found, 0.0, None), 1.0), np.float64)
