"""The polygons of one CityGML building, each once, with the kind of the surface it stands in or is referred to from.

GML writes a surface in place or refers to it (xlink:href), in both directions between a solid and its boundary
surfaces; everything here is about not reading a surface twice or never, and about the numbers in a ring.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from lxml import etree

from twin.geometry.records import SurfaceKind

GML, GML_32 = "{http://www.opengis.net/gml}", "{http://www.opengis.net/gml/3.2}"
HREF = "{http://www.w3.org/1999/xlink}href"
RINGS = (GML + "LinearRing", GML_32 + "LinearRing")
ENVELOPES = (GML + "Envelope", GML_32 + "Envelope")
BUILDINGS = tuple(f"{{http://www.opengis.net/citygml/building/{version}}}Building" for version in ("1.0", "2.0", "3.0"))
PARTS = ("consistsOfBuildingPart", "buildingPart")
"""Properties that hold a building's parts, in CityGML 1.0 and 2.0, and in 3.0."""

LEVELS = ("2", "3", "1")
"""Levels of detail in order of preference."""

_ID, _ID_32 = GML + "id", GML_32 + "id"
_POSLISTS = (GML + "posList", GML_32 + "posList")
POSITIONS = (*_POSLISTS, GML + "pos", GML_32 + "pos")
_COORDINATES = (GML + "coordinates", GML_32 + "coordinates")
POLYGONS = tuple(gml + name for gml in (GML, GML_32) for name in ("Polygon", "PolygonPatch", "Triangle", "Rectangle"))
REFERRING = tuple(
    gml + name for gml in (GML, GML_32) for name in ("surfaceMember", "baseSurface", "solidMember", "exterior")
)
KINDS = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "OuterCeilingSurface": SurfaceKind.OUTER_CEILING,
    "OuterFloorSurface": SurfaceKind.OUTER_FLOOR,
    # CityGML 3.0 may give windows and doors beside walls and roofs: their slope tells which they belong to
    "WindowSurface": SurfaceKind.UNKNOWN,
    "DoorSurface": SurfaceKind.UNKNOWN,
}
BOUNDARIES = {"boundedBy", "boundary"}
OPENINGS = {"opening", "fillingSurface"}
INSIDE = "relationToConstruction"
CURVES = {f"lod{level}MultiCurve" for level in LEVELS}
MEMBERS = {*PARTS, "outerBuildingInstallation", "buildingInstallation"}
GEOMETRY = {"MultiSurface", "Solid", "Geometry", "MultiSolid"}


class FoundPolygons:
    """Polygons of one building at one level of detail, collected in document order."""

    def __init__(self, level: str, refers: bool) -> None:
        self.level = level
        self.refers = refers
        self.polygons: dict[Any, tuple[Any, int]] = {}
        self.hrefs: list[tuple[str, int]] = []
        self.solid_only: set[Any] = set()
        self.has_boundary = False
        self.has_curves = False

    def walk(self, element: Any, level: str | None = None) -> None:
        """Collect from a building, part or installation."""
        prefix = f"lod{level or self.level}"
        for child in element.iterchildren(tag=etree.Element):
            tag = local_name(child)
            if tag.startswith(prefix) and tag[4:] in GEOMETRY:
                self._collect(child, int(SurfaceKind.UNKNOWN), boundary=False)
            elif tag in BOUNDARIES:
                for surface in child.iterchildren(tag=etree.Element):
                    kind = KINDS.get(local_name(surface))
                    if kind is not None:
                        self._boundary(surface, int(kind), prefix)
            elif tag in MEMBERS:
                for part in child.iterchildren(tag=etree.Element):
                    if not _is_inside(part):
                        self.walk(part, level)
            elif tag in CURVES:
                self.has_curves = True

    def fill_parts(self, building: Any) -> list[tuple[Any, str]]:
        """Give parts without geometry at this level their next best, unless the building itself has this level."""
        parts = [
            part
            for holder in building.iterchildren(tag=etree.Element)
            if local_name(holder) in PARTS
            for part in holder.iterchildren(tag=etree.Element)
        ]
        if not parts:
            return []
        inside = {part: any(polygon in self.polygons for polygon in part.iter(POLYGONS)) for part in parts}
        in_parts = sum(polygon in self.polygons for part in parts for polygon in part.iter(POLYGONS))
        if in_parts < len(self.polygons):
            return []
        filled = []
        for part in (part for part in parts if not inside[part]):
            for other in LEVELS:
                before = len(self.polygons)
                self.walk(part, other)
                if len(self.polygons) > before:
                    filled.append((part, other))
                    break
        return filled

    def _boundary(self, surface: Any, kind: int, prefix: str) -> None:
        for child in surface.iterchildren(tag=etree.Element):
            tag = local_name(child)
            if tag.startswith(prefix) and tag[4:] in GEOMETRY:
                self._collect(child, kind, boundary=True)
            elif tag in OPENINGS:  # doors and windows close the hole they leave in their wall
                for opening in child.iterchildren(tag=etree.Element):
                    self._boundary(opening, kind, prefix)

    def _collect(self, geometry: Any, kind: int, *, boundary: bool) -> None:
        self.has_boundary |= boundary
        for polygon in geometry.iter(POLYGONS):
            if polygon not in self.polygons:
                self.polygons[polygon] = (polygon, kind)
                if not boundary:
                    self.solid_only.add(polygon)
        if self.refers:
            for element in geometry.iter(REFERRING):
                href = element.get(HREF)
                if href is not None:
                    self.hrefs.append((href, kind))

    def resolve(self, building: Any) -> int:
        """Follow references, return how many dangle; a polygon takes the kind of the surface that refers to it."""
        by_id: dict[str, Any] = {}
        for element in building.iter(tag=etree.Element):
            number = identity(element)
            if number is not None:
                by_id.setdefault(number, element)
        dangling = 0
        for href, kind in self.hrefs:
            target = by_id.get(href.removeprefix("#"))
            polygons = [] if target is None else list(target.iter(POLYGONS))
            dangling += not polygons
            for polygon in polygons:
                self._refer(polygon, kind)
        return dangling

    def _refer(self, polygon: Any, kind: int) -> None:
        known = self.polygons.get(polygon)
        if known is None or known[1] == SurfaceKind.UNKNOWN:
            self.polygons[polygon] = (polygon, kind)
        if kind != SurfaceKind.UNKNOWN:
            self.solid_only.discard(polygon)

    def drop_doubles(self) -> int:
        """Leave out polygons of a solid that repeat one of its own boundary surfaces; return how many."""
        known = {(_unit(polygon), _shape(polygon)) for polygon in self.polygons if polygon not in self.solid_only}
        doubles = [polygon for polygon in self.solid_only if (_unit(polygon), _shape(polygon)) in known]
        for polygon in doubles:
            del self.polygons[polygon]
        return len(doubles)


