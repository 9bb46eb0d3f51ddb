"""Planar polygons in flat buffers: built from raw rings, checked, selected and joined.

Everything works on whole arrays (`twin.geometry.records.Surfaces`); nothing loops over vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twin import limits
from twin.geometry.records import SurfaceKind, Surfaces

CLOSED_WITHIN = 1e-3
"""Distance in m below which the last vertex of a ring is its first: the precision of the sources."""

MIN_AREA = 1e-6
"""Area in m2 below which a polygon encloses nothing: a square millimetre."""


FARTHEST = 1e9
"""Coordinate in m beyond every place that a CRS on Earth can have; larger ones would overflow in areas."""


class RingFault(IntEnum):
    """What is wrong with a ring or polygon; 0 is nothing."""

    NONE = 0
    NOT_FINITE = 1
    TOO_FEW_POINTS = 2
    NO_AREA = 3
    TOO_MANY_POINTS = 4
    TOO_FAR = 5


FAULT_TEXT = {
    RingFault.NOT_FINITE: "a coordinate is not a finite number",
    RingFault.TOO_FEW_POINTS: "its outline has fewer than three different points",
    RingFault.NO_AREA: "its outline encloses no area",
    RingFault.TOO_MANY_POINTS: "its outline has more points than twin.limits.MAX_POLYGON_VERTICES",
    RingFault.TOO_FAR: "a coordinate is larger than 1e9 m, where no place on Earth is",
}


@dataclass(frozen=True)
class CheckedSurfaces:
    """Surfaces that passed, and what happened to the polygons given.

    surfaces : the polygons without fault
    fault : (p,) uint8, a `RingFault` for each polygon given; faulty ones are left out
    unclosed : (p,) bool, an outline whose last vertex was not its first (it is closed by definition here)
    lost_holes : (p,) int64, holes left out because they were degenerate
    """

    surfaces: Surfaces
    fault: NDArray[np.uint8]
    unclosed: NDArray[np.bool_]
    lost_holes: NDArray[np.int64]


def no_surfaces() -> Surfaces:
    """Return surfaces without a polygon.

    Examples
    --------
    >>> len(no_surfaces())
    0
    """
    zero = np.zeros(1, np.int64)
    return Surfaces(np.empty((0, 3)), zero, zero, np.empty(0, np.uint8), np.empty(0, np.int32))


def offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the running starts of groups of the given sizes, one more than there are groups.

    Examples
    --------
    >>> offsets(np.array([2, 3])).tolist()
    [0, 2, 5]
    """
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of several ranges one after the other.

    Examples
    --------
    >>> ranges(np.array([4, 0]), np.array([2, 3])).tolist()
    [4, 5, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total, dtype=np.int64)


