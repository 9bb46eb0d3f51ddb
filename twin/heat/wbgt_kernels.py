"""Loops over cells: black globe, naturally ventilated wet bulb, and the wet bulb globe temperature of both.

Symbols
    ta, tr, tg, tw    temperatures of air, radiation, globe and wet wick, degC
    v, p, e           wind at the instrument, m/s; air pressure, vapour pressure, hPa
    side              what is asked for
    h                 coefficient of convection, W m-2 K-1

Both balances fall as the temperature sought rises, between bounds that are known, so bisection by false position ends.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Floats = NDArray[np.float64]

SIGMA = 5.670374419e-8
ZERO = 273.15
BLOCK = 1024
GLOBE = 0.15  # diameter, m: ISO 7243
WICK = 0.007  # diameter, m: Liljegren et al. (2008)
EMISSIVITY = 0.95  # of globe (ISO 7726) and wick (Liljegren et al. 2008)
CALMEST = 0.13  # m/s; below, the correlation for the wick does not hold (Liljegren et al. 2008)


@jit
def saturation(t: float) -> float:
    """Vapour pressure over water, hPa, B. Hardy (1998)."""
    k = t + ZERO
    s = 1.6261698e-5 + k * (7.0229056e-10 - 1.8680009e-13 * k)
    s = 2.7150305 * math.log(k) + (-6028.076559 - 2836.5744 / k) / k + 19.54263612 + k * (-0.02737830188 + k * s)
    return 0.01 * math.exp(s)


@jit
def globe_gain(tg: float, ta: float, tr: float, v: float) -> float:
    """Heat gained by a globe, W/m2: ISO 7726, the larger of free and forced convection."""
    h = max(1.4 * (abs(tg - ta) / GLOBE) ** 0.25, 6.3 * v**0.6 / GLOBE**0.4)
    return float(h * (ta - tg) + EMISSIVITY * SIGMA * ((tr + ZERO) ** 4 - (tg + ZERO) ** 4))


@jit
def wick_gain(tw: float, ta: float, tr: float, v: float, p: float, e: float) -> float:
    """Heat gained by a wet wick, W/m2: Liljegren et al. (2008), radiation as of surroundings at `tr`."""
    film = 0.5 * (ta + tw) + ZERO
    viscosity = 1.458e-6 * film**1.5 / (film + 110.4)  # Sutherland
    density = 100.0 * p / (287.05 * film)
    heat = 1003.5
    conductivity = (heat + 1.25 * 287.05) * viscosity  # Eucken
    prandtl = heat * viscosity / conductivity
    diffusivity = 2.178e-5 * (film / ZERO) ** 1.81 * 1013.25 / p  # Massman (1998)
    schmidt = viscosity / (density * diffusivity)
    reynolds = max(v, CALMEST) * density * WICK / viscosity
    h = conductivity / WICK * 0.281 * reynolds**0.6 * prandtl**0.44  # Bedingfield and Drew (1950)
    latent = (2.5008e6 - 2370.0 * tw) / heat * (18.015 / 28.97) * (prandtl / schmidt) ** 0.56
    wet = saturation(tw)
    evaporated = latent * (wet - e) / (p - wet)
    return float(h * (ta - tw - evaporated) + EMISSIVITY * SIGMA * ((tr + ZERO) ** 4 - (tw + ZERO) ** 4))


@jit
def globe(ta: float, tr: float, v: float) -> float:
    """Temperature of a black globe, degC."""
    low, high = min(ta, tr), max(ta, tr)
    above, below = globe_gain(low, ta, tr, v), globe_gain(high, ta, tr, v)
    for _ in range(100):
        if high - low < 1e-9 or above <= 0.0 or below >= 0.0:
            break
        middle = (low * below - high * above) / (below - above)
        gain = globe_gain(middle, ta, tr, v)
        if abs(gain) < 1e-7:
            return float(middle)
        # Illinois: the end that stays counts half
        if gain > 0.0:
            low, above, below = middle, gain, 0.5 * below
        else:
            high, below, above = middle, gain, 0.5 * above
    return float(low if above <= 0.0 else high if below >= 0.0 else 0.5 * (low + high))


@jit
def wet_bulb(ta: float, tr: float, v: float, p: float, e: float) -> float:
    """Temperature of a naturally ventilated wet bulb, degC."""
    low, high = min(ta, tr) - 60.0, max(ta, tr) + 1.0
    # a wick boils before it is warmer than this; saturated air may also warm it a little above all around
    high = min(high, 80.0)
    above, below = wick_gain(low, ta, tr, v, p, e), wick_gain(high, ta, tr, v, p, e)
    while below > 0.0 and high < 80.0:
        high = min(high + 10.0, 80.0)
        below = wick_gain(high, ta, tr, v, p, e)
    for _ in range(100):
        if high - low < 1e-9:
            break
        middle = (low * below - high * above) / (below - above)
        if not low < middle < high:
            middle = 0.5 * (low + high)
        gain = wick_gain(middle, ta, tr, v, p, e)
        if abs(gain) < 1e-6:
            return middle
        if gain > 0.0:
            low, above, below = middle, gain, 0.5 * below
        else:
            high, below, above = middle, gain, 0.5 * above
    return 0.5 * (low + high)


@jit(parallel=True)
def temperatures(ta: Floats, tr: Floats, v: Floats, e: Floats, p: float, side: int, out: Floats) -> None:
    """Fill `out` (cells,), degC, with WBGT (side 0), globe (1) or wet bulb (2)."""
    cells = len(ta)
    for block in prange((cells + BLOCK - 1) // BLOCK):
        for k in range(block * BLOCK, min((block + 1) * BLOCK, cells)):
            if math.isnan(ta[k] + tr[k] + v[k] + e[k]):
                out[k] = np.nan
                continue
            black = wet = 0.0
            if side != 2:
                black = globe(ta[k], tr[k], v[k])
            if side != 1:
                wet = wet_bulb(ta[k], tr[k], v[k], p, e[k])
            if side == 0:
                out[k] = 0.7 * wet + 0.2 * black + 0.1 * ta[k]
            else:
                out[k] = black + wet
