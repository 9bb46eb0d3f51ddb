"""Decimal numbers in a buffer of bytes to the nearest double, with the bits that Python's `float` gives."""

from __future__ import annotations

import numpy as np

from twin.geometry import xml_kernels as xml
from twin.kernels import jit

PLAIN, LONG = 0, 1
"""What a number is: converted exactly, or to be converted elsewhere."""

# Symbols: b and filled as in xml_kernels; m: all digits as one integer; scale: digits behind the point


@jit
def number(b: xml.Bytes, i: int, filled: int) -> tuple[int, int, float]:
    """Pass a decimal number; also return whether it is `PLAIN` or `LONG`, and the nearest double if it is plain.

    With at most 19 digits m and k behind the point, m / 10^k is exact up to one rounding where m < 2^53; else the
    quotient is divided out bit by bit and rounded half to even.
    """
    negative = b[i] == 45
    if negative or b[i] == 43:
        i += 1
    m = np.uint64(0)
    digits = 0
    scale = 0
    while i < filled and 48 <= b[i] <= 57:
        m = m * np.uint64(10) + np.uint64(b[i] - 48)
        digits += 1
        i += 1
    if i < filled and b[i] == 46:
        i += 1
        while i < filled and 48 <= b[i] <= 57:
            m = m * np.uint64(10) + np.uint64(b[i] - 48)
            digits += 1
            scale += 1
            i += 1
    if i >= filled:
        return xml.SHORT, PLAIN, 0.0
    if digits == 0:
        return xml.WRONG, PLAIN, 0.0
    if b[i] == 69 or b[i] == 101:
        i += 1
        if i < filled and (b[i] == 45 or b[i] == 43):
            i += 1
        first = i
        while i < filled and 48 <= b[i] <= 57:
            i += 1
        if i >= filled:
            return xml.SHORT, PLAIN, 0.0
        return i if i > first else xml.WRONG, LONG, 0.0
    if digits > 19 or scale > 18:
        return i, LONG, 0.0
    power = np.uint64(1)
    for _ in range(scale):
        power *= np.uint64(10)
    if m <= np.uint64(1 << 53):
        result = np.float64(m) / np.float64(power)
        return i, PLAIN, -result if negative else result
    whole = m // power
    rest = m - whole * power
    if whole == np.uint64(0) or whole >= np.uint64(1 << 53):
        return i, LONG, 0.0
    shift = 0
    factor = 1.0
    while whole < np.uint64(1 << 52):
        step = 1
        # as many bits at once as the remainder leaves room for
        while step < 4 and whole < np.uint64(1 << (52 - step)):
            step += 1
        rest <<= np.uint64(step)
        part = rest // power
        whole = (whole << np.uint64(step)) | part
        rest -= part * power
        shift += step
    if rest > power - rest or (rest == power - rest and whole & np.uint64(1)):
        whole += np.uint64(1)
    for _ in range(shift):
        factor *= 0.5
    result = np.float64(whole) * factor
    return i, PLAIN, -result if negative else result
