"""What is seen beyond a plate's surroundings: the skyline of the whole city and its terrain, on blocks of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REACH = 512
"""Distance up to which a place is looked at through the cells around it, in cells."""

BLOCK = 16
"""Cells along the side of a block of the distant skyline."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Distant:
    """What blocks of cells see beyond `REACH`.

    horizon : (n, rows, columns) float32, tangent of the elevation of what is highest there, 0 where nothing rises
    azimuth : (n,) degrees
    origin : row and column of the first block among all blocks of the plane
    """

    horizon: Float32
    azimuth: NDArray[np.float64]
    origin: tuple[int, int]
