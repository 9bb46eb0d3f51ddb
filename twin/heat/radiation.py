"""Radiation that reaches a standing person, and the sky it comes from.

A person is a standing body 1.1 m above the ground that takes up diffuse and longwave radiation from six directions with
the weights of Hoeppe (1992), and the sun's beam with the projected area of a standing body. Fluxes are W/m2,
temperatures degC, angles degrees. Functions are plain NumPy; the kernels repeat them per cell.
"""

from __future__ import annotations

from dataclasses import dataclass

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

GLOBE_ABSORPTION = 0.95
"""Black globe, ISO 7726: the same for both kinds of radiation, so that it cancels."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Receiver:
    """What takes up radiation: faces of a box, or a ball, or both.

    A face of weight w takes w times its irradiance, a ball of weight w takes w times the radiation from everywhere
    per steradian (a quarter: the mean over its surface).

    sides : weights of the faces to north, east, south and west
    up, down : weights of the faces that look up and down
    ball : weight of a ball
    shortwave, longwave : absorbed share
    body : whether the beam meets the projected area of a standing body, not the faces
    """

    sides: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    up: float = 0.0
    down: float = 0.0
    ball: float = 0.0
    shortwave: float = 1.0
    longwave: float = 1.0
    body: bool = False

    def view(self, azimuth: ArrayLike, width: float, elevation: ArrayLike, *, below: bool = False) -> Float:
        """Return the view of sectors of the sky, or of the ground, from the horizontal to an elevation.

        Parameters
        ----------
        azimuth : array (n,)
            Middles of the sectors, degrees.
        width : float
            Of a sector, degrees.
        elevation : array (m,)
            Degrees above, or below, the horizontal.
        below : bool
            Whether the ground is meant.

        Returns
        -------
        array (n, m)
            Irradiance taken up from a radiance of 1 / pi, so that all of a face's view is 1.

        Examples
        --------
        >>> round(float(RECEIVERS["standing"].view([180.0], 360.0, [90.0])[0, 0]), 12)
        0.5
        """
        middle, half = np.radians(np.asarray(azimuth, np.float64)), np.radians(width) / 2
        height = np.radians(np.asarray(elevation, np.float64))
        side = np.zeros(len(middle))
        for weight, face in zip(self.sides, (0.0, 90.0, 180.0, 270.0), strict=True):
            side += weight * _cosine_over(middle - np.radians(face), half)
        flat = (self.down if below else self.up) * 2 * half
        upright = height / 2 + np.sin(2 * height) / 4  # integral of cos2
        found = side[:, None] * upright + flat * (np.sin(height) ** 2 / 2) + 2 * half * self.ball * np.sin(height)
        return np.asarray(found / np.pi, dtype=np.float64)

    def beam(self, altitude: ArrayLike, azimuth: ArrayLike) -> Float:
        """Return the share of a beam's irradiance on a surface facing it that is received, before absorption.

        Examples
        --------
        >>> float(RECEIVERS["sphere"].beam(30.0, 180.0))
        0.25
        """
        up = np.radians(np.asarray(altitude, np.float64))
        share = np.full(np.broadcast(up, azimuth).shape, self.ball)
        if self.body:
            return np.asarray(share + projected_area_factor(altitude), dtype=np.float64)
        share = share + self.up * np.sin(up)
        for weight, face in zip(self.sides, (0.0, 90.0, 180.0, 270.0), strict=True):
            turned = np.radians(np.asarray(azimuth, np.float64) - face)
            share = share + weight * np.cos(up) * np.maximum(np.cos(turned), 0.0)
        return np.asarray(share, dtype=np.float64)


def _cosine_over(middle: Float, half: float) -> Float:
    """Integrate the positive part of the cosine over sectors, exactly."""

    def primitive(angle: Float) -> Float:
        turns = np.floor((angle + np.pi) / (2 * np.pi))
        rest = angle - 2 * np.pi * turns
        return np.asarray(np.sin(np.clip(rest, -np.pi / 2, np.pi / 2)) + 2 * turns, dtype=np.float64)

    return primitive(middle + half) - primitive(middle - half)


RECEIVERS: dict[str, Receiver] = {
    "standing": Receiver(
        sides=(WEIGHT_SIDE,) * 4,
        up=WEIGHT_UP_DOWN,
        down=WEIGHT_UP_DOWN,
        shortwave=ABSORPTION_SHORTWAVE,
        longwave=ABSORPTION_LONGWAVE,
        body=True,
    ),
    "sphere": Receiver(ball=0.25, shortwave=GLOBE_ABSORPTION, longwave=GLOBE_ABSORPTION),
}
"""Receivers by name: a standing person, and a black globe."""

FACES: dict[str, Receiver] = {
    "down": Receiver(up=1.0),
    "up": Receiver(down=1.0),
    "north": Receiver(sides=(1.0, 0.0, 0.0, 0.0)),
    "east": Receiver(sides=(0.0, 1.0, 0.0, 0.0)),
    "south": Receiver(sides=(0.0, 0.0, 1.0, 0.0)),
    "west": Receiver(sides=(0.0, 0.0, 0.0, 1.0)),
}
"""Flat receivers by where the radiation comes from; what comes down falls on a surface that looks up."""


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
