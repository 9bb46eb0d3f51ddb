"""Edges of polygons that share vertices, and the outlines of groups of polygons that lie in one plane.

An edge that two polygons of a group share vanishes; what remains is chained to rings, the outline and its holes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geometry.records import Surfaces
from twin.geometry.surfaces import offsets, polygon_normals, ranges

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Edges:
    """Edges of polygons, one at each corner: from it to the next.

    start, end : (c,) its vertices; polygon : (c,) its polygon
    mate : (c,) the corner whose edge runs the other way along it, -1 unless exactly these two share it
    open : number of edges without a mate
    """

    start: Ints
    end: Ints
    polygon: Ints
    mate: Ints
    open: int

    @classmethod
    def of(cls, corner: Ints, size: Ints) -> Edges:
        """Return the edges of polygons given by their corners, one polygon after the other."""
        end = shifted(corner, size, 1)
        polygon = np.repeat(np.arange(len(size)), size).astype(np.int64)
        low, high = np.minimum(corner, end), np.maximum(corner, end)
        order = np.lexsort((high, low))
        low, high = low[order], high[order]
        fresh = np.ones(len(order), bool)
        fresh[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        first = np.flatnonzero(fresh)
        count = np.diff(np.append(first, len(order)))
        pair = first[count == 2]
        one, two = order[pair], order[pair + 1]
        opposite = corner[one] != corner[two]
        mate = np.full(len(corner), -1, np.int64)
        mate[one[opposite]], mate[two[opposite]] = two[opposite], one[opposite]
        return cls(corner, end, polygon, mate, int(len(first) - opposite.sum()))


def shifted(corner: Ints, size: Ints, by: int) -> Ints:
    """Return for each corner the vertex of the corner `by` places on in its polygon (1 or -1)."""
    start = np.repeat(offsets(size)[:-1], size)
    place = np.arange(len(corner)) - start
    return corner[start + (place + by) % np.repeat(size, size)]


def joined_outlines(
    points: Floats, corner: Ints, size: Ints, building: Ints, group: Ints, edges: Edges
) -> tuple[Surfaces, Ints, int]:
    """Return one polygon with holes for each group, a polygon of each, and how many polygons were joined."""
    members = np.bincount(group)
    inner = (edges.mate >= 0) & (group[edges.polygon] == group[edges.polygon[edges.mate]])
    outer = np.flatnonzero(~inner & (members[group[edges.polygon]] > 1))
    outer = outer[np.argsort(group[edges.polygon[outer]], kind="stable")]
    cuts = np.flatnonzero(np.diff(group[edges.polygon[outer]])) + 1
    normals = polygon_normals(plain_polygons(points, corner, size))
    rings: list[Ints] = []
    polygon_size: list[int] = []
    owner: list[int] = []
    joined = np.zeros(len(members), bool)
    for rows in np.split(outer, cuts) if len(outer) else []:
        number = group[edges.polygon[rows[0]]]
        first = int(edges.polygon[rows[0]])
        loops = _loops(edges.start[rows], edges.end[rows], points, normals[first])
        if loops:
            joined[number] = True
            rings += loops
            polygon_size.append(len(loops))
            owner.append(first)
    alone = np.flatnonzero(~joined[group])
    start = offsets(size)
    ring = np.concatenate([*rings, corner[ranges(start[alone], size[alone])]]).astype(np.int64)
    ring_size = np.concatenate([np.array([len(loop) for loop in rings], np.int64), size[alone]])
    owners = np.concatenate([np.array(owner, np.int64), alone])
    surfaces = Surfaces(
        vertices=points[ring],
        ring_start=offsets(ring_size),
        polygon_start=offsets(np.concatenate([np.array(polygon_size, np.int64), np.ones(len(alone), np.int64)])),
        kind=np.zeros(len(owners), np.uint8),
        building=building[owners].astype(np.int32),
    )
    order = np.argsort(surfaces.building, kind="stable")
    return _reordered(surfaces, order), owners[order], int(joined[group].sum())


def _loops(start: Ints, end: Ints, points: Floats, normal: Floats) -> list[Ints]:
    """Chain directed edges to rings, the outline first; nothing where rings touch or the outline is not one."""
    following = dict(zip(start.tolist(), end.tolist(), strict=True))
    if len(following) != len(start):
        return []
    loops, areas = [], []
    while following:
        begin, here = following.popitem()
        loop = [begin]
        while here != begin:
            loop.append(here)
            if here not in following:
                return []
            here = following.pop(here)
        ring = np.array(loop, np.int64)
        area = polygon_normals(plain_polygons(points, ring, np.array([len(ring)])))[0] @ normal
        loops.append(ring)
        areas.append(area)
    if sum(area > 0 for area in areas) != 1:
        return []
    return [loops[row] for row in np.argsort(areas)[::-1]]


def plain_polygons(points: Floats, corner: Ints, size: Ints) -> Surfaces:
    """Return polygons without holes, kinds or buildings as `Surfaces`."""
    count = len(size)
    return Surfaces(
        points[corner], offsets(size), np.arange(count + 1), np.zeros(count, np.uint8), np.zeros(count, np.int32)
    )


def _reordered(surfaces: Surfaces, order: Ints) -> Surfaces:
    first = surfaces.polygon_start[:-1][order]
    rings = ranges(first, np.diff(surfaces.polygon_start)[order])
    sizes = np.diff(surfaces.ring_start)[rings]
    return Surfaces(
        surfaces.vertices[ranges(surfaces.ring_start[:-1][rings], sizes)],
        offsets(sizes),
        offsets(np.diff(surfaces.polygon_start)[order]),
        surfaces.kind[order],
        surfaces.building[order],
    )
