"""Polygons of a mesh to the facets of a building: cleaned, joined where they lie in one plane, told apart by slope.

Joining is exact: only polygons that share an edge and whose vertices lie in one plane within a millimetre become one
facet, whose outline consists of their own edges. Where that is not possible polygons stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geometry.mesh_outlines import Edges, Floats, Ints, joined_outlines, plain_polygons, shifted
from twin.geometry.records import SurfaceKind, Surfaces
from twin.geometry.surfaces import MIN_AREA, classed_by_slope, offsets, polygon_normals

FLAT_WITHIN = 1e-3
"""Distance of vertices from a common plane up to which polygons count as one facet, m."""

SAME_WITHIN = 1e-4
"""Distance up to which two vertices are one, m."""

PASSAGE = 2.0
"""An underside lower than this above the building's lowest point leaves no room to pass: it is ground, m (assumed)."""

_STEEP = 0.01  # the same as where facets are painted: a smaller vertical part of the unit normal is a wall
_PARALLEL = 1 - 1e-6


@dataclass(frozen=True)
class Facets:
    """Surfaces of a mesh and what was found on the way.

    surfaces : the facets
    degenerate, double : polygons left out: without area, or there twice
    open_edges : edges that do not join exactly two polygons which turn the same way; 0 where the mesh is watertight
    joined : polygons that went into larger facets
    turned : polygons of bodies that were inside out
    """

    surfaces: Surfaces
    degenerate: int
    double: int
    open_edges: int
    joined: int
    turned: int


def facets_of(vertices: Floats, corner: Ints, size: Ints, building: Ints) -> Facets:
    """Return the facets of a mesh.

    Parameters
    ----------
    vertices : (v, 3) float64
        Coordinates with z up, m; near zero, so that millimetres count.
    corner : (c,) int64
        Vertex of each corner, polygon after polygon.
    size : (p,) int64
        Corners of each polygon.
    building : (p,) int64
        Row of the building each polygon belongs to.

    Examples
    --------
    A square of two triangles is one facet:

    >>> square = np.array([[0, 0, 3.0], [4, 0, 3], [4, 4, 3], [0, 4, 3]])
    >>> found = facets_of(square, np.array([0, 1, 2, 0, 2, 3]), np.array([3, 3]), np.array([0, 0]))
    >>> len(found.surfaces), found.joined, found.open_edges
    (1, 2, 4)
    """
    points, corner = _merged(vertices, corner)
    corner, size, building, degenerate, double = _cleaned(points, corner, size, building)
    edges = Edges.of(corner, size)
    body, closed = _bodies(edges, len(size))
    inside_out = _inside_out(points, corner, size, body, closed)
    corner = _turned(corner, size, inside_out)
    edges = Edges.of(corner, size)
    group = _groups(points, corner, size, building, edges)
    surfaces, owner, joined = joined_outlines(points, corner, size, building, group, edges)
    kind = _kinds(surfaces, closed[body][owner], int(building.max()) + 1 if len(building) else 0)
    surfaces = Surfaces(surfaces.vertices, surfaces.ring_start, surfaces.polygon_start, kind, surfaces.building)
    return Facets(surfaces, degenerate, double, int(edges.open), joined, int(inside_out.sum()))


def _merged(vertices: Floats, corner: Ints) -> tuple[Floats, Ints]:
    """Make vertices at one place one vertex."""
    used, place = np.unique(corner, return_inverse=True)
    points = vertices[used]
    key = np.round((points - points.min(axis=0, initial=0.0)) / SAME_WITHIN).astype(np.int64)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return points[first], inverse.reshape(-1)[place.reshape(-1)].astype(np.int64)


def _cleaned(points: Floats, corner: Ints, size: Ints, building: Ints) -> tuple[Ints, Ints, Ints, int, int]:
    """Drop repeated corners, polygons without area and those that are there twice."""
    owner = np.repeat(np.arange(len(size)), size)
    before = shifted(corner, size, -1)
    keep = corner != before
    corner, owner = corner[keep], owner[keep]
    size = np.bincount(owner, minlength=len(size)).astype(np.int64)
    good = size >= 3
    corner, size, building = corner[np.repeat(good, size)], size[good], building[good]
    area = np.linalg.norm(polygon_normals(plain_polygons(points, corner, size)), axis=1)
    large = area > MIN_AREA
    corner, degenerate = corner[np.repeat(large, size)], int((~good).sum() + (~large).sum())
    size, building = size[large], building[large]
    single = np.ones(len(size), bool)
    start = offsets(size)
    for count in np.unique(size):
        rows = np.flatnonzero(size == count)
        sets = np.sort(corner[start[rows][:, None] + np.arange(count)], axis=1)
        first = np.unique(sets, axis=0, return_index=True)[1]
        single[rows] = False
        single[rows[first]] = True
    return corner[np.repeat(single, size)], size[single], building[single], degenerate, int((~single).sum())


