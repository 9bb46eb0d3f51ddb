"""Blocks of 2 by 2 cells: what a place's distant skyline is made of.

Beyond some sixteen cells nobody can tell half a cell, so the skyline is drawn from blocks, with a quarter of the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat.obstacles import Obstacles

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Blocks:
    """Heights on blocks of 2 by 2 cells; the last row and column may be half filled.

    looking : (rows, columns) bool, blocks with open ground
    ground : (rows, columns) float32, mean elevation of the open ground, of all ground where none is open, m
    top, base : mean elevation of crown top and base over the cells with trees, m; equal where there are none
    """

    looking: NDArray[np.bool_]
    ground: Float32
    top: Float32
    base: Float32


def make_blocks(obstacles: Obstacles) -> Blocks:
    """Put every four cells together.

    Examples
    --------
    >>> from twin.heat.obstacles import make_obstacles
    >>> height = np.zeros((2, 4))
    >>> height[:, 2:] = 6.0
    >>> make_blocks(make_obstacles(np.zeros((2, 4)), height, height > 0, resolution=1.0)).ground.tolist()
    [[0.0, 0.0]]
    """
    roofed = _in_fours(obstacles.roof, False)
    inside = _in_fours(np.ones(obstacles.roof.shape, bool), False)
    looking = (inside & ~roofed).any(axis=2)
    ground = np.where(looking, _mean(obstacles.ground, inside & ~roofed), _mean(obstacles.ground, inside))
    planted = _in_fours(obstacles.top > obstacles.base, False)
    return Blocks(
        looking=looking,
        ground=ground,
        top=_mean(obstacles.top, planted),
        base=_mean(obstacles.base, planted),
    )


def _in_fours(values: NDArray[Any], fill: object) -> NDArray[Any]:
    """Arrange cells as (block rows, block columns, 4)."""
    rows, columns = (-(-size // 2) for size in values.shape)
    padded = np.full((2 * rows, 2 * columns), fill, dtype=values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    return padded.reshape(rows, 2, columns, 2).transpose(0, 2, 1, 3).reshape(rows, columns, 4)


def _mean(values: Float32, chosen: NDArray[np.bool_]) -> Float32:
    """Mean of the chosen cells of each block; 0 where there are none."""
    total = np.where(chosen, _in_fours(values, 0.0), 0.0).sum(axis=2, dtype=np.float64)
    return np.asarray(total / np.maximum(chosen.sum(axis=2), 1), np.float32)
