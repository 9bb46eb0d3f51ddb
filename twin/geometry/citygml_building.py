"""One CityGML building element to its attributes and raw polygons, for CityGML 1.0, 2.0 and 3.0.

A building has its own geometry, that of its parts and that of its installations, at one level of detail. Polygons go
unchecked into flat buffers; what cannot be read at all is refused here by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from twin.geometry.citygml_attributes import BuildingAttributes, building_attributes
from twin.geometry.citygml_checked import CheckedPolygons, RawPolygons
from twin.geometry.citygml_polygons import (
    GML,
    GML_32,
    HREF,
    LEVELS,
    RINGS,
    FoundPolygons,
    check_dimension,
    identity,
    local_name,
    ring_numbers,
)
from twin.geometry.records import Refusal

_EXTERIORS = (GML + "exterior", GML_32 + "exterior", GML + "outerBoundaryIs")
STRETCH = 2_500
"""Polygons checked at once; their work space is ten times their size."""

_MARGIN = 1.0  # m: envelopes are rounded at times
_XLINK = {"xlink": "http://www.w3.org/1999/xlink"}
_annotations: Any = etree.XPath(
    ".//@srsName | .//@srsDimension | .//@xlink:href", namespaces=_XLINK, smart_strings=False
)
_annotated: Any = etree.XPath(".//*[@srsName or @srsDimension or @xlink:href]", namespaces=_XLINK)


@dataclass
class BuildingReader:
    """Takes building elements one by one into `raw` and `attributes`; what fails goes to the lists of the report.

    box : buildings whose own envelope lies outside are counted in `seen` and `passed`, not read
    passed : first corners of their envelopes, as the file writes them
    with_curves : buildings that hold lines, which are left
    """

    box: tuple[float, float, float, float] | None = None
    passed: list[tuple[float, float]] = field(default_factory=list)
    raw: RawPolygons = field(default_factory=RawPolygons)
    checked: CheckedPolygons = field(default_factory=CheckedPolygons)
    attributes: list[BuildingAttributes] = field(default_factory=list)
    repaired: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    srs_names: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    with_curves: int = 0

    def take(self, element: Any) -> None:
        """Read one `bldg:Building`."""
        self.seen += 1
        name = identity(element) or f"building {self.seen} (no gml:id)"
        if self.box is not None and self.passes_by(element, name):
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
        attributes = building_attributes(element, name, self.repaired)
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
        self.check(STRETCH)

    def check(self, least: int = 1) -> None:
        """Check the raw polygons if they are as many as `least`, and give their memory back."""
        if len(self.raw.kind) >= least:
            self.checked.add(self.raw, [entry.id for entry in self.attributes])
            self.raw = RawPolygons()

    def passes_by(self, element: Any, name: str) -> bool:
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
            self.with_curves += found.has_curves and level == LEVELS[0]
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


def corners(envelope: Any) -> tuple[str | None, str | None]:
    """Return the texts of the lower and upper corner of a `gml:Envelope`."""
    gml = GML_32 if envelope.tag.startswith(GML_32) else GML
    return envelope.findtext(gml + "lowerCorner"), envelope.findtext(gml + "upperCorner")