def _bodies(edges: Edges, polygons: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the connected body of each polygon, and which bodies are closed and turn one way throughout."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    paired = np.flatnonzero(edges.mate >= 0)
    one, two = edges.polygon[paired], edges.polygon[edges.mate[paired]]
    graph = coo_matrix((np.ones(len(one), np.int8), (one, two)), shape=(polygons, polygons))
    count, body = connected_components(graph, directed=False)
    closed = np.ones(count, bool)
    closed[body[edges.polygon[edges.mate < 0]]] = False
    return body.astype(np.int64), closed


def _inside_out(points: Floats, corner: Ints, size: Ints, body: Ints, closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the polygons of closed bodies with a negative volume (divergence theorem)."""
    normals = polygon_normals(plain_polygons(points, corner, size))
    first = points[corner[offsets(size)[:-1]]]
    volume = np.bincount(body, (normals * first).sum(axis=1) / 3.0, len(closed))
    return np.asarray((closed & (volume < 0))[body], bool)


def _turned(corner: Ints, size: Ints, which: NDArray[np.bool_]) -> Ints:
    start = np.repeat(offsets(size)[:-1], size)
    place = np.arange(len(corner)) - start
    mirrored = start + np.repeat(size, size) - 1 - place
    return np.where(np.repeat(which, size), corner[mirrored], corner)


def _groups(points: Floats, corner: Ints, size: Ints, building: Ints, edges: Edges) -> Ints:
    """Number the polygons so that those with the same number lie in one plane and hang together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    flat = plain_polygons(points, corner, size)
    area = polygon_normals(flat)
    unit = area / np.linalg.norm(area, axis=1)[:, None]
    here = np.flatnonzero(edges.mate > np.arange(len(edges.mate)))
    one, two = edges.polygon[here], edges.polygon[edges.mate[here]]
    near = (one != two) & (building[one] == building[two]) & ((unit[one] * unit[two]).sum(axis=1) > _PARALLEL)
    one, two = one[near], two[near]
    graph = coo_matrix((np.ones(len(one), np.int8), (one, two)), shape=(len(size), len(size)))
    count, group = connected_components(graph, directed=False)
    # a chain of polygons, each nearly in the plane of the last, may bend: then none of them is joined
    of_corner = np.repeat(group, size)
    normal = np.column_stack([np.bincount(group, area[:, axis], count) for axis in range(3)])
    normal = normal / np.linalg.norm(normal, axis=1)[:, None]
    number = np.bincount(of_corner, minlength=count)
    total = np.column_stack([np.bincount(of_corner, flat.vertices[:, axis], count) for axis in range(3)])
    middle = total / number[:, None]
    off = np.abs(((flat.vertices - middle[of_corner]) * normal[of_corner]).sum(axis=1))
    worst = np.zeros(count)
    np.maximum.at(worst, of_corner, off)
    bent = worst[group] > FLAT_WITHIN
    group[bent] = count + np.flatnonzero(bent)
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def _kinds(surfaces: Surfaces, outward: NDArray[np.bool_], buildings: int) -> NDArray[np.uint8]:
    """Tell roofs, walls and ground apart: by the outward normal of closed bodies, else by slope and height."""
    guessed = classed_by_slope(surfaces, buildings)[0] if len(surfaces) else surfaces.kind
    normals = polygon_normals(surfaces)
    upward = normals[:, 2] / np.linalg.norm(normals, axis=1)
    start = surfaces.ring_start[surfaces.polygon_start[:-1]]
    heights = surfaces.vertices[:, 2]
    low = np.minimum.reduceat(heights, start) if len(start) else heights[:0]
    lowest = np.full(buildings, np.inf)
    np.minimum.at(lowest, surfaces.building, low)
    bottom = np.where(low < lowest[surfaces.building] + PASSAGE, SurfaceKind.GROUND, SurfaceKind.OUTER_CEILING)
    known = np.where(upward > _STEEP, SurfaceKind.ROOF, np.where(upward < -_STEEP, bottom, SurfaceKind.WALL))
    return np.where(outward, known, guessed).astype(np.uint8)
