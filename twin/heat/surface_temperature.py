"""How warm walls and the leaves on them are: everything that is the same on all cells.

A wall that no light reaches is followed through the day here. What light and the ground's warmth add differs from cell
to cell and answers linearly to what the wall absorbs; the kernels add it with the coefficients that stand here. The
balance is force-restore: exact for the daily wave in a uniform half-space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.heat import materials
from twin.heat.air import saturation_vapour_pressure
from twin.heat.radiation import SIGMA

SPIN_UP_DAYS = 3
"""Days the first day is repeated until the warmth of ground and walls closes on itself; the rest is below 0.1 K."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class WallClimate:
    """A wall in the dark, and how it answers to warmth; all arrays (steps,).

    temperature : of the wall, K
    longwave : what it sends out, its own and what it reflects, W/m2
    hold, store : conductance to the daily mean inside, and heat capacity per step, W m-2 K-1
    loss : heat given off per K, W m-2 K-1
    emission : longwave per K, W m-2 K-1
    curvature : second order of the longwave, per longwave, m2/W
    leaf : longwave that leaves on the wall send out per absorbed radiation
    """

    temperature: Float
    longwave: Float
    hold: Float
    store: Float
    loss: Float
    emission: Float
    curvature: Float
    leaf: Float


def exchange_coefficient(wind: Float) -> Float:
    """Return the coefficient of sensible heat exchange between ground or walls and air, W m-2 K-1.

    Rowley et al. (1930) as used by Masson (2000): 11.8 + 4.2 u, with u the wind near the surface, taken as a third of
    that at 10 m (rural logarithmic profile over 0.3 m roughness, from 10 m down to 1 m).

    Examples
    --------
    >>> exchange_coefficient(np.array([3.0])).round(1).tolist()
    [16.0]
    """
    return np.asarray(11.8 + 4.2 * wind / 3.0, dtype=np.float64)


def evaporating_share(temperature: Float) -> Float:
    """Return the share s / (s + gamma) of the available energy that evaporates over wet ground, but for a factor.

    Parameters
    ----------
    temperature : array
        Of the air, degC. The psychrometric constant gamma is 0.66 hPa/K, near sea level.

    References
    ----------
    C. Priestley, R. Taylor (1972): On the assessment of surface heat flux and evaporation using large-scale
    parameters. Monthly Weather Review 100, 81-92.

    Examples
    --------
    >>> evaporating_share(np.array([20.0])).round(2).tolist()
    [0.69]
    """
    slope = (saturation_vapour_pressure(temperature + 0.05) - saturation_vapour_pressure(temperature - 0.05)) / 0.1
    return np.asarray(slope / (slope + 0.66), dtype=np.float64)


def wall_climate(temperature: Float, wind: Float, sky_longwave: Float, *, step: float, per_day: int) -> WallClimate:
    """Follow a wall in the dark through the weather.

    Parameters
    ----------
    temperature, wind : array (steps,)
        Of the air, degC and m/s.
    sky_longwave : array (steps,)
        Longwave radiation on an open wall from its half of sky, twice, W/m2.
    step : float
        s.
    per_day : int
        Steps in a day.

    References
    ----------
    V. Masson (2000): A physically-based scheme for the urban energy budget in atmospheric models. Boundary-Layer
    Meteorology 94, 357-397 (walls by energy balance). J. W. Deardorff (1978), J. Geophys. Res. 83, 1889-1903
    (force-restore).

    Examples
    --------
    >>> air = np.full(24, 20.0)
    >>> black = SIGMA * (air + 273.15) ** 4
    >>> wall = wall_climate(air, np.zeros(24), black, step=3600.0, per_day=24)
    >>> bool(np.allclose(wall.temperature, 293.15))
    True
    """
    kelvin = temperature + 273.15
    omega = 2 * np.pi / 86400
    store = materials.WALL_ADMITTANCE / np.sqrt(2 * omega) / step
    hold = materials.WALL_ADMITTANCE * np.sqrt(0.5 * omega)
    emissivity = materials.WALL_EMISSIVITY
    exchange = exchange_coefficient(wind)
    arriving = 0.5 * (sky_longwave + SIGMA * kelvin**4)
    middle = np.empty_like(kelvin)
    surface = deep = float(kelvin[:per_day].mean())
    for day in range(SPIN_UP_DAYS + 1):
        last = len(kelvin) if day == SPIN_UP_DAYS else per_day
        for n in range(last):
            cube = emissivity * SIGMA * surface**3
            gain = emissivity * arriving[n] + 3 * cube * surface + exchange[n] * kelvin[n] + hold * deep
            new = (store * surface + gain) / (store + 4 * cube + exchange[n] + hold)
            middle[n] = 0.5 * (surface + new)
            surface = new
            if n % per_day == per_day - 1:  # the next day rests on the mean of this one
                deep = float(middle[n - per_day + 1 : n + 1].mean())
    emission = 4 * emissivity * SIGMA * middle**3
    leaf_emission = 4 * SIGMA * kelvin**3
    drying = np.minimum(materials.UPTAKE["shrub"].evaporation * evaporating_share(temperature), 0.9)
    return WallClimate(
        temperature=middle,
        longwave=emissivity * SIGMA * middle**4 + (1 - emissivity) * arriving,
        hold=np.full_like(kelvin, hold),
        store=np.full_like(kelvin, store),
        loss=emission + exchange,
        emission=emission,
        curvature=6 * emissivity * SIGMA * middle**2 / emission**2,
        leaf=(1 - drying) * leaf_emission / (leaf_emission + 2 * exchange),  # air passes leaves on both sides
    )
