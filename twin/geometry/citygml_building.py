"""One CityGML building element to its attributes and raw polygons, for CityGML 1.0, 2.0 and 3.0.

A building has its own geometry, that of its parts and that of its installations, at one level of detail. Polygons go
unchecked into flat buffers; what cannot be read at all is refused here by name.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from twin.geometry.citygml_polygons import (
    GML,
    GML_32,
    HREF,
    LEVELS,
    PARTS,
    RINGS,
    FoundPolygons,
    check_dimension,
    identity,
    local_name,
    ring_numbers,
)
from twin.geometry.records import Refusal

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
_EXTERIORS = (GML + "exterior", GML_32 + "exterior", GML + "outerBoundaryIs")
_MARGIN = 1.0  # m: envelopes are rounded at times
_TOPS = {"highestRoofEdge", "highestPoint", "topOfConstruction"}
_BASES = {"lowestGroundPoint", "bottomOfConstruction"}
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
    generic: dict[str, str] = field(default_factory=dict)


@dataclass
class BuildingReader:
    """Takes building elements one by one into `raw` and `attributes`; what fails goes to the lists of the report.

    box : buildings whose own envelope lies outside are counted in `seen` and `passed`, not read
    passed : first corners of their envelopes, as the file writes them
    """

    box: tuple[float, float, float, float] | None = None
    passed: list[tuple[float, float]] = field(default_factory=list)
    raw: RawPolygons = field(default_factory=RawPolygons)
    attributes: list[BuildingAttributes] = field(default_factory=list)
    repaired: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    srs_names: dict[str, str] = field(default_factory=dict)
    seen: int = 0

    def take(self, element: Any) -> None:
        """Read one `bldg:Building`."""
        self.seen += 1
        name = identity(element) or f"building {self.seen} (no gml:id)"
        if self.box is not None and self._passes_by(element, name):
            return
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
                    refers = refers or holder.get(HREF) is not None
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

    def _passes_by(self, element: Any, name: str) -> bool:
        """Tell whether the building's own envelope lies outside the box, in either order of the axes."""
        assert self.box is not None
        envelope = next(
            (
                inner
                for child in element.iterchildren(tag=etree.Element)
                if local_name(child) == "boundedBy"
                for inner in child.iterchildren(tag=etree.Element)
                if local_name(inner) == "Envelope"
            ),
            None,
        )
        if envelope is None:
            return False
        try:
            low, high = ([float(value) for value in (text or "").split()[:2]] for text in corners(envelope))
            (left, bottom), (right, top) = low, high
        except ValueError:
            return False
        west, south, east, north = self.box
        if not (left <= right and bottom <= top):  # also not a number
            return False
        for x, y, far_x, far_y in ((left, bottom, right, top), (bottom, left, top, right)):
            if far_x >= west - _MARGIN and x <= east + _MARGIN and far_y >= south - _MARGIN and y <= north + _MARGIN:
                return False
        if envelope.get("srsName"):
            self.srs_names.setdefault(envelope.get("srsName"), name)
        self.passed.append((left, bottom))
        return True

    def _polygons(self, element: Any, name: str, refers: bool) -> tuple[str, list[tuple[Any, int]]]:
        """Return the best level of detail that has polygons, and these with their kinds, each once."""
        for level in LEVELS:
            found = FoundPolygons(level, refers)
            found.walk(element)
            if found.hrefs:
                dangling = found.resolve(element)
                if dangling:
                    self.refused.append(
                        Refusal(name, f"{dangling} surface references (xlink:href) lead to nothing inside the building")
                    )
            if found.polygons:
                for part, other in found.fill_parts(element):
                    part_name = identity(part) or "a part"
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
            number = identity(polygon) or ""
            try:
                for ring in polygon.iter(RINGS):
                    numbers = ring_numbers(ring)
                    count, rest = divmod(len(numbers), 3)
                    if not plain:
                        check_dimension(ring)
                    if rest:
                        raise ValueError(f"a ring has {len(numbers)} numbers, which is no multiple of 3")
                    if len(ring_size) == rings and ring.getparent().tag not in _EXTERIORS:
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


