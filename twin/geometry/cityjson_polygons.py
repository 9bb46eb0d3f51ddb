"""CityJSON geometries to flat buffers of polygons, with a kind for each from the semantics.

Lists are joined whole (`itertools.chain`) and checked as arrays; only a geometry that is not built as its type says is
looked into piece by piece, so that it can be refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.geometry.records import Refusal, SurfaceKind
from twin.geometry.surfaces import FAULT_TEXT, CheckedSurfaces, RingFault, check_rings

_KINDS = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "OuterCeilingSurface": SurfaceKind.OUTER_CEILING,
    "OuterFloorSurface": SurfaceKind.OUTER_FLOOR,
    "Window": SurfaceKind.WALL,
    "Door": SurfaceKind.WALL,
}
_DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}
"""Lists around the list of polygons."""

MAX_INSTANCE_VERTICES = 50_000_000
"""Most vertices that repeated templates may add up to."""


def level_of(geometry: Any) -> float:
    """Return the level of detail of a geometry, NaN if it names none.

    Examples
    --------
    >>> level_of({"lod": "2.2"}), level_of({"lod": 1})
    (2.2, 1.0)
    """
    value = geometry.get("lod") if isinstance(geometry, dict) else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return float("nan")
    try:
        level = float(value)
    except (ValueError, OverflowError):
        return float("nan")
    return level if 0.0 <= level < 5.0 else float("nan")


@dataclass
class PolygonBuffer:
    """Polygons of many objects, unchecked.

    polygons : lists of rings; kinds : one for each
    blocks : lists of vertices that the rings' numbers count into
    size, row, block : per geometry: its polygons, the row of its object, its list of vertices
    names : of the object of each geometry
    """

    polygons: list[Any] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    blocks: list[NDArray[np.float64]] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    instance_vertices: int = 0
    cavities: int = 0

    def add_block(self, vertices: NDArray[np.float64]) -> int:
        """Take a list of vertices; return its number."""
        self.blocks.append(vertices)
        return len(self.blocks) - 1

    def add(self, geometry: dict[str, Any], row: int, name: str, block: int, repaired: list[Refusal]) -> None:
        """Take the polygons of one geometry.

        Raises
        ------
        ValueError
            If it is not built as its type says; the text says why.
        """
        kind = geometry.get("type")
        if not isinstance(kind, str) or kind not in _DEPTH:
            raise ValueError(f"its geometry is of type {str(kind)[:40]!r}, which has no surfaces")
        depth = _DEPTH[kind]
        boundaries, cavities = outer_polygons(geometry.get("boundaries"), depth)
        if not are_rings(boundaries):
            raise ValueError(f"the boundaries of its {kind} are not lists of rings of whole numbers")
        kinds = _kinds(geometry.get("semantics"), depth, len(boundaries))
        if kinds is None:
            repaired.append(Refusal(name, "the semantics do not fit its surfaces; they are classed by slope"))
            kinds = [0] * len(boundaries)
        self.polygons += boundaries
        self.kinds += kinds
        self.size.append(len(boundaries))
        self.row.append(row)
        self.block.append(block)
        self.names.append(name)
        self.cavities += cavities

    def surfaces(self, repaired: list[Refusal], refused: list[Refusal]) -> CheckedSurfaces:
        """Check all polygons at once; enter faults in the lists."""
        ring_size = np.fromiter(map(len, chain.from_iterable(self.polygons)), np.int64)
        polygon_size = np.fromiter(map(len, self.polygons), np.int64, len(self.polygons))
        index = np.array(list(chain.from_iterable(chain.from_iterable(self.polygons))), dtype=np.int64)
        size = np.array(self.size, dtype=np.int64)
        geometry = np.repeat(np.arange(len(size)), size)
        counts = np.array([len(block) for block in self.blocks], dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        polygon_of = np.repeat(np.repeat(np.arange(len(polygon_size)), polygon_size), ring_size)
        block = np.array(self.block, dtype=np.int64)[geometry][polygon_of]
        lost = (index < 0) | (index >= counts[block])
        # one vertex that is no number stands for all that are not there
        pool = np.concatenate([*self.blocks, np.full((1, 3), np.nan)])
        vertices = pool[np.where(lost, len(pool) - 1, index + first[block])]
        missing = np.full(len(polygon_size), -1)  # place of the first index of a polygon that leads nowhere
        places = np.flatnonzero(lost)[::-1]
        missing[polygon_of[places]] = places
        row = np.array(self.row, dtype=np.int32)[geometry]
        checked = check_rings(vertices, ring_size, polygon_size, np.array(self.kinds, dtype=np.uint8), row)
        start = np.concatenate([[0], np.cumsum(size)])

        def name(polygon: int) -> str:
            number = int(geometry[polygon])
            return f"{self.names[number]}/surface {polygon - start[number]}"

        for polygon in np.flatnonzero(checked.fault).tolist():
            reason = FAULT_TEXT[RingFault(checked.fault[polygon])]
            if missing[polygon] >= 0:
                place = missing[polygon]
                reason = f"it names vertex {index[place]}; there are {counts[block[place]]}, counted from 0"
            refused.append(Refusal(name(polygon), reason))
        repaired += [
            Refusal(name(polygon), "a hole without area was left out")
            for polygon in np.flatnonzero(checked.lost_holes).tolist()
        ]
        return checked


def outer_polygons(boundaries: Any, depth: int) -> tuple[list[Any], int]:
    """Return the polygons of the outer shells of boundaries, and how many inner shells (cavities) there are.

    Raises
    ------
    ValueError
        If a list is missing.

    Examples
    --------
    >>> outer_polygons([[[[0, 1, 2]], [[2, 1, 3]]]], 1)
    ([[[0, 1, 2]], [[2, 1, 3]]], 0)
    """
    if not isinstance(boundaries, list):
        raise ValueError("its geometry has no boundaries")
    if depth == 0:
        return boundaries, 0
    solids = [boundaries] if depth == 1 else boundaries
    if not all(type(shells) is list and all(type(shell) is list for shell in shells) for shells in solids):
        raise ValueError("the boundaries of its solid are not lists of shells")
    outer = [shells[0] for shells in solids if shells]
    return list(chain.from_iterable(outer)), sum(len(shells) - 1 for shells in solids if shells)


def are_rings(polygons: list[Any]) -> bool:
    """Tell whether all items are lists of rings, and these lists of whole numbers.

    Examples
    --------
    >>> are_rings([[[0, 1, 2]]]), are_rings([[0, 1, 2]]), are_rings([[[0, 1, True]]])
    (True, False, False)
    """
    if not set(map(type, polygons)) <= {list} or not all(polygons):
        return False
    rings = list(chain.from_iterable(polygons))
    if not set(map(type, rings)) <= {list}:
        return False
    numbers = list(chain.from_iterable(rings))
    return set(map(type, numbers)) <= {int} and (not numbers or (min(numbers) > -(2**62) and max(numbers) < 2**62))


def _kinds(semantics: Any, depth: int, polygons: int) -> list[int] | None:
    """Return the kind of each polygon; None if the semantics do not fit."""
    if semantics is None:
        return [0] * polygons
    try:
        values = semantics["values"]
        if values is None:
            return [0] * polygons
        tables = semantics["surfaces"]
        kinds = [_kind(tables, surface) for surface in tables]
        if depth:
            solids = [values] if depth == 1 else values
            # a shell without any semantics may be null as a whole: too rare to be taken apart
            values = list(chain.from_iterable(shells[0] for shells in solids))
        if len(values) != polygons or any(type(value) is not int and value is not None for value in values):
            return None
        kinds.append(0)  # stands for null
        if any(value is not None and value < 0 for value in values):
            return None
        return [kinds[-1 if value is None else value] for value in values]
    except (TypeError, KeyError, IndexError, AttributeError):
        return None


def _kind(tables: list[Any], surface: dict[str, Any]) -> int:
    kind = int(_KINDS.get(surface.get("type", ""), SurfaceKind.UNKNOWN))  # what cannot be a key is a TypeError
    if surface.get("type") in ("Window", "Door") and type(surface.get("parent")) is int:
        parent = tables[surface["parent"]]
        return int(_KINDS.get(parent.get("type", ""), SurfaceKind.WALL))
    return kind


def instance_block(
    geometry: dict[str, Any], template_vertices: NDArray[np.float64], vertices: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the vertices of the templates, moved to where an instance stands.

    Raises
    ------
    ValueError
        If the matrix or the point of the instance is impossible.

    Examples
    --------
    >>> moved = [1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    >>> instance_block({"boundaries": [0], "transformationMatrix": moved}, np.zeros((1, 3)), np.ones((1, 3))).tolist()
    [[6.0, 1.0, 1.0]]
    """
    try:
        matrix = np.array(geometry.get("transformationMatrix"), dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        matrix = np.zeros(0)
    if matrix.shape != (16,) or not np.isfinite(matrix).all():
        raise ValueError("its instance has no transformationMatrix of 16 finite numbers")
    anchor = geometry.get("boundaries")
    if not isinstance(anchor, list) or len(anchor) != 1 or type(anchor[0]) is not int:
        raise ValueError("its instance does not name one vertex to stand on")
    if not 0 <= anchor[0] < len(vertices):
        raise ValueError(f"its instance stands on vertex {anchor[0]}, which the file does not have")
    affine = matrix.reshape(4, 4)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(template_vertices @ affine[:3, :3].T + affine[:3, 3] + vertices[anchor[0]])
