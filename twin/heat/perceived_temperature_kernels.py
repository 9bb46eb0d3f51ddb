"""Loops over cells: perceived temperature by the comfort equation of Fanger and the two-node body of Gagge.

Symbols
    ta, tr, tcl, tsk, tc    temperatures of air, radiation, outer face of the clothing, skin, core; degC
    v, e                    wind at the body, m/s; vapour pressure, hPa
    clo, fcl, rcl           clothing, clo; its surface over that of the body; its resistance, m2 K/W
    loss, M                 W per m2 of body; M is produced
    w                       share of the skin that is wet

Every unknown is the zero of a function that rises or falls throughout, found by false position in a bracket.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Floats = NDArray[np.float64]

M = 135.0  # walking at about 4 km/h: VDI 3787 part 2; Staiger, Laschewski and Graetz (2012)
LEAST_CLO, MOST_CLO = 0.5, 1.75  # summer and winter clothing: the same
STILL = 0.1  # m/s in the reference environment: the same
LEWIS = 1.65  # K/hPa
BLOCK = 256


@jit
def saturation(t: float) -> float:
    """Vapour pressure over water, hPa, B. Hardy (1998)."""
    k = min(max(t, -120.0), 160.0) + 273.15
    s = 1.6261698e-5 + k * (7.0229056e-10 - 1.8680009e-13 * k)
    s = 2.7150305 * math.log(k) + (-6028.076559 - 2836.5744 / k) / k + 19.54263612 + k * (-0.02737830188 + k * s)
    return 0.01 * math.exp(s)


@jit
def clothing(clo: float) -> tuple[float, float]:
    """Surface factor and resistance, ISO 7730."""
    rcl = 0.155 * clo
    return (1.0 + 1.29 * rcl if rcl <= 0.078 else 1.05 + 0.645 * rcl), rcl


@jit
def dry_loss(tcl: float, ta: float, tr: float, v: float, fcl: float) -> float:
    """Convection and radiation from the clothing, Fanger (1972)."""
    h = max(2.38 * abs(tcl - ta) ** 0.25, 12.1 * math.sqrt(v))
    return float(fcl * (h * (tcl - ta) + 3.96e-8 * ((tcl + 273.15) ** 4 - (tr + 273.15) ** 4)))


@jit
def clothing_temperature(tsk: float, ta: float, tr: float, v: float, fcl: float, rcl: float) -> float:
    """Temperature at which the clothing passes on what it gets from skin of `tsk`."""
    low, high = min(ta, tr, tsk), max(ta, tr, tsk)
    below = low - tsk + rcl * dry_loss(low, ta, tr, v, fcl)
    above = high - tsk + rcl * dry_loss(high, ta, tr, v, fcl)
    if below >= 0.0:
        return float(low)
    if above <= 0.0:
        return float(high)
    middle = low
    for _ in range(100):
        middle = (low * above - high * below) / (above - below)
        rest = middle - tsk + rcl * dry_loss(middle, ta, tr, v, fcl)
        if abs(rest) < 1e-8:
            break
        if rest < 0.0:
            weight = 1.0 - rest / below
            above *= weight if weight > 0.0 else 0.5
            low, below = middle, rest
        else:
            weight = 1.0 - rest / above
            below *= weight if weight > 0.0 else 0.5
            high, above = middle, rest
    return float(middle)


@jit
def breath(ta: float, e: float) -> float:
    """Loss by breathing."""
    return 0.0014 * M * (34.0 - ta) + 1.7e-5 * M * (5867.0 - 100.0 * e)


@jit
def vote(ta: float, tr: float, v: float, e: float, clo: float) -> float:
    """Predicted mean vote, Fanger (1972)."""
    fcl, rcl = clothing(clo)
    tsk = 35.7 - 0.028 * M
    loss = dry_loss(clothing_temperature(tsk, ta, tr, v, fcl, rcl), ta, tr, v, fcl)
    loss += 3.05e-3 * (5733.0 - 6.99 * M - 100.0 * e) + 0.42 * (M - 58.15) + breath(ta, e)
    return (0.303 * math.exp(-0.036 * M) + 0.028) * (M - loss)


@jit
def core(tsk: float, heat: float) -> tuple[float, float]:
    """Core temperature that brings `heat` to the skin, and blood flow, l m-2 h-1; Gagge et al. (1986)."""
    slow = 1.0 + 0.1 * max(0.0, 33.7 - tsk)
    tc = tsk + heat / (5.28 + 1.163 * 6.3 / slow)
    if tc <= 36.8:
        return tc, 6.3 / slow
    a = 1.163 * 200.0 / slow
    b = 5.28 + 1.163 * 6.3 / slow - 36.8 * a
    q = b - a * tsk
    tc = (math.sqrt(max(0.0, q * q + 4.0 * a * (b * tsk + heat))) - q) / (2.0 * a)
    flow = (6.3 + 200.0 * (tc - 36.8)) / slow
    if flow > 90.0:
        return tsk + heat / (5.28 + 1.163 * 90.0), 90.0
    return tc, flow


@jit
def body(
    tcl: float, ta: float, tr: float, v: float, e: float, fcl: float, rcl: float
) -> tuple[float, float, float, float]:
    """Heat gained for a temperature of the clothing; also skin temperature, wetness, loss of the skin."""
    dry = dry_loss(tcl, ta, tr, v, fcl)
    tsk = tcl + rcl * dry
    heat = M - breath(ta, e)
    tc, flow = core(tsk, heat)
    skin = 0.0417737 + 0.7451833 / (flow + 0.585417)
    warm = skin * tsk + (1.0 - skin) * tc - 36.49
    sweat = 0.68 * min(500.0, 170.0 * max(0.0, warm) * math.exp(min(4.0, (tsk - 33.7) / 10.7)))
    h = max(2.38 * abs(tcl - ta) ** 0.25, 12.1 * math.sqrt(v))
    most = (saturation(tsk) - e) * LEWIS / (1.0 / (fcl * h) + rcl / 0.45)
    # kept off zero, so that wetness has no jump where air is as moist as skin
    w = min(1.0, 0.06 + 0.94 * sweat / max(most, 10.0))
    lost = dry + (w if most > 0.0 else 0.06) * most  # dew settles as it would diffuse out
    return heat - lost, tsk, w, lost


@jit
def effective_temperature(ta: float, tr: float, v: float, e: float, clo: float) -> float:
    """Temperature of even surroundings with 50 % humidity in which the same skin loses the same (ET*)."""
    fcl, rcl = clothing(clo)
    low, high = min(ta, tr, 30.0) - 20.0, max(ta, tr, 30.0) + 20.0
    below, tsk, w, lost = body(low, ta, tr, v, e, fcl, rcl)
    while below < 0.0 and low > -200.0:
        low -= 20.0
        below, tsk, w, lost = body(low, ta, tr, v, e, fcl, rcl)
    above, tsk, w, lost = body(high, ta, tr, v, e, fcl, rcl)
    for _ in range(100):
        if high - low < 1e-8:
            break
        middle = (low * above - high * below) / (above - below)
        if not low < middle < high:
            middle = 0.5 * (low + high)
        gain, tsk, w, lost = body(middle, ta, tr, v, e, fcl, rcl)
        if abs(gain) < 1e-5:
            break
        if gain > 0.0:
            weight = 1.0 - gain / below
            above *= weight if weight > 0.0 else 0.5
            low, below = middle, gain
        else:
            weight = 1.0 - gain / above
            below *= weight if weight > 0.0 else 0.5
            high, above = middle, gain

    # even surroundings: the loss of this skin falls as they warm
    esk = saturation(tsk)
    low, high = tsk - 120.0, tsk + 60.0
    below = above = 0.0
    t = low
    for n in range(100):
        if n == 0:
            t = low
        elif n == 1:
            t = high
        else:
            t = (low * above - high * below) / (above - below)
        tcl = clothing_temperature(tsk, t, t, v, fcl, rcl)
        h = max(2.38 * abs(tcl - t) ** 0.25, 12.1 * math.sqrt(v))
        evaporated = w * (esk - 0.5 * saturation(t)) * LEWIS / (1.0 / (fcl * h) + rcl / 0.45)
        more = dry_loss(tcl, t, t, v, fcl) + evaporated - lost
        if n == 0:
            below = more
        elif n == 1:
            above = more
        else:
            if abs(more) < 1e-6 or high - low < 1e-8:
                break
            if more > 0.0:
                weight = 1.0 - more / below
                above *= weight if weight > 0.0 else 0.5
                low, below = t, more
            else:
                weight = 1.0 - more / above
                below *= weight if weight > 0.0 else 0.5
                high, above = t, more
    return float(t)


@jit
def corrected_vote(ta: float, tr: float, v: float, e: float, clo: float) -> float:
    """Vote in the even surroundings that strain the skin as much: PMV* of Gagge et al. (1986)."""
    t = effective_temperature(ta, tr, v, e, clo)
    return vote(t, t, v, 0.5 * saturation(t), clo)


@jit
def perceived(ta: float, tr: float, v: float, e: float) -> float:
    """Perceived temperature of one cell."""
    v = max(v, STILL)
    clo = LEAST_CLO
    given = corrected_vote(ta, tr, v, e, clo)
    if given < 0.0:
        low, below = clo, given
        clo = high = MOST_CLO
        given = above = corrected_vote(ta, tr, v, e, clo)
        # between summer and winter clothing people dress so that they feel neither warm nor cold
        for _ in range(60):
            if (given <= 0.0 and clo == MOST_CLO) or abs(given) < 1e-6 or high - low < 1e-7:
                break
            clo = (low * above - high * below) / (above - below)
            given = corrected_vote(ta, tr, v, e, clo)
            if given < 0.0:
                weight = 1.0 - given / below
                above *= weight if weight > 0.0 else 0.5
                low, below = clo, given
            else:
                weight = 1.0 - given / above
                below *= weight if weight > 0.0 else 0.5
                high, above = clo, given

    # the reference: the same clothing and vote in even surroundings, nearly still, half saturated
    low, high = -150.0, 150.0
    below = vote(low, low, STILL, 0.5 * saturation(low), clo) - given
    above = vote(high, high, STILL, 0.5 * saturation(high), clo) - given
    t = low
    for _ in range(100):
        t = (low * above - high * below) / (above - below)
        rest = vote(t, t, STILL, 0.5 * saturation(t), clo) - given
        if abs(rest) < 1e-8 or high - low < 1e-8:
            break
        if rest < 0.0:
            weight = 1.0 - rest / below
            above *= weight if weight > 0.0 else 0.5
            low, below = t, rest
        else:
            weight = 1.0 - rest / above
            below *= weight if weight > 0.0 else 0.5
            high, above = t, rest
    return float(t)


@jit(parallel=True)
def temperatures(ta: Floats, tr: Floats, v: Floats, e: Floats, out: Floats) -> None:
    """Fill `out` (cells,) with perceived temperature, degC; a cell with something missing stays missing."""
    cells = len(ta)
    for block in prange((cells + BLOCK - 1) // BLOCK):
        for k in range(block * BLOCK, min((block + 1) * BLOCK, cells)):
            if math.isnan(ta[k] + tr[k] + v[k] + e[k]):
                out[k] = np.nan
            else:
                out[k] = perceived(ta[k], tr[k], v[k], e[k])
