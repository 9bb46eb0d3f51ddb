"""Windows: the rectangle of a grid whose receivers are computed, while all of the grid may stand in their way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from twin.errors import InputError


@dataclass(frozen=True)
class Window:
    """A rectangle of cells.

    row, column : of its first cell, in the arrays it lies in
    rows, columns : its size, at least 1

    Examples
    --------
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
