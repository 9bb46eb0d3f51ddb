"""Loops over cells: physiologically equivalent temperature by the heat balance of a body, in two versions.

Symbols
    ta, tr, tsk, tc, tcl     temperatures of air, radiation, skin, core, outer face of the clothing; degC
    v, p, e                  wind at the body, m/s; air pressure, vapour pressure, hPa
    body (9,)                see `pet.Person`; outdoors, and in the reference room
    law (10,)                constants in which the versions differ; see `pet.VDI` and `pet.WALTHER_GOESTCHEL`
    fluxes                   W per m2 of skin, positive towards the body

Columns of body
    0 heat production, W/m2; 1 covered share of the skin; 2 surface of the clothing over that of the skin; 3 resistance
    of the clothing, m2 K/W; 4 rise of skin over clothing in K for each W/m2 lost from the clothing's surface; 5 share
    of the skin's surface that radiates; 6 sweat factor; 7 surface of the clothed body over that of the naked one
Columns of law
    0 absolute zero, degC; 1 heat capacity of blood, J/l; 2 rise of the blood flow with core temperature, l m-2 h-1 K-1;
    3 core temperature from which it rises, degC; 4 body temperature from which one sweats, degC; 5 latent over
    sensible exchange at 1013.25 hPa, K/hPa; 6 least exchange coefficient, W m-2 K-1; 7 largest sweat rate, g m-2 h-1;
    8 latent heat passing dry skin, W m-2 hPa-1, or 0: through skin, clothing and air after Woodcock

The published programs search in steps over the clothing's temperature. Here, too, everything follows explicitly from
it, and the balance falls as it rises; so a bracket and false position always end, which steps do not.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Floats = NDArray[np.float64]

SIGMA = 5.67e-8
LATENT = 2.42e6
BLOCK = 256
COLDEST, HOTTEST = -150.0, 200.0  # clothing beyond what any balance within the ranges of the input needs, degC


@jit
def saturation(t: float, law: Floats) -> float:
    """Vapour pressure over water, hPa: Magnus as in the VDI program, or that of ITS-90 (Hardy 1998)."""
    t = min(max(t, -100.0), 150.0)
    if law[8] > 0.0:
        return 6.11 * math.exp(math.log(10.0) * 7.45 * t / (235.0 + t))
    k = t + 273.15
    s = 1.6261698e-5 + k * (7.0229056e-10 - 1.8680009e-13 * k)
    s = 2.7150305 * math.log(k) + (-6028.076559 - 2836.5744 / k) / k + 19.54263612 + k * (-0.02737830188 + k * s)
    return 0.01 * math.exp(s)


@jit
def breathing(ta: float, e: float, p: float, heat: float, law: Floats) -> float:
    """Heat gained with the air breathed."""
    out = 0.47 * ta + 21.0
    flow = 1.44e-6 * heat
    return float(flow * (1010.0 * (ta - out) + 0.623 * LATENT / p * (e - saturation(out, law))))


@jit
def exchange(v: float, p: float, law: Floats) -> float:
    """Coefficient of convection, W m-2 K-1."""
    dense = p / 1013.25
    return float(max(law[6], 2.67 + 6.5 * v**0.67) * dense**0.55)


@jit
def core(tsk: float, heat: float, law: Floats) -> tuple[float, float]:
    """Core temperature that brings `heat` to the skin, degC, and blood flow, l m-2 h-1.

    Heat passes tissue, 5.28 W m-2 K-1, and with the blood, which flows faster for a warm core and slower for a cold
    skin, 6.3 to 90 l m-2 h-1.
    """
    slow = 1.0 + 0.5 * max(0.0, 34.0 - tsk)
    blood = law[1] / 3600.0
    tc = tsk + heat / (5.28 + blood * 6.3 / slow)
    if tc <= 36.6:
        return tc, 6.3 / slow
    a = blood * law[2] / slow
    b = 5.28 + blood * (6.3 - law[2] * law[3]) / slow
    q = b - a * tsk
    tc = (math.sqrt(max(0.0, q * q + 4.0 * a * (b * tsk + heat))) - q) / (2.0 * a)
    flow = (6.3 + law[2] * (tc - law[3])) / slow
    if flow > 90.0:
        return tsk + heat / (5.28 + blood * 90.0), 90.0
    return tc, flow


@jit
def sweating(tsk: float, tc: float, flow: float, body: Floats, law: Floats) -> float:
    """Latent heat of all sweat, W/m2 (positive)."""
    skin = 0.1
    if law[8] == 0.0:
        skin = 0.0417737 + 0.7451833 / (flow + 0.585417)
    rate = 304.94 * (skin * tsk + (1.0 - skin) * tc - law[4]) * body[6]
    return float(LATENT / 3.6e6 * min(max(0.0, rate), law[7]))


@jit
def evaporation(
    sweat: float, esk: float, e: float, hc: float, p: float, body: Floats, law: Floats
) -> tuple[float, float, float]:
    """Loss by sweat, by diffusion through the skin, and wetness of the skin."""
    most = law[5] * (1013.25 / p if law[8] > 0.0 else 1.0) * hc / (1.0 + 0.92 * hc * body[3]) * (esk - e)
    if law[8] > 0.0:
        if most <= 0.0:
            # no sweat evaporates; the published ratio, then negative, keeps the skin from staying below the dew point
            wet = sweat / most if most < 0.0 else 1.0
            return 0.0, law[8] * (1.0 - wet) * (esk - e), wet
        wet = min(1.0, sweat / most)
        return min(sweat, most), law[8] * (1.0 - wet) * (esk - e), wet
    # Walther and Goestchel let all sweat evaporate, also beyond a wetness of one
    wet = min(1.0, sweat / (most if most != 0.0 else 0.001))
    through = 1.67 * 0.38 / (1.0 / (body[7] * hc) + body[3])
    return sweat, through * (1.0 - wet) * (esk - e), wet


@jit
def balance(
    tcl: float, ta: float, tr: float, e: float, p: float, hc: float, heat: float, body: Floats, law: Floats
) -> tuple[float, float, float, float]:
    """Heat gained in sum for a temperature of the clothing; also skin temperature, sweat lost, wetness."""
    zero = -law[0]
    radiant = (tr + zero) ** 4
    cover = hc * (ta - tcl) + 0.95 * SIGMA * body[5] * (radiant - (tcl + zero) ** 4)
    tsk = tcl - body[4] * cover
    bare = hc * (ta - tsk) + 0.99 * SIGMA * body[5] * (radiant - (tsk + zero) ** 4)
    tc, flow = core(tsk, heat, law)
    all_sweat = sweating(tsk, tc, flow, body, law)
    sweat, diffused, wet = evaporation(all_sweat, saturation(tsk, law), e, hc, p, body, law)
    gain = heat + (1.0 - body[1]) * bare + body[2] * cover - sweat - diffused
    return gain, tsk, sweat if law[8] > 0.0 else all_sweat, wet


@jit
def equivalent(
    ta: float, tr: float, v: float, e: float, p: float, still: float, body: Floats, room: Floats, law: Floats
) -> float:
    """PET of one cell; `still` is the exchange coefficient in the room."""
    hc = exchange(v, p, law)
    heat = body[0] + breathing(ta, e, p, body[0], law)

    # outdoors: the clothing's temperature at which nothing is gained. `high` always loses; `tsk`, `wet` are of there.
    # The first guess has a skin of 34 degC; from there as far as a dry skin must cool, or a wet one warm.
    outer = hc + 4.2
    tie = 1.0 + body[4] * outer
    low = high = (34.0 + body[4] * (hc * ta + 4.2 * tr)) / tie
    below, tsk, sweat, wet = balance(low, ta, tr, e, p, hc, heat, body, law)
    above = below
    step = abs(below) / (100.0 if below > 0.0 else 1.0 + (1.0 - body[1] + body[2] / tie) * outer) / tie + 0.1
    while below < 0.0 and low > COLDEST:
        high, above = low, below
        low = max(COLDEST, low - step)
        step *= 2.0
        below, a, b, c = balance(low, ta, tr, e, p, hc, heat, body, law)
        if below < 0.0:
            tsk, sweat, wet = a, b, c
    while above > 0.0 and high < HOTTEST:
        low, below = high, above
        high = min(HOTTEST, high + step)
        step *= 2.0
        above, tsk, sweat, wet = balance(high, ta, tr, e, p, hc, heat, body, law)
    near = abs(above)
    for _ in range(100):
        if high - low < 1e-7 or near < 1e-4:
            break
        middle = (low * above - high * below) / (above - below)
        if not low < middle < high:
            middle = 0.5 * (low + high)
        gain, a, b, c = balance(middle, ta, tr, e, p, hc, heat, body, law)
        # Anderson and Bjoerck (1973): what stays at the other end weighs less, so that both ends move in
        if gain > 0.0:
            weight = 1.0 - gain / below
            above *= weight if weight > 0.0 else 0.5
            low, below = middle, gain
        else:
            weight = 1.0 - gain / above
            below *= weight if weight > 0.0 else 0.5
            high, above = middle, gain
            tsk, sweat, wet, near = a, b, c, -gain
    tcl = high

    # the room: the same skin, clothing and sweat; its air temperature follows by Newton's method (rising and convex)
    zero = -law[0]
    esk = saturation(tsk, law)
    diffused = law[8] * (1.0 - wet) * (esk - 12.0)
    if law[8] == 0.0:
        sweat, diffused, wet = evaporation(sweat, esk, 12.0, still, p, room, law)
    bare, covered = 1.0 - room[1], room[2]
    emit_bare, emit_covered = 0.99 * SIGMA * room[5] * bare, 0.95 * SIGMA * room[5] * covered
    fixed = room[0] - sweat - diffused - still * (bare * tsk + covered * tcl)
    fixed -= emit_bare * (tsk + zero) ** 4 + emit_covered * (tcl + zero) ** 4
    convective = still * (bare + covered) - 1.66e-3 * room[0]  # breathing takes 1.66e-3 of the heat for each K
    tx = tcl
    for _ in range(50):
        k = tx + zero
        gain = fixed + breathing(tx, 12.0, p, room[0], law)
        gain += still * (bare + covered) * tx + (emit_bare + emit_covered) * k**4
        change = gain / (convective + 4.0 * (emit_bare + emit_covered) * k**3)
        tx -= change
        if abs(change) < 3e-3:
            break
    return float(tx)


@jit(parallel=True)
def equivalent_temperatures(
    ta: Floats, tr: Floats, v: Floats, e: Floats, p: float, body: Floats, room: Floats, law: Floats, out: Floats
) -> None:
    """Fill `out` (cells,) with PET, degC; a cell with something missing stays missing."""
    cells = len(ta)
    still = exchange(0.1, p, law)
    for block in prange((cells + BLOCK - 1) // BLOCK):
        for k in range(block * BLOCK, min((block + 1) * BLOCK, cells)):
            if math.isnan(ta[k] + tr[k] + v[k] + e[k]):
                out[k] = np.nan
            else:
                out[k] = equivalent(ta[k], tr[k], v[k], e[k], p, still, body, room, law)
