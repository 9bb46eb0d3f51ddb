"""Loops over cells: the UTCI polynomial, for air that differs from cell to cell and for air that does not.

Symbols
    t, x, v, h    air temperature, degC; mean radiant minus air temperature, K; wind at 10 m, at least 0.5 m/s;
                  relative humidity, %
    e             vapour pressure, kPa
    c (210,)      coefficients of utci_table in its order: powers of t run fastest, then those of v, x and e
    r1 to r6      polynomials of that degree in t; f1 to f6: in t and v; both from coefficient i on

Loops have no branches, so that the compiler works on several cells at a time; saturation is written without library
functions for the same reason.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Floats = NDArray[np.float64]

BLOCK = 4096


@jit
def r1(c: Floats, i: int, t: float) -> float:  # noqa: D103 (see the legend)
    return float(c[i] + t * c[i + 1])


@jit
def r2(c: Floats, i: int, t: float) -> float:  # noqa: D103
    return float(c[i] + t * (c[i + 1] + t * c[i + 2]))


@jit
def r3(c: Floats, i: int, t: float) -> float:  # noqa: D103
    return float(c[i] + t * (c[i + 1] + t * (c[i + 2] + t * c[i + 3])))


@jit
def r4(c: Floats, i: int, t: float) -> float:  # noqa: D103
    return float(c[i] + t * r3(c, i + 1, t))


@jit
def r5(c: Floats, i: int, t: float) -> float:  # noqa: D103
    return float(c[i] + t * (c[i + 1] + t * r3(c, i + 2, t)))


@jit
def r6(c: Floats, i: int, t: float) -> float:  # noqa: D103
    return float(c[i] + t * (c[i + 1] + t * (c[i + 2] + t * r3(c, i + 3, t))))


@jit
def f1(c: Floats, i: int, t: float, v: float) -> float:  # noqa: D103
    return float(r1(c, i, t) + v * c[i + 2])


@jit
def f2(c: Floats, i: int, t: float, v: float) -> float:  # noqa: D103
    return float(r2(c, i, t) + v * f1(c, i + 3, t, v))


@jit
def f3(c: Floats, i: int, t: float, v: float) -> float:  # noqa: D103
    return float(r3(c, i, t) + v * f2(c, i + 4, t, v))


@jit
def f4(c: Floats, i: int, t: float, v: float) -> float:  # noqa: D103
    return float(r4(c, i, t) + v * f3(c, i + 5, t, v))


@jit
def f5(c: Floats, i: int, t: float, v: float) -> float:  # noqa: D103
    return float(r5(c, i, t) + v * f4(c, i + 6, t, v))


@jit
def f6(c: Floats, i: int, t: float, v: float) -> float:  # noqa: D103
    return float(r6(c, i, t) + v * f5(c, i + 7, t, v))


@jit
def saturation(t: float) -> float:
    """Saturation vapour pressure over water, hPa, by B. Hardy (1998); within 1e-11 of it from -60 to 60 degC."""
    k = t + 273.15
    z = (k - 266.4) / (k + 266.4)
    w = z * z
    # ln k = ln 266.4 + 2 artanh z
    log = 5.584998938666234 + 2.0 * z * (
        1 + w * (1 / 3 + w * (1 / 5 + w * (1 / 7 + w * (1 / 9 + w * (1 / 11 + w / 13)))))
    )
    s = (-6028.076559 - 2836.5744 / k) / k + 19.54263612 + 2.7150305 * log
    s += k * (-0.02737830188 + k * (1.6261698e-5 + k * (7.0229056e-10 - 1.8680009e-13 * k)))
    # exp s = (exp of s / 64) to the power of 64; ln 100 makes hPa of Pa, and 5 is the middle of what s may be
    y = (s - 5.0) / 64.0
    y = 1 + y * (1 + y / 2 * (1 + y / 3 * (1 + y / 4 * (1 + y / 5 * (1 + y / 6 * (1 + y / 7 * (1 + y / 8)))))))
    y *= y
    y *= y
    y *= y
    y *= y
    y *= y
    y *= y
    return 1.4841315910257660 * y


@jit(parallel=True)
def fields(ta: Floats, tr: Floats, wind: Floats, humidity: Floats, c: Floats, felt: Floats) -> None:
    """Fill UTCI, degC, of cells each with its own air; arrays (cells,)."""
    cells = len(ta)
    for block in prange((cells + BLOCK - 1) // BLOCK):
        for k in range(block * BLOCK, min((block + 1) * BLOCK, cells)):
            t = ta[k]
            x = tr[k] - t
            v = 0.5 if wind[k] < 0.5 else wind[k]
            e = 1e-3 * humidity[k] * saturation(t)
            e0 = f2(c, 74, t, v) + x * (f1(c, 80, t, v) + x * c[83])
            e0 = f4(c, 49, t, v) + x * (f3(c, 64, t, v) + x * e0)
            e0 = f6(c, 0, t, v) + x * (f5(c, 28, t, v) + x * e0)
            e1 = f3(c, 120, t, v) + x * (f2(c, 130, t, v) + x * (f1(c, 136, t, v) + x * c[139]))
            e1 = f5(c, 84, t, v) + x * (f4(c, 105, t, v) + x * e1)
            e2 = f2(c, 165, t, v) + x * (f1(c, 171, t, v) + x * c[174])
            e2 = f4(c, 140, t, v) + x * (f3(c, 155, t, v) + x * e2)
            e3 = f3(c, 175, t, v) + x * (f2(c, 185, t, v) + x * (f1(c, 191, t, v) + x * c[194]))
            e4 = f2(c, 195, t, v) + x * (f1(c, 201, t, v) + x * c[204])
            e5 = f1(c, 205, t, v) + x * c[208]
            felt[k] = t + (e0 + e * (e1 + e * (e2 + e * (e3 + e * (e4 + e * (e5 + e * c[209]))))))


@jit(parallel=True)
def along_radiation(ta: float, tr: Floats, c: Floats, felt: Floats) -> None:
    """Fill UTCI, degC, of cells (cells,) in the same air; c (7,) as `utci_polynomial` gives them."""
    cells = len(tr)
    c0, c1, c2, c3, c4, c5, c6 = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    for block in prange((cells + BLOCK - 1) // BLOCK):
        for k in range(block * BLOCK, min((block + 1) * BLOCK, cells)):
            x = tr[k] - ta
            felt[k] = c0 + x * (c1 + x * (c2 + x * (c3 + x * (c4 + x * (c5 + x * c6)))))
