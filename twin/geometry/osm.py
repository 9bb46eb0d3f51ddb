"""OpenStreetMap extracts (XML, .gz, .pbf) to records: roads with their nodes, turn restrictions, areas, lines, points.

Coordinates are longitude and latitude in degrees (EPSG:4326). Ways that leave the extract's box are kept whole, the
order of objects in the file does not matter, and whatever is repaired or refused stands in the report.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError
from twin.geometry.osm_areas import assemble_areas
from twin.geometry.osm_pbf import check_pbf, is_pbf
from twin.geometry.osm_tags import is_area, is_line, is_road, speaking_tags
from twin.geometry.records import OsmData, OsmRestriction, OsmWay, ReadReport, Refusal
from twin.geometry.sources import existing_file, open_checked, read_through

if TYPE_CHECKING:
    import geopandas as gpd

_WHAT = "an OpenStreetMap extract (.osm, .osm.gz or .osm.pbf)"
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
    misplaced: list[int] = field(default_factory=list)
    repeated: int = 0

    def positions(self, refs: Any) -> NDArray[np.int64]:
        """Return the rows of node ids in `node_id`, -1 where a node is not in the file."""
        wanted = np.asarray(refs, dtype=np.int64)
        if len(self.node_id) == 0:
            return np.full(wanted.shape, -1, dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.node_id, wanted), len(self.node_id) - 1)
        return np.where(self.node_id[rows] == wanted, rows, -1).astype(np.int64)


def read_osm(path: str | os.PathLike[str]) -> OsmData:
    """Read an OpenStreetMap extract.

    Parameters
    ----------
    path : path-like
        OSM XML, plain or gzip, or PBF. The content decides, not the suffix.

    Returns
    -------
    OsmData
        Roads, turn restrictions, areas, lines and points; `report` counts what was used and names what was not.

    Raises
    ------
    DataError
        If the file is missing, empty, cut off, damaged or not OpenStreetMap data.
    LimitError
        If it unpacks to more than `twin.limits` allow.

    Notes
    -----
    A road with nodes that the extract lacks keeps its longest stretch of known nodes. A multipolygon with missing
    members keeps the outlines that close. A closed way is an area by the tags listed in `twin.geometry.osm_tags`.
    PBF has no end mark: a file cut exactly between two of its blocks reads as whole, apart from the missing nodes and
    members that the report then names.

    References
    ----------
    OpenStreetMap wiki: OSM XML, PBF Format, Relation:multipolygon, Relation:restriction.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<osm version="0.6">
    ...   <node id="1" lat="49.97" lon="11.50"/><node id="2" lat="49.98" lon="11.50"/>
    ...   <way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
    ... </osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "town.osm"
    ...     _ = file.write_text(text)
    ...     data = read_osm(file)
    >>> data.roads[0].tags, data.node_lat.tolist()
    ({'highway': 'residential'}, [49.97, 49.98])
    """
    file = existing_file(path, _WHAT)
    form, date = _check_form(file)
    raw = _read_objects(file, form)
    return _sort_out(raw, file, date)


def _check_form(file: Path) -> tuple[str, str | None]:
    """Return the name osmium has for the file's format, and the date an XML file declares, after a check to its end."""
    with open_checked(file) as stream:
        start = stream.read(64)
        packed = stream.is_gzip
    if is_pbf(start):
        if packed:
            raise DataError(f"{file} is a PBF file packed with gzip once more; unpack it")
        check_pbf(file)
        return "pbf", None
    if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise DataError(f"{file} begins with {start[:12]!r}: neither OSM XML nor PBF; {_WHAT} is expected there")
    head = read_through(file, xml=True)
    if b"<osmChange" in head:
        raise DataError(f"{file} is a list of changes (osmChange), not an extract; apply it to one with osmium")
    found = re.search(rb'(?:osm_base|<osm[^>]*\stimestamp)="([0-9T:.+Z-]{10,30})"', head)
    return ("osm.gz" if packed else "osm"), found.group(1).decode() if found else None


