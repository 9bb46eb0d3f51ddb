"""City objects of CityJSON sorted into buildings with their parts, terrain, and everything else that has surfaces.

Each object brings its best level of detail: 2.x (2.2 before 2.0), else 3, else 1; only areas may be of level 0. What
cannot be used is named in the lists of the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twin.geometry.citygml_attributes import BuildingAttributes
from twin.geometry.cityjson_polygons import MAX_INSTANCE_VERTICES, PolygonBuffer, instance_block, level_of
from twin.geometry.cityjson_source import Document, Feature
from twin.geometry.cityjson_trees import KIND as TREE
from twin.geometry.cityjson_trees import Shape, TreeEntry, tree_entry
from twin.geometry.records import Refusal

_PARTS = ("BuildingPart", "BuildingInstallation", "BuildingConstructiveElement")
_INTERIOR = ("BuildingRoom", "BuildingFurniture", "BuildingUnit", "BuildingStorey")

_KNOWN = ("name", "function", "roofType", "storeysAboveGround", "measuredHeight")


@dataclass
class AreaEntry:
    """What a city object other than a building says about itself."""

    id: str
    kind: str
    attributes: dict[str, Any]
    lod: float


@dataclass
class CityObjects:
    """Takes the features of a document into three buffers and the tables that belong to them."""

    document: Document
    buildings: PolygonBuffer = field(default_factory=PolygonBuffer)
    areas: PolygonBuffer = field(default_factory=PolygonBuffer)
    relief: PolygonBuffer = field(default_factory=PolygonBuffer)
    attributes: list[BuildingAttributes] = field(default_factory=list)
    entries: list[AreaEntry] = field(default_factory=list)
    trees: list[TreeEntry] = field(default_factory=list)
    reliefs: int = 0
    repaired: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    objects: int = 0
    seen: int = 0
    interior: int = 0
    bare: int = 0

    def take(self, feature: Feature) -> None:
        """Read the city objects of one feature."""
        objects: dict[str, dict[str, Any]] = {}
        for name, item in feature.objects.items():
            self.objects += 1
            if isinstance(item, dict) and isinstance(item.get("type"), str):
                objects[name] = item
            else:
                self.refused.append(Refusal(name[:80], "it is no city object with a type"))
        members = self._members(objects)
        self.objects -= sum(len(group) - 1 for group in members.values())  # parts count with their building
        blocks = [buffer.add_block(feature.vertices) for buffer in (self.buildings, self.areas, self.relief)]
        for name, item in objects.items():
            kind = item["type"]
            if name in members:
                self._building(name, members[name], objects, feature, blocks[0])
            elif kind in _INTERIOR:
                self.interior += 1
            elif kind == "TINRelief":
                geometries = self._best(item, name, areal=True)[1]
                self._add(self.relief, geometries, self.reliefs, name, feature, blocks[2])
                self.reliefs += 1
            elif kind == TREE:
                self._tree(name, item, feature)
            elif kind not in ("Building", *_PARTS) and not item.get("geometry"):
                self.bare += 1
            elif kind not in ("Building", *_PARTS):
                level, geometries = self._best(item, name, areal=True)
                if self._add(self.areas, geometries, len(self.entries), name, feature, blocks[1]):
                    told = item.get("attributes")
                    self.entries.append(AreaEntry(name, kind, told if isinstance(told, dict) else {}, level))

    def _members(self, objects: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
        """Return the ids of the parts of each building, with their building's own first."""
        parent_of: dict[str, str] = {}
        for name, item in objects.items():
            for child in _names(item.get("children")):
                if child not in objects:
                    self.refused.append(
                        Refusal(name, f"it names the child {child[:80]!r}, which the file does not have")
                    )
                elif objects[child]["type"] in _PARTS:
                    parent_of.setdefault(child, name)
        members: dict[str, list[str]] = {}
        for name, item in objects.items():
            if item["type"] == "Building":
                members[name] = [name]
        for name, item in objects.items():
            if item["type"] not in _PARTS:
                continue
            for parent in _names(item.get("parents")):
                if parent in objects:
                    parent_of[name] = parent
                else:
                    self.refused.append(
                        Refusal(name, f"it names the parent {parent[:80]!r}, which the file does not have")
                    )
        for name, item in objects.items():
            if item["type"] not in _PARTS:
                continue
            above, steps = name, 0
            while above in parent_of and above not in members and steps <= len(parent_of):
                above, steps = parent_of[above], steps + 1
                if steps > 100:
                    break
            if above in members and objects[above]["type"] == "Building":
                members[above].append(name)
            elif item["type"] == "BuildingPart":
                self.repaired.append(Refusal(name, "it is a part without a building; it counts as a building"))
                members[name] = [name]
            else:
                self.refused.append(Refusal(name, f"it is a {item['type']} without a building"))
        return members

    def _building(
        self, name: str, members: list[str], objects: dict[str, dict[str, Any]], feature: Feature, block: int
    ) -> None:
        self.seen += 1
        found = [(member, *self._best(objects[member], member, areal=False)) for member in members]
        levels = [
            level
            for member, level, _ in found
            if level == level and objects[member]["type"] in ("Building", "BuildingPart")
        ]
        if not levels:
            self.refused.append(Refusal(name, "it has no geometry of level 1, 2 or 3 with surfaces"))
            return
        level = max(levels, key=_rank)
        before = len(self.buildings.polygons)
        parts = sum(objects[member]["type"] == "BuildingPart" for member in members[1:])
        for member, own, geometries in found:
            if not geometries:
                continue
            if own != level:
                if objects[member]["type"] != "BuildingPart" or (member == name and parts):
                    continue  # a coarser hull of what the parts show, or a coarser detail
                self.repaired.append(
                    Refusal(name, f"{member} has no level {level:g}; its level {own:g} is taken beside the others")
                )
            self._add(self.buildings, geometries, len(self.attributes), member, feature, block)
        if len(self.buildings.polygons) == before:
            self.refused.append(Refusal(name, "none of its polygons can be read"))
            return
        entry = self._attributes(name, objects[name])
        _fill(entry, [self._attributes(part, objects[part]) for part in members[1:]])
        entry.lod = int(level)
        self.attributes.append(entry)

    def _tree(self, name: str, item: dict[str, Any], feature: Feature) -> None:
        """Take a single tree; any type of geometry tells where it stands, its finest one how large it is."""
        geometry = next(iter(self._best(item, name, areal=True)[1]), None)
        shape = None
        if geometry is not None:
            template = self._template(geometry) if _is_instance(geometry) else None
            shape = Shape(geometry, feature.vertices, template, self.document.template_vertices)
        try:
            self.trees.append(tree_entry(name, item.get("attributes"), shape))
        except ValueError as error:
            self.refused.append(Refusal(name, str(error)))

    def _best(self, item: dict[str, Any], name: str, *, areal: bool) -> tuple[float, list[dict[str, Any]]]:
        """Return the best level of detail of an object and its geometries of that level; NaN if there is none."""
        value = item.get("geometry")
        if value is None:
            return float("nan"), []
        if not isinstance(value, list):
            self.refused.append(Refusal(name, "its geometry is no list"))
            return float("nan"), []
        by_level: dict[float, list[dict[str, Any]]] = {}
        for geometry in value:
            level = level_of(self._template(geometry) if _is_instance(geometry) else geometry)
            if level != level:
                self.refused.append(Refusal(name, "a geometry of it has no level of detail from 0 to 4"))
            elif areal or level >= 1.0:
                by_level.setdefault(level, []).append(geometry)
        if not by_level:
            return float("nan"), []
        best = max(by_level, key=_rank)
        return best, by_level[best]

    def _template(self, geometry: dict[str, Any]) -> Any:
        number = geometry.get("template")
        if type(number) is not int or not 0 <= number < len(self.document.templates):
            return None
        return self.document.templates[number]

    def _add(
        self, buffer: PolygonBuffer, geometries: list[dict[str, Any]], row: int, name: str, feature: Feature, block: int
    ) -> bool:
        """Take geometries of one object into a buffer; tell whether there was a polygon."""
        before = len(buffer.polygons)
        for geometry in geometries:
            try:
                if _is_instance(geometry):
                    buffer.instance_vertices += len(self.document.template_vertices)
                    if buffer.instance_vertices > MAX_INSTANCE_VERTICES:
                        raise ValueError(f"repeated templates add up to more than {MAX_INSTANCE_VERTICES:,} vertices")
                    moved = instance_block(geometry, self.document.template_vertices, feature.vertices)
                    template = self._template(geometry)
                    buffer.add(template, row, name, buffer.add_block(moved), self.repaired)
                else:
                    buffer.add(geometry, row, name, block, self.repaired)
            except ValueError as error:
                self.refused.append(Refusal(name, str(error)))
        return len(buffer.polygons) > before

    def _attributes(self, name: str, item: dict[str, Any]) -> BuildingAttributes:
        told = item.get("attributes")
        entry = BuildingAttributes(name)
        if not isinstance(told, dict):
            return entry
        entry.name = _text(told.get("name"))
        entry.function = _text(told.get("function")) or _text(told.get("class"))
        entry.roof_type = _text(told.get("roofType"))
        texts = ((key, _text(value)) for key, value in told.items() if key not in _KNOWN)
        entry.generic = {key: value for key, value in texts if value is not None}
        for key, target in (("storeysAboveGround", "storeys"), ("measuredHeight", "measured_height")):
            value = told.get(key)
            if isinstance(value, dict):
                value = value.get("value")  # quantity with a unit
            if value is None:
                continue
            if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 10_000:
                setattr(entry, target, float(value))
            else:
                self.repaired.append(
                    Refusal(name, f"{key} is {str(value)[:30]!r}; a number >= 0 is needed: left empty")
                )
        return entry


def _is_instance(geometry: Any) -> bool:
    return isinstance(geometry, dict) and geometry.get("type") == "GeometryInstance"


def _rank(level: float) -> tuple[int, float]:
    """Level 2.x comes first, then 3 and finer, then 1.x, then 0."""
    return (3 if 2.0 <= level < 3.0 else 2 if level >= 3.0 else 1 if level >= 1.0 else 0), level


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value) if abs(value) < 2**63 else None
    return value.strip() or None if isinstance(value, str) else None


def _fill(own: BuildingAttributes, parts: list[BuildingAttributes]) -> None:
    """Let parts say what their building does not, if they agree; of heights and storeys the largest counts."""
    for key in ("storeys", "measured_height"):
        values = [getattr(part, key) for part in parts if getattr(part, key) == getattr(part, key)]
        if getattr(own, key) != getattr(own, key) and values:
            setattr(own, key, max(values))
    for key in ("function", "roof_type"):
        agreed = {getattr(part, key) for part in parts}
        if getattr(own, key) is None and len(agreed) == 1:
            setattr(own, key, agreed.pop())
    for part in parts:
        own.generic = part.generic | own.generic
