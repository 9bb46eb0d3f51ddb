"""A terrain grid as few triangles: cell centres are added until the surface keeps everywhere within a tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.errors import InputError

_FIRST = 64  # cells between the first vertices
_BLOCK = 8  # cells: each round adds the worst cell of each block


def thinned_tin(
    ground: NDArray[np.float64], spec: GridSpec, tolerance: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join cell centres to triangles that miss no other centre by more than a tolerance.

    Parameters
    ----------
    ground : (rows, columns) float64
        Elevation, m; NaN where unknown, which leaves a hole.
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
        If the tolerance is impossible or fewer than three centres, or centres in one line only, are known.

    References
    ----------
    Garland, Heckbert (1995), Fast polygonal approximation of terrains and height fields, CMU-CS-95-181: greedy
    insertion, here many points in a round.

    Examples
    --------
    A plane needs no more than its corners:

    >>> spec = GridSpec(0, 30, 1.0, 30, 40, "EPSG:25832")
    >>> plane = np.add.outer(np.arange(30) * 0.5, np.arange(40) * 0.25)
    >>> [len(part) for part in thinned_tin(plane, spec, 0.01)]
    [4, 2]
    """
    from scipy.interpolate import LinearNDInterpolator
    from scipy.spatial import Delaunay, QhullError

    if not (np.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"the tolerance of the terrain is {tolerance!r} m; it must be above 0")
    known = np.isfinite(ground)
    row, column = np.nonzero(known)
    height = ground[known]
    chosen = _first(row, column, known)
    block = (row // _BLOCK) * (spec.columns // _BLOCK + 1) + column // _BLOCK
    places = np.column_stack([column, row]).astype(np.float64)
    watched = np.arange(len(height))
    while True:
        try:
            mesh = Delaunay(places[chosen])
        except (QhullError, ValueError):
            raise InputError("the ground is known in fewer than three cells, or in one line only; no terrain") from None
        off = np.abs(LinearNDInterpolator(mesh, height[chosen])(places[watched]) - height[watched])
        off[np.isnan(off)] = np.inf  # beyond the triangles so far
        off[np.isin(watched, chosen, assume_unique=True)] = 0.0
        wrong = off > tolerance
        if wrong.any():
            far = off[wrong]
            watched = watched[wrong]  # the others are looked at again when these are within the tolerance
            order = np.lexsort((-far, block[watched]))
            worst = watched[order][np.r_[True, np.diff(block[watched][order]) > 0]]
            chosen = np.union1d(chosen, worst)
        elif len(watched) == len(height):
            break
        else:
            watched = np.arange(len(height))
    faces = mesh.simplices.astype(np.int64)
    corner = places[chosen][faces]
    middle = np.rint(corner.mean(axis=1)).astype(np.int64)
    faces, corner = faces[known[middle[:, 1], middle[:, 0]]], corner[known[middle[:, 1], middle[:, 0]]]
    one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    downward = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] > 0  # rows count to the south
    faces[downward] = faces[downward][:, ::-1]
    vertices = np.column_stack([spec.x[column[chosen]], spec.y[row[chosen]], height[chosen]])
    used, place = np.unique(faces, return_inverse=True)
    return vertices[used], place.reshape(-1, 3).astype(np.int64)


def _first(row: NDArray[np.int64], column: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return a wide lattice of the known cells with the outermost ones of the diagonals and axes."""
    ends = [row + column, row - column, row, column]
    outermost = [index for end in ends for index in (int(end.argmin()), int(end.argmax()))] if len(row) else []
    lattice: Any = np.flatnonzero((row % _FIRST == 0) & (column % _FIRST == 0)) if known.size > 4 * _FIRST**2 else []
    return np.unique(np.concatenate([np.array(outermost, np.int64), np.array(lattice, np.int64)]))
