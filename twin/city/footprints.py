"""What the surfaces of a 3-D city model show from above: facets that hide the ground, footprints, levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geometry.records import SurfaceKind, Surfaces
from twin.geometry.surfaces import polygon_normals, ranges

STEEPEST = 0.01
"""Vertical part of the unit normal below which a facet is a wall."""


def polygons_of(surfaces: Surfaces, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return facets seen from above as shapely polygons, in the order of `rows`; None where a ring is too short.

    Examples
    --------
    >>> facet = Surfaces(np.array([[0, 0, 5.0], [4, 0, 5], [4, 3, 7], [0, 3, 7]]), np.array([0, 4]), np.array([0, 1]),
    ...                  np.array([1], np.uint8), np.array([0], np.int32))
    >>> polygons_of(facet, np.array([0]))[0].area
    12.0
    """
    rings = len(surfaces.ring_start) - 1
    made = np.full(rings, None, dtype=object)
    enough = np.diff(surfaces.ring_start) >= 3
    index = np.repeat(np.cumsum(enough) - 1, np.diff(surfaces.ring_start))
    used = np.repeat(enough, np.diff(surfaces.ring_start))
    if enough.any():
        made[enough] = shapely.linearrings(surfaces.vertices[used, :2], indices=index[used])
    out = np.full(len(rows), None, dtype=object)
    whole = enough[surfaces.polygon_start[rows]]
    size = np.diff(surfaces.polygon_start)[rows][whole]
    ring = ranges(surfaces.polygon_start[rows][whole], size)
    owner = np.repeat(np.arange(len(size)), size)
    if len(size):
        out[whole] = shapely.polygons(made[ring][enough[ring]], indices=owner[enough[ring]])
    return out


def seen_from_above(surfaces: Surfaces, count: int) -> NDArray[np.bool_]:
    """Tell which facets hide the ground: roofs, and all facets of a building whose facets carry no kind."""
    top = np.isin(surfaces.kind, (SurfaceKind.ROOF, SurfaceKind.OUTER_FLOOR))
    roofed = np.zeros(count, bool)
    roofed[surfaces.building[surfaces.kind == SurfaceKind.ROOF]] = True
    return np.asarray(top | ((surfaces.kind == SurfaceKind.UNKNOWN) & ~roofed[surfaces.building]), bool)


def footprints_of(surfaces: Surfaces, count: int, seen: NDArray[np.bool_]) -> NDArray[Any]:
    """Union of a building's ground surfaces, of its roofs where it has none."""
    ground = surfaces.kind == SurfaceKind.GROUND
    grounded = np.zeros(count, bool)
    grounded[surfaces.building[ground]] = True
    rows = np.flatnonzero(ground | (seen & ~grounded[surfaces.building]))
    shapes = shapely.make_valid(polygons_of(surfaces, rows))
    owner = surfaces.building[rows]
    out = np.full(count, None, dtype=object)
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(count + 1))
    for building in range(count):
        members = shapes[order[starts[building] : starts[building + 1]]]
        if len(members) == 1 and members[0] is not None and members[0].geom_type == "Polygon":
            out[building] = members[0]  # most have one ground surface: a union would only take time
            continue
        union = shapely.union_all(members) if len(members) else shapely.Polygon()
        # repairs and vertical facets leave lines and points behind, which are no footprint
        areal = [part for part in shapely.get_parts(union) if part.geom_type == "Polygon"]
        out[building] = areal[0] if len(areal) == 1 else shapely.MultiPolygon(areal)
    return out


def crossing_outlines(surfaces: Surfaces, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the facets that hide the ground and whose outline crosses or touches itself, seen from above.

    Examples
    --------
    >>> bow = Surfaces(np.array([[0, 0, 5.0], [4, 3, 5], [4, 0, 5], [0, 4, 5]]), np.array([0, 4]), np.array([0, 1]),
    ...                np.array([1], np.uint8), np.array([0], np.int32))
    >>> crossing_outlines(bow, np.array([True])).tolist()
    [0]
    """
    normals = polygon_normals(surfaces)
    flat = np.abs(normals[:, 2]) > STEEPEST * np.linalg.norm(normals, axis=1)  # a wall from above is a line
    rows = np.flatnonzero(seen & flat)
    if not len(rows):
        return rows
    first = surfaces.polygon_start[rows]
    start, size = surfaces.ring_start[first], np.diff(surfaces.ring_start)[first]
    points = surfaces.vertices[ranges(start, size), :2]
    rings: Any = shapely.linearrings(points, indices=np.repeat(np.arange(len(rows)), size))
    return np.asarray(rows[~shapely.is_simple(rings)], np.int64)


def levels_of(surfaces: Surfaces, count: int, seen: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Highest and mean roof and lowest ground vertex of each building, m; NaN where it has none."""
    facet = np.repeat(
        np.repeat(np.arange(len(surfaces)), np.diff(surfaces.polygon_start)), np.diff(surfaces.ring_start)
    )
    z = surfaces.vertices[:, 2]
    owner = surfaces.building[facet]
    top, base = np.full(count, -np.inf), np.full(count, np.inf)
    on_roof = seen[facet]
    on_ground = (surfaces.kind == SurfaceKind.GROUND)[facet]
    np.maximum.at(top, owner[on_roof], z[on_roof])
    np.minimum.at(base, owner[on_ground], z[on_ground])
    number = np.bincount(owner[on_roof], minlength=count)
    total = np.bincount(owner[on_roof], z[on_roof], count)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / number
    return {
        "top": np.where(np.isfinite(top), top, np.nan),
        "base": np.where(np.isfinite(base), base, np.nan),
        "mean_roof": mean,
    }
