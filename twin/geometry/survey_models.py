"""What city models, plans and OpenStreetMap extracts hold: XML and JSON are streamed once and counted by their tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyproj import CRS

from twin.geometry.reference_systems import parse_srs_name
from twin.geometry.region import Bounds
from twin.geometry.sources import open_checked
from twin.geometry.survey_summary import SourceSummary

HEAD = 65_536
"""Bytes that are looked at when nothing is to be counted."""

_CHUNK, _OVERLAP = 1 << 20, 512
_NUMBER = rb"(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_CORNERS = re.compile(rb"(?:lower|upper)Corner>\s*" + _NUMBER + rb"\s+" + _NUMBER)
_FIRST_POINTS = re.compile(rb"posList[^>]{0,80}>\s*" + _NUMBER + rb"\s+" + _NUMBER)
_NAMES = re.compile(rb"""srsName\s*=\s*["']([^"']{1,200})["']""")
_PLACES = re.compile(rb"""<node [^>]{0,300}?lat=["']([-0-9.]+)["'][^>]{0,80}?lon=["']([-0-9.]+)["']""")
_LODS = re.compile(rb"<(?:\w+:)?lod(\d)(?:Multi|Solid|Geometry|TerrainI)")
_EDGES = (b"minlon", b"minlat", b"maxlon", b"maxlat")
_CITYGML = {"buildings": re.compile(rb"<(?:\w+:)?Building[\s>]"), "polygons": re.compile(rb"<(?:\w+:)?Polygon[\s>]")}
_OSM = {
    "nodes": re.compile(rb"<node "),
    "ways": re.compile(rb"<way "),
    "roads": re.compile(rb"""k=["']highway["']"""),
    "buildings": re.compile(rb"""k=["']building["']"""),
}
_PLAN = {
    "plans": re.compile(rb"<(?:\w+:)?BP_Plan[\s>]"),
    "building areas": re.compile(rb"<(?:\w+:)?BP_BaugebietsTeilFlaeche[\s>]"),
    "plot areas": re.compile(rb"<(?:\w+:)?BP_UeberbaubareGrundstuecksFlaeche[\s>]"),
}
_OBJECTS = {
    "buildings": re.compile(rb'"type"\s*:\s*"Building"'),
    "roads": re.compile(rb'"type"\s*:\s*"(?:Road|Square|TransportSquare)"'),
    "land use": re.compile(rb'"type"\s*:\s*"LandUse"'),
    "waters": re.compile(rb'"type"\s*:\s*"(?:WaterBody|Waterway)"'),
    "plants": re.compile(rb'"type"\s*:\s*"(?:PlantCover|SolitaryVegetationObject)"'),
    "reliefs": re.compile(rb'"type"\s*:\s*"TINRelief"'),
}
_JSON_LODS = re.compile(rb'"lod"\s*:\s*"?(\d(?:\.\d)?)')
_JSON_SYSTEM = re.compile(rb'"referenceSystem"\s*:\s*"([^"]{1,200})"')
_JSON_EXTENT = re.compile(rb'"geographicalExtent"\s*:\s*\[([^\]]{1,300})\]')
_JSON_VERSION = re.compile(rb'"version"\s*:\s*"(\d\.\d)')
_JSON_DATE = re.compile(rb'"referenceDate"\s*:\s*"(\d{4}-\d\d-\d\d)')


def survey_citygml(file: Path, head: bytes, limit: int) -> SourceSummary:
    """Count buildings and polygons; the place is that of the root's envelope, else of all points met."""
    lods: set[bytes] = set()
    counts, names, corners, points, complete = _stream(file, _CITYGML, _CORNERS, _FIRST_POINTS, limit, _LODS, lods)
    crs, vertical, problem = _system(names)
    version = re.search(rb"opengis\.net/citygml/(?:building/)?(\d\.\d)", head)
    return SourceSummary(
        file,
        "citygml",
        version=version.group(1).decode() if version else None,
        crs=crs,
        vertical_datum=vertical,
        bounds=_root_box(head) or ((corners or points) if complete or limit > HEAD else None),
        counts=counts,
        complete=complete,
        lods=tuple(sorted(lod.decode() for lod in lods)),
        problem=problem,
    )


