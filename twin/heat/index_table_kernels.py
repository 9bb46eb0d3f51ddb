"""Loop over cells: an index looked up by radiant temperature in the table of one step.

Symbols
    values   (n,)         index at radiant temperatures start, start + 1 / per, ...; degC
    start    ()           degC
    per      ()           rows of the table in a kelvin
    radiant  (cells,)     mean radiant temperature, degC; NaN stays NaN
    felt     (cells,)     index, degC
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]

BLOCK = 8192


@jit(parallel=True)
def look_up(values: Reals, start: float, per: float, radiant: Reals, felt: Reals) -> None:
    """Interpolate linearly between rows; beyond the table's ends the outermost lines go on."""
    cells = len(radiant)
    first = np.float32(start)
    rows = np.float32(per)
    last = np.float32(len(values) - 2)
    for block in prange((cells + BLOCK - 1) // BLOCK):
        for k in range(block * BLOCK, min((block + 1) * BLOCK, cells)):
            place = (radiant[k] - first) * rows
            # NaN compares false: it takes row 0 here and makes the result NaN below
            row = place if place > np.float32(0.0) else np.float32(0.0)
            i = np.uint32(row if row < last else last)
            below = values[i]
            felt[k] = below + (place - np.float32(i)) * (values[i + np.uint32(1)] - below)
