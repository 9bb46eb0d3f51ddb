"""Shapely polygons as flat arrays in the cells of a grid, which is how the kernels take them.

u counts cells from the grid's north-west corner to the right, v downwards; rings are open; holes follow their outline.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin import limits
from twin.city.gridspec import GridSpec
from twin.errors import InputError

FARTHEST = 1e9
"""Largest distance of a vertex from the grid, cells: beyond it, kernels could not count cells in whole numbers."""


def as_geometries(geometries: Any) -> NDArray[Any]:
    """Return a one-dimensional object array of shapely geometries from an array, list, GeoSeries or single geometry.

    Examples
    --------
    >>> as_geometries(shapely.Point(1, 2)).shape
    (1,)
    """
    if isinstance(geometries, shapely.Geometry):
        geometries = [geometries]
    values = getattr(geometries, "values", geometries)
    items: Iterable[Any] = list(values)
    array = np.empty(len(list(items)), dtype=object)
    for number, item in enumerate(items):
        if item is not None and not isinstance(item, shapely.Geometry):
            raise InputError(f"item {number} is {type(item).__name__}; it must be a shapely geometry")
        array[number] = item
    return array


def reaching(shapes: NDArray[Any], spec: GridSpec, margin: float = 0.0) -> NDArray[np.bool_]:
    """Tell which shapes have a box that reaches the grid, grown by `margin` (m); empty ones do not.

    Examples
    --------
    >>> reaching(as_geometries([shapely.box(0, 0, 1, 1), shapely.box(9, 9, 10, 10)]), GridSpec(0, 3, 1.0, 3, 3, 25832))
    array([ True, False])
    """
    xmin, ymin, xmax, ymax = spec.bounds
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    inside = (west < xmax + margin) & (east > xmin - margin) & (south < ymax + margin) & (north > ymin - margin)
    return np.asarray(inside, np.bool_)


def flatten(
    shapes: NDArray[Any], spec: GridSpec
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Turn polygons into flat arrays in cells of a grid: u, v, ring_start, polygon_start, and each polygon's shape.

    Polygons that do not reach the grid are left out; the order of the others is kept.

    Examples
    --------
    >>> spec = GridSpec(0, 4, 1.0, 4, 4, "EPSG:25832")
    >>> u, v, ring_start, polygon_start, shape = flatten(as_geometries([shapely.box(1, 1, 3, 2)]), spec)
    >>> sorted(u.tolist()), ring_start.tolist(), polygon_start.tolist(), shape.tolist()
    ([1.0, 1.0, 3.0, 3.0], [0, 4], [0, 1], [0])
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    wanted = np.isin(shapely.get_type_id(parts), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    wanted |= shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION
    parts, owner = parts[wanted], owner[wanted]
    while (shapely.get_type_id(parts) != shapely.GeometryType.POLYGON).any():  # collections hold collections
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
        areal = np.isin(
            shapely.get_type_id(parts),
            (
                shapely.GeometryType.POLYGON,
                shapely.GeometryType.MULTIPOLYGON,
                shapely.GeometryType.GEOMETRYCOLLECTION,
            ),
        )
        parts, owner = parts[areal], owner[areal]
    reach = reaching(parts, spec)
    parts, owner = parts[reach], owner[reach]
    rings, polygon = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    if not np.isfinite(coordinates).all():
        raise InputError("a polygon has a vertex that is NaN or infinite")
    last = np.ones(len(ring), bool)
    last[:-1] = ring[1:] != ring[:-1]
    coordinates, ring = coordinates[~last], ring[~last]  # rings repeat their first vertex at the end
    ring_start = np.searchsorted(ring, np.arange(len(rings) + 1)).astype(np.int64)
    polygon_start = np.searchsorted(polygon, np.arange(len(parts) + 1)).astype(np.int64)
    most = most_vertices(ring_start, polygon_start)
    limits.check(most, "MAX_POLYGON_VERTICES", f"a polygon has {most:,} vertices")
    u, v = to_cells(coordinates, spec)
    return u, v, ring_start, polygon_start, owner.astype(np.int64)


def to_cells(xy: NDArray[np.float64], spec: GridSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Express eastings and northings in cells from the grid's north-west corner, to the right and downwards.

    Raises
    ------
    InputError
        If a coordinate is not finite or absurdly far away.

    Examples
    --------
    >>> [axis.tolist() for axis in to_cells(np.array([[2.0, 9.0]]), GridSpec(0, 10, 2.0, 5, 5, "EPSG:25832"))]
    [[1.0], [0.5]]
    """
    u = (xy[:, 0] - spec.left) / spec.resolution
    v = (spec.top - xy[:, 1]) / spec.resolution
    check_near(max(np.abs(u).max(initial=0.0), np.abs(v).max(initial=0.0)), spec)
    return np.ascontiguousarray(u), np.ascontiguousarray(v)


def check_near(farthest: float, spec: GridSpec) -> None:
    """Refuse a vertex that lies so many cells from the grid's corner that cells could not be counted.

    Examples
    --------
    >>> check_near(4e5, GridSpec(0, 10, 2.0, 5, 5, "EPSG:25832"))
    """
    if not farthest < FARTHEST:
        raise InputError(
            f"a vertex lies {farthest:.3g} cells from the grid's corner; coordinates in {spec.crs.name} must be finite "
            f"and nearer than {FARTHEST:.0e} cells: check the CRS and the vertices"
        )


def most_vertices(ring_start: NDArray[np.int64], polygon_start: NDArray[np.int64]) -> int:
    """Return the number of vertices of the largest polygon, at least 1.

    Examples
    --------
    >>> most_vertices(np.array([0, 4, 7, 12]), np.array([0, 2, 3]))
    7
    """
    return int(np.diff(ring_start[polygon_start]).max(initial=1))