def _level_tags(element: Any) -> Iterator[str]:
    for child in element.iter(tag=etree.Element):
        tag = local_name(child)
        if tag.startswith("lod") and tag[3:4].isdigit() and tag[4:5].isupper():
            yield tag


def _attributes(element: Any, name: str, repaired: list[Refusal]) -> BuildingAttributes:
    """Read the attributes of a building; what it does not say, its parts may, if they agree (height: the largest)."""
    own = _own_attributes(element, name, repaired)
    parts = [
        _own_attributes(part, name, repaired)
        for holder in element.iterchildren(tag=etree.Element)
        if local_name(holder) in PARTS
        for part in holder.iterchildren(tag=etree.Element)
    ]
    if parts:
        heights = [part.measured_height for part in parts if part.measured_height == part.measured_height]
        storeys = [part.storeys for part in parts if part.storeys == part.storeys]
        if own.measured_height != own.measured_height and heights:
            own.measured_height = max(heights)
        if own.storeys != own.storeys and storeys:
            own.storeys = max(storeys)
        for part in parts:
            own.generic = part.generic | own.generic
        functions = {part.function for part in parts}
        roofs = {part.roof_type for part in parts}
        own.function = own.function or (functions.pop() if len(functions) == 1 else None)
        own.roof_type = own.roof_type or (roofs.pop() if len(roofs) == 1 else None)
    return own


def _own_attributes(element: Any, name: str, repaired: list[Refusal]) -> BuildingAttributes:
    found = BuildingAttributes(name)
    best = -1
    for child in element.iterchildren(tag=etree.Element):
        tag = local_name(child)
        if tag.endswith(("Attribute", "AttributeSet")):
            found.generic.update(_generic(child))
            continue
        if tag == "height":
            rank, value = _height(child, name, repaired)
            if value is not None and rank > best:
                best, found.measured_height = rank, value
            continue
        text = (child.text or "").strip()
        if not text:
            continue
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


def _generic(element: Any) -> Iterator[tuple[str, str]]:
    """Yield the generic attributes of an element: 2.0 names them in an attribute, 3.0 in a child; sets are opened."""
    tag = local_name(element)
    children = list(element.iterchildren(tag=etree.Element))
    if tag == "genericAttribute" or tag.endswith("AttributeSet"):  # the property of 3.0, or a set
        for child in children:
            yield from _generic(child)
        return
    told = {local_name(child): (child.text or "").strip() for child in children}
    key, value = element.get("name") or told.get("name"), told.get("value")
    if key and value:
        yield key, value


def _height(element: Any, name: str, repaired: list[Refusal]) -> tuple[int, float | None]:
    """Return a `con:Height` of CityGML 3.0 and how well it answers "from the ground to the top": 2 is both ends."""
    for height in element.iterchildren(tag=etree.Element):
        told = {local_name(child): child for child in height.iterchildren(tag=etree.Element)}
        if "value" not in told:
            continue
        text = (told["value"].text or "").strip()
        value = _quantity(text, told["value"].get("uom"))
        if value is None:
            unit = told["value"].get("uom") or "m"
            repaired.append(Refusal(name, f"height is {text[:30]!r} {unit}; a number >= 0 is needed: left empty"))
            continue
        ends = {key: (told[key].text or "").strip() if key in told else "" for key in ("highReference", "lowReference")}
        rank = (ends["highReference"] in _TOPS) + (ends["lowReference"] in _BASES)
        return rank, value
    return 0, None


def corners(envelope: Any) -> tuple[str | None, str | None]:
    """Return the texts of the lower and upper corner of a `gml:Envelope`."""
    gml = GML_32 if envelope.tag.startswith(GML_32) else GML
    return envelope.findtext(gml + "lowerCorner"), envelope.findtext(gml + "upperCorner")


def _quantity(text: str, unit: str | None) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value < 10_000.0 and unit in _METRES else None
