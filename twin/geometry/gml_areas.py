"""Areas of GML 3 (polygons, surfaces, multi-surfaces) seen from above, with arcs and circles as chains of chords.

A chord leaves its arc by at most `ARC_TOLERANCE`. A geometry is read whole or refused with the reason; the coordinates
stay in the order the file has them.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from lxml import etree
from numpy.typing import NDArray

ARC_TOLERANCE = 0.01
"""Greatest distance between an arc and its chords, m."""

_JOIN = 0.01  # m: ends of curves nearer than this meet
_STRAIGHT = 1e7  # m: arcs of a larger radius are straight
_FARTHEST = 1e9  # m, or degrees
_POLYGONS = ("Polygon", "PolygonPatch", "Rectangle", "Triangle")
_HOLDERS = (
    "MultiSurface", "MultiPolygon", "CompositeSurface", "Surface", "PolyhedralSurface", "OrientableSurface",
    "surfaceMember", "surfaceMembers", "polygonMember", "patches", "polygonPatches", "baseSurface",
)  # fmt: skip
_CURVES = ("Curve", "CompositeCurve", "curveMember", "segments", "baseCurve")
_LINES = ("LineString", "LineStringSegment")

Floats = NDArray[np.float64]


class GeometryError(ValueError):
    """Why a geometry cannot be read; caught by the reader, which names the feature."""


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace.

    Examples
    --------
    >>> local_name(etree.fromstring('<gml:Polygon xmlns:gml="http://www.opengis.net/gml/3.2"/>'))
    'Polygon'
    """
    tag = element.tag  # not through QName, which refuses the prefix that nobody declared
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def area_of(element: Any) -> Any:
    """Return the area an element holds as a shapely polygon or multipolygon.

    Parameters
    ----------
    element : lxml element
        A polygon, surface or multi-surface, or a property with one inside.

    Raises
    ------
    GeometryError
        If it is no area, is referred to rather than written out, or its numbers make no rings.

    Examples
    --------
    >>> gml = etree.fromstring('<p xmlns:g="http://www.opengis.net/gml/3.2"><g:Polygon><g:exterior><g:LinearRing>'
    ...     '<g:posList>0 0 4 0 4 3 0 0</g:posList></g:LinearRing></g:exterior></g:Polygon></p>')
    >>> area_of(gml).area
    6.0
    """
    found = _polygons(element)
    if not found:
        raise GeometryError("it has no area")
    return found[0] if len(found) == 1 else shapely.MultiPolygon(found)


def arc(start: Floats, middle: Floats, end: Floats, *, full: bool = False) -> Floats:
    """Return the arc through three points as a chain of points, the last one included.

    Parameters
    ----------
    start, middle, end : (2,) float
        Points of the arc, in this order; three points of the circle if `full`.
    full : bool
        Go around until the start is met again.

    Examples
    --------
    >>> half = arc(np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([-1.0, 0.0]))
    >>> bool(np.allclose(np.hypot(*half.T), 1.0)), half[-1].tolist()
    (True, [-1.0, 0.0])
    """
    (ax, ay), (bx, by) = middle - start, end - start
    cross = 2.0 * (ax * by - ay * bx)
    reach = max(math.hypot(ax, ay), math.hypot(bx, by))
    straight = np.array([start, middle, end])
    if reach == 0.0 or abs(cross) <= reach * reach * 1e-12:
        if full:
            raise GeometryError("three points of a circle lie on a line")
        return straight
    a2, b2 = ax * ax + ay * ay, bx * bx + by * by
    offset = np.array([by * a2 - ay * b2, ax * b2 - bx * a2]) / cross
    radius = float(np.hypot(*offset))
    if radius > _STRAIGHT:
        return straight
    centre = start + offset
    first = math.atan2(*(start - centre)[::-1])
    turn = math.copysign(1.0, cross)  # left turn: counterclockwise
    last = math.atan2(*(end - centre)[::-1])
    sweep = 2 * math.pi if full else (turn * (last - first)) % (2 * math.pi)
    step = 2.0 * math.acos(max(1.0 - ARC_TOLERANCE / radius, 0.0))
    count = max(2, math.ceil(sweep / step))
    angles = first + turn * np.linspace(0.0, sweep, count + 1)
    chain = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    chain[0], chain[-1] = start, start if full else end
    return np.asarray(chain)