def _read_objects(file: Path, form: str) -> RawObjects:
    import osmium

    raw = RawObjects()
    ids, lon, lat = array("q"), array("d"), array("d")  # a large town has millions: 8 bytes each, not 32
    try:
        processor: Any = osmium.FileProcessor(osmium.io.File(str(file), form))
        box = processor.header.box()
        if box.valid():
            low, high = box.bottom_left, box.top_right
            raw.bounds = (low.lon, low.lat, high.lon, high.lat)
        for item in processor:
            if item.deleted or not item.visible:
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


def _sort_out(raw: RawObjects, file: Path, date: str | None) -> OsmData:
    repaired: list[Refusal] = []
    refused = [Refusal(f"n{number}", "its position is not a longitude and latitude") for number in raw.misplaced]
    roads = _roads(raw, repaired, refused)
    restrictions, asked = _restrictions(raw, {road.id for road in roads}, refused)
    areas, candidates = assemble_areas(raw, repaired, refused)
    lines, line_count = _lines(raw, repaired, refused)
    points = _points(raw)
    refs = np.unique(np.concatenate([road.nodes for road in roads])) if roads else np.empty(0, np.int64)
    rows = raw.positions(refs)
    tagged = {int(number): raw.node_tags[int(number)] for number in refs if int(number) in raw.node_tags}
    road_count = sum(is_road(refs, tags) for refs, tags in raw.ways.values())
    notes = [f"{len(raw.node_id)} nodes, {len(raw.ways)} ways, {len(raw.relations)} relations in the file"]
    if raw.repeated:
        notes.append(f"{raw.repeated} objects come more than once; the last version counts")
    report = ReadReport(
        source=str(file),
        found=road_count + asked + candidates + line_count + len(points) + len(raw.misplaced),
        used=len(roads) + len(restrictions) + len(areas) + len(lines) + len(points),
        repaired=tuple(repaired),
        refused=tuple(refused),
        notes=tuple(notes),
    )
    if not raw.node_id.size and not raw.ways:
        raise DataError(f"{file} holds no nodes and no ways; an OpenStreetMap extract with content is expected")
    return OsmData(
        node_id=refs,
        node_lon=raw.node_xy[rows, 0],
        node_lat=raw.node_xy[rows, 1],
        node_tags=tagged,
        roads=tuple(roads),
        restrictions=tuple(restrictions),
        areas=areas,
        lines=lines,
        points=points,
        bounds=raw.bounds,
        date=date,
        report=report,
    )


