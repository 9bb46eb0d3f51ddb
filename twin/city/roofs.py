"""Roofs of a 3-D city model on a grid: slope, aspect and mean elevation of their planes, and eaves.

Slopes and aspects are those of the facet that gives a cell its elevation, not differences between cells: they are exact
for planar roofs at any cell size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.city.rasterize import paint_facets, paint_polygons
from twin.geometry.records import SurfaceKind, Surfaces
from twin.geometry.surfaces import polygon_normals

FLAT = 1.0
"""Roofs less steep than this (degrees) have no aspect."""

SAMPLES = 4
"""Samples per cell and direction of `mean_roof`."""

_STEEPEST = 0.01  # vertical part of a unit normal: what is steeper is a wall
_FLOOR = 0.5  # bare facets less than this (m) above the lowest one are the floor, not a roof


def roof_planes(surfaces: Surfaces, facet: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return slope and aspect of the facets seen in every cell.

    Parameters
    ----------
    surfaces : Surfaces
        All facets.
    facet : (rows, columns) int32
        Row of the facet in every cell, counted from 1; 0 where none lies.

    Returns
    -------
    slope : (rows, columns) float32
        Degrees from the horizontal, 0 to 90; NaN where no facet lies.
    aspect : (rows, columns) float32
        Direction of steepest descent, degrees clockwise from grid north, 0 to 360; NaN also where the slope is below
        `FLAT`.

    Examples
    --------
    A roof that falls 1 m per metre to the east:

    >>> roof = Surfaces(np.array([[0, 0, 9.0], [2, 0, 7], [2, 2, 7], [0, 2, 9]]), np.array([0, 4]), np.array([0, 1]),
    ...                 np.array([1], np.uint8), np.array([0], np.int32))
    >>> [layer.tolist() for layer in roof_planes(roof, np.array([[0, 1]], np.int32))]
    [[[nan, 45.0]], [[nan, 90.0]]]
    """
    normal = polygon_normals(surfaces)
    upward = normal * np.where(normal[:, 2:] < 0, -1.0, 1.0)  # whichever way the ring turns
    level = np.hypot(upward[:, 0], upward[:, 1])
    slope = np.degrees(np.arctan2(level, upward[:, 2]))
    aspect = np.degrees(np.arctan2(upward[:, 0], upward[:, 1])) % 360.0
    aspect[slope < FLAT] = np.nan
    slopes, aspects = (np.concatenate([[np.nan], values]).astype(np.float32) for values in (slope, aspect))
    aspects[aspects >= 360.0] = 0.0  # 359.99999 in double precision is 360 in single
    return slopes[facet], aspects[facet]


def mean_roof(
    surfaces: Surfaces, spec: GridSpec, *, select: NDArray[np.bool_] | None = None, samples: int = SAMPLES
) -> NDArray[np.float64]:
    """Return the mean elevation of the roofs within each cell.

    The highest roof is taken at the centres of `samples` x `samples` equal parts of a cell; those on a roof count.
    The mean is exact where one plane covers the cell. Above the ground and times `building_fraction`, it is the volume
    of the buildings within the cell.

    Parameters
    ----------
    surfaces : Surfaces
        Facets in the CRS of `spec`.
    spec : GridSpec
        The grid.
    select : (p,) bool, optional
        Facets to use; all without it.
    samples : int
        Per cell and direction, 1 to 16.

    Returns
    -------
    (rows, columns) float64
        m; NaN where no sample lies on a roof.

    Examples
    --------
    A ridge of 2 m along the middle of a cell of 4 m; the eaves lie at 0 m:

    >>> gable = Surfaces(np.array([[0, 0, 0.0], [4, 0, 0], [4, 2, 2], [0, 2, 2], [0, 2, 2.0], [4, 2, 2], [4, 4, 0],
    ...                            [0, 4, 0]]), np.array([0, 4, 8]), np.array([0, 1, 2]), np.array([1, 1], np.uint8),
    ...                  np.array([0, 0], np.int32))
    >>> mean_roof(gable, GridSpec(0, 4, 4.0, 1, 1, "EPSG:25832")).item()
    1.0
    """
    return average(spec, lambda moved: paint_facets(surfaces, moved, select=select).elevation, samples=samples)


def average(
    spec: GridSpec, paint: Callable[[GridSpec], NDArray[np.float64]], *, samples: int = SAMPLES
) -> NDArray[np.float64]:
    """Return the mean over each cell of what `paint` gives at the centres of its equal parts, NaN left out.

    Parameters
    ----------
    spec : GridSpec
        The grid.
    paint : function
        From a grid to values at its cell centres; called with the grid moved by parts of a cell.
    samples : int
        Per cell and direction.

    Examples
    --------
    >>> average(GridSpec(0, 1, 1.0, 1, 2, "EPSG:25832"), lambda moved: moved.x[None, :]).tolist()
    [[0.5, 1.5]]
    """
    total = np.zeros(spec.shape)
    count = np.zeros(spec.shape, np.uint16)
    places = ((np.arange(samples) + 0.5) / samples - 0.5) * spec.resolution
    for down in places:
        for right in places:
            found = paint(replace(spec, left=spec.left + float(right), top=spec.top - float(down)))
            there = np.isfinite(found)
            np.add(total, found, out=total, where=there)
            count += there
    total[count == 0] = np.nan
    return np.divide(total, count, out=total, where=count > 0)


