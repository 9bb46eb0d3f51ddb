"""Raw polygons to checked ones, stretch by stretch, so that a large file is never held twice."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.geometry.records import Refusal, Surfaces
from twin.geometry.surfaces import FAULT_TEXT, RingFault, check_rings, no_surfaces, offsets

ROOM = 1_500_000
"""Vertices that there is room for at first: 36 MB, which systems give back when they are freed, and fill only where
they are used. A buffer that grows in small steps left twice its size behind in holes (measured)."""


class PackedTexts:
    """Texts by their number, held as one stretch of bytes: a town has a hundred thousand ids that nobody asks for."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.ends = array("q", [0])

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, number: int) -> str:
        if number >= len(self):
            raise IndexError(number)
        return self.bytes[self.ends[number] : self.ends[number + 1]].decode()

    def append(self, text: str) -> None:
        """Add a text."""
        self.bytes += text.encode()
        self.ends.append(len(self.bytes))

    def extend(self, texts: bytes, sizes: NDArray[np.int64]) -> None:
        """Add several texts in UTF-8 that follow each other, with the number of bytes of each."""
        self.ends.frombytes((len(self.bytes) + np.cumsum(sizes, dtype=np.int64)).tobytes())
        self.bytes += texts


@dataclass
class RawPolygons:
    """Polygons of the buildings read so far, in flat buffers, unchecked.

    values : coordinates, three to a vertex
    ring_size : vertices of each ring; polygon_size : rings of each polygon; kind, building : one per polygon
    ids : gml:id of each polygon, or ""
    """

    values: array[float] = field(default_factory=lambda: array("d"))
    ring_size: array[int] = field(default_factory=lambda: array("q"))
    polygon_size: array[int] = field(default_factory=lambda: array("q"))
    kind: array[int] = field(default_factory=lambda: array("B"))
    building: array[int] = field(default_factory=lambda: array("i"))
    ids: PackedTexts = field(default_factory=PackedTexts)


@dataclass
class CheckedPolygons:
    """Polygons that can be used; what was wrong with the others, by the name of building and polygon.

    vertices : (room, 3), the first `count` hold something
    """

    vertices: NDArray[np.float64] = field(default_factory=lambda: np.empty((ROOM, 3)))
    count: int = 0
    ring_size: array[int] = field(default_factory=lambda: array("q"))
    polygon_size: array[int] = field(default_factory=lambda: array("q"))
    kind: array[int] = field(default_factory=lambda: array("B"))
    building: array[int] = field(default_factory=lambda: array("i"))
    repaired: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, raw: RawPolygons, buildings: list[str]) -> None:
        """Check a stretch of polygons of these buildings (their names, by row)."""
        building = np.array(raw.building, dtype=np.int32)
        checked = check_rings(
            np.array(raw.values, dtype=np.float64).reshape(-1, 3),
            np.array(raw.ring_size, dtype=np.int64),
            np.array(raw.polygon_size, dtype=np.int64),
            np.array(raw.kind, dtype=np.uint8),
            building,
        )

        def name(polygon: int) -> str:
            return f"{buildings[building[polygon]]}/{raw.ids[polygon] or 'polygon'}"

        for polygon in np.flatnonzero(checked.fault).tolist():
            self.refused.append(Refusal(name(polygon), FAULT_TEXT[RingFault(checked.fault[polygon])]))
        for polygon in np.flatnonzero(checked.unclosed & (checked.fault == 0)).tolist():
            self.repaired.append(Refusal(name(polygon), "its outline did not end where it began; it was closed"))
        for polygon in np.flatnonzero(checked.lost_holes).tolist():
            self.repaired.append(Refusal(name(polygon), "a hole without area was left out"))
        good = checked.surfaces
        count = self.count + len(good.vertices)
        if count > len(self.vertices):
            room = np.empty((max(count, 2 * len(self.vertices)), 3))
            room[: self.count] = self.vertices[: self.count]
            self.vertices = room
        self.vertices[self.count : count] = good.vertices
        self.count = count
        self.ring_size.frombytes(np.diff(good.ring_start).astype(np.int64).tobytes())
        self.polygon_size.frombytes(np.diff(good.polygon_start).astype(np.int64).tobytes())
        self.kind.frombytes(good.kind.tobytes())
        self.building.frombytes(good.building.tobytes())

    def surfaces(self) -> Surfaces:
        """Return the polygons; nothing can be added afterwards."""
        if not self.kind:
            return no_surfaces()
        vertices = self.vertices[: self.count]
        return Surfaces(
            vertices=vertices if 4 * self.count > len(self.vertices) else vertices.copy(),
            ring_start=offsets(np.array(self.ring_size, dtype=np.int64)),
            polygon_start=offsets(np.array(self.polygon_size, dtype=np.int64)),
            kind=np.array(self.kind, dtype=np.uint8),
            building=np.array(self.building, dtype=np.int32),
        )