def check_rings(
    vertices: NDArray[np.float64],
    ring_size: NDArray[np.int64],
    polygon_size: NDArray[np.int64],
    kind: NDArray[np.uint8],
    building: NDArray[np.int32],
) -> CheckedSurfaces:
    """Build surfaces from raw rings: open them, drop repeated vertices, leave out what encloses nothing.

    Parameters
    ----------
    vertices : (v, 3) float64
        Vertices of all rings, as read (closed rings repeat the first vertex), m.
    ring_size : (r,) int64
        Vertices of each ring.
    polygon_size : (p,) int64
        Rings of each polygon, the outline first.
    kind : (p,) uint8
        A `SurfaceKind`.
    building : (p,) int32
        Row of the building.

    Examples
    --------
    >>> square = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1], [0, 0, 1]], float)
    >>> one = np.ones(1, np.int64)
    >>> checked = check_rings(square, 5 * one, one, one.astype(np.uint8), 0 * one.astype(np.int32))
    >>> len(checked.surfaces.vertices), int(checked.fault[0])
    (4, 0)
    """
    rings, polygons = len(ring_size), len(polygon_size)
    if polygons == 0:
        nothing = np.zeros(0, np.int64)
        return CheckedSurfaces(no_surfaces(), nothing.astype(np.uint8), nothing.astype(bool), nothing)
    start = offsets(ring_size)
    ring_of = np.repeat(np.arange(rings), ring_size)
    fault = np.zeros(rings, np.uint8)
    # one comparison for all vertices, as most files have nothing to find: NaN fails it too
    if not (near := np.abs(vertices) <= FARTHEST).all():
        fault[np.unique(ring_of[~near.all(axis=1)])] = RingFault.TOO_FAR
        fault[np.unique(ring_of[~np.isfinite(vertices).all(axis=1)])] = RingFault.NOT_FINITE
    fault[ring_size > limits.MAX_POLYGON_VERTICES] = RingFault.TOO_MANY_POINTS
    keep = np.ones(len(vertices), dtype=bool)
    full = ring_size > 1
    last = start[1:][full] - 1
    closed = np.zeros(rings, dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(vertices[last] - vertices[start[:-1][full]]).max(axis=1)
        closed[full] = gap <= CLOSED_WITHIN
        keep[last[closed[full]]] = False
        same = (vertices[1:] == vertices[:-1]).all(axis=1) & (ring_of[1:] == ring_of[:-1])
    keep[1:][same] = False
    vertices, ring_of = vertices[keep], ring_of[keep]
    size = np.bincount(ring_of, minlength=rings).astype(np.int64)
    fault[(fault == 0) & (size < 3)] = RingFault.TOO_FEW_POINTS
    with np.errstate(over="ignore", invalid="ignore"):  # rings of places beyond the Earth, already marked
        area = np.linalg.norm(_ring_normals(vertices, size), axis=1) / 2.0
    fault[(fault == 0) & ~(area > MIN_AREA)] = RingFault.NO_AREA
    return _without_faults(vertices, size, polygon_size, kind, building, fault, closed)


def _without_faults(
    vertices: NDArray[np.float64],
    size: NDArray[np.int64],
    polygon_size: NDArray[np.int64],
    kind: NDArray[np.uint8],
    building: NDArray[np.int32],
    fault: NDArray[np.uint8],
    closed: NDArray[np.bool_],
) -> CheckedSurfaces:
    polygons = len(polygon_size)
    first = offsets(polygon_size)[:-1]
    polygon_of = np.repeat(np.arange(polygons), polygon_size)
    outline_fault = fault[first]
    is_hole = np.ones(len(size), dtype=bool)
    is_hole[first] = False
    # a hole without area takes nothing away; a hole with broken coordinates makes the polygon unknown
    broken = is_hole & np.isin(fault, (RingFault.NOT_FINITE, RingFault.TOO_MANY_POINTS, RingFault.TOO_FAR))
    outline_fault[polygon_of[broken]] = fault[broken]
    lost = is_hole & (fault != 0)
    lost_holes = np.bincount(polygon_of[lost], minlength=polygons).astype(np.int64)
    good = outline_fault == 0
    ring_good = (fault == 0) & good[polygon_of]
    surfaces = Surfaces(
        vertices=np.ascontiguousarray(vertices[np.repeat(ring_good, size)]),
        ring_start=offsets(size[ring_good]),
        polygon_start=offsets(np.bincount(polygon_of[ring_good], minlength=polygons)[good].astype(np.int64)),
        kind=kind[good],
        building=building[good],
    )
    return CheckedSurfaces(surfaces, outline_fault, ~closed[first], np.where(good, lost_holes, 0))


def _ring_normals(vertices: NDArray[np.float64], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return twice the vector area of each ring (Newell), zero for empty rings.

    Coordinates are taken relative to the ring's first vertex: eastings of 4e5 m would cost eight digits.
    """
    normals = np.zeros((len(size), 3))
    filled = size > 0
    if len(vertices) == 0:
        return normals
    start = offsets(size)[:-1][filled]
    with np.errstate(invalid="ignore", over="ignore"):
        local = vertices - np.repeat(vertices[start], size[filled], axis=0)
        after = np.empty_like(local)
        after[:-1] = local[1:]
        after[start + size[filled] - 1] = 0.0
        normals[filled] = np.add.reduceat(np.cross(local, after), start, axis=0)
    return normals


def polygon_normals(surfaces: Surfaces) -> NDArray[np.float64]:
    """Return the vector area of each polygon's outline, m2, along its normal by the right-hand rule.

    References
    ----------
    Sutherland, Sproull, Schumacker (1974), A characterization of ten hidden-surface algorithms (Newell's normal).

    Examples
    --------
    >>> polygon_normals(no_surfaces()).shape
    (0, 3)
    """
    normals = _ring_normals(surfaces.vertices, np.diff(surfaces.ring_start))
    return np.asarray(normals[surfaces.polygon_start[:-1]] / 2.0)


def select(surfaces: Surfaces, wanted: NDArray[np.bool_], building: NDArray[np.int32] | None = None) -> Surfaces:
    """Return the polygons marked in `wanted` (p,), with new building rows (p,) if given.

    Examples
    --------
    >>> len(select(no_surfaces(), np.zeros(0, bool)))
    0
    """
    polygon_size = np.diff(surfaces.polygon_start)
    ring_size = np.diff(surfaces.ring_start)
    ring_wanted = np.repeat(wanted, polygon_size)
    rows = surfaces.building if building is None else building
    return Surfaces(
        vertices=surfaces.vertices[np.repeat(ring_wanted, ring_size)],
        ring_start=offsets(ring_size[ring_wanted]),
        polygon_start=offsets(polygon_size[wanted]),
        kind=surfaces.kind[wanted],
        building=rows[wanted].astype(np.int32),
    )


def concatenate(parts: Sequence[Surfaces], building_counts: Sequence[int]) -> Surfaces:
    """Join surfaces of several building tables into one; building rows move by the rows before them.

    Parameters
    ----------
    parts : sequence of Surfaces
        In the order of the tables.
    building_counts : sequence of int
        Rows of each building table.

    Examples
    --------
    >>> len(concatenate([no_surfaces(), no_surfaces()], [0, 0]))
    0
    """
    if not parts:
        return no_surfaces()
    rings = [np.diff(part.ring_start) for part in parts]
    polygons = [np.diff(part.polygon_start) for part in parts]
    before = offsets(np.asarray(building_counts, dtype=np.int64))[:-1]
    return Surfaces(
        vertices=np.concatenate([part.vertices for part in parts]),
        ring_start=offsets(np.concatenate(rings)),
        polygon_start=offsets(np.concatenate(polygons)),
        kind=np.concatenate([part.kind for part in parts]),
        building=np.concatenate([part.building + shift for part, shift in zip(parts, before, strict=True)]).astype(
            np.int32
        ),
    )


def classed_by_slope(surfaces: Surfaces, buildings: int) -> tuple[NDArray[np.uint8], int]:
    """Give a kind to polygons whose source gave none; return all kinds and how many were derived.

    A vertical polygon is a wall, one within 0.1 m of its building's lowest point is ground, any other a roof: the
    winding of rings is not trusted, so the underside of an overhang counts as roof.

    Examples
    --------
    >>> classed_by_slope(no_surfaces(), 0)[1]
    0
    """
    unknown = surfaces.kind == SurfaceKind.UNKNOWN
    if not unknown.any():
        return surfaces.kind, 0
    normals = polygon_normals(surfaces)
    steepness = np.abs(normals[:, 2]) / np.maximum(np.linalg.norm(normals, axis=1), 1e-300)
    heights = surfaces.vertices[:, 2]
    top = np.maximum.reduceat(heights, surfaces.ring_start[surfaces.polygon_start[:-1]])
    lowest = np.full(buildings, np.inf)
    np.minimum.at(
        lowest, surfaces.building, np.minimum.reduceat(heights, surfaces.ring_start[surfaces.polygon_start[:-1]])
    )
    derived = np.where(top <= lowest[surfaces.building] + 0.1, SurfaceKind.GROUND, SurfaceKind.ROOF)
    derived = np.where(steepness < 0.01, SurfaceKind.WALL, derived)
    return np.where(unknown, derived, surfaces.kind).astype(np.uint8), int(unknown.sum())
