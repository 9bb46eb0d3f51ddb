"""What a CityGML building says about itself besides its geometry, and what its parts say for it.

A value that cannot be used is left empty and named in the report's list of repairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from twin.geometry.citygml_polygons import PARTS, local_name
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
_TOPS = {"highestRoofEdge", "highestPoint", "topOfConstruction"}
_BASES = {"lowestGroundPoint", "bottomOfConstruction"}


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


def building_attributes(element: Any, name: str, repaired: list[Refusal]) -> BuildingAttributes:
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


def _quantity(text: str, unit: str | None) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value < 10_000.0 and unit in _METRES else None
