"""A terrain grid as few triangles: a hierarchy of right triangles, each split only where the ground needs it.

Every known cell centre is checked against the triangle that holds it; neighbours share whole edges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.errors import InputError

_LARGER = 4.0  # vertices of the hierarchy for each cell, at most: larger squares need fewer triangles

Integers = NDArray[np.int64]


def thinned_tin(
    ground: NDArray[np.float64], spec: GridSpec, tolerance: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join cell centres to triangles that miss no other centre by more than a tolerance.

    Parameters
    ----------
    ground : (rows, columns) float64
        Elevation, m; NaN where unknown, which leaves a hole. A known cell whose neighbours are not known, so that no
        two by two cells around it have three known ones, belongs to no triangle.
    spec : GridSpec
        The grid.
    tolerance : float
        Largest vertical distance of a cell centre from the triangles, m, above 0.

    Returns
    -------
    vertices : (v, 3) float64
        Easting, northing, elevation, m.
    faces : (f, 3) int64
        Anticlockwise from above.

    Raises
    ------
    InputError
        If the tolerance is impossible or no three neighbouring centres are known that span a triangle.

    Notes
    -----
    Squares that reach beyond the grid are pressed flat against its last row or column, so that a grid of any size has
    straight edges without further vertices. Against the original methods, a triangle is measured by all centres in it,
    not by the middle of its longest side, which is what makes the tolerance a promise.

    References
    ----------
    Lindstrom, Koller, Ribarsky, Hodges, Faust, Turner (1996), Real-time, continuous level of detail rendering of height
    fields. Evans, Kirkpatrick, Townsend (2001), Right-triangulated irregular networks, Algorithmica 30, 264-286.

    Examples
    --------
    A plane needs no more than its corners:

    >>> spec = GridSpec(0, 30, 1.0, 30, 40, "EPSG:25832")
    >>> plane = np.add.outer(np.arange(30) * 0.5, np.arange(40) * 0.25)
    >>> [len(part) for part in thinned_tin(plane, spec, 0.01)]
    [4, 2]
    """
    from twin.export.terrain_tin_kernels import mark_splits

    if not (np.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"the tolerance of the terrain is {tolerance!r} m; it must be above 0")
    height = np.where(np.isfinite(ground), ground, np.nan)
    corners = np.empty((3, 0), np.int64)
    if min(height.shape) > 1:
        block = _block(height.shape)
        row_of, column_of = (_places(count, block) for count in height.shape)
        split = np.zeros((len(row_of), len(column_of)), np.uint8)
        mark_splits(height, row_of, column_of, block, float(tolerance), split)
        corners = _triangles(split.astype(bool), block, row_of, column_of, np.isfinite(height))
    if not corners.size:
        raise InputError("the ground is known in no three neighbouring cells that span a triangle; no terrain")
    used, place = np.unique(corners.T, return_inverse=True)
    row, column = np.divmod(used, spec.columns)
    return np.column_stack([spec.x[column], spec.y[row], height[row, column]]), place.reshape(-1, 3).astype(np.int64)


def _block(shape: tuple[int, ...]) -> int:
    """Return the size of the largest squares: as large as the hierarchy may grow beyond the grid."""
    block = 1
    while np.prod([-(-(count - 1) // (2 * block)) * 2 * block / (count - 1) for count in shape]) <= _LARGER:
        block *= 2
    return block


def _places(count: int, block: int) -> Integers:
    """Return which row (or column) of the grid each of the hierarchy is; those beyond the grid are its last."""
    return np.minimum(np.arange(-(-(count - 1) // block) * block + 1), count - 1)


def _triangles(
    split: NDArray[np.bool_], block: int, row_of: Integers, column_of: Integers, known: NDArray[np.bool_]
) -> Integers:
    """Return the corners (3, n) of the triangles that stay whole, as numbers of cells, anticlockwise from above."""
    found: list[tuple[tuple[Integers, Integers], ...]] = []
    m, n = split.shape[0] - 1, split.shape[1] - 1
    size = block
    while size >= 1:
        half = size // 2
        a, b = np.arange(m // size)[:, None], np.arange(n // size)[None, :]
        # the diagonal of a square runs between the corner of odd and that of even multiples of its size
        odd_i, even_i = (2 * (a // 2) + 1) * size, (a + 1) // 2 * 2 * size
        odd_j, even_j = (2 * (b // 2) + 1) * size, (b + 1) // 2 * 2 * size
        centre = split[half:m:size, half:n:size] if half else np.zeros((m, n), bool)
        for apex_i, apex_j in ((odd_i, even_j), (even_i, odd_j)):
            i, j = np.nonzero(~centre & (split[apex_i, apex_j] | (size == block)))
            found.append(tuple((r[i, 0], c[0, j]) for r, c in ((odd_i, odd_j), (even_i, even_j), (apex_i, apex_j))))
        if half:
            for di, dj in ((-half, 0), (half, 0), (0, -half), (0, half)):
                side = split[half + di :: size, half + dj :: size][: m // size, : n // size]
                i, j = (index * size + half for index in np.nonzero(centre & ~side))
                found.append(((i, j), (i + di + dj, j + dj + di), (i + di - dj, j + dj - di)))
        size = half
    rows = np.concatenate([np.stack([row_of[i] for i, _ in corners]) for corners in found], axis=1)
    columns = np.concatenate([np.stack([column_of[j] for _, j in corners]) for corners in found], axis=1)
    whole = known[rows, columns].all(axis=0)
    beside = _beside_holes(row_of, column_of, known)
    rows, columns = np.hstack([rows[:, whole], beside[0]]), np.hstack([columns[:, whole], beside[1]])
    turn = (columns[1] - columns[0]) * (rows[2] - rows[0]) - (columns[2] - columns[0]) * (rows[1] - rows[0])
    number: Integers = rows * known.shape[1] + columns
    number[1:, turn > 0] = number[:0:-1, turn > 0]  # rows count to the south
    return number[:, turn != 0]


def _beside_holes(row_of: Integers, column_of: Integers, known: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Return rows and columns (3, n) of triangles in squares of four cells whose diagonal ends at the one unknown."""
    # the place in the hierarchy of each pair of neighbouring rows: the diagonals hang on it
    even = (np.flatnonzero(np.diff(row_of))[:, None] + np.flatnonzero(np.diff(column_of))[None, :]) % 2 == 0
    row, column = [], []
    at = {(p, q): known[p : len(known) - 1 + p, q : known.shape[1] - 1 + q] for p in (0, 1) for q in (0, 1)}
    three = sum(part.astype(np.int64) for part in at.values()) == 3
    for (p, q), part in at.items():
        i, j = np.nonzero(three & ~part & (even if p == q else ~even))
        row.append(np.stack([i + 1 - p, i + p, i + 1 - p]))
        column.append(np.stack([j + q, j + 1 - q, j + 1 - q]))
    return np.hstack(row), np.hstack(column)
