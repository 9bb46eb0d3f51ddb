"""One CityGML building element to its attributes and raw polygons, for CityGML 1.0 and 2.0.

A building has its own geometry, that of its parts and that of its installations; every polygon is taken once, with the
kind of the boundary surface it stands in or is referred to from (xlink). One level of detail per building.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lxml import etree

from twin.geometry.records import Refusal, SurfaceKind

GML = "{http://www.opengis.net/gml}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_ID = GML + "id"
_POSLIST, _POS, _COORDINATES = GML + "posList", GML + "pos", GML + "coordinates"
_RING = GML + "LinearRing"
_POLYGONS = tuple(GML + name for name in ("Polygon", "PolygonPatch", "Triangle", "Rectangle"))
_KINDS = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "OuterCeilingSurface": SurfaceKind.OUTER_CEILING,
    "OuterFloorSurface": SurfaceKind.OUTER_FLOOR,
}
_PARTS = {"consistsOfBuildingPart", "outerBuildingInstallation"}
_GEOMETRY = {"MultiSurface", "Solid", "Geometry", "MultiSolid"}
_LEVELS = ("2", "3", "1")  # in order of preference
_METRES = {
    None,
    "",
    "m",
    "#m",
    "M",
    "metre",
    "meter",
    "urn:ogc:def:uom:UCUM::m",
    "urn:adv:uom:m",
    "urn:ogc:def:uom:EPSG::9001",
}
_EXTERIOR = GML + "exterior"
_REFERRING = tuple(GML + name for name in ("surfaceMember", "baseSurface", "solidMember", "exterior"))
_XLINK = {"xlink": "http://www.w3.org/1999/xlink"}
_annotations: Any = etree.XPath(
    ".//@srsName | .//@srsDimension | .//@xlink:href", namespaces=_XLINK, smart_strings=False
)
_annotated: Any = etree.XPath(".//*[@srsName or @srsDimension or @xlink:href]", namespaces=_XLINK)


@dataclass
class RawPolygons:
    """Polygons of all buildings read so far, in flat buffers, unchecked.

    values : coordinates, three to a vertex
    ring_size : vertices of each ring; polygon_size : rings of each polygon; kind, building : one per polygon
    ids : gml:id of each polygon, or ""
    """

    values: array[float] = field(default_factory=lambda: array("d"))
    ring_size: array[int] = field(default_factory=lambda: array("q"))
    polygon_size: array[int] = field(default_factory=lambda: array("q"))
    kind: array[int] = field(default_factory=lambda: array("B"))
    building: array[int] = field(default_factory=lambda: array("i"))
    ids: list[str] = field(default_factory=list)


@dataclass
class BuildingAttributes:
    """What a building says about itself besides its geometry."""

    id: str
    name: str | None = None
    function: str | None = None
    roof_type: str | None = None
    storeys: float = float("nan")
    measured_height: float = float("nan")
    lod: int = 0


@dataclass
class BuildingReader:
    """Takes building elements one by one into `raw` and `attributes`; what fails goes to the lists of the report."""

    raw: RawPolygons = field(default_factory=RawPolygons)
    attributes: list[BuildingAttributes] = field(default_factory=list)
    repaired: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    srs_names: dict[str, str] = field(default_factory=dict)
    seen: int = 0

    def take(self, element: Any) -> None:
        """Read one `bldg:Building`."""
        self.seen += 1
        name = element.get(_ID) or f"building {self.seen} (no gml:id)"
        # where nothing but 3 is declared, no ring needs to look for its own dimension
        plain, refers = True, False
        told = {value for value in _annotations(element) if value != "3" and value not in self.srs_names}
        if told:
            refers = any(value[:1] == "#" for value in told)
            if not all(value[:1] == "#" for value in told):  # rare: ask each element (three times the cost)
                for holder in _annotated(element):
                    if holder.get("srsName") is not None:
                        self.srs_names.setdefault(holder.get("srsName"), name)
                    plain = plain and holder.get("srsDimension", "3") == "3"
                    refers = refers or holder.get(_HREF) is not None
        attributes = _attributes(element, name, self.repaired)
        level, polygons = self._polygons(element, name, refers)
        if not polygons:
            others = sorted({tag[3] for tag in _level_tags(element)})
            has = f"only geometry of level {', '.join(others)}" if others else "no geometry"
            self.refused.append(Refusal(name, f"it has {has}; level 1, 2 or 3 with surfaces is needed"))
            return
        attributes.lod = int(level)
        before = len(self.raw.kind)
        self._add(polygons, len(self.attributes), name, plain)
        if len(self.raw.kind) == before:
            self.refused.append(Refusal(name, "none of its polygons can be read"))
            return
        self.attributes.append(attributes)

    def _polygons(self, element: Any, name: str, refers: bool) -> tuple[str, list[tuple[Any, int]]]:
        """Return the best level of detail that has polygons, and these with their kinds, each once."""
        for level in _LEVELS:
            found = _Found(level, refers)
            found.walk(element)
            if found.hrefs:
                dangling = found.resolve(element)
                if dangling:
                    self.refused.append(
                        Refusal(name, f"{dangling} surface references (xlink:href) lead to nothing inside the building")
                    )
            if found.polygons:
                for part, other in found.fill_parts(element):
                    part_name = part.get(_ID) or "a part"
                    self.repaired.append(
                        Refusal(name, f"{part_name} has no level {level}; its level {other} is taken beside the others")
                    )
                if found.solid_only and found.has_boundary:
                    doubles = found.drop_doubles()
                    if doubles:
                        reason = f"{doubles} polygons stood both in its solid and in its boundary surfaces"
                        self.repaired.append(Refusal(name, f"{reason}; they count once"))
                return level, list(found.polygons.values())
        return "0", []

    def _add(self, polygons: list[tuple[Any, int]], row: int, name: str, plain: bool) -> None:
        raw = self.raw
        values, ring_size, ids = raw.values, raw.ring_size, raw.ids
        for polygon, kind in polygons:
            mark, rings = len(values), len(ring_size)
            number = polygon.get(_ID) or ""
            try:
                for ring in polygon.iter(_RING):
                    numbers = _numbers(ring)
                    count, rest = divmod(len(numbers), 3)
                    if not plain:
                        _check_dimension(ring)
                    if rest:
                        raise ValueError(f"a ring has {len(numbers)} numbers, which is no multiple of 3")
                    if len(ring_size) == rings and ring.getparent().tag != _EXTERIOR:
                        raise ValueError("its first ring is not its outline (gml:exterior)")
                    values.extend(numbers)
                    ring_size.append(count)
                if len(ring_size) == rings:
                    raise ValueError("it has no ring")
            except ValueError as error:
                del values[mark:], ring_size[rings:]
                self.refused.append(Refusal(f"{name}/{number or 'polygon'}", str(error)))
                continue
            raw.polygon_size.append(len(ring_size) - rings)
            raw.kind.append(kind)
            raw.building.append(row)
            ids.append(number)


class _Found:
    """Polygons of one building at one level of detail, collected in document order."""

    def __init__(self, level: str, refers: bool) -> None:
        self.level = level
        self.refers = refers
        self.polygons: dict[Any, tuple[Any, int]] = {}
        self.hrefs: list[tuple[str, int]] = []
        self.solid_only: set[Any] = set()
        self.has_boundary = False

    def walk(self, element: Any, level: str | None = None) -> None:
        """Collect from a building, part or installation."""
        prefix = f"lod{level or self.level}"
        for child in element.iterchildren(tag=etree.Element):
            tag = _local(child)
            if tag.startswith(prefix) and tag[4:] in _GEOMETRY:
                self._collect(child, int(SurfaceKind.UNKNOWN), boundary=False)
            elif tag == "boundedBy":
                for surface in child.iterchildren(tag=etree.Element):
                    kind = _KINDS.get(_local(surface))
                    if kind is not None:
                        self._boundary(surface, int(kind), prefix)
            elif tag in _PARTS:
                for part in child.iterchildren(tag=etree.Element):
                    self.walk(part, level)

    def fill_parts(self, building: Any) -> list[tuple[Any, str]]:
        """Give parts without geometry at this level their next best, unless the building itself has this level."""
        parts = [
            part
            for holder in building.iterchildren(tag=etree.Element)
            if _local(holder) == "consistsOfBuildingPart"
            for part in holder.iterchildren(tag=etree.Element)
        ]
        if not parts:
            return []
        inside = {part: any(polygon in self.polygons for polygon in part.iter(_POLYGONS)) for part in parts}
        in_parts = sum(polygon in self.polygons for part in parts for polygon in part.iter(_POLYGONS))
        if in_parts < len(self.polygons):
            return []
        filled = []
        for part in (part for part in parts if not inside[part]):
            for other in _LEVELS:
                before = len(self.polygons)
                self.walk(part, other)
                if len(self.polygons) > before:
                    filled.append((part, other))
                    break
        return filled

    def _boundary(self, surface: Any, kind: int, prefix: str) -> None:
        for child in surface.iterchildren(tag=etree.Element):
            tag = _local(child)
            if tag.startswith(prefix) and tag[4:] in _GEOMETRY:
                self._collect(child, kind, boundary=True)
            elif tag == "opening":  # doors and windows close the hole they leave in their wall
                for opening in child.iterchildren(tag=etree.Element):
                    self._boundary(opening, kind, prefix)

    def _collect(self, geometry: Any, kind: int, *, boundary: bool) -> None:
        self.has_boundary |= boundary
        for polygon in geometry.iter(_POLYGONS):
            if polygon not in self.polygons:
                self.polygons[polygon] = (polygon, kind)
                if not boundary:
                    self.solid_only.add(polygon)
        if self.refers:
            for element in geometry.iter(_REFERRING):
                href = element.get(_HREF)
                if href is not None:
                    self.hrefs.append((href, kind))

    def resolve(self, building: Any) -> int:
        """Follow references, return how many dangle; a polygon takes the kind of the surface that refers to it."""
        by_id: dict[str, Any] = {}
        for element in building.iter(tag=etree.Element):
            number = element.get(_ID)
            if number is not None:
                by_id.setdefault(number, element)
        dangling = 0
        for href, kind in self.hrefs:
            target = by_id.get(href.removeprefix("#"))
            polygons = [] if target is None else list(target.iter(_POLYGONS))
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
    while _local(element) not in ("Building", "BuildingPart"):
        element = element.getparent()
    return element


def _shape(polygon: Any) -> frozenset[tuple[float, ...]]:
    """Return the vertices of a polygon to the millimetre, in no order."""
    points: set[tuple[float, ...]] = set()
    for ring in polygon.iter(_RING):
        try:
            numbers = [round(value, 3) for value in _numbers(ring)]
        except ValueError:
            return frozenset({(float(id(polygon)),)})
        points.update(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=False))
    return frozenset(points)


def _numbers(ring: Any) -> list[float]:
    """Return the numbers of a ring; ValueError with the reason if it has none or one is not a number."""
    if len(ring) == 1 and ring[0].tag == _POSLIST:
        text = ring[0].text or ""
    else:
        positions = [child.text or "" for child in ring.iterchildren(_POSLIST, _POS)]
        if not positions:
            if ring.find(_COORDINATES) is not None:
                raise ValueError("its ring uses gml:coordinates; gml:posList or gml:pos is needed")
            raise ValueError("its ring has neither gml:posList nor gml:pos")
        text = " ".join(positions)
    try:
        numbers = list(map(float, text.split()))
    except ValueError as error:
        raise ValueError(f"its ring holds something that is not a number: {str(error)[-40:]}") from None
    if "_" in text:  # Python reads 1_000 as a number, GML does not
        raise ValueError("its ring holds something that is not a number: '_'")
    return numbers


def _check_dimension(ring: Any) -> None:
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
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _local(element: Any) -> str:
    return _local_name(element.tag)


def _level_tags(element: Any) -> Iterator[str]:
    for child in element.iter(tag=etree.Element):
        tag = _local(child)
        if tag.startswith("lod") and tag[3:4].isdigit() and tag[4:5].isupper():
            yield tag


def _attributes(element: Any, name: str, repaired: list[Refusal]) -> BuildingAttributes:
    """Read the attributes of a building; what it does not say, its parts may, if they agree (height: the largest)."""
    own = _own_attributes(element, name, repaired)
    parts = [
        _own_attributes(part, name, repaired)
        for holder in element.iterchildren(tag=etree.Element)
        if _local(holder) == "consistsOfBuildingPart"
        for part in holder.iterchildren(tag=etree.Element)
    ]
    if parts:
        heights = [part.measured_height for part in parts if part.measured_height == part.measured_height]
        storeys = [part.storeys for part in parts if part.storeys == part.storeys]
        if own.measured_height != own.measured_height and heights:
            own.measured_height = max(heights)
        if own.storeys != own.storeys and storeys:
            own.storeys = max(storeys)
        functions = {part.function for part in parts}
        roofs = {part.roof_type for part in parts}
        own.function = own.function or (functions.pop() if len(functions) == 1 else None)
        own.roof_type = own.roof_type or (roofs.pop() if len(roofs) == 1 else None)
    return own


def _own_attributes(element: Any, name: str, repaired: list[Refusal]) -> BuildingAttributes:
    found = BuildingAttributes(name)
    for child in element.iterchildren(tag=etree.Element):
        text = (child.text or "").strip()
        if not text:
            continue
        tag = _local(child)
        if tag == "name":
            found.name = found.name or text
        elif tag == "function":
            found.function = found.function or text
        elif tag == "roofType":
            found.roof_type = text
        elif tag in ("storeysAboveGround", "measuredHeight"):
            value = _quantity(text, child.get("uom"))
            if value is None:
                unit = child.get("uom") or "m"
                repaired.append(Refusal(name, f"{tag} is {text[:30]!r} {unit}; a number >= 0 is needed: left empty"))
            elif tag == "measuredHeight":
                found.measured_height = value
            else:
                found.storeys = value
    return found


def _quantity(text: str, unit: str | None) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value < 10_000.0 and unit in _METRES else None
