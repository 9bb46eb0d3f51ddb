"""Gaps of a terrain closed by interpolation between the known cells around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1_000_000  # cells interpolated at once


def fill_gaps(
    values: NDArray[np.float64], resolution: float, distance: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Fill empty cells near known ones.

    A gap that known cells enclose is filled by triangles between the cells of its rim, so that an even slope stays one.
    Where a gap is open to the edge, the cells outside all triangles take the nearest known elevation.

    Parameters
    ----------
    values : (rows, columns) float64
        Elevations, m; NaN where empty.
    resolution : float
        Cell size, m.
    distance : float
        Cells further than this (m, between cell centres) from any known cell stay empty.

    Returns
    -------
    values : (rows, columns) float64
        A copy.
    filled : (rows, columns) bool
        Cells that got a value.

    Examples
    --------
    >>> slope = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, np.nan, np.nan, 4.0], [1.0, 2.0, 3.0, 4.0]])
    >>> fill_gaps(slope, 1.0, 5.0)[0][1].tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    from scipy.ndimage import binary_dilation, distance_transform_edt

    empty = np.isnan(values)
    if not empty.any() or empty.all():
        return values.copy(), np.zeros(values.shape, bool)
    away, (rows, columns) = distance_transform_edt(empty, sampling=resolution, return_indices=True)
    filled = empty & (away <= distance)
    del away
    out = values.copy()
    out[filled] = values[rows[filled], columns[filled]]
    del rows, columns
    rim = ~empty & binary_dilation(empty, np.ones((3, 3), bool))
    down, right = np.nonzero(filled)
    points = np.column_stack(np.nonzero(rim)).astype(np.float64)
    between = interpolate_between(points, values[rim], np.column_stack([down, right]).astype(np.float64))
    known = np.isfinite(between)
    out[down[known], right[known]] = between[known]
    return out, filled


def interpolate_between(
    points: NDArray[np.float64], heights: NDArray[np.float64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate linearly on the Delaunay triangles of points; NaN outside all of them.

    Parameters
    ----------
    points : (n, 2) float64
        In any unit.
    heights : (n,) float64
        At the points.
    places : (m, 2) float64
        Where to interpolate, in the same unit.

    Examples
    --------
    >>> corners = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    >>> interpolate_between(corners, np.array([0.0, 2.0, 4.0]), np.array([[0.5, 0.5], [9.0, 9.0]])).tolist()
    [1.5, nan]
    """
    from scipy.interpolate import LinearNDInterpolator
    from scipy.spatial import QhullError

    found = np.full(len(places), np.nan)
    if len(points) < 3:
        return found
    centre = points.mean(axis=0)  # keeps triangles of far eastings and northings exact
    try:
        surface = LinearNDInterpolator(points - centre, heights)
    except QhullError:  # all points on one line
        return found
    for start in range(0, len(places), _CHUNK):
        found[start : start + _CHUNK] = surface(places[start : start + _CHUNK] - centre)
    return found
