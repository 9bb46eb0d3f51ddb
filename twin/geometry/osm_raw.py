"""OpenStreetMap objects as a file holds them: nodes in arrays, ways and relations by id, in any order."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError

Tags = dict[str, str]


@dataclass
class RawObjects:
    """Everything of interest in a file, as read: ids, coordinates, references and tags."""

    node_id: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    node_xy: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: dict[int, tuple[Sequence[int], Tags]] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int, str]], Tags]] = field(default_factory=dict)
    bounds: tuple[float, float, float, float] | None = None
    date: str | None = None
    misplaced: list[int] = field(default_factory=list)
    repeated: int = 0

    def positions(self, refs: Any) -> NDArray[np.int64]:
        """Return the rows of node ids in `node_id`, -1 where a node is not in the file."""
        wanted = np.asarray(refs, dtype=np.int64)
        if len(self.node_id) == 0:
            return np.full(wanted.shape, -1, dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.node_id, wanted), len(self.node_id) - 1)
        return np.where(self.node_id[rows] == wanted, rows, -1).astype(np.int64)


def read_objects(file: Path, form: str) -> RawObjects:
    """Read a file to its end in the format osmium calls `form`; DataError if it ends early or holds anything else."""
    import osmium

    raw = RawObjects()
    ids, lon, lat = array("q"), array("d"), array("d")  # a large town has millions: 8 bytes each, not 32
    try:
        processor: Any = osmium.FileProcessor(osmium.io.File(str(file), form))
        raw.date = processor.header.get("osmosis_replication_timestamp") or None
        box = processor.header.box()
        if box.valid():
            low, high = box.bottom_left, box.top_right
            raw.bounds = (low.lon, low.lat, high.lon, high.lat)
        for item in processor:
            if not item.visible:
                continue
            number = item.id
            if item.is_node():
                place = item.location
                if not place.valid():
                    raw.misplaced.append(number)
                    continue
                ids.append(number)
                lon.append(place.lon)
                lat.append(place.lat)
                if item.tags:
                    raw.node_tags[number] = dict(item.tags)
            elif item.is_way():
                raw.repeated += number in raw.ways
                raw.ways[number] = array("q", [node.ref for node in item.nodes]), dict(item.tags)
            elif item.is_relation():
                raw.repeated += number in raw.relations
                members = [(member.type, member.ref, member.role) for member in item.members]
                raw.relations[number] = members, dict(item.tags)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        seen = f"{len(ids):,} nodes, {len(raw.ways):,} ways and {len(raw.relations):,} relations"
        raise DataError(
            f"{file} cannot be read as OpenStreetMap data: {error} (after {seen}, none of which is used); "
            "it is cut off or not OSM: fetch it again"
        ) from None
    # a node that comes twice counts as last written, as with ways and relations: reversed, unique keeps the last
    unique, rows = np.unique(np.array(ids, dtype=np.int64)[::-1], return_index=True)
    raw.repeated += len(ids) - len(unique)
    raw.node_id = unique
    raw.node_xy = np.column_stack([np.array(lon, dtype=np.float64)[::-1], np.array(lat, dtype=np.float64)[::-1]])[rows]
    return raw
