"""Windows: the rectangle of a grid whose receivers are computed, while all of the grid may stand in their way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.errors import InputError


@dataclass(frozen=True)
class Window:
    """A rectangle of cells.

    row, column : of its first cell, in the arrays it lies in
    rows, columns : its size, at least 1

    Examples
    --------
    >>> import numpy as np
    >>> Window(2, 0, 3, 4).of(np.arange(40).reshape(10, 4)).shape
    (3, 4)
    """

    row: int
    column: int
    rows: int
    columns: int

    def __post_init__(self) -> None:
        if self.row < 0 or self.column < 0 or self.rows < 1 or self.columns < 1:
            raise InputError(f"{self} is no window; it begins at 0 or later and has at least one cell")

    def of(self, field: NDArray[Any]) -> NDArray[Any]:
        """Return the window's part of an array (..., rows, columns), without a copy."""
        return field[..., self.row : self.row + self.rows, self.column : self.column + self.columns]


def whole(shape: tuple[int, int]) -> Window:
    """Return the window that holds all of a grid of that shape.

    Examples
    --------
    >>> whole((3, 4)).columns
    4
    """
    return Window(0, 0, *shape)


def global_origin(spec: GridSpec) -> tuple[int, int]:
    """Return row and column of a grid's first cell, counted from the origin of its coordinates.

    Rows count southwards. Every part of a grid, cut along its cells, has the numbers that the whole gives it, wherever
    the grid lies.

    Examples
    --------
    >>> whole_city = GridSpec.from_bounds((389000, 5819000, 389200, 5819100), 2.0, "EPSG:25833")
    >>> part = GridSpec.from_bounds((389100, 5819000, 389200, 5819060), 2.0, "EPSG:25833")
    >>> [after - before for before, after in zip(global_origin(whole_city), global_origin(part))]
    [20, 50]
    """
    # lattices that lie a half, a third or a quarter of a cell aside are common: none of them falls on the step
    return (math.floor(-spec.top / spec.resolution + 0.4142), math.floor(spec.left / spec.resolution + 0.4142))