def _unit(polygon: Any) -> Any:
    """Return the building or part that a polygon stands in."""
    element = polygon.getparent()
    while local_name(element) not in ("Building", "BuildingPart"):
        element = element.getparent()
    return element


def _shape(polygon: Any) -> frozenset[tuple[float, ...]]:
    """Return the vertices of a polygon to the millimetre, in no order."""
    points: set[tuple[float, ...]] = set()
    for ring in polygon.iter(RINGS):
        try:
            numbers = [round(value, 3) for value in ring_numbers(ring)]
        except ValueError:
            return frozenset({(float(id(polygon)),)})
        points.update(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=False))
    return frozenset(points)


def ring_numbers(ring: Any) -> list[float]:
    """Return the numbers of a ring; ValueError with the reason if it has none or one is not a number."""
    if len(ring) == 1 and ring[0].tag in _POSLISTS:
        text = ring[0].text or ""
    else:
        positions = [child.text or "" for child in ring.iterchildren(*POSITIONS)]
        positions = positions or [_tuples(child) for child in ring.iterchildren(*_COORDINATES)]
        if not positions:
            raise ValueError("its ring has neither gml:posList nor gml:pos nor gml:coordinates")
        text = " ".join(positions)
    try:
        numbers = list(map(float, text.split()))
    except ValueError as error:
        raise ValueError(f"its ring holds something that is not a number: {str(error)[-40:]}") from None
    if "_" in text:  # Python reads 1_000 as a number, GML does not
        raise ValueError("its ring holds something that is not a number: '_'")
    return numbers


def _tuples(element: Any) -> str:
    """Return the text of a `gml:coordinates`, GML 2's way to write a ring, in the form of a `gml:posList`."""
    decimal, between, after = element.get("decimal", "."), element.get("cs", ","), element.get("ts", " ")
    text = element.text or ""
    points = text.split() if after.isspace() else text.split(after)
    listed = [point.split() if between.isspace() else point.split(between) for point in points if point.strip()]
    for point in listed:
        if len(point) != 3:
            raise ValueError(f"its gml:coordinates hold a point of {len(point)} numbers; surfaces need 3")
    return " ".join(number if decimal == "." else number.replace(decimal, ".") for point in listed for number in point)


def identity(element: Any) -> str | None:
    """Return the gml:id of an element, if it has one."""
    number: str | None = element.get(_ID) or element.get(_ID_32)
    return number


def _is_inside(element: Any) -> bool:
    """Tell whether CityGML 3.0 calls an installation one inside its building."""
    return any(
        local_name(child) == INSIDE and (child.text or "").strip() == "inside"
        for child in element.iterchildren(tag=etree.Element)
    )


def check_dimension(ring: Any) -> None:
    """Raise ValueError if the srsDimension that holds for a ring, its own or that of what it stands in, is not 3."""
    element = ring[0] if len(ring) else ring
    while element is not None:
        value = element.get("srsDimension")
        if value is not None:
            if value != "3":
                raise ValueError(f"its coordinates have {value[:10]} dimensions (srsDimension); surfaces need 3")
            return
        element = element.getparent()


@cache
def _without_namespace(tag: str) -> str:
    return tag.rpartition("}")[2]


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return _without_namespace(element.tag)