def _polygons(element: Any) -> list[Any]:
    name = local_name(element)
    if name in _POLYGONS:
        return [_polygon(element)]
    if any(key.endswith("}href") for key in element.attrib):
        raise GeometryError("its geometry is referred to, not written out")
    found = []
    for child in element.iterchildren(tag=etree.Element):
        inner = local_name(child)
        if inner in _POLYGONS or inner in _HOLDERS:
            found += _polygons(child)
        elif name not in _HOLDERS and inner not in ("boundedBy", "description", "name"):
            raise GeometryError(f"its geometry is a {inner}, not an area")
    return found


def _polygon(element: Any) -> Any:
    outline, holes = None, []
    for child in element.iterchildren(tag=etree.Element):
        name = local_name(child)
        if name in ("exterior", "outerBoundaryIs"):
            outline = _ring(child)
        elif name in ("interior", "innerBoundaryIs"):
            holes.append(_ring(child))
    if outline is None:
        raise GeometryError("a polygon has no outline")
    return shapely.Polygon(outline, holes)


def _ring(holder: Any) -> Floats:
    for ring in holder.iterchildren(tag=etree.Element):
        name = local_name(ring)
        if name == "LinearRing":
            points = _positions(ring)
        elif name == "Ring":
            points = _chained([_curve(child) for child in ring.iterchildren(tag=etree.Element)])
        else:
            raise GeometryError(f"an outline is a {name}, which is not read")
        distinct = np.unique(points, axis=0)
        if len(distinct) < 3:
            raise GeometryError(f"an outline has {len(distinct)} distinct points; it needs three")
        return points
    raise GeometryError("an outline is empty")


def _curve(element: Any) -> Floats:
    name = local_name(element)
    if name in _LINES:
        return _positions(element)
    if name in ("Arc", "ArcString"):
        points = _positions(element)
        if len(points) < 3 or len(points) % 2 == 0:
            raise GeometryError(f"an arc has {len(points)} points; it needs three, or two more for each further arc")
        return _chained([arc(*points[first : first + 3]) for first in range(0, len(points) - 1, 2)])
    if name == "Circle":
        points = _positions(element)
        if len(points) != 3:
            raise GeometryError(f"a circle has {len(points)} points; it needs three")
        return arc(*points, full=True)
    if name in _CURVES:
        return _chained([_curve(child) for child in element.iterchildren(tag=etree.Element)])
    if name == "OrientableCurve":
        inner = _chained([_curve(child) for child in element.iterchildren(tag=etree.Element)])
        return inner[::-1] if element.get("orientation") == "-" else inner
    raise GeometryError(f"a curve is a {name}, which is not read; lines, arcs and circles are")


def _chained(parts: list[Floats]) -> Floats:
    if not parts:
        raise GeometryError("a curve is empty")
    for before, after in pairwise(parts):
        gap = float(np.hypot(*(after[0] - before[-1])))
        if gap > _JOIN:
            raise GeometryError(f"its curves do not join: a gap of {gap:.3g} m")
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _positions(element: Any) -> Floats:
    values: list[float] = []
    size = _dimension(element)
    for part in element.iter("{*}posList", "{*}pos", "{*}coordinates"):
        words = (part.text or "").replace(",", " ").split() if local_name(part) == "coordinates" else _words(part)
        try:
            numbers = [float(word) for word in words]
        except ValueError:
            raise GeometryError(f"a coordinate is no number: {' '.join(words)[:60]!r}") from None
        wide = _dimension(part) or size or (str(len(numbers)) if local_name(part) == "pos" else "2")
        if wide not in ("2", "3") or len(numbers) % int(wide):
            raise GeometryError(f"{len(numbers)} numbers do not make points of {wide} coordinates")
        for first in range(0, len(numbers), int(wide)):
            values += numbers[first : first + 2]
    points = np.array(values, np.float64).reshape(-1, 2)
    if len(points) == 0:
        raise GeometryError("a line has no points")
    if not np.isfinite(points).all():
        raise GeometryError("a coordinate is NaN or infinite")
    if np.abs(points).max() > _FARTHEST:
        raise GeometryError(f"a coordinate is {np.abs(points).max():.3g}, which is on no map")
    return points


def _words(part: Any) -> list[str]:
    return (part.text or "").split()


def _dimension(element: Any) -> str:
    return str(element.get("srsDimension", ""))