def _longest_known(present: NDArray[np.bool_]) -> slice:
    """Return the longest stretch without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    if len(starts) == 0:
        return slice(0, 0)
    longest = int(np.argmax(stops - starts))
    return slice(int(starts[longest]), int(stops[longest]))


def _known_stretch(
    name: str, refs: Sequence[int], raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]
) -> NDArray[np.int64] | None:
    """Return the node ids of a line in order, without repetition, as far as the file has them; None if too few."""
    nodes = np.array(refs, dtype=np.int64)
    present = raw.positions(nodes) >= 0
    missing = int((~present).sum())
    if missing:
        nodes = nodes[_longest_known(present)]
    if len(nodes) > 1:
        nodes = nodes[np.concatenate([[True], nodes[1:] != nodes[:-1]])]
    if len(nodes) < 2:
        reason = f"{missing} of {len(refs)} nodes are not in the file" if missing else "it has fewer than two nodes"
        refused.append(Refusal(name, f"no line is left: {reason}"))
        return None
    if missing:
        repaired.append(
            Refusal(name, f"{missing} of {len(refs)} nodes are not in the file: its longest known stretch was kept")
        )
    return nodes


def _roads(raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]) -> list[OsmWay]:
    roads = []
    for number, (refs, tags) in raw.ways.items():
        if is_road(refs, tags):
            nodes = _known_stretch(f"w{number}", refs, raw, repaired, refused)
            if nodes is not None:
                roads.append(OsmWay(number, nodes, tags))
    return roads


def _restrictions(raw: RawObjects, roads: set[int], refused: list[Refusal]) -> tuple[list[OsmRestriction], int]:
    found: list[OsmRestriction] = []
    asked = 0
    for number, (members, tags) in raw.relations.items():
        kind_of_relation = tags.get("type", "")
        if kind_of_relation != "restriction" and not kind_of_relation.startswith("restriction:"):
            continue
        starts = [ref for form, ref, role in members if role == "from" and form == "w"]
        ends = [ref for form, ref, role in members if role == "to" and form == "w"]
        via_nodes = [ref for form, ref, role in members if role == "via" and form == "n"]
        via_ways = tuple(ref for form, ref, role in members if role == "via" and form == "w")
        asked += max(1, len(starts) * len(ends))
        reason = _restriction_fault(raw, roads, starts, ends, via_nodes, via_ways)
        if reason:
            refused += [Refusal(f"r{number}", reason)] * max(1, len(starts) * len(ends))
            continue
        via = via_nodes[0] if via_nodes else None
        # no_entry names several ways in, no_exit several ways out: one record each
        found += [
            OsmRestriction(number, tags.get("restriction", ""), start, via, via_ways, end, tags)
            for start in starts
            for end in ends
        ]
    return found, asked


def _restriction_fault(
    raw: RawObjects,
    roads: set[int],
    starts: list[int],
    ends: list[int],
    via_nodes: list[int],
    via_ways: tuple[int, ...],
) -> str | None:
    if not starts or not ends or not (via_nodes or via_ways):
        missing = [name for name, has in (("from", starts), ("via", via_nodes or via_ways), ("to", ends)) if not has]
        return f"the turn restriction is incomplete: it has no {' and no '.join(missing)} member"
    if len(via_nodes) > 1 or (via_nodes and via_ways):
        return "the turn restriction names several via members that are not a chain of ways"
    absent = [way for way in (*starts, *via_ways, *ends) if way not in roads]
    if absent:
        state = "not a road" if absent[0] in raw.ways else "not in the file"
        return f"the turn restriction is incomplete: way {absent[0]} is {state}"
    if via_nodes and raw.positions(via_nodes)[0] < 0:
        return f"the turn restriction is incomplete: node {via_nodes[0]} is not in the file"
    return None


def _lines(raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]) -> tuple[gpd.GeoDataFrame, int]:
    import shapely

    names: list[str] = []
    all_tags: list[Tags] = []
    chains: list[NDArray[np.int64]] = []
    wanted = 0
    for number, (refs, tags) in raw.ways.items():
        if is_line(refs, tags) and not is_area(refs, tags):
            wanted += 1
            nodes = _known_stretch(f"w{number}", refs, raw, repaired, refused)
            if nodes is not None:
                names.append(f"w{number}")
                all_tags.append(tags)
                chains.append(nodes)
    if chains:
        owner = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
        geometry = shapely.linestrings(raw.node_xy[raw.positions(np.concatenate(chains))], indices=owner)
    else:
        geometry = np.empty(0, dtype=object)
    return _table(names, all_tags, geometry), wanted


def _points(raw: RawObjects) -> gpd.GeoDataFrame:
    import shapely

    speaking = {number: tags for number, tags in raw.node_tags.items() if speaking_tags(tags)}
    rows = raw.positions(list(speaking))
    known = rows >= 0
    names = [f"n{number}" for number in speaking]
    tags = list(speaking.values())
    if not known.all():  # tags of a node whose last version has no position
        names = [name for name, has in zip(names, known, strict=True) if has]
        tags = [entry for entry, has in zip(tags, known, strict=True) if has]
    return _table(names, tags, shapely.points(raw.node_xy[rows[known]]))


def _table(names: list[str], tags: list[Tags], geometry: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame({"osm_id": names, "tags": tags}, geometry=geometry, crs="EPSG:4326")
