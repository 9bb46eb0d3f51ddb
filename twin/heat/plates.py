"""Plates: the squares a day is computed in, one after another, and the parts of the grid that each of them needs.

A result at a cell depends on what lies within reach of it and on its place in the grid, never on the plate that it was
computed in; the smallest and the largest plate give the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.heat.window import Window, whole

PLATE = 256
"""Cells along a plate. Smaller ones read their surroundings more often, larger ones hold more at once."""

REGION = 2048
"""Cells along the squares whose surroundings are held at once where a grid is larger than `WHOLE`."""

WHOLE = 3072
"""Up to so many cells along each side a grid's heights are held whole."""


def plates(shape: tuple[int, int], size: int) -> Iterator[Window]:
    """Yield squares of `size` cells that cover a grid, row by row; those at its end are smaller.

    Parameters
    ----------
    shape : tuple
        Rows and columns of the grid.
    size : int
        Cells along a plate.

    Examples
    --------
    >>> [(plate.row, plate.column, plate.rows, plate.columns) for plate in plates((3, 5), 4)]
    [(0, 0, 3, 4), (0, 4, 3, 1)]
    """
    rows, columns = shape
    for row in range(0, rows, size):
        for column in range(0, columns, size):
            yield Window(row, column, min(size, rows - row), min(size, columns - column))


def regions(shape: tuple[int, int], plate: int) -> Iterator[Window]:
    """Yield the squares whose surroundings are held at once: whole plates, or all of a grid that is not large.

    Parameters
    ----------
    shape : tuple
        Rows and columns of the grid.
    plate : int
        Cells along a plate.

    Examples
    --------
    >>> len(list(regions((3000, 2000), 256))), len(list(regions((4000, 4000), 256)))
    (1, 4)
    """
    if max(shape) <= WHOLE:
        yield whole(shape)
    else:
        yield from plates(shape, max(REGION // plate, 1) * plate)


def surrounded(window: Window, shape: tuple[int, int], reach: int, *, origin: tuple[int, int], block: int) -> Window:
    """Return the part of the grid within `reach` cells of a window, in whole blocks at global indices.

    Parameters
    ----------
    window : Window
        In the grid.
    shape : tuple
        Rows and columns of the grid.
    reach : int
        Cells.
    origin : tuple
        Global row and column of the grid's first cell.
    block : int
        Cells along a block; the part begins and ends between two blocks or at the grid's border.

    Examples
    --------
    >>> surrounded(Window(40, 0, 10, 10), (100, 100), 16, origin=(3, 0), block=16)
    Window(row=13, column=0, rows=64, columns=32)
    """
    first, last = [], []
    for begin, count, size, shift in zip(
        (window.row, window.column), (window.rows, window.columns), shape, origin, strict=True
    ):
        first.append(max((begin - reach + shift) // block * block - shift, 0))
        last.append(min(-(-(begin + count + reach + shift) // block) * block - shift, size))
    return Window(first[0], first[1], last[0] - first[0], last[1] - first[1])


def within(inner: Window, outer: Window) -> Window:
    """Return a window of the grid as a window of a part of the grid that holds it.

    Parameters
    ----------
    inner, outer : Window
        Both in the grid; `outer` is the part.

    Examples
    --------
    >>> within(Window(40, 8, 10, 10), Window(32, 0, 64, 64))
    Window(row=8, column=8, rows=10, columns=10)
    """
    return Window(inner.row - outer.row, inner.column - outer.column, inner.rows, inner.columns)


def widened(window: Window, margin: int, shape: tuple[int, int]) -> Window:
    """Return a window with a margin, as far as the grid reaches.

    Examples
    --------
    >>> widened(Window(3, 0, 4, 4), 5, (20, 20))
    Window(row=0, column=0, rows=12, columns=9)
    """
    row, column = max(window.row - margin, 0), max(window.column - margin, 0)
    end = min(window.row + window.rows + margin, shape[0]), min(window.column + window.columns + margin, shape[1])
    return Window(row, column, end[0] - row, end[1] - column)