def flat_mean(
    footprints: NDArray[Any], building_id: NDArray[np.int32], elevation: NDArray[np.float64], spec: GridSpec
) -> NDArray[np.float64]:
    """Return the elevation of flat roofs in every cell that they reach, not only where they hold its centre.

    Parameters
    ----------
    footprints : (n,) array of shapely geometries
        Of the buildings, in the order of their numbers.
    building_id : (rows, columns) int32
        Building at each cell's centre, 1 to n; 0 where there is none.
    elevation : (rows, columns) float64
        Of the roofs there, m.
    spec : GridSpec
        The grid.

    Examples
    --------
    >>> import shapely
    >>> house = np.array([shapely.box(0, 0, 1.3, 1)])
    >>> flat_mean(house, np.array([[1, 0]], np.int32), np.array([[9.0, np.nan]]),
    ...           GridSpec(0, 1, 1.0, 1, 2, "EPSG:25832")).tolist()
    [[9.0, 9.0]]
    """
    inside = (building_id > 0) & np.isfinite(elevation)
    number = np.bincount(building_id[inside], minlength=len(footprints) + 1)
    total = np.bincount(building_id[inside], elevation[inside], len(footprints) + 1)
    levels = np.divide(total, number, out=np.full(len(number), np.nan), where=number > 0)
    numbers = np.arange(1, len(footprints) + 1)
    reached = average(spec, lambda moved: levels[paint_polygons(footprints, numbers, moved)])
    return np.where(np.isfinite(elevation), elevation, reached)


def with_slivers(mean: NDArray[Any], share: NDArray[Any]) -> NDArray[np.float32]:
    """Return mean roof elevations also of cells that a building only touches with an edge too thin for any sample.

    Such cells take the elevation of the nearest cell beside them, so that volumes lose nothing along straight edges.

    Parameters
    ----------
    mean : (rows, columns) float
        From `mean_roof` or `flat_mean`, m.
    share : (rows, columns) float
        `building_fraction`.

    Examples
    --------
    >>> with_slivers(np.array([[9.0, np.nan, np.nan]]), np.array([[1.0, 0.05, 0.0]])).tolist()
    [[9.0, 9.0, nan]]
    """
    from scipy.ndimage import distance_transform_edt

    out = np.array(mean, np.float32)
    thin = np.isnan(out) & (share > 0)
    if thin.any() and not thin.all():
        distance, (rows, columns) = distance_transform_edt(np.isnan(out), return_indices=True)
        thin &= distance < 1.5  # cells
        out[thin] = out[rows[thin], columns[thin]]
    return out


def lowest_edges(surfaces: Surfaces, count: int, seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the lowest edge of each building's roofs, m; NaN where it has no roof.

    Parameters
    ----------
    surfaces : Surfaces
        All facets.
    count : int
        Buildings.
    seen : (p,) bool
        Facets that hide the ground.

    Returns
    -------
    (count,) float64
        Vertical facets do not count; of a building whose facets carry no kind, nor do those of its floor.

    Examples
    --------
    >>> roof = Surfaces(np.array([[0, 0, 9.0], [2, 0, 7], [2, 2, 7], [0, 2, 9]]), np.array([0, 4]), np.array([0, 1]),
    ...                 np.array([1], np.uint8), np.array([0], np.int32))
    >>> lowest_edges(roof, 1, np.array([True])).tolist()
    [7.0]
    """
    normal = polygon_normals(surfaces)
    with np.errstate(invalid="ignore"):
        sloped = np.abs(normal[:, 2]) > _STEEPEST * np.linalg.norm(normal, axis=1)
    outline = np.diff(surfaces.ring_start)[surfaces.polygon_start[:-1]]
    first = surfaces.ring_start[surfaces.polygon_start[:-1]]
    rows = np.repeat(np.arange(len(surfaces)), outline)
    place = np.arange(int(outline.sum())) - np.repeat(np.cumsum(outline) - outline, outline) + np.repeat(first, outline)
    lowest, highest = np.full(len(surfaces), np.inf), np.full(len(surfaces), -np.inf)
    np.minimum.at(lowest, rows, surfaces.vertices[place, 2])
    np.maximum.at(highest, rows, surfaces.vertices[place, 2])
    bare = np.asarray(surfaces.kind == SurfaceKind.UNKNOWN, bool)
    floor = np.full(count, np.inf)
    np.minimum.at(floor, surfaces.building[bare], lowest[bare])
    roof = seen & sloped & ~(bare & (highest < floor[surfaces.building] + _FLOOR))
    edge = np.full(count, np.inf)
    np.minimum.at(edge, surfaces.building[roof], lowest[roof])
    return np.where(np.isfinite(edge), edge, np.nan)
