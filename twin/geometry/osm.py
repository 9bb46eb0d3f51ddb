"""OpenStreetMap extracts (XML, gzip, bzip2, PBF) to records: roads with nodes, turn restrictions, areas, lines, points.

Coordinates are longitude and latitude in degrees (EPSG:4326). Ways that leave the extract's box are kept whole, the
order of objects in the file does not matter, and whatever is repaired or refused stands in the report.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, InputError
from twin.geometry.osm_areas import assemble_areas
from twin.geometry.osm_blocks import Tags
from twin.geometry.osm_convert import Extract, Source, convert, find_extracts
from twin.geometry.osm_raw import Bounds, RawObjects, collect
from twin.geometry.osm_roads import known_stretch, select_restrictions, select_roads
from twin.geometry.osm_tags import is_area, is_line, speaking_tags
from twin.geometry.records import OsmData, ReadReport, Refusal
from twin.geometry.region import checked_bounds

if TYPE_CHECKING:
    import geopandas as gpd


def read_osm(path: Source, *, bounds: Bounds | None = None) -> OsmData:
    """Read an OpenStreetMap extract, or several as one.

    Parameters
    ----------
    path : path-like or sequence of path-like
        OSM XML (plain, gzip, bzip2) or PBF; the content decides, not the suffix. Also a member of a .zip archive
        (``tiles.zip/town.osm``), a whole archive, a folder, a pattern with ``*``, or a list of all these. Several
        extracts are merged: an object that comes more than once counts once, in its newest version.
    bounds : tuple of float, optional
        (west, south, east, north) in degrees. Kept are the ways with a node in this box, whole; the multipolygons they
        belong to, with all their rings; turn restrictions; and tagged nodes in the box. Memory is bounded by that, and
        the disk holds one unpacked copy of the files meanwhile.

    Returns
    -------
    OsmData
        Roads, turn restrictions, areas, lines and points; `report` counts what was used and names what was not.

    Raises
    ------
    DataError
        If a file is missing, empty, cut off, damaged, a history, a list of changes or not OpenStreetMap data, or if
        the box holds nothing.
    InputError
        If `bounds` are no box of longitude and latitude.
    LimitError
        If it unpacks to more than `twin.limits` allow.

    Notes
    -----
    A road with nodes that the extract lacks keeps its longest stretch of known nodes. A multipolygon with missing
    members keeps the outlines that close. A closed way is an area by the tags listed in `twin.geometry.osm_tags`.
    PBF has no end mark: a file cut exactly between two of its blocks reads as whole, apart from the missing nodes and
    members that the report then names. Objects marked as deleted (an editor's unsaved work) are left out.

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
    box = checked_bounds(bounds)
    if box is not None and (abs(box[0]) > 180 or abs(box[2]) > 180 or abs(box[1]) > 90 or abs(box[3]) > 90):
        raise InputError(f"bounds are {bounds}; an extract needs (west, south, east, north) in degrees")
    files = find_extracts(path)
    with tempfile.TemporaryDirectory(prefix="osm-") as folder:
        extracts = [convert(file, Path(folder), number) for number, file in enumerate(files)]
        raw = collect(extracts, box)
    return _sort_out(raw, extracts, box)


def _sort_out(raw: RawObjects, extracts: Sequence[Extract], box: Bounds | None) -> OsmData:
    source = str(extracts[0].source)
    if len(extracts) > 1:
        source = f"{len(extracts)} extracts ({', '.join(extract.source.name for extract in extracts[:5])})"
    if not raw.node_id.size and not raw.ways:
        where = "" if box is None else f" in the box {box}"
        raise DataError(
            f"{source} holds no nodes and no ways{where}; an OpenStreetMap extract with content is expected"
        )
    repaired: list[Refusal] = []
    refused = [Refusal(f"n{number}", "its position is not a longitude and latitude") for number in raw.misplaced]
    roads, road_count = select_roads(raw, repaired, refused)
    restrictions, asked = select_restrictions(raw, {road.id for road in roads}, refused)
    areas, candidates = assemble_areas(raw, repaired, refused)
    lines, line_count = _lines(raw, repaired, refused)
    points = _points(raw)
    refs = np.unique(np.concatenate([road.nodes for road in roads])) if roads else np.empty(0, np.int64)
    rows = raw.positions(refs)
    on_roads = set(refs.tolist())
    report = ReadReport(
        source=source,
        found=road_count + asked + candidates + line_count + len(points) + len(raw.misplaced),
        used=len(roads) + len(restrictions) + len(areas) + len(lines) + len(points),
        repaired=tuple(repaired),
        refused=tuple(refused),
        notes=tuple(_notes(raw, box)),
    )
    return OsmData(
        node_id=refs,
        node_lon=raw.node_xy[rows, 0],
        node_lat=raw.node_xy[rows, 1],
        node_tags={number: tags for number, tags in sorted(raw.node_tags.items()) if number in on_roads},
        roads=tuple(roads),
        restrictions=tuple(restrictions),
        areas=areas,
        lines=lines,
        points=points,
        bounds=_bounds(extracts, box),
        date=_date(extracts),
        report=report,
    )


def _notes(raw: RawObjects, box: Bounds | None) -> list[str]:
    held = f"{len(raw.node_id)} nodes, {len(raw.ways)} ways, {len(raw.relations)} relations"
    notes = [f"{held} in the file" if box is None else f"{held} touch the box {box} or belong to what does"]
    if raw.repeated:
        notes.append(f"{raw.repeated} objects come more than once; the newest version counts, of equal ones the last")
    if raw.contradicting:
        notes.append(f"{raw.contradicting} of them say different things in the same version")
    if raw.deleted:
        notes.append(f"{raw.deleted} objects are marked as deleted and left out")
    parts = sum("building:part" in way.tags and "building" not in way.tags for way in raw.ways.values())
    if parts:
        notes.append(f"{parts} outlines of parts of buildings (building:part) are areas of their own")
    coast = sum(way.tags.get("natural") == "coastline" for way in raw.ways.values())
    if coast:
        notes.append(f"{coast} stretches of coastline are lines; the sea behind them is no area")
    return notes


def _bounds(extracts: Sequence[Extract], box: Bounds | None) -> Bounds | None:
    """Return the box around what the extracts declare, none if one is silent, as far as it lies in the wanted box."""
    declared = [extract.bounds for extract in extracts]
    told = [one for one in declared if one is not None]
    if len(told) < len(declared):
        return box
    west, south, east, north = (pick(one[axis] for one in told) for axis, pick in enumerate((min, min, max, max)))
    if box is None:
        return west, south, east, north
    cut = max(west, box[0]), max(south, box[1]), min(east, box[2]), min(north, box[3])
    return cut if cut[0] < cut[2] and cut[1] < cut[3] else box


def _date(extracts: Sequence[Extract]) -> str | None:
    """Return the oldest of the dates: all of it is at least of that day; None if one is silent."""
    dates = [extract.date for extract in extracts]
    return None if None in dates else min(date for date in dates if date is not None)


def _lines(raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]) -> tuple[gpd.GeoDataFrame, int]:
    import shapely

    names: list[str] = []
    all_tags: list[Tags] = []
    chains: list[NDArray[np.int64]] = []
    wanted = 0
    for number, way in raw.ways.items():
        if is_line(way.tags) and not is_area(way.closed, way.tags):
            wanted += 1
            rows = known_stretch(f"w{number}", way, repaired, refused)
            if rows is None:
                continue
            if (raw.node_xy[rows] == raw.node_xy[rows[0]]).all():
                refused.append(Refusal(f"w{number}", "all its nodes lie at one place, so it has no length"))
                continue
            names.append(f"w{number}")
            all_tags.append(way.tags)
            chains.append(rows)
    if chains:
        owner = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
        geometry = shapely.linestrings(raw.node_xy[np.concatenate(chains)], indices=owner)
    else:
        geometry = np.empty(0, dtype=object)
    return _table(names, all_tags, geometry), wanted


def _points(raw: RawObjects) -> gpd.GeoDataFrame:
    import shapely

    tagged = {number: tags for number, tags in raw.node_tags.items() if speaking_tags(tags)}
    if raw.nodes_in_box is not None:  # nodes of ways that leave the box are no points of it
        inside = np.isin(np.array(list(tagged), np.int64), raw.nodes_in_box)
        tagged = {number: tagged[number] for number, has in zip(list(tagged), inside, strict=True) if has}
    names = [f"n{number}" for number in tagged]
    return _table(names, list(tagged.values()), shapely.points(raw.node_xy[raw.positions(list(tagged))]))


def _table(names: list[str], tags: list[Tags], geometry: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame({"osm_id": names, "tags": tags}, geometry=geometry, crs="EPSG:4326")