def survey_plan(file: Path, head: bytes, limit: int) -> SourceSummary:
    """Count the building areas of a development plan (XPlanGML)."""
    counts, names, corners, points, complete = _stream(file, _PLAN, _CORNERS, _FIRST_POINTS, limit)
    crs, vertical, problem = _system(names)
    version = re.search(rb"xplanung\.de/xplangml/(\d(?:[./]\d)?)", head)
    return SourceSummary(
        file,
        "plan",
        version=version.group(1).decode().replace("/", ".") if version else None,
        crs=crs,
        vertical_datum=vertical,
        bounds=_root_box(head) or ((corners or points) if complete or limit > HEAD else None),
        counts=counts,
        complete=complete,
        problem=problem,
    )


def _system(names: list[str]) -> tuple[CRS | None, str | None, str | None]:
    """Return the CRS and vertical datum that srsNames agree on, and what is wrong with them."""
    systems = [system for system in map(parse_srs_name, names) if system is not None]
    problem = None
    if len({system.horizontal for system in systems}) > 1:
        problem = f"it names {len(systems)} different CRSs: {', '.join(names)}"
    elif names and not systems:
        problem = f"its srsName {names[0]!r} is not understood"
    vertical = next((system.vertical for system in systems if system.vertical), None)
    return systems[0].horizontal if systems else None, vertical, problem


def _root_box(head: bytes) -> Bounds | None:
    """Return the envelope that the root declares, if it stands before the first member."""
    end = re.search(rb"<(?:\w+:)?(?:cityObjectMember|featureMember|member)[\s>]", head)
    own = _CORNERS.findall(head[: end.start()] if end else b"")
    return _around(own) if len(own) == 2 else None


def survey_osm(file: Path, head: bytes, limit: int) -> SourceSummary:
    """Count nodes, ways, roads and buildings of OpenStreetMap XML; the nodes say where it lies."""
    counts, _, places, _, complete = _stream(file, _OSM, _PLACES, None, limit)
    edges = [re.search(rb"<bounds [^>]*" + key + rb"""=["']([-0-9.]+)""", head) for key in _EDGES]
    bounds = places and (places[1], places[0], places[3], places[2])
    if (bounds is None or not complete) and all(edges):  # ways leave the declared box: the nodes say where they are
        west, south, east, north = (float(edge.group(1)) for edge in edges if edge)
        bounds = (west, south, east, north)
    elif not complete and limit <= HEAD:
        bounds = None
    date = re.search(rb"""(?:osm_base|timestamp)=["'](\d{4}-\d\d-\d\d)""", head)
    return SourceSummary(
        file,
        "osm",
        crs=CRS.from_epsg(4326),
        bounds=bounds,
        counts=counts,
        complete=complete,
        stated={"date": date.group(1).decode()} if date else {},
    )


def survey_pbf(file: Path) -> SourceSummary:
    """Say what the header of OpenStreetMap PBF tells: box and date; nothing is counted."""
    import osmium

    try:
        with osmium.io.Reader(osmium.io.File(str(file), "pbf"), osmium.osm.osm_entity_bits.NOTHING) as reader:
            header = reader.header()
            box, date = header.box(), header.get("osmosis_replication_timestamp")
    except (RuntimeError, ValueError) as error:
        return SourceSummary(file, "unreadable", problem=f"it looks like OpenStreetMap PBF but cannot be read: {error}")
    bounds = None
    if box.valid():
        bounds = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    stated = {"date": date[:10]} if date else {}
    return SourceSummary(file, "osm", version="PBF", crs=CRS.from_epsg(4326), bounds=bounds, stated=stated)


