"""How light and warmth are spread over the sky.

Shortwave after Perez, Seals and Michalsky (1993), longwave after Berdahl and Martin (1984) with the angular law of
Martin and Berdahl (1984). Both are normalised: what a free horizontal surface receives is the diffuse irradiance of
the weather, and the hemispherical emissivity, to rounding. Radiance is given times pi, so that a sky of one value sends
that many W/m2 on a horizontal surface. Elevations and azimuths are degrees. Nothing here was fitted to the places this
model is validated with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

LEVELS = 256
"""Horizon angles are bytes, linear in the angle, 255 the zenith; skies are kept for the 255 rings between them."""

CLEARNESS_BINS = (1.065, 1.230, 1.500, 1.950, 2.800, 4.500, 6.200)
"""Upper ends of the classes of clearness but the last, Perez et al. (1993), table 1."""

# a, b, c, d, e, each with four coefficients, for eight classes of clearness: Perez et al. (1993), table 1
_PEREZ = np.array(
    [
        [1.3525, -0.2576, -0.2690, -1.4366, -0.7670, 0.0007, 1.2734, -0.1233, 2.8000, 0.6004],
        [1.2375, 1.0000, 1.8734, 0.6297, 0.9738, 0.2809, 0.0356, -0.1246, -0.5718, 0.9938],
        [-1.2219, -0.7730, 1.4148, 1.1016, -0.2054, 0.0367, -3.9128, 0.9156, 6.9750, 0.1774],
        [6.4477, -0.1239, -1.5798, -0.5081, -1.7812, 0.1080, 0.2624, 0.0672, -0.2190, -0.4285],
        [-1.1000, -0.2515, 0.8952, 0.0156, 0.2782, -0.1812, -4.5000, 1.1766, 24.7219, -13.0812],
        [-37.7000, 34.8438, -5.0000, 1.5218, 3.9229, -2.6204, -0.0156, 0.1597, 0.4199, -0.5562],
        [-0.5484, -0.6654, -0.2672, 0.7117, 0.7234, -0.6219, -5.6812, 2.6297, 33.3389, -18.3000],
        [-62.2500, 52.0781, -3.5000, 0.0016, 1.1477, 0.1062, 0.4659, -0.3296, -0.0876, -0.0329],
        [-0.6000, -0.3566, -2.5000, 2.3250, 0.2937, 0.0496, -5.6812, 1.8415, 21.0000, -4.7656],
        [-21.5906, 7.2492, -3.5000, -0.1554, 1.4062, 0.3988, 0.0032, 0.0766, -0.0656, -0.1294],
        [-1.0156, -0.3670, 1.0078, 1.4051, 0.2875, -0.5328, -3.8500, 3.3750, 14.0000, -0.9999],
        [-7.1406, 7.5469, -3.4000, -0.1078, -1.0750, 1.5702, -0.0672, 0.4016, 0.3017, -0.4844],
        [-1.0000, 0.0211, 0.5025, -0.5119, -0.3000, 0.1922, 0.7023, -1.6317, 19.0000, -5.0000],
        [1.2438, -1.9094, -4.0000, 0.0250, 0.3844, 0.2656, 1.0468, -0.3788, -2.4517, 1.4656],
        [-1.0500, 0.0289, 0.4260, 0.3590, -0.3250, 0.1156, 0.7781, 0.0025, 31.0625, -14.5000],
        [-46.1148, 55.3750, -7.2312, 0.4050, 13.3500, 0.6234, 1.5000, -0.6426, 1.8564, 0.5636],
    ]
).reshape(8, 5, 4)

ANGULAR_DEPTH = 0.308
"""How fast the gaps of the longwave sky close towards the horizon, Martin and Berdahl (1984)."""

_LOWEST_SUN = 2.0
"""The law of the luminance is used for a sun no lower than this, degrees: below, clearness and air mass mean little."""


def sky_clearness(direct: ArrayLike, diffuse: ArrayLike, altitude: ArrayLike) -> Float:
    """Return the clearness of the sky: 1 when overcast, above 6 when clear.

    Parameters
    ----------
    direct, diffuse : array
        Beam on a surface that faces it, and diffuse irradiance, W/m2.
    altitude : array
        Of the sun, degrees.

    References
    ----------
    R. Perez, R. Seals, J. Michalsky (1993): All-weather model for sky luminance distribution. Solar Energy 50,
    235-245, equation 1.

    Examples
    --------
    >>> float(sky_clearness(0.0, 100.0, 30.0))
    1.0
    """
    zenith = 1.041 * np.radians(90.0 - np.asarray(altitude, np.float64)) ** 3
    diffuse = np.maximum(np.asarray(diffuse, np.float64), 1e-6)
    return np.asarray(((diffuse + direct) / diffuse + zenith) / (1.0 + zenith), dtype=np.float64)


def sky_brightness(diffuse: ArrayLike, altitude: ArrayLike, extraterrestrial: ArrayLike) -> Float:
    """Return the brightness of the sky: diffuse light times air mass over the extraterrestrial irradiance.

    Parameters
    ----------
    diffuse, extraterrestrial : array
        W/m2.
    altitude : array
        Of the sun, degrees.

    References
    ----------
    Perez et al. (1993), equation 2; air mass of F. Kasten and A. Young (1989), Applied Optics 28, 4735-4738.

    Examples
    --------
    >>> round(float(sky_brightness(100.0, 90.0, 1367.0)), 3)
    0.073
    """
    altitude = np.asarray(altitude, np.float64)
    mass = 1.0 / (np.sin(np.radians(altitude)) + 0.50572 * (altitude + 6.07995) ** -1.6364)
    return np.asarray(mass * np.asarray(diffuse, np.float64) / extraterrestrial, dtype=np.float64)


def perez_luminance(
    elevation: ArrayLike, apart: ArrayLike, *, altitude: float, clearness: float, brightness: float
) -> Float:
    """Return the relative luminance of points of the sky.

    Parameters
    ----------
    elevation : array
        Of the points, degrees, above 0.
    apart : array
        Difference in azimuth from the sun, degrees; broadcast against `elevation`.
    altitude : float
        Of the sun, degrees.
    clearness, brightness : float
        See `sky_clearness`, `sky_brightness`.

    References
    ----------
    R. Perez, R. Seals, J. Michalsky (1993): All-weather model for sky luminance distribution. Solar Energy 50,
    235-245, equations 3 to 8 and table 1. As in the authors' later programs the brightness counts as at least 0.2
    where the clearness is 1.065 to 2.8, where the law was not fitted to darker skies.

    Examples
    --------
    >>> towards, away = perez_luminance(40.0, [0.0, 180.0], altitude=40.0, clearness=7.0, brightness=0.1)
    >>> bool(towards > 5 * away)
    True
    """
    which = int(np.searchsorted(CLEARNESS_BINS, clearness, side="right"))
    if CLEARNESS_BINS[0] < clearness < CLEARNESS_BINS[4]:
        brightness = max(brightness, 0.2)
    brightness = float(np.clip(brightness, 0.01, 0.6))
    height = np.radians(max(altitude, _LOWEST_SUN))
    zenith = np.pi / 2 - height
    table = _PEREZ[which]
    a, b, c, d, e = table[:, 0] + table[:, 1] * zenith + brightness * (table[:, 2] + table[:, 3] * zenith)
    if which == 0:  # overcast skies have laws of their own for c and d
        c1, c2, c3, c4 = table[2]
        d1, d2, d3, d4 = table[3]
        c = np.exp((brightness * (c1 + c2 * zenith)) ** c3) - c4
        d = -np.exp(brightness * (d1 + d2 * zenith)) + d3 + brightness * d4
    up = np.radians(np.asarray(elevation, np.float32))
    sine = np.sin(up)
    cosine = sine * np.float32(np.sin(height))
    cosine = cosine + np.cos(up) * np.float32(np.cos(height)) * np.cos(np.radians(np.asarray(apart, np.float32)))
    cosine = np.clip(cosine, -1.0, 1.0)
    gamma = np.arccos(cosine)
    # rare pairs of clearness and brightness, far from those it was fitted to, would make the law grow beyond bounds
    gradation = 1.0 + np.float32(a) * np.exp(np.minimum(np.float32(b) / sine, np.float32(3.0)))
    indicatrix = 1.0 + np.float32(c) * np.exp(np.float32(min(d, 0.0)) * gamma) + np.float32(e) * cosine**2
    return np.asarray(np.maximum(gradation * indicatrix, 0.0), dtype=np.float64)


def ring_elevations() -> Float:
    """Return the middles of the 255 rings between the angles that a horizon can have, degrees.

    Examples
    --------
    >>> len(ring_elevations()), round(float(ring_elevations()[0]), 3)
    (255, 0.176)
    """
    return np.asarray((np.arange(LEVELS - 1) + 0.5) * (90.0 / (LEVELS - 1)), dtype=np.float64)


def ring_weights() -> Float:
    """Return the share of a horizontal surface's view that each ring takes.

    Examples
    --------
    >>> round(float(ring_weights().sum()), 12)
    1.0
    """
    return np.diff(np.sin(np.linspace(0.0, np.pi / 2, LEVELS)) ** 2)


def shortwave_sky(
    azimuth: ArrayLike,
    *,
    sun_altitude: float,
    sun_azimuth: float,
    direct: float,
    diffuse: float,
    extraterrestrial: float,
    points: int = 4,
) -> Float:
    """Spread diffuse light over rings and sectors of the sky.

    Parameters
    ----------
    azimuth : array (n,)
        Middles of n equal sectors, degrees.
    sun_altitude, sun_azimuth : float
        Degrees.
    direct, diffuse, extraterrestrial : float
        W/m2.
    points : int
        Azimuths over which each sector is averaged.

    Returns
    -------
    array (n, 255), W/m2
        Radiance times pi; `diffuse` on a horizontal surface in all.

    Examples
    --------
    >>> sky = shortwave_sky([45, 135, 225, 315], sun_altitude=30, sun_azimuth=180, direct=700, diffuse=100,
    ...                     extraterrestrial=1330)
    >>> round(float((sky * ring_weights()).sum(axis=1).mean()), 9)
    100.0
    """
    azimuth = np.asarray(azimuth, np.float64)
    if diffuse <= 0:
        return np.zeros((len(azimuth), LEVELS - 1))
    step = 360.0 / len(azimuth)
    offset = ((np.arange(points) + 0.5) / points - 0.5) * step
    apart = (azimuth[:, None] + offset - sun_azimuth)[:, :, None]
    height = max(sun_altitude, _LOWEST_SUN)
    luminance = perez_luminance(
        ring_elevations(),
        apart,
        altitude=height,
        clearness=float(sky_clearness(direct, diffuse, height)),
        brightness=float(sky_brightness(diffuse, height, extraterrestrial)),
    ).mean(axis=1)
    total = float((luminance @ ring_weights()).mean())
    if not total > 0:
        return np.full(luminance.shape, diffuse)
    return np.asarray(luminance * (diffuse / total))


def clear_sky_emissivity(air_temperature: ArrayLike, vapour_pressure: ArrayLike, hour: ArrayLike) -> Float:
    """Return the longwave emissivity of a cloudless sky, seen by a horizontal surface.

    Parameters
    ----------
    air_temperature : array
        degC.
    vapour_pressure : array
        hPa.
    hour : array
        Solar time, h: by day the air near the ground is warmer, by night colder than the air that radiates.

    References
    ----------
    P. Berdahl, M. Martin (1984): Emissivity of clear skies. Solar Energy 32, 663-664; fitted to 57 months at six
    places in the United States. L. Alados-Arboledas and J. I. Jimenez (1993), Theor. Appl. Climatol. 48, 127-131, found
    the original coefficients with a correction for day and night within the error of measurement in Granada, and the
    formulas of Brutsaert, Idso and Berdahl and Martin without it too high by day.

    Examples
    --------
    >>> clear_sky_emissivity(25.0, 15.0, [0.0, 12.0]).round(3).tolist()
    [0.809, 0.783]
    """
    from twin.heat.air import saturation_vapour_pressure

    vapour = np.maximum(np.asarray(vapour_pressure, np.float64), 0.05)
    # dew point by the Magnus formula, Sonntag (1990), then two steps on the house's own curve
    ratio = np.log(vapour / 6.112)
    dew = 243.12 * ratio / (17.62 - ratio)
    for _ in range(2):
        slope = (saturation_vapour_pressure(dew + 0.05) - saturation_vapour_pressure(dew - 0.05)) / 0.1
        dew = dew + (vapour - saturation_vapour_pressure(dew)) / slope
    hundredth = np.minimum(dew, np.asarray(air_temperature, np.float64)) / 100.0
    emissivity = 0.711 + 0.56 * hundredth + 0.73 * hundredth**2
    emissivity = emissivity + 0.013 * np.cos(2 * np.pi * np.asarray(hour, np.float64) / 24.0)
    return np.asarray(np.clip(emissivity, 0.4, 1.0), dtype=np.float64)


def cloud_share(irradiance: ArrayLike, clear: ArrayLike, altitude: ArrayLike) -> Float:
    """Estimate the cloudy share of the sky, step by step, from the light that is missing.

    Parameters
    ----------
    irradiance, clear : array (steps,)
        Global irradiance, and that of a cloudless sky, W/m2.
    altitude : array (steps,)
        Of the sun, degrees. Below 10 degrees, and at night, the share is interpolated in time between the steps before
        and after; without any such step it is 0.

    References
    ----------
    T. M. Crawford, C. E. Duchon (1999): An improved parameterization for estimating effective atmospheric emissivity
    for use in calculating daytime downwelling longwave radiation. J. Appl. Meteorol. 38, 474-480.

    Examples
    --------
    >>> cloud_share([0, 400, 0, 800], [0, 800, 0, 800], [-5, 50, -5, 50]).tolist()
    [0.5, 0.5, 0.25, 0.0]
    """
    irradiance, clear = np.asarray(irradiance, np.float64), np.asarray(clear, np.float64)
    known = (np.asarray(altitude) >= 10.0) & (clear > 20.0)
    if not known.any():
        return np.zeros(irradiance.shape)
    share = 1.0 - np.clip(irradiance[known] / clear[known], 0.0, 1.0)
    return np.asarray(np.interp(np.arange(len(clear)), np.flatnonzero(known), share), dtype=np.float64)


def longwave_sky(emissivity: ArrayLike, clouds: ArrayLike = 0.0, *, angular: bool = True) -> Float:
    """Spread the longwave emissivity of the sky over its rings.

    Parameters
    ----------
    emissivity : array (steps,)
        Of the cloudless sky, seen by a horizontal surface.
    clouds : array (steps,)
        Cloudy share, whose emissivity is 1.
    angular : bool
        Whether the cloudless sky is colder overhead than at the horizon; else it is the same everywhere.

    Returns
    -------
    array (steps, 255)
        The mean with `ring_weights` is the emissivity with clouds.

    References
    ----------
    M. Martin, P. Berdahl (1984): Characteristics of infrared sky radiation in the United States. Solar Energy 33,
    321-336: what is missing to a black sky falls off as exp(0.308 (1.7 - 1 / cos z)) with the zenith angle z. M. H.
    Unsworth and J. L. Monteith (1975), Q. J. R. Meteorol. Soc. 101, 13-24, measured the same shape in England.

    Examples
    --------
    >>> sky = longwave_sky([0.8])
    >>> round(float((sky @ ring_weights())[0]), 12), bool(sky[0, 0] > 0.99 > 0.8 > sky[0, -1])
    (0.8, True)
    """
    emissivity = np.atleast_1d(np.asarray(emissivity, np.float64))
    clouds = np.broadcast_to(np.asarray(clouds, np.float64), emissivity.shape)
    gap = np.ones(LEVELS - 1)
    if angular:
        gap = np.exp(ANGULAR_DEPTH * (1.7 - 1.0 / np.sin(np.radians(ring_elevations()))))
        gap = gap / float(gap @ ring_weights())
    return np.asarray(1.0 - ((1.0 - clouds) * (1.0 - emissivity))[:, None] * gap, dtype=np.float64)
