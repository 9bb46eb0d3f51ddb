"""OpenStreetMap extracts to roads, restrictions, areas, lines and points, against osmium counting objects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case

COPIES = 16
_ID_STEP = 10**11


def _town() -> Path:
    from twin.city.samples import sample_folder

    return Path(sample_folder("bayreuth")) / "north-bayreuth.osm.gz"


def _xml() -> dict[str, np.ndarray]:
    return {"path": np.array(str(_town()))}


def _copies() -> dict[str, np.ndarray]:
    """Write the sample town side by side as PBF, every copy with ids of its own."""
    import tempfile

    import osmium

    path = Path(tempfile.mkdtemp()) / "copies.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
            for copy in range(COPIES):
                shift = copy * _ID_STEP
                for item in osmium.FileProcessor(str(_town()), kind):
                    if item.is_node():
                        place = (item.location.lon + 0.2 * copy, item.location.lat)
                        writer.add(item.replace(id=item.id + shift, location=place))
                    elif item.is_way():
                        writer.add(item.replace(id=item.id + shift, nodes=[node.ref + shift for node in item.nodes]))
                    else:
                        members = [(member.type, member.ref + shift, member.role) for member in item.members]
                        writer.add(item.replace(id=item.id + shift, members=members))
    return {"path": np.array(str(path))}


def _read(path: str, bounds: tuple[float, float, float, float] | None = None) -> dict[str, Any]:
    from twin.geometry import read_osm

    data = read_osm(path, bounds=bounds)
    found = re.match(r"(\d+) nodes, (\d+) ways, (\d+) relations", data.report.notes[0])
    assert found is not None
    nodes, ways, relations = map(int, found.groups())
    return {
        "nodes": nodes, "ways": ways, "relations": relations,
        "roads": len(data.roads), "areas": len(data.areas), "points": len(data.points),
    }  # fmt: skip


_NOTE = (
    "osmium calls Python once for each object and does nothing but count; twin returns roads with their nodes, turn "
    "restrictions, valid polygons with multipolygons assembled, lines and points with all tags."
)

CASES = (
    Case(
        name="OpenStreetMap XML, one town",
        text="the sample town (58,631 nodes, 7,801 ways; 1.4 MB of gzip) to roads, areas, lines and points",
        inputs=_xml,
        prepare=lambda inputs: str(inputs["path"]),
        work=_read,
        amount=lambda inputs, answers: float(answers["nodes"]),
        unit="nodes",
        peer="osmium_count",
        note=_NOTE,
    ),
    Case(
        name=f"OpenStreetMap PBF, {COPIES} towns",
        text=f"the sample town {COPIES} times side by side as PBF to roads, areas, lines and points",
        inputs=_copies,
        prepare=lambda inputs: str(inputs["path"]),
        work=_read,
        amount=lambda inputs, answers: float(answers["nodes"]),
        unit="nodes",
        peer="osmium_count",
        note=_NOTE,
    ),
    Case(
        name=f"OpenStreetMap PBF, a box in {COPIES} towns",
        text=f"one town cut out of the {COPIES} by its box",
        inputs=_copies,
        prepare=lambda inputs: str(inputs["path"]),
        work=lambda path: _read(path, (11.48, 49.9, 11.61, 50.1)),
        amount=lambda inputs, answers: float(answers["nodes"]) * COPIES,
        unit="nodes",
        peer="osmium_count",
        note="osmium counts all objects; twin returns those that touch the box, whole.",
    ),
)