def survey_cityjson(file: Path, limit: int) -> SourceSummary:
    """Count the objects of a CityJSON file by their types, wherever in the file its metadata stand."""
    counts, lods = dict.fromkeys(_OBJECTS, 0), set()
    once: dict[str, bytes] = {}
    wanted = {"system": _JSON_SYSTEM, "extent": _JSON_EXTENT, "version": _JSON_VERSION, "date": _JSON_DATE}
    carried, complete = b"", True
    with open_checked(file) as stream:
        while data := stream.read(min(_CHUNK, limit)):
            window = carried + data
            for name, pattern in _OBJECTS.items():
                counts[name] += sum(match.end() > len(carried) for match in pattern.finditer(window))
            lods.update(_JSON_LODS.findall(window))
            for name, pattern in wanted.items():
                if name not in once and (match := pattern.search(window)):
                    once[name] = match.group(1)
            carried = window[-_OVERLAP:]
            if stream.unpacked >= limit:
                complete = False
                break
    system = parse_srs_name(once["system"].decode("utf-8", errors="replace")) if "system" in once else None
    box: Bounds | None = None
    try:
        edges = [float(edge) for edge in once["extent"].split(b",")] if "extent" in once else []
    except ValueError:
        edges = []
    if len(edges) == 6 and edges[0] <= edges[3] and edges[1] <= edges[4]:
        box = edges[0], edges[1], edges[3], edges[4]
    elif complete:
        box = _extent_of_vertices(file)
    return SourceSummary(
        file,
        "cityjson",
        version=once["version"].decode() if "version" in once else None,
        crs=system.horizontal if system else None,
        vertical_datum=system.vertical if system else None,
        bounds=box,
        counts={name: number for name, number in counts.items() if number or name == "buildings"},
        complete=complete,
        lods=tuple(sorted(lod.decode() for lod in lods)),
        stated={"date": once["date"].decode()} if "date" in once else {},
    )


def _extent_of_vertices(file: Path) -> Bounds | None:
    """Read the vertices of a model that declares no extent."""
    import json

    import numpy as np

    try:
        with open_checked(file) as stream:
            model = json.loads(stream.read())
        scale, shift = model["transform"]["scale"], model["transform"]["translate"]
        places = np.array(model["vertices"], float)[:, :2] * scale[:2] + shift[:2]
        (west, south), (east, north) = places.min(0), places.max(0)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    return float(west), float(south), float(east), float(north)


def _stream(
    file: Path,
    patterns: Mapping[str, re.Pattern[bytes]],
    places: re.Pattern[bytes],
    others: re.Pattern[bytes] | None,
    limit: int,
    words: re.Pattern[bytes] | None = None,
    met: set[bytes] | None = None,
) -> tuple[dict[str, int], list[str], Bounds | None, Bounds | None, bool]:
    """Count patterns in a file; return also its srsNames, the boxes of two kinds of places, and if this was all."""
    counts = dict.fromkeys(patterns, 0)
    names: dict[str, None] = {}
    boxes: list[Bounds | None] = [None, None]
    carried, complete = b"", True
    with open_checked(file, xml=True) as stream:
        while data := stream.read(min(_CHUNK, limit)):
            window = carried + data
            # a match that ends inside what was carried over was counted with the chunk before
            for name, pattern in patterns.items():
                counts[name] += sum(match.end() > len(carried) for match in pattern.finditer(window))
            for match in _NAMES.findall(window):
                if len(names) < 20:
                    names.setdefault(match.decode("utf-8", errors="replace"))
            if words is not None and met is not None:
                met.update(words.findall(window))
            for index, kind in enumerate((places, others)):
                if kind is not None:
                    boxes[index] = _joined(boxes[index], _around(kind.findall(window)))
            carried = window[-_OVERLAP:]
            if stream.unpacked >= limit:
                complete = False
                break
    return counts, list(names), boxes[0], boxes[1], complete


def _around(pairs: list[Any]) -> Bounds | None:
    if not pairs:
        return None
    try:
        first, second = [float(pair[0]) for pair in pairs], [float(pair[1]) for pair in pairs]
    except ValueError:
        return None
    return min(first), min(second), max(first), max(second)


def _joined(one: Bounds | None, other: Bounds | None) -> Bounds | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
